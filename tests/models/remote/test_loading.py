"""A server is asked once what it has; what is missing is said, and what was chosen has its reason."""

import logging
import re
from contextlib import suppress
from pathlib import Path

import pytest
from pydantic import SecretStr

from smolvlm_core import factory
from smolvlm_core.domain import ModelInfo, ModelState
from smolvlm_core.errors import ModelUnavailable
from smolvlm_core.models.engine import CHECKPOINT_ON_GPU, EngineOptions, ModelEngine, load_smolvlm
from smolvlm_core.models.remote import client
from smolvlm_core.models.remote.model import RemoteModel
from smolvlm_core.models.remote.options import RemoteOptions
from smolvlm_core.settings import Settings
from tests.models.openai_server import Told, models_told, serving
from tests.models.remote.script import QUICK, YES, Script, judge


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No back-off worth mentioning."""
    make = client.Server.__init__
    monkeypatch.setattr(client.Server, "__init__", lambda self, options: make(self, options, QUICK))


def info_of(told: Told, model: str | None = None, checkpoint: str | None = None) -> ModelInfo:
    with serving(Script([told])) as url:
        options = EngineOptions("remote", checkpoint, remote=RemoteOptions(url, model))
        return load_smolvlm(options, lambda _status: None).info


def test_it_says_what_runs_where_and_why() -> None:
    assert info_of(models_told("other/model", "wanted/model"), "wanted/model") == ModelInfo(
        backend="remote",
        id="wanted/model",
        revision=None,
        device="127.0.0.1",
        dtype="unknown",
        reason="SMOLVLM_BACKEND asks for remote; wanted/model: SMOLVLM_REMOTE_MODEL names it",
    )


@pytest.mark.parametrize(
    ("listed", "checkpoint", "taken", "why"),
    [
        ((CHECKPOINT_ON_GPU, "other"), None, CHECKPOINT_ON_GPU, "the checkpoint's name"),
        (("my/own", "other"), "my/own", "my/own", "the checkpoint's name"),
        (("/models/smolvlm2.gguf",), None, "smolvlm2.gguf", "the only one there"),
        ((), None, CHECKPOINT_ON_GPU, "the checkpoint's name"),
    ],
)
def test_a_name_is_found_where_none_was_given(
    listed: tuple[str, ...], checkpoint: str | None, taken: str, why: str
) -> None:
    info = info_of(models_told(*listed), checkpoint=checkpoint)
    assert info.id == taken
    assert info.reason.endswith(f"; {taken}: {why}")


@pytest.mark.parametrize(
    "told", [Told(None, 404), Told({"object": "something"}), Told({"data": [{"id": 3}, "x", {"id": "\ud800"}]})]
)
def test_a_server_without_a_list_is_believed(told: Told) -> None:
    assert info_of(told, "wanted/model").id == "wanted/model"


@pytest.mark.parametrize(
    ("told", "model", "words"),
    [
        (models_told("a", "b"), None, f"has no model {CHECKPOINT_ON_GPU}. Set SMOLVLM_REMOTE_MODEL"),
        (models_told("/path/to/a.gguf"), "wanted", "has no model wanted. Set .* it has: a.gguf."),
        (Told(None, 401), "wanted", "refuses the key"),
        (Told(None, 503), "wanted", "has no time"),
        (Told(b"<html>"), "wanted", "not as OpenAI's do"),
        (Told(None, 302, {"Location": "http://192.0.2.1/v1/models"}), "wanted", "sends us elsewhere"),
    ],
)
def test_what_cannot_be_had_is_said(told: Told, model: str | None, words: str) -> None:
    with pytest.raises(ModelUnavailable) as caught:
        info_of(told, model)
    assert re.search(words, caught.value.for_users)


def test_a_server_that_is_not_there_is_said() -> None:
    with serving(Script([YES])) as url:
        pass
    engine = ModelEngine(EngineOptions("remote", remote=RemoteOptions(url)))
    with pytest.raises(ModelUnavailable, match=r"127\.0\.0\.1 cannot be reached"):
        engine.acquire()
    assert engine.status().state is ModelState.FAILED


def test_remote_needs_an_address() -> None:
    with pytest.raises(ModelUnavailable, match="no server is named") as caught:
        ModelEngine(EngineOptions("remote")).acquire()
    assert caught.value.hint == "Set SMOLVLM_REMOTE_URL."


def test_auto_takes_a_server_that_is_named() -> None:
    with serving(Script([models_told("wanted")])) as url:
        info = ModelEngine(EngineOptions("auto", remote=RemoteOptions(url))).acquire().info
    assert (info.backend, info.id) == ("remote", "wanted")
    assert info.reason.startswith("SMOLVLM_REMOTE_URL names a server; ")


def test_auto_falls_back_aloud_when_it_is_not_there(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "smolvlm")
    with serving(Script([YES])) as url:
        pass
    info = ModelEngine(EngineOptions("auto", remote=RemoteOptions(url))).acquire().info
    assert info.backend == "signals"
    assert "127.0.0.1 cannot be reached" in info.reason
    assert "event=model_unavailable" in caplog.text


@pytest.mark.parametrize("backend", ["torch", "openvino", "signals"])
def test_other_backends_ask_no_server(backend: str, tmp_path: Path) -> None:
    script = Script([models_told("wanted")])
    with serving(script) as url:
        options = EngineOptions(backend, str(tmp_path), device="cpu", remote=RemoteOptions(url))  # type: ignore[arg-type]
        with suppress(ModelUnavailable):
            ModelEngine(options).acquire()
    assert script.asked == []


def test_settings_reach_the_server_and_keep_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[ModelEngine] = []

    def make(options: EngineOptions) -> ModelEngine:
        made.append(ModelEngine(options))
        return made[0]

    monkeypatch.setattr(factory, "ModelEngine", make)
    script = Script([models_told("a", "wanted"), YES])
    with serving(script) as url:
        settings = Settings(
            data_dir=tmp_path,
            backend="remote",
            remote_url=url,
            remote_model="wanted",
            remote_key=SecretStr("sk-secret"),
        )
        factory.create_service(settings)
        model = made[0].acquire()
        assert isinstance(model, RemoteModel)
        assert judge(model) == 0
    assert [asked.headers["Authorization"] for asked in script.asked] == ["Bearer sk-secret"] * 3
    assert script.asked[-1].body["model"] == "wanted"
    assert "sk-secret" not in repr(settings)
