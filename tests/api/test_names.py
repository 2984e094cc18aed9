"""Names of uploads: taken as clients really write them, and harmless whatever they are."""

import unicodedata
from urllib.parse import unquote

import pytest

from smolvlm_core.api.names import MAX_NAME_CHARS, UNNAMED, disposition, harmless, saved_as


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("holiday.mp4", "holiday.mp4"),
        ("unicode_видео_视频_🏀.mp4", "unicode_видео_视频_🏀.mp4"),
        ("family_👩‍👩‍👧.mp4", "family_👩‍👩‍👧.mp4"),
        ("../../../../tmp/pwned.mp4", "pwned.mp4"),
        ("..\\..\\pwned.mp4", "pwned.mp4"),
        ("/etc/cron.d/pwned.mp4", "pwned.mp4"),
        ("C:\\pwned.mp4", "pwned.mp4"),
        ("file:///etc/passwd", "passwd"),
        ("http://127.0.0.1:18099/x.mp4", "x.mp4"),
        ("nul\0byte.mp4", "nulbyte.mp4"),
        ("new\nline\r\t.mp4", "newline.mp4"),
        ("rtl_\u202egnp.mp4", "rtl_gnp.mp4"),
        ("line\u2028break\ud800.mp4", "linebreak.mp4"),
        ("  spaces  and (parens) [x] {y}.mp4 ", "spaces  and (parens) [x] {y}.mp4"),
        ("percent_%03d.mp4", "percent_%03d.mp4"),
        ("%2e%2e%2fencoded.mp4", "%2e%2e%2fencoded.mp4"),
        ("quote%22double.mp4", 'quote"double.mp4'),
        ("..%0D%0A/evil%0D%0A.mp4", "evil.mp4"),
        (".mp4", ".mp4"),
        ("", UNNAMED),
        ("..", UNNAMED),
        ("../..", UNNAMED),
        ("a/b/", UNNAMED),
        ("\0\u202e", UNNAMED),
    ],
)
def test_a_name_keeps_what_is_harmless(sent: str, kept: str) -> None:
    assert harmless(sent) == kept


@pytest.mark.parametrize("sent", ["x" * 1000 + ".mp4", "あ" * 300 + ".mp4", "x" * 1000, "x." + "y" * 1000])
def test_a_long_name_is_cut_but_keeps_its_extension(sent: str) -> None:
    name = harmless(sent)
    assert len(name) <= MAX_NAME_CHARS
    assert name.endswith(".mp4") == sent.endswith(".mp4")


def test_no_character_breaks_out() -> None:
    for code in range(0x11000):
        name = harmless(f"a{chr(code)}b")
        assert name
        assert not {"/", "\\", "\n", "\r", "\0", "\u202e"} & set(name)
        assert not any(unicodedata.category(char) in ("Cc", "Cs") for char in name)


@pytest.mark.parametrize(
    ("header", "field", "filename"),
    [
        (b'form-data; name="video"; filename="a.mp4"', "video", "a.mp4"),
        (b'form-data; name="video"; filename=""', "video", ""),
        (b'form-data; name="description"', "description", None),
        (b"form-data; name=video; filename=a.mp4", "video", "a.mp4"),
        ('form-data; name="video"; filename="видео.mp4"'.encode(), "video", "видео.mp4"),
        (b'form-data; name="video"; filename="caf\xe9.mp4"', "video", "café.mp4"),
        (b"form-data; name=\"video\"; filename*=UTF-8''%E3%81%82%20b.mp4", "video", "あ b.mp4"),
        (b'form-data; name="video"; filename="a.mp4"; filename*=utf-8\'en\'%c3%a9.mp4', "video", "é.mp4"),
        (b"form-data; name=\"video\"; filename*=nonsense''%FF.mp4", "video", "ÿ.mp4"),
        (b'form-data; name="video"; filename="semi;rm -rf x;.mp4"', "video", "semi;rm -rf x;.mp4"),
        (b'form-data; name="video"; filename="quote\\"d.mp4"', "video", 'quote"d.mp4'),
        (b'form-data; name="video"; filename="nul\0byte.mp4"', "video", "nul\0byte.mp4"),
        (b'attachment; name="video"; filename="a.mp4"', "", None),
        (b"", "", None),
    ],
)
def test_a_disposition_is_read_as_clients_write_it(header: bytes, field: str, filename: str | None) -> None:
    assert disposition(header) == (field, filename)


@pytest.mark.parametrize(
    "name", ['a"b.csv', "a\\b.csv", "a\r\nX: y.csv", "a;b'c.csv", "\U0001f389.csv", "100%41.csv"]
)
def test_no_name_breaks_the_header(name: str) -> None:
    header = saved_as("attachment", name)
    assert header.isascii()
    assert header.isprintable()
    quoted = header.removeprefix('attachment; filename="').split('"')
    assert len(quoted) == 2
    assert "%" not in quoted[0]
    if quoted[1]:
        assert unquote(quoted[1].removeprefix("; filename*=UTF-8''")) == name
    else:
        assert quoted[0] == name
