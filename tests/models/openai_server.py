"""A small server that speaks OpenAI's protocol over loopback, and a tiny SmolVLM2 that answers through it.

``Chat`` does with messages what vLLM does: the checkpoint's own chat template, one whole image for each
``image_url``. It knows nothing of the code that asks.
"""

import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import cv2
import numpy as np

from smolvlm_core.domain import Frame, FrameRGB, JSONValue, never_cancelled
from smolvlm_core.models.base import VideoModel
from smolvlm_core.models.decoding import Logits, log_softmax
from smolvlm_core.models.encoding import Question
from smolvlm_core.models.engine import EngineOptions, load_smolvlm
from smolvlm_core.models.remote.options import RemoteOptions
from smolvlm_core.models.smolvlm import SmolVLM
from tests.models.training import torch_eyes


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: JSONValue


@dataclass(frozen=True, slots=True)
class Told:
    """What is answered: ``body`` as JSON, unless it is bytes. It is held back until ``after`` is set."""

    body: JSONValue = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    after: threading.Event | None = None


Answer = Callable[[Asked], Told]
HELD_S = 20.0


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    answer: Answer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever asked may be gone."""


class _Handler(BaseHTTPRequestHandler):
    server: _Listener

    def do_GET(self) -> None:
        self._reply(None)

    def do_POST(self) -> None:
        self._reply(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def _reply(self, body: JSONValue) -> None:
        told = self.server.answer(Asked(self.command, self.path, dict(self.headers), body))
        if told.after is not None:
            told.after.wait(HELD_S)
        data = told.body if isinstance(told.body, bytes) else json.dumps(told.body).encode()
        self.send_response(told.status)
        for name, value in told.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@contextmanager
def serving(answer: Answer) -> Iterator[str]:
    """The base URL of a server that answers so."""
    with _Listener(("127.0.0.1", 0), _Handler) as listener:
        listener.answer = answer
        thread = threading.Thread(target=listener.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.server_address[1]}/v1"
        finally:
            listener.shutdown()
            thread.join()


def models_told(*names: str) -> Told:
    """What ``GET /models`` answers."""
    return Told({"object": "list", "data": [{"id": name, "object": "model"} for name in names]})


def chat_told(text: str, top: list[tuple[str, float]] | None = None) -> Told:
    """What ``POST /chat/completions`` answers."""
    choice: dict[str, JSONValue] = {"index": 0, "message": {"role": "assistant", "content": text}}
    if top is not None:
        listed = [{"token": token, "logprob": logprob, "bytes": None} for token, logprob in top]
        choice["logprobs"] = {"content": [{**listed[0], "top_logprobs": listed}] if listed else []}
    return Told({"object": "chat.completion", "choices": [choice]})


@contextmanager
def over_http(model: SmolVLM) -> Iterator[VideoModel]:
    """The model behind a server, asked as the app asks one."""
    with serving(Chat(model, model.info.id)) as url:
        options = EngineOptions("remote", frames_per_segment=model.frames_wanted, remote=RemoteOptions(url))
        yield load_smolvlm(options, lambda _status: None)


class Chat:
    """A SmolVLM2 on torch that answers chats. The last one is kept in ``text``, ``prompt`` and ``pictures``."""

    def __init__(self, model: SmolVLM, name: str) -> None:
        self._model = model
        self._name = name
        self._lock = threading.Lock()
        self._processor = torch_eyes(model).processor
        self.prompt: tuple[int, ...] = ()
        self.text = ""
        self.pictures: list[FrameRGB] = []

    def __call__(self, asked: Asked) -> Told:
        if (asked.method, asked.path) == ("GET", "/v1/models"):
            return models_told(self._name)
        if (asked.method, asked.path) != ("POST", "/v1/chat/completions") or asked.body["model"] != self._name:
            return Told({"error": {"message": "not found"}}, 404)
        with self._lock, self._model.runtime.working(never_cancelled):
            return self._answer(asked.body)

    def _answer(self, body: JSONValue) -> Told:
        question = self.read(body["messages"])
        logits = self._model.runtime.decoder.next_logits(question)
        top = self._top(logits, body["top_logprobs"]) if body.get("logprobs") else None
        return chat_told(self._write(logits, body["max_tokens"]), top)

    def read(self, messages: JSONValue) -> Question:
        """Messages as the model gets them."""
        uris = [part["image_url"]["url"] for turn in messages for part in turn["content"] if "image_url" in part]
        self.pictures = [picture_of(uri) for uri in uris]
        plain = [
            {
                "role": turn["role"],
                "content": [{"type": "image"} if "image_url" in part else part for part in turn["content"]],
            }
            for turn in messages
        ]
        encoder = self._model.encoder
        self.text = self._processor.apply_chat_template(plain, tokenize=False, add_generation_prompt=True)
        expanded = self.text.replace("<image>", encoder.wording.frame)
        self.prompt = tuple(encoder.tokenizer.encode(expanded).ids)
        frames = [Frame(0.0, rgb) for rgb in self.pictures]
        return Question(self.prompt, tuple(self._model.eyes.see(frames, never_cancelled)))

    def _top(self, logits: Logits, count: int) -> list[tuple[str, float]]:
        logprobs = log_softmax(logits)
        tokenizer = self._model.encoder.tokenizer
        best = [int(token) for token in np.argsort(-logprobs)[:count]]
        return [(tokenizer.decode([token], skip_special_tokens=False), float(logprobs[token])) for token in best]

    def _write(self, logits: Logits, max_tokens: int) -> str:
        tokens: list[int] = []
        decoder = self._model.runtime.decoder
        answer = decoder.side_by_side([decoder.keep()])
        while len(tokens) < max_tokens:
            token = int(logits.argmax())
            if token == self._model.encoder.end_id:
                break
            tokens.append(token)
            (logits,) = answer.extend([token], [0])
        return self._model.encoder.words_of(tokens)


def picture_of(uri: str) -> FrameRGB:
    """The pixels of a data URI."""
    kind, _, data = uri.partition(";base64,")
    assert kind == "data:image/jpeg"
    bgr = cv2.imdecode(np.frombuffer(base64.b64decode(data, validate=True), np.uint8), cv2.IMREAD_COLOR)
    assert bgr is not None
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB).astype(np.uint8)
