"""Multipart bodies: the same parts however the network cuts them, and an error for every broken one."""

from collections.abc import Callable

import pytest

from smolvlm_core.api.multipart import MAX_HEADER_BYTES, MultipartReader
from smolvlm_core.errors import InputError
from tests.api.asgi import BOUNDARY, END, MULTIPART, cut, part


class Parts:
    """Keeps all parts in memory."""

    def __init__(self) -> None:
        self.ended: list[tuple[str, str | None, bytes]] = []
        self._head: tuple[str, str | None] = ("", None)
        self._data = b""

    def begin(self, name: str, filename: str | None) -> None:
        self._head, self._data = (name, filename), b""

    def write(self, data: memoryview) -> None:
        self._data += data

    def end(self) -> None:
        self.ended.append((*self._head, self._data))


def parts_of(body: bytes, size: int = 65536, content_type: str = MULTIPART) -> list[tuple[str, str | None, bytes]]:
    sink = Parts()
    reader = MultipartReader(content_type, sink)
    for piece in cut(body, size):
        reader.feed(piece)
    reader.finish()
    return sink.ended


TRICKY = b"\r\n--a-boundar\r\n--\r\r\n\n--" + bytes(range(256)) + b"\r\n--a-boundary-not"
BODY = part("video", TRICKY, "a.mp4") + part("description", "schön".encode()) + part("empty", b"") + END


@pytest.mark.parametrize("size", [1, 2, 3, 7, 13, 64, 100_000])
def test_the_cuts_of_the_network_do_not_matter(size: int) -> None:
    assert parts_of(BODY, size) == [
        ("video", "a.mp4", TRICKY),
        ("description", None, "schön".encode()),
        ("empty", None, b""),
    ]


def test_what_follows_the_end_is_ignored() -> None:
    assert len(parts_of(BODY + b"epilogue")) == 3


@pytest.mark.parametrize(
    "damage",
    [
        lambda body: b"",
        lambda body: body[:40],
        lambda body: body[: -len(END)],
        lambda body: body.replace(b"\r\n", b""),
        lambda body: b"garbage" + body,
        lambda body: body.replace(b'"video"', b'"' + b"v" * MAX_HEADER_BYTES + b'"'),
        lambda body: body.replace(b"\r\n\r\n", b"\r\nX: y" * 40 + b"\r\n\r\n", 1),
        lambda body: body.replace(BOUNDARY, b"other"),
    ],
    ids=["empty", "in a header", "no end", "no lines", "garbage", "long header", "many headers", "other boundary"],
)
def test_a_broken_body_is_an_error(damage: Callable[[bytes], bytes]) -> None:
    with pytest.raises(InputError, match="complete multipart form"):
        parts_of(damage(BODY))


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "application/json",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/mixed; boundary=x",
    ],
)
def test_another_kind_of_body_is_an_error(content_type: str) -> None:
    with pytest.raises(InputError, match="multipart form"):
        parts_of(BODY, content_type=content_type)


def test_an_endless_boundary_is_an_error() -> None:
    with pytest.raises(InputError):
        parts_of(BODY, content_type="multipart/form-data; boundary=" + "b" * 5000)
