"""Uploads: streamed, bounded, and gone without a trace when anything is wrong with them."""

import asyncio
import errno
import io
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from io import FileIO
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from smolvlm_core.api import uploads
from smolvlm_core.api.app import create_api
from smolvlm_core.api.uploads import BATCH_BYTES, UploadSink
from smolvlm_core.domain import Limits
from smolvlm_core.jobs.service import JobService
from tests.api.asgi import END, MULTIPART, cut, part, request
from tests.api.conftest import LIMITS, files_under
from tests.clips import write_sound_only
from tests.services import make_service

UPLOAD = "/api/v1/video/upload"
TYPE = {"Content-Type": MULTIPART}


def nothing_left(service: JobService, data_dir: Path) -> bool:
    return service.load().sessions == 0 and files_under(data_dir) == set()


async def test_what_arrives_is_what_was_sent(client: httpx.AsyncClient, clip: bytes, service: JobService) -> None:
    answer = await client.post(UPLOAD, files={"video": ("my clip.mp4", clip)}, data={"description": "A test. ✓"})
    assert answer.status_code == 200
    session_id = answer.json()["session_id"]
    assert service.video_path(session_id).read_bytes() == clip
    view = service.session(session_id)
    assert (view.video.filename, view.description) == ("my clip.mp4", "A test. ✓")


@pytest.mark.parametrize("size", [100, 65_536, 10_000_000])
@pytest.mark.parametrize("file_first", [True, False])
async def test_fields_may_come_before_or_after_the_file(
    api: FastAPI, service: JobService, clip: bytes, file_first: bool, size: int
) -> None:
    parts = [
        part("video", clip, "a.mp4"),
        part("description", b"note"),
        part("junk", b"x"),
        part("more", b"y", "b"),
    ]
    body = b"".join(parts if file_first else reversed(parts)) + END
    answer = await request(api, UPLOAD, cut(body, size), TYPE)
    assert answer.status == 200, answer.body
    session_id = answer.body.decode().split('"')[3]
    assert service.session(session_id).description == "note"
    assert service.video_path(session_id).read_bytes() == clip


HOSTILE_NAMES = [
    "../../../../tmp/pwned.mp4",
    "..\\..\\pwned.mp4",
    "/etc/cron.d/pwned.mp4",
    "C:\\pwned.mp4",
    "nul\0byte.mp4",
    "file:///etc/passwd",
    "http://127.0.0.1:18099/x.mp4",
    "x" * 1000 + ".mp4",
    "..",
    "-i.mp4",
    "$(touch pwned).mp4",
    "`id`.mp4",
    "concat:a|b.mp4",
    "percent_%03d.mp4",
    "<img src=x onerror=alert(1)>.mp4",
    "{{7*7}}.mp4",
    "rtl_\u202egnp.mp4",
    "trailing space.mp4 ",
    "noextension",
    "double.mp4.exe",
    ".mp4",
]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
async def test_no_name_escapes_its_session(
    api: FastAPI, service: JobService, data_dir: Path, clip: bytes, name: str
) -> None:
    before = set(data_dir.parent.rglob("*"))
    body = part("video", clip, name.encode("utf-8", "surrogateescape")) + END
    answer = await request(api, UPLOAD, [body], TYPE)
    assert answer.status == 200, answer.body
    session_id = answer.body.decode().split('"')[3]
    view = service.session(session_id)
    assert not {"/", "\\", "\0", "\u202e"} & set(view.video.filename)
    assert 0 < len(view.video.filename) <= 255
    new = set(data_dir.parent.rglob("*")) - before
    assert all((data_dir / session_id) in (path, *path.parents) for path in new if "jobs.sqlite" not in path.name)
    service.delete(session_id)
    assert nothing_left(service, data_dir)


