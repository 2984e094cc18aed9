"""Times for people."""

DECIMALS = 3  # of times in results: milliseconds


def clock(time_s: float) -> str:
    """``MM:SS``, or ``H:MM:SS`` from an hour."""
    # Rounded as the number beside it is: 9.9999 s are written 10.0, so they read 00:10.
    minutes, seconds = divmod(int(round(time_s, DECIMALS)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"


def exact_clock(time_s: float) -> str:
    """``01:03.2``: tells one repetition from the next, and where a short moment ends from where it begins."""
    tenths = round(10 * time_s)
    return f"{clock(tenths // 10)}.{tenths % 10}"


def duration_words(duration_s: float) -> str:
    """``24 s``, ``1:05 min`` or ``1:02:03 h``."""
    if duration_s < 60:
        return f"{duration_s:.1f} s" if duration_s < 10 else f"{duration_s:.0f} s"
    return clock(duration_s).lstrip("0") + (" h" if duration_s >= 3600 else " min")


def about(seconds: float) -> str:
    """``a few seconds``, ``about 40 seconds``, ``about 3 minutes``: no more exact than a guess can be."""
    if seconds < 10:
        return "a few seconds"
    if seconds < 55:
        return f"about {max(10, 10 * round(seconds / 10))} seconds"
    minutes = seconds / 60
    if minutes < 90:
        shown = max(1, round(minutes) if minutes < 10 else 5 * round(minutes / 5))
        return "about a minute" if shown == 1 else f"about {shown} minutes"
    halves = round(minutes / 30)
    return f"about {halves / 2:g} hours"
