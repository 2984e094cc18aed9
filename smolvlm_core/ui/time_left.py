"""How long something may still take, in words no finer than the guess is."""

MINUTE_S, HOUR_S = 60, 3600
FEW_S, NEARLY_MINUTE_S = 12, 50
COARSE_FROM_MINUTES, COARSE_MINUTES = 12, 5
HOURS_FROM_MINUTES = 90


def left_words(left_s: float | None) -> str:
    """``about 2 minutes left``; empty while it is unknown."""
    if left_s is None:
        return ""
    if left_s < FEW_S:
        return "a few seconds left"
    if left_s < NEARLY_MINUTE_S:
        return "less than a minute left"
    minutes = max(1, round(left_s / MINUTE_S))
    if minutes == 1:
        return "about a minute left"
    if minutes >= HOURS_FROM_MINUTES:
        hours = round(2 * left_s / HOUR_S) / 2
        return f"about {hours:g} hours left"
    if minutes >= COARSE_FROM_MINUTES:
        minutes = COARSE_MINUTES * round(minutes / COARSE_MINUTES)
    return f"about {minutes} minutes left"
