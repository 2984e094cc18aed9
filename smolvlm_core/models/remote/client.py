"""Asks a server over HTTP: waits, tries again, gives up in plain words. Knows no model.

Neither key nor URL get into messages or logs, only the name of the host; nor does what the server says when it
refuses, for that may repeat either, or the prompt.
"""

import asyncio
import json
import threading
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Literal, TypeVar

import httpx

from smolvlm_core.domain import CheckCancelled, JSONValue
from smolvlm_core.errors import ModelError, ModelUnavailable
from smolvlm_core.models.remote.options import RemoteOptions

T = TypeVar("T")
POLL_S = 0.1  # how often somebody who waits looks whether he was cancelled
BUSY = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
UNHAPPY: dict[int, tuple[str, str]] = {
    HTTPStatus.UNAUTHORIZED: ("refuses the key", "Set SMOLVLM_REMOTE_KEY to one it takes."),
    HTTPStatus.FORBIDDEN: ("refuses the key", "Set SMOLVLM_REMOTE_KEY to one it takes."),
    HTTPStatus.NOT_FOUND: (
        "does not know the model or the address",
        "SMOLVLM_REMOTE_URL mostly ends in /v1; SMOLVLM_REMOTE_MODEL is a name the server lists.",
    ),
}
TOO_MUCH = (
    "cannot take the question",
    "It must take as many images in a prompt as SMOLVLM_FRAMES_PER_SEGMENT says, a context that holds them, "
    "and 20 top_logprobs; its log has the reason.",
)
BAD_REQUESTS = range(400, 429)
REDIRECTS = range(300, 400)
PORTS = range(1, 65536)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a server is waited for. ``tries`` are made at most, ``back_off_s`` after the first, then twice that
    and so on, or what the server asks for, up to ``longest_wait_s``."""

    connect_s: float = 10.0
    answer_s: float = 300.0  # a server on a CPU takes minutes for a dozen pictures
    list_s: float = 30.0  # for what it has
    tries: int = 4
    back_off_s: float = 0.5
    longest_wait_s: float = 30.0


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back last, whatever it was."""

    status: int
    body: bytes = field(repr=False)


class Server:
    """An OpenAI-compatible server. Safe to use from several threads: nothing is kept between questions."""

    def __init__(self, options: RemoteOptions, patience: Patience = Patience()) -> None:
        """Raises: ModelUnavailable: the URL or the key cannot be ones."""
        url = _parsed(options.url)
        key = (options.key or "").strip()
        if not (key.isascii() and key.isprintable()):  # a library would quote it in its complaint
            raise ModelUnavailable("SMOLVLM_REMOTE_KEY has characters that no key has.")
        self.host = url.host
        self._url = url.copy_with(userinfo=b"")  # libraries log URLs
        self._auth = httpx.BasicAuth(url.username, url.password) if url.userinfo and not key else None
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._tls = httpx.create_ssl_context()
        self._patience = patience

    def get(self, path: str, check: CheckCancelled) -> Reply:
        """Raises: ModelError: no reply; Cancelled: from ``check``."""
        return _unless_cancelled(self._send("GET", path, None, self._patience.list_s), check)

    def post(self, path: str, body: JSONValue, check: CheckCancelled) -> Reply:
        """Raises: ModelError: no reply; Cancelled: from ``check``."""
        return _unless_cancelled(self._send("POST", path, body, self._patience.answer_s), check)

    def answer_of(self, reply: Reply) -> JSONValue:
        """What the server answered. Raises: ModelError: it refused, or that is no JSON."""
        if reply.status != HTTPStatus.OK:
            raise self._refusal(reply.status)
        try:
            return json.loads(reply.body)
        except (ValueError, RecursionError) as error:
            raise ModelError(
                f"The server at {self.host} answers, but not as OpenAI's do.",
                hint="SMOLVLM_REMOTE_URL mostly ends in /v1.",
            ) from error

    async def _send(self, method: Literal["GET", "POST"], path: str, body: JSONValue, answer_s: float) -> Reply:
        """Several times, if need be."""
        patience = self._patience
        timeout = httpx.Timeout(answer_s, connect=patience.connect_s)
        url = self._url.copy_with(path=f"{self._url.path.rstrip('/')}/{path}")
        async with httpx.AsyncClient(
            auth=self._auth, headers=self._headers, timeout=timeout, verify=self._tls
        ) as client:
            for tried in range(1, patience.tries + 1):
                wait_s = patience.back_off_s * 2 ** (tried - 1)
                try:
                    response = await client.request(method, url, json=body)
                except (httpx.TransportError, httpx.DecodingError) as error:
                    if tried == patience.tries or not _worth_another_try(error):
                        raise self._silence(error, answer_s) from error
                else:
                    if tried == patience.tries or response.status_code not in BUSY:
                        break
                    wait_s = _asked_for_s(response) or wait_s
                await asyncio.sleep(min(wait_s, patience.longest_wait_s))
            return Reply(response.status_code, response.content)

    def _silence(self, error: httpx.HTTPError, answer_s: float) -> ModelError:
        if _late(error):
            return ModelError(f"The server at {self.host} did not answer within {answer_s:.0f} s.")
        return ModelError(
            f"The server at {self.host} cannot be reached.", hint="Start it, or correct SMOLVLM_REMOTE_URL."
        )

    def _refusal(self, status: int) -> ModelError:
        words, hint = f"failed with status {status}", "Its log has the reason."
        if status in REDIRECTS:
            words, hint = "sends us elsewhere, where we do not go", "Set SMOLVLM_REMOTE_URL to where it leads."
        elif status in BUSY:
            words, hint = f"has no time for us (status {status})", "Try again later."
        elif status in BAD_REQUESTS:
            words, hint = UNHAPPY.get(status, TOO_MUCH)
        return ModelError(f"The server at {self.host} {words}.", hint=hint)


