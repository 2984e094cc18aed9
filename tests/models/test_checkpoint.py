"""Where a checkpoint comes from: a folder, the cache, or a hub - here a small one on this machine."""

import json
import threading
import time
from collections.abc import Iterator
from hashlib import sha1
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from smolvlm_core.errors import ModelUnavailable
from smolvlm_core.models import checkpoint
from smolvlm_core.models.checkpoint import find_checkpoint, progress_class

COMMIT = "0123456789abcdef0123456789abcdef01234567"
FILES = {
    "config.json": b'{"model_type": "smolvlm"}',
    "merges.txt": b"a b",
    "model.safetensors": bytes(300_000),
    "onnx/model.onnx": b"not wanted",
    "onnx/config.json": b"{}",
    "pytorch_model.bin": b"not wanted either",
}


def nothing(_percent: float) -> None:
    pass


class Hub(BaseHTTPRequestHandler):
    """As much of the hub as a download needs; ``asked`` remembers the paths."""

    asked: list[str]

    def do_HEAD(self) -> None:
        self.do_GET(body=False)

    def do_GET(self, body: bool = True) -> None:
        path = self.path.split("?")[0]
        self.asked.append(path)
        if path.startswith("/api/models/own/smol/tree/"):
            tree = [
                {"type": "file", "path": name, "size": len(data), "oid": sha1(data).hexdigest()}
                for name, data in FILES.items()
            ]
            self._answer(json.dumps(tree).encode(), body)
        elif path.startswith("/api/models/own/smol"):
            files = [{"rfilename": name, "size": len(data)} for name, data in FILES.items()]
            self._answer(json.dumps({"id": "own/smol", "sha": COMMIT, "siblings": files}).encode(), body)
        elif path.startswith(f"/own/smol/resolve/{COMMIT}/"):
            self._answer(FILES[path.removeprefix(f"/own/smol/resolve/{COMMIT}/")], body)
        else:
            self.send_response(404)
            self.send_header("X-Error-Code", "RepoNotFound")
            self.send_header("Content-Length", "0")
            self.end_headers()

    def _answer(self, data: bytes, body: bool) -> None:
        self.send_response(200)
        self.send_header("ETag", f'"{sha1(data).hexdigest()}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if body:
            self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the hub's client."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def hub(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a hub that holds ``own/smol``."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    Hub.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_download_takes_what_is_needed_and_shows_its_progress(hub: str) -> None:
    percents: list[float] = []
    found = find_checkpoint("own/smol", None, percents.append, endpoint=hub)
    assert (found.id, found.revision) == ("own/smol", COMMIT)
    assert sorted(path.name for path in found.folder.rglob("*")) == [
        "config.json",
        "merges.txt",
        "model.safetensors",
    ]
    assert (found.folder / "model.safetensors").read_bytes() == FILES["model.safetensors"]
    assert percents == sorted(percents)
    assert percents[-1] == 100


def test_what_is_cached_is_used_without_asking(hub: str) -> None:
    first = find_checkpoint("own/smol", "main", nothing, endpoint=hub)
    Hub.asked.clear()
    assert find_checkpoint("own/smol", COMMIT, nothing, endpoint=hub) == first
    assert Hub.asked == []
    assert find_checkpoint(str(first.folder), None, nothing).revision == COMMIT


def test_no_such_repository(hub: str) -> None:
    with pytest.raises(ModelUnavailable, match="The hub has no own/other"):
        find_checkpoint("own/other", None, nothing, endpoint=hub)


def test_nobody_answers(hub: str) -> None:
    with pytest.raises(ModelUnavailable, match="no network"):
        find_checkpoint("own/smol", None, nothing, endpoint="http://127.0.0.1:9")


def test_silence_is_not_waited_out(hub: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import HfApi

    monkeypatch.setattr(checkpoint, "REACH_TIMEOUT_S", 0.1)
    monkeypatch.setattr(HfApi, "model_info", lambda *_args, **_options: time.sleep(1.0))
    began_s = time.monotonic()
    with pytest.raises(ModelUnavailable, match="no network"):
        find_checkpoint("own/smol", None, nothing, endpoint=hub)
    assert time.monotonic() - began_s < 0.9


def test_offline_and_nothing_cached(cache: Path) -> None:
    with pytest.raises(ModelUnavailable, match="HF_HUB_OFFLINE"):
        find_checkpoint("own/smol", None, nothing)


def test_a_folder_is_taken_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    with pytest.raises(ModelUnavailable, match=r"config\.json is missing"):
        find_checkpoint(str(folder), None, nothing)
    (folder / "config.json").write_text("{}")
    found = find_checkpoint(str(folder), None, nothing)
    assert (found.folder, found.id, found.revision) == (folder.resolve(), "mine", None)


@pytest.mark.parametrize("name", ["/no/such/folder", "../x/y/z", "~/nothing-here", "plain"])
def test_no_such_folder_and_no_path_in_the_words(name: str) -> None:
    with pytest.raises(ModelUnavailable, match="does not exist") as caught:
        find_checkpoint(name, None, nothing)
    assert "/" not in caught.value.message


def test_percent_never_goes_back_over_several_files() -> None:
    percents: list[float] = []
    bar = progress_class(0, percents.append)(total=100, unit="B")
    files = progress_class(0, percents.append)(total=3, unit="it")
    bar.update(50)
    bar.total = 400  # another file is known of now
    bar.update(50)
    files.update(3)
    bar.update(300)
    bar.update(1)
    assert percents == [50, 100]
