"""ZIP files that are sent while they are written: constant memory, nothing on disk. Knows no service."""

import time
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import RawIOBase
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

READ_BYTES = 256 * 1024
UNIX_FILE = 0o644 << 16


@dataclass(frozen=True, slots=True)
class Member:
    """A file in the archive: one on disk, or its content."""

    name: str
    content: Path | bytes


class _Pipe(RawIOBase):
    """Where ``zipfile`` writes to and the response takes from; it cannot go back."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: "ReadableBuffer") -> int:
        self._parts.append(bytes(data))
        return len(self._parts[-1])

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


def zip_stream(members: Iterable[Member]) -> Iterator[bytes]:
    """The bytes of an archive of these files, stored as they are: videos do not shrink any more.

    A member is asked for when those before it are sent.
    """
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as archive:
        for member in members:
            entry = zipfile.ZipInfo(member.name, time.localtime()[:6])
            entry.external_attr, entry.file_size = UNIX_FILE, _size_of(member)
            with archive.open(entry, "w") as written:
                for part in _parts_of(member):
                    written.write(part)
                    yield pipe.taken()
    yield pipe.taken()


def _size_of(member: Member) -> int:
    return len(member.content) if isinstance(member.content, bytes) else member.content.stat().st_size


def _parts_of(member: Member) -> Iterator[bytes]:
    if isinstance(member.content, bytes):
        yield member.content
        return
    with member.content.open("rb") as file:
        while part := file.read(READ_BYTES):
            yield part
