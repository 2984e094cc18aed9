"""Refusals in words for people; what they are known by is what the installed ``spaces`` says."""

from importlib.resources import files

import gradio as gr
import pytest

from smolvlm_core.errors import GpuQuotaSpent, GpuRefused, ModelError
from smolvlm_core.models.zero_gpu.refusals import OF_THE_SPACE, QUOTA_TITLE, REFUSALS, TOO_OFTEN, in_words

QUOTA = "You have exceeded your {gpu} quota ({asked}s requested vs. {left}s left). Try again in {wait}. "


def refusal(title: str, message: str) -> ModelError:
    return in_words(gr.Error(message, title=title, print_exception=False))


@pytest.mark.parametrize("text", [*REFUSALS, QUOTA_TITLE, OF_THE_SPACE, TOO_OFTEN, "ZeroGPU worker error"])
def test_what_refusals_are_known_by_is_what_spaces_says(text: str) -> None:
    zero = files("spaces.zero")
    sources = [zero.joinpath(name).read_text(encoding="utf-8") for name in ("client.py", "wrappers.py")]
    said = " ".join(sources).replace('"\n', "").replace('f"', "").replace('"', "")
    assert text in " ".join(said.split())


def test_somebody_without_an_account_is_told_to_sign_in() -> None:
    text = QUOTA.format(gpu="ZeroGPU", asked=14, left=3, wait="5:12:40")
    spent = refusal("ZeroGPU quota exceeded", text + "Authenticate with a Hugging Face token for more quota")
    assert isinstance(spent, GpuQuotaSpent)
    assert spent.message == (
        "Your GPU time on Hugging Face is used up for now. 14 seconds were asked for, and 3 are left."
    )
    assert spent.hint == (
        "Sign in to Hugging Face for more. Try again in 5 h 12 min. "
        "Or duplicate this Space and run it on hardware of your own."
    )


@pytest.mark.parametrize(
    ("gpu", "wait", "when"),
    [
        ("free ZeroGPU", "1 day, 2:00:00", "Try again in 1 day"),
        ("Pro ZeroGPU", "0:12:59", "Try again in 13 min"),
    ],
)
def test_somebody_with_an_account_is_not(gpu: str, wait: str, when: str) -> None:
    spent = refusal("ZeroGPU quota exceeded", QUOTA.format(gpu=gpu, asked=30, left=0, wait=wait))
    assert spent.hint is not None
    assert spent.hint.startswith(when)
    assert "Sign in" not in spent.hint


def test_visits_are_counted_too() -> None:
    spent = refusal("ZeroGPU quota exceeded", "You have exceeded your ZeroGPU runs limit. ")
    assert isinstance(spent, GpuQuotaSpent)
    assert "as often as you may" in spent.message
    assert spent.hint is not None
    assert "tomorrow" in spent.hint


def test_without_a_visitor_the_spaces_own_time_is_meant() -> None:
    message = "Space app has reached its GPU limit. Try re-running outside of examples"
    spent = refusal("ZeroGPU quota exceeded", message)
    assert isinstance(spent, GpuQuotaSpent)
    assert "Your" not in spent.message
    assert spent.hint is not None
    assert "start the analysis again" in spent.hint


@pytest.mark.parametrize(
    ("title", "message", "words"),
    [
        ("ZeroGPU queue timeout", "No GPU was available after 60s. <a href='x'>Subscribe</a>", "No GPU was free"),
        ("ZeroGPU quota exceeded", "No GPU was available after 60s. Try re-running outside", "No GPU was free"),
        ("ZeroGPU client error", "Expired ZeroGPU proxy token", "not too long ago"),
        (
            "ZeroGPU illegal duration",
            "The GPU duration (90s) is larger than the maximum allowed",
            "as long",
        ),
        ("ZeroGPU worker error", "GPU task aborted", "taken back"),
        (
            "ZeroGPU pending credits exceeded",
            "You have too many ZeroGPU credits allocated to running tasks.",
            "other",
        ),
    ],
)
def test_other_refusals_have_words_and_a_way_out(title: str, message: str, words: str) -> None:
    refused = refusal(title, message)
    assert type(refused) is GpuRefused
    assert words in refused.message
    assert refused.hint
    assert "ZeroGPU" not in refused.for_users


def test_a_bug_in_the_work_is_no_refusal() -> None:
    failed = refusal("ZeroGPU worker error", "IndexError")
    assert type(failed) is ModelError
    assert "IndexError" not in failed.for_users


def test_what_nobody_foresaw_is_still_in_words() -> None:
    refused = in_words(RuntimeError("ZeroGPU API /schedule error: 500 (Internal Server Error)"))
    assert type(refused) is GpuRefused
    assert "500" not in refused.for_users
