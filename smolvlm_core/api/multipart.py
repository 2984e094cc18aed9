"""Multipart bodies as a stream of parts, in constant memory. Knows no field and no file of ours.

Source: RFC 7578; the parser is python-multipart, which web frameworks use for their own forms.
"""

from typing import Protocol

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from smolvlm_core.api.names import disposition
from smolvlm_core.errors import InputError

MAX_HEADERS = 16  # of one part; browsers send two
MAX_HEADER_BYTES = 8192  # room for the longest names that were ever seen in the wild

BROKEN = "The request body is not a complete multipart form."


class PartSink(Protocol):
    """Takes the parts of a form, one after another."""

    def begin(self, name: str, filename: str | None) -> None:
        """A part starts. ``filename`` is as sent, None for a text field."""

    def write(self, data: memoryview) -> None:
        """More of its bytes."""

    def end(self) -> None:
        """It is complete."""


class MultipartReader:
    """Feeds a ``PartSink`` with the parts of a body that arrives in pieces."""

    def __init__(self, content_type: str, sink: PartSink) -> None:
        """Raises: InputError: the request is not multipart."""
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary", b"")
        if kind != b"multipart/form-data" or not boundary:
            raise InputError("The request has to be a multipart form (multipart/form-data).")
        self._sink = sink
        self._header = ""
        self._field = bytearray()
        self._value = bytearray()
        self._disposition = b""
        self._complete = False
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._on_part_begin,
                    "on_header_field": self._on_header_field,
                    "on_header_value": self._on_header_value,
                    "on_header_end": self._on_header_end,
                    "on_headers_finished": self._on_headers_finished,
                    "on_part_data": self._on_part_data,
                    "on_part_end": self._sink.end,
                    "on_end": self._on_end,
                },
                max_header_count=MAX_HEADERS,
                max_header_size=MAX_HEADER_BYTES,
            )
        except FormParserError as error:
            raise InputError(BROKEN) from error

    def feed(self, data: bytes) -> None:
        """Parse the next piece. Raises: InputError: the body is broken; whatever the sink raises."""
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise InputError(BROKEN) from error

    def finish(self) -> None:
        """The body is over. Raises: InputError: it broke off."""
        if not self._complete:
            raise InputError(BROKEN)

    def _on_part_begin(self) -> None:
        self._disposition = b""

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        if bytes(self._field).lower() == b"content-disposition":
            self._disposition = bytes(self._value)
        self._field.clear()
        self._value.clear()

    def _on_headers_finished(self) -> None:
        self._sink.begin(*disposition(self._disposition))

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        self._sink.write(memoryview(data)[start:end])

    def _on_end(self) -> None:
        self._complete = True
