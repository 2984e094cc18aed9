"""File names as clients send them, made harmless to show and store. They never become part of a path."""

import re
import unicodedata
from urllib.parse import quote, unquote_to_bytes

from python_multipart.multipart import parse_options_header

MAX_NAME_CHARS = 255  # what common file systems allow in bytes; here only a bound
KEPT_EXTENSION_CHARS = 16
UNNAMED = "video"

# What HTML has browsers escape in a name, in capitals, and nothing else.
HTML_ESCAPES = {"%22": '"', "%0D": "\r", "%0A": "\n"}

EXTENDED_NAME = re.compile(r"""filename\*\s*=\s*"?(?P<charset>[\w-]+)'[\w-]*'(?P<value>[^\s;"]+)""", re.IGNORECASE)
UNQUOTABLE = re.compile(r'[^ -~]|["\\%]')  # in a plain name; browsers differ on what "%" means there

# Marks that make text run the other way or hide it; joiners inside emoji are fine.
DIRECTION_MARKS = set("\u061c\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
HIDDEN_CATEGORIES = {"Cc", "Cs", "Zl", "Zp"}


def disposition(header: bytes) -> tuple[str, str | None]:
    """Field name and raw file name of a ``Content-Disposition``; the latter None when it is no file.

    Takes UTF-8 names (RFC 7578) and ``filename*=UTF-8''…`` (RFC 5987), which wins when both are sent.
    """
    kind, options = parse_options_header(header)
    if kind != b"form-data":
        return "", None
    name = _text(options.get(b"name", b""))
    extended = EXTENDED_NAME.search(header.decode("latin-1"))
    if extended is not None:
        return name, _decode(unquote_to_bytes(extended["value"]), extended["charset"])
    filename = options.get(b"filename")
    return name, None if filename is None else _text(filename)


def harmless(filename: str) -> str:
    """The base name without control and direction marks, at most ``MAX_NAME_CHARS`` long; never empty."""
    for escape, char in HTML_ESCAPES.items():
        filename = filename.replace(escape, char)
    base = re.split(r"[/\\]", filename)[-1]
    shown = "".join(
        char
        for char in base
        if char not in DIRECTION_MARKS and unicodedata.category(char) not in HIDDEN_CATEGORIES
    ).strip()
    if not shown.strip("."):
        return UNNAMED
    if len(shown) <= MAX_NAME_CHARS:
        return shown
    dot = shown.rfind(".", len(shown) - KEPT_EXTENSION_CHARS)
    extension = shown[dot:] if dot > 0 else ""
    return shown[: MAX_NAME_CHARS - len(extension)] + extension


def saved_as(kind: str, filename: str) -> str:
    """A ``Content-Disposition`` of ours (RFC 6266): in plain letters, and in the name's own where those differ.

    Args: kind: ``attachment`` to save, ``inline`` to show.
    """
    letters = (one for one in unicodedata.normalize("NFKD", filename) if not unicodedata.combining(one))
    plain = UNQUOTABLE.sub("_", "".join(letters))
    header = f'{kind}; filename="{plain}"'
    return header if plain == filename else f"{header}; filename*=UTF-8''{quote(filename, safe='')}"


def _text(raw: bytes) -> str:
    return _decode(raw, "utf-8")


def _decode(raw: bytes, charset: str) -> str:
    try:
        return raw.decode(charset)
    except (UnicodeDecodeError, LookupError):
        return raw.decode("latin-1")
