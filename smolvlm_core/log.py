"""One structured line per event: ``event=segment_scored session=… segment=3`` (logfmt)."""

import logging
import sys

ROOT = "smolvlm"


def configure_logging(level: str) -> None:
    """Send this app's events to standard error, one line each. Called once, by ``app.py`` and the worker."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("time=%(asctime)s level=%(levelname)s %(message)s"))
    logger = logging.getLogger(ROOT)
    logger.handlers[:] = [handler]
    logger.setLevel(level)
    logger.propagate = False
    # It would tell the addresses of requests, and in one of them (to ZeroGPU) is a visitor's token.
    logging.getLogger("httpx").setLevel(logging.WARNING)


def log_event(event: str, /, **fields: object) -> None:
    """Log one event with its fields; those that are None are left out."""
    logging.getLogger(ROOT).info("%s", _line(event, fields))


def log_failure(event: str, cause: BaseException, /, **fields: object) -> None:
    """Log at ERROR with the traceback of ``cause``: operators see it, users never do."""
    logging.getLogger(ROOT).error("%s", _line(event, fields), exc_info=cause)


def _line(event: str, fields: dict[str, object]) -> str:
    words = (f"{name}={_quoted(value)}" for name, value in fields.items() if value is not None)
    return " ".join([f"event={event}", *words])


def _quoted(value: object) -> str:
    text = f"{value:.3f}" if isinstance(value, float) else str(value)
    plain = text and text.isprintable() and not any(char in text for char in ' "=')
    return text if plain else '"' + text.encode("unicode_escape").decode().replace('"', '\\"') + '"'