@pytest.mark.parametrize("announced", [True, False], ids=["announced", "chunked"])
async def test_an_upload_over_the_limit_is_refused_while_it_streams(
    api: FastAPI, service: JobService, data_dir: Path, announced: bool
) -> None:
    piece = b"\0" * 65_536
    endless_pieces = 100 * LIMITS.max_upload_bytes // len(piece)

    def body() -> Iterator[bytes]:
        yield part("video", b"", "big.mp4")[:-2]
        for _ in range(endless_pieces):
            yield piece

    headers = TYPE | ({"Content-Length": str(endless_pieces * len(piece))} if announced else {})
    answer = await request(api, UPLOAD, body(), headers)
    assert (answer.status, b'"code":"upload_too_large"' in answer.body) == (413, True)
    most = 0 if announced else LIMITS.max_upload_bytes + 2 * BATCH_BYTES
    assert answer.taken * len(piece) <= most + 2 * len(piece)
    assert nothing_left(service, data_dir)


async def test_the_file_alone_is_counted_as_it_is_written(
    api: FastAPI, service: JobService, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However much the form around it may take, no more than the limit reaches the disk."""
    monkeypatch.setattr(uploads, "FORM_ALLOWANCE_BYTES", 1024**4)
    written: list[int] = []
    write = UploadSink.write

    def counted(self: UploadSink, data: memoryview) -> None:
        write(self, data)
        written.append(len(data))

    monkeypatch.setattr(UploadSink, "write", counted)
    pieces = [part("video", b"", "big.mp4")[:-2], *[b"\0" * BATCH_BYTES] * 20]
    answer = await request(api, UPLOAD, pieces, TYPE)
    assert answer.status == 413
    assert sum(written) <= LIMITS.max_upload_bytes
    assert nothing_left(service, data_dir)


async def test_a_file_of_exactly_the_limit_passes(tmp_path: Path, clip: bytes) -> None:
    """The limit is the file's: the form around it does not count."""
    service = make_service(tmp_path / "exact", limits=Limits(max_upload_bytes=len(clip)))
    for size, status in ((len(clip), 200), (len(clip) + 1, 413)):
        body = part("video", clip.ljust(size, b"\0"), "a.mp4") + END
        answer = await request(
            create_api(service), UPLOAD, cut(body, 65_536), TYPE | {"Content-Length": str(len(body))}
        )
        assert answer.status == status, answer.body


async def test_junk_beside_the_file_is_bounded_too(api: FastAPI, service: JobService, data_dir: Path) -> None:
    def body() -> Iterator[bytes]:
        yield part("junk", b"", "junk.bin")[:-2]
        for _ in range(10_000):
            yield b"\0" * 65_536

    answer = await request(api, UPLOAD, body(), TYPE)
    assert answer.status == 413
    assert nothing_left(service, data_dir)


async def test_memory_does_not_grow_with_the_upload(tmp_path: Path) -> None:
    size = 64 * 1024**2
    service = make_service(tmp_path / "large", limits=Limits(max_upload_bytes=size))
    api = create_api(service)
    pieces = (b"\0" * 65_536 for _ in range(size // 65_536))
    body = (piece for source in ([part("video", b"", "a.mp4")[:-2]], pieces, [b"\r\n" + END]) for piece in source)
    tracemalloc.start()
    try:
        answer = await request(api, UPLOAD, body, TYPE)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert answer.status == 415
    assert peak_bytes < 8 * BATCH_BYTES


@pytest.mark.parametrize("after_bytes", [10, 200, 2 * BATCH_BYTES])
async def test_a_client_that_leaves_leaves_nothing(
    api: FastAPI, service: JobService, data_dir: Path, after_bytes: int
) -> None:
    body = part("video", b"\0" * (2 * BATCH_BYTES), "a.mp4")[:after_bytes]
    await request(api, UPLOAD, cut(body, 65_536), TYPE, then_leave=True)
    assert nothing_left(service, data_dir)


async def test_a_client_that_falls_silent_is_given_up(
    service: JobService, data_dir: Path, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "IDLE_TIMEOUT_S", 0.05)

    async def body() -> AsyncIterator[bytes]:
        yield part("video", b"\0" * 1000, "a.mp4")
        await asyncio.sleep(5)

    answer = await client.post(UPLOAD, content=body(), headers=TYPE)
    assert (answer.status_code, answer.json()["code"]) == (408, "request_timeout")
    assert nothing_left(service, data_dir)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (part("description", b"no file") + END, "nothing"),
        (part("video", b"text") + END, "text"),
        (part("video", b"", "") + END, "an empty file name"),
        (part("video", b"x", "a.mp4") + part("video", b"y", "b.mp4") + END, "a second file"),
        (part("video", b"x", "a.mp4") + part("description", b"d" * 70_000) + END, "a longer text"),
        (part("video", b"x", "a.mp4") + b"".join(part(f"f{n}", b"") for n in range(99)) + END, "fields"),
        (part("video", b"x" * 1000, "a.mp4"), "complete"),
        (part("video", b"x" * 1000, "a.mp4")[:-500], "complete"),
        (b"garbage", "complete"),
        (b"", "complete"),
    ],
)
async def test_a_form_that_cannot_be_used_says_why(
    api: FastAPI, service: JobService, data_dir: Path, body: bytes, says: str
) -> None:
    answer = await request(api, UPLOAD, [body], TYPE)
    assert (answer.status, answer.headers["content-type"]) == (422, "application/problem+json")
    assert says in answer.body.decode()
    assert nothing_left(service, data_dir)


@pytest.mark.parametrize("content_type", ["application/json", "video/mp4", "multipart/form-data", ""])
async def test_only_multipart_is_an_upload(api: FastAPI, content_type: str) -> None:
    answer = await request(api, UPLOAD, [b"x"], {"Content-Type": content_type})
    assert answer.status == 422
    assert b"multipart form" in answer.body


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", (415, 422), {"unsupported_container", "undecodable"}),
        (b"no video at all", (415,), {"unsupported_container"}),
        (b"#EXTM3U\n/etc/passwd\n", (415,), {"unsupported_container"}),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, (415,), {"unsupported_container"}),
    ],
)
async def test_what_is_no_video_leaves_nothing(
    client: httpx.AsyncClient, service: JobService, data_dir: Path, data: bytes, status: tuple[int], code: set[str]
) -> None:
    answer = await client.post(UPLOAD, files={"video": ("a.mp4", data)})
    assert answer.status_code in status
    assert answer.json()["code"] in code
    assert nothing_left(service, data_dir)


