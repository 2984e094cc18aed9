"""Times for people."""

DECIMALS = 3  # of times in results: milliseconds


def clock(time_s: float) -> str:
    """``MM:SS``, or ``H:MM:SS`` from an hour."""
    # Rounded as the number beside it is: 9.9999 s are written 10.0, so they read 00:10.
    minutes, seconds = divmod(int(round(time_s, DECIMALS)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"
