"""Bodies without a file, bounded in size: forms, as multipart or urlencoded (base of those with one), and JSON."""

import json
from http import HTTPStatus
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request

from smolvlm_core.api.forms import MAX_TEXT_BYTES, MULTIPART, URLENCODED, Form, read_fields
from smolvlm_core.api.multipart import MultipartReader
from smolvlm_core.errors import InputError, InvalidParameter

MAX_FIELDS = 32
MAX_BODY_BYTES = 512 * 1024  # two prompts of 64 KiB, percent-encoded (3 bytes for 1), and some room


class TextSink:
    """A ``PartSink`` that keeps the text fields of a form and ignores files."""

    def __init__(self) -> None:
        self._text: bytearray | None = None
        self._texts: dict[str, bytearray] = {}

    @property
    def fields(self) -> dict[str, str]:
        return {name: text.decode("utf-8", "replace") for name, text in self._texts.items()}

    def begin(self, name: str, filename: str | None) -> None:
        if filename is not None:
            return
        if name not in self._texts and len(self._texts) >= MAX_FIELDS:
            raise InvalidParameter("form", f"more than {MAX_FIELDS} fields", f"at most {MAX_FIELDS}")
        self._text = self._texts[name] = bytearray()

    def write(self, data: memoryview) -> None:
        if self._text is None:
            return
        if len(self._text) + len(data) > MAX_TEXT_BYTES:
            raise InvalidParameter("form", "a longer text", f"texts of at most {MAX_TEXT_BYTES} bytes")
        self._text += data

    def end(self) -> None:
        self._text = None


async def read_form(request: Request, form: type[Form]) -> Form:
    """The fields of a request without a file.

    Raises: BadForm: a field cannot be used; InputError: the body is no form; HTTPException 413; ClientDisconnect.
    """
    content_type = request.headers.get("content-type", "")
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in (MULTIPART, URLENCODED, ""):
        raise InputError(f"The request has to be a form ({URLENCODED} or {MULTIPART}).")
    body = await _whole_body(request)
    if kind != MULTIPART:
        return read_fields(form, _urlencoded(body))
    sink = TextSink()
    reader = MultipartReader(content_type, sink)
    reader.feed(body)
    reader.finish()
    return read_fields(form, sink.fields)


async def read_json(request: Request) -> object:
    """What the JSON body of a request says.

    Raises: InputError: it is no JSON; HTTPException 413; ClientDisconnect.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not (kind.endswith(("/json", "+json")) or kind == ""):
        raise InputError("The request has to be JSON (application/json).")
    body = await _whole_body(request)
    try:
        value: object = json.loads(body.decode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
        raise InputError("The request's body is no JSON.") from error
    return value


async def _whole_body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise HTTPException(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The body is larger than {MAX_BODY_BYTES // 1024} KiB."
            )
    return bytes(body)


def _urlencoded(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(body.decode("latin-1"), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError as error:
        raise InvalidParameter("form", "more fields", f"at most {MAX_FIELDS} fields") from error
    return dict(pairs)
