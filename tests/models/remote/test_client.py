"""Servers that refuse, stall, stumble or talk nonsense: plain words, in time, and never a secret in them."""

import base64
import logging
import threading
import time

import pytest

from smolvlm_core.domain import Criteria, never_cancelled
from smolvlm_core.errors import Cancelled, ModelError, ModelUnavailable
from smolvlm_core.models.remote.client import Patience, Server
from smolvlm_core.models.remote.model import RemoteModel
from smolvlm_core.models.remote.options import RemoteOptions
from smolvlm_core.models.smolvlm import BLANK_VIEW
from tests.models.openai_server import Told, chat_told, serving
from tests.models.remote.script import INFO, QUICK, YES, Script, judge, model_of

KEY, PASSWORD = "sk-secret-1234", "hunter2-secret"


def error_of(told: Told) -> ModelError:
    with model_of(Script([told])) as model, pytest.raises(ModelError) as caught:
        judge(model)
    return caught.value


# -- Answers nobody can use -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (chat_told("Yes"), "logprobs"),
        (chat_told("Yes", []), "logprobs"),
        (Told({"choices": [{"logprobs": {"content": [{"top_logprobs": [{"token": 3}]}]}}]}), "logprobs"),
        (chat_told("Maybe", [("Maybe", -0.1), ("Yesterday", -2.0)]), "neither Yes nor No"),
        (Told(b'{"choices": ['), "not as OpenAI's"),
        (Told(b"\xff\xfe<html>"), "not as OpenAI's"),
        (Told({"choices": []}), "logprobs"),
        (Told(["choices"]), "logprobs"),
        (Told({"error": "key"}, 401), "refuses the key"),
        (Told({"error": "key"}, 403), "refuses the key"),
        (Told({"error": "model"}, 404), "does not know the model"),
        (Told({"error": "too long"}, 400), "cannot take the question"),
        (Told({"error": "too large"}, 413), "cannot take the question"),
        (Told(None, 500), "failed with status 500"),
        (Told(None, 419), "cannot take the question"),
        (Told(None, 503), "has no time"),
    ],
)
def test_what_cannot_be_used_is_an_error_in_plain_words(told: Told, words: str) -> None:
    error = error_of(told)
    assert words in error.message
    assert error.hint


def test_an_answer_without_text_is_an_error() -> None:
    with model_of(Script([Told({"choices": [{}]})])) as model, pytest.raises(ModelError, match="no text"):
        model.describe(BLANK_VIEW, Criteria(), never_cancelled)


def test_a_redirect_is_not_followed() -> None:
    elsewhere = Script([YES])
    with serving(elsewhere) as other:
        error = error_of(Told(None, 307, {"Location": f"{other}/chat/completions"}))
    assert "where we do not go" in error.message
    assert elsewhere.asked == []


# -- Tries ----------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_busy_server_is_asked_again(status: int) -> None:
    script = Script([Told(None, status, {"Retry-After": "0"}), Told(None, status), YES])
    with model_of(script) as model:
        assert judge(model) == 0
    assert len(script.asked) == 4  # twice in vain, for the control, for the view


def test_it_is_not_asked_for_ever() -> None:
    script = Script([Told(None, 503)])
    with model_of(script) as model, pytest.raises(ModelError):
        judge(model)
    assert len(script.asked) == QUICK.tries


def test_other_refusals_are_final() -> None:
    script = Script([Told(None, 500)])
    with model_of(script) as model, pytest.raises(ModelError):
        judge(model)
    assert len(script.asked) == 1


def test_a_long_wait_that_is_asked_for_is_cut_short() -> None:
    script = Script([Told(None, 429, {"Retry-After": "3600"}), YES])
    begun_s = time.monotonic()
    with model_of(script) as model:
        assert judge(model) == 0
    assert time.monotonic() - begun_s < 5


