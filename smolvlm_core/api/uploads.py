"""Uploads streamed to disk: constant memory, refused while they stream, and nothing kept when they fail.

Knows the service's ``new_upload`` and no other use of a file.
"""

import asyncio
import errno
from collections.abc import AsyncIterator
from http import HTTPStatus
from io import FileIO

from anyio import CancelScope
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request

from smolvlm_core.api.bodies import TextSink
from smolvlm_core.api.forms import Form, read_fields
from smolvlm_core.api.multipart import MultipartReader
from smolvlm_core.api.names import harmless
from smolvlm_core.domain import Limits
from smolvlm_core.errors import DiskBudgetSpent, InvalidParameter, UploadTooLarge
from smolvlm_core.jobs.service import JobService
from smolvlm_core.jobs.sessions import PendingUpload, gibibytes
from smolvlm_core.jobs.views import SessionView

VIDEO_FIELD = "video"
BATCH_BYTES = 1024 * 1024  # written at once: one hop to a thread for each
FORM_ALLOWANCE_BYTES = 1024 * 1024  # of a body beyond its file: field texts, part headers, boundaries
IDLE_TIMEOUT_S = 120.0  # without a byte; a phone that left the network never says goodbye
ONE_FILE = "one video file, in a part of this name that carries a file name"


class UploadSink(TextSink):
    """Takes the parts of an upload form: the file goes to disk, the other fields to memory.

    Runs in worker threads, one call at a time.
    """

    def __init__(self, service: JobService, expected_bytes: int | None) -> None:
        super().__init__()
        self._service = service
        self._expected_bytes = expected_bytes
        self._file: FileIO | None = None
        self._left_bytes = 0
        self.pending: PendingUpload | None = None

    def begin(self, name: str, filename: str | None) -> None:
        if name == VIDEO_FIELD:
            self._begin_file(filename)
        else:
            super().begin(name, filename)

    def write(self, data: memoryview) -> None:
        if self._file is not None:
            self._write_file(self._file, data)
        else:
            super().write(data)

    def end(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
        super().end()

    def discard(self) -> None:
        """Leave nothing behind. Safe at any time."""
        if self._file is not None:
            self._file.close()
        if self.pending is not None:
            self.pending.discard()

    def _begin_file(self, filename: str | None) -> None:
        if not filename:
            sent = "text" if filename is None else "an empty file name"
            raise InvalidParameter(VIDEO_FIELD, sent, ONE_FILE)
        if self.pending is not None:
            raise InvalidParameter(VIDEO_FIELD, "a second file", ONE_FILE)
        self.pending = self._service.new_upload(harmless(filename), expected_bytes=self._expected_bytes)
        self._left_bytes = self.pending.write_limit_bytes
        self._file = FileIO(self.pending.path, "wb")

    def _write_file(self, file: FileIO, data: memoryview) -> None:
        self._left_bytes -= len(data)
        if self._left_bytes < 0:
            raise too_large(self._service.limits)
        try:
            while data:
                data = data[file.write(data) :]
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise DiskBudgetSpent("There is no room left for uploads. Try again later.") from error
            raise


def too_large(limits: Limits) -> UploadTooLarge:
    """The error of a body over the limit."""
    most = gibibytes(limits.max_upload_bytes)
    return UploadTooLarge(
        f"The upload is larger than {most}, the most this server takes.", hint="Send a shorter part."
    )


async def receive_video(request: Request, service: JobService, form: type[Form]) -> tuple[Form, SessionView]:
    """The upload of a request as a session, and the other fields of its form.

    Raises: InputError: the form or the video cannot be used; UploadTooLarge, DiskBudgetSpent;
    ClientDisconnect. Whatever is raised, nothing of the upload is kept.
    """
    sink = UploadSink(service, _expected_bytes(request, service.limits))
    try:
        await _stream_into(request, MultipartReader(request.headers.get("content-type", ""), sink), service.limits)
        fields = read_fields(form, sink.fields)
        return fields, await run_in_threadpool(_commit, service, sink)
    except BaseException:
        with CancelScope(shield=True):
            await run_in_threadpool(sink.discard)
        raise


def _expected_bytes(request: Request, limits: Limits) -> int | None:
    """The announced size of the body, as an upper bound of the file's.

    Raises: UploadTooLarge: at once, when even the whole allowance for other fields cannot explain it.
    """
    announced = request.headers.get("content-length", "")
    if not announced.isdigit():
        return None
    if int(announced) > limits.max_upload_bytes + FORM_ALLOWANCE_BYTES:
        raise too_large(limits)
    return min(int(announced), limits.max_upload_bytes)


async def _stream_into(request: Request, reader: MultipartReader, limits: Limits) -> None:
    """Feed the body to the reader in a thread, a batch at a time; not reading on holds the client back."""
    batch = bytearray()
    left_bytes = limits.max_upload_bytes + FORM_ALLOWANCE_BYTES
    async for chunk in _chunks(request):
        left_bytes -= len(chunk)
        if left_bytes < 0:
            raise too_large(limits)
        batch += chunk
        if len(batch) >= BATCH_BYTES:
            await run_in_threadpool(reader.feed, bytes(batch))
            batch.clear()
    await run_in_threadpool(reader.feed, bytes(batch))
    reader.finish()


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    """The pieces of the body as they come. Raises: ClientDisconnect; HTTPException 408: nothing comes."""
    stream = aiter(request.stream())
    while True:
        try:
            async with asyncio.timeout(IDLE_TIMEOUT_S):
                chunk = await anext(stream, None)
        except TimeoutError as error:
            raise HTTPException(HTTPStatus.REQUEST_TIMEOUT, "The upload stopped coming.") from error
        if chunk is None:
            return
        yield chunk


def _commit(service: JobService, sink: UploadSink) -> SessionView:
    """Make the stored file a session. Slow: it is probed."""
    if sink.pending is None:
        raise InvalidParameter(VIDEO_FIELD, "nothing", ONE_FILE)
    sink.pending.description = sink.fields.get("description", "").replace("\0", "")
    return service.session(sink.pending.commit())