def _parsed(text: str) -> httpx.URL:
    """Raises: ModelUnavailable, without what was given: it may hold a password."""
    try:
        url = httpx.URL(text.strip())
        named = bool(url.host.encode("idna"))  # as a connection would ask for it
    except (httpx.InvalidURL, UnicodeError):
        url, named = httpx.URL(), False
    asked = url.scheme in {"http", "https"} and (url.port is None or url.port in PORTS)
    if not named or not asked or url.query or url.fragment:
        raise ModelUnavailable(
            "SMOLVLM_REMOTE_URL is no address of a server.", hint="It looks like http://host:8000/v1."
        )
    return url


def _worth_another_try(error: httpx.HTTPError) -> bool:
    """Not where the server thought for too long already, nor where nothing can come of it."""
    return not _late(error) and not isinstance(error, httpx.UnsupportedProtocol | httpx.LocalProtocolError)


def _late(error: httpx.HTTPError) -> bool:
    return isinstance(error, httpx.TimeoutException) and not isinstance(error, httpx.ConnectTimeout)


def _asked_for_s(response: httpx.Response) -> float | None:
    """How long the server wants us to wait, where it says so in seconds."""
    words = response.headers.get("Retry-After", "")
    return float(words) if words.isascii() and words.isdigit() else None


def _unless_cancelled(work: Coroutine[None, None, T], check: CheckCancelled) -> T:
    """The work's result; it runs in a thread of its own, so that cancelling waits for nothing."""
    unwanted = threading.Event()
    pool = ThreadPoolExecutor(1, "remote-question")
    future = pool.submit(lambda: asyncio.run(_while_wanted(work, unwanted)))
    pool.shutdown(wait=False)
    try:
        while not wait([future], POLL_S).done:
            check()
    finally:
        unwanted.set()
    return future.result()


async def _while_wanted(work: Coroutine[None, None, T], unwanted: threading.Event) -> T:
    """Dropped work closes its connection, which tells the server to stop as well."""
    task = asyncio.ensure_future(work)
    while not task.done() and not unwanted.is_set():
        await asyncio.wait({task}, timeout=POLL_S)
    task.cancel()  # nothing to one that is done
    return await task