async def test_sound_alone_is_no_video(
    client: httpx.AsyncClient, service: JobService, data_dir: Path, tmp_path: Path
) -> None:
    sound = write_sound_only(tmp_path / "sound.mp4").read_bytes()
    answer = await client.post(UPLOAD, files={"video": ("sound.mp4", sound)})
    assert (answer.status_code, answer.json()["code"]) == (422, "no_video_stream")
    assert nothing_left(service, data_dir)


async def test_a_full_disk_is_a_problem_that_passes(
    client: httpx.AsyncClient,
    service: JobService,
    data_dir: Path,
    clip: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class FullDisk(FileIO):
        def write(self, data: object, /) -> int:
            raise OSError(errno.ENOSPC, "No space left on device", str(data_dir))

    monkeypatch.setattr(uploads, "FileIO", FullDisk)
    answer = await client.post(UPLOAD, files={"video": ("a.mp4", clip)})
    assert (answer.status_code, answer.json()["code"]) == (503, "disk_budget_spent")
    assert int(answer.headers["retry-after"]) > 0
    assert nothing_left(service, data_dir)


async def test_a_spent_disk_budget_refuses_at_once(tmp_path: Path, clip: bytes) -> None:
    service = make_service(tmp_path / "small", limits=Limits(disk_budget_bytes=len(clip) // 2))
    transport = httpx.ASGITransport(create_api(service))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.post(UPLOAD, files={"video": ("a.mp4", io.BytesIO(clip))})
    assert (answer.status_code, answer.json()["code"]) == (503, "disk_budget_spent")
    assert nothing_left(service, tmp_path / "small")