def test_a_server_that_thinks_too_long_is_given_up() -> None:
    over = threading.Event()
    script = Script([Told(after=over)])
    with model_of(script, patience=Patience(answer_s=0.3)) as model:
        with pytest.raises(ModelError, match="did not answer within"):
            judge(model)
        over.set()
    assert len(script.asked) == 1


def test_a_server_that_is_not_there_is_an_error() -> None:
    with serving(Script([YES])) as url:
        pass
    model = RemoteModel(Server(RemoteOptions(url), QUICK), "tests/scripted", INFO, 4)
    with pytest.raises(ModelError, match=r"127\.0\.0\.1 cannot be reached"):
        judge(model)


# -- Cancelling -----------------------------------------------------------------------------


@pytest.mark.parametrize("told", [Told(after=threading.Event()), Told(None, 503, {"Retry-After": "60"})])
def test_cancelling_does_not_wait_for_the_server(told: Told) -> None:
    script = Script([told])
    cancelled_s: list[float] = []

    def check() -> None:
        if script.asked:
            cancelled_s.append(time.monotonic())
            raise Cancelled("The work was cancelled.")

    with model_of(script, patience=Patience()) as model:
        with pytest.raises(Cancelled):
            judge(model, check)
        assert time.monotonic() - cancelled_s[0] < 0.5
        if told.after is not None:
            told.after.set()
        script.told[0] = YES
        assert judge(model) == 0, "and it can be used again"


# -- Secrets --------------------------------------------------------------------------------


@pytest.mark.parametrize("told", [YES, Told({"error": f"wrong key {KEY}"}, 401), Told(b"nonsense")])
def test_neither_key_nor_password_show(told: Told, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    script = Script([told])
    said = ""
    with serving(script) as url:
        options = RemoteOptions(url.replace("http://", f"http://me:{PASSWORD}@"), key=KEY)
        server = Server(options, QUICK)
        model = RemoteModel(server, "tests/scripted", INFO, 4)
        try:
            judge(model)
        except ModelError as error:
            said = f"{error.for_users} {error!r} {error.__cause__!r}"
    assert script.asked[0].headers["Authorization"] == f"Bearer {KEY}"
    shown = f"{caplog.text} {said} {options!r} {server!r} {server.host}"
    assert caplog.text, "libraries log at DEBUG, so the test would see it"
    assert KEY not in shown
    assert PASSWORD not in shown


def test_a_password_in_the_url_is_sent_where_there_is_no_key(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    script = Script([YES])
    with serving(script) as url:
        server = Server(RemoteOptions(url.replace("http://", f"http://me:{PASSWORD}@")), QUICK)
        judge(RemoteModel(server, "tests/scripted", INFO, 4))
    sent = base64.b64encode(f"me:{PASSWORD}".encode()).decode()
    assert script.asked[0].headers["Authorization"] == f"Basic {sent}"
    assert PASSWORD not in caplog.text
    assert sent not in caplog.text


@pytest.mark.parametrize(
    "options",
    [
        RemoteOptions(f"http://me:{PASSWORD}:x@host:port/v1"),
        RemoteOptions(f"ftp://me:{PASSWORD}@host/v1"),
        RemoteOptions(f"http://host/v1?key={KEY}"),
        RemoteOptions("localhost:8000/v1"),
        RemoteOptions("http://host..name/v1"),
        RemoteOptions("http://host:99999/v1"),
        RemoteOptions("http://xn--a/v1"),
        RemoteOptions("\ud800"),
        RemoteOptions("http:///v1"),
        RemoteOptions("http://host/v1", key=f"{KEY}\nX-Other: 1"),
        RemoteOptions("http://host/v1", key=f"{KEY}\u00e4"),
    ],
)
def test_addresses_and_keys_that_are_none_are_refused_without_showing_them(options: RemoteOptions) -> None:
    with pytest.raises(ModelUnavailable) as caught:
        Server(options)
    shown = f"{caught.value.for_users} {caught.value.__cause__!r}"
    assert KEY not in shown
    assert PASSWORD not in shown
