"""What ``spaces`` raises, in words for people. Its errors are Gradio's: they are known by title and text alone."""

import re

from smolvlm_core.errors import GpuQuotaSpent, GpuRefused, ModelError

# As spaces 0.51 words them (``spaces.zero.client``, ``spaces.zero.wrappers``).
SECONDS = re.compile(r"\((\d+)s requested vs\. (\d+)s left\)")
AGAIN_IN = re.compile(r"Try again in (?:(\d+) days?, )?(\d+):(\d+):\d+")
SIGNED_IN = re.compile(r"\b(?:free|Pro) ZeroGPU quota")
QUOTA_TITLE = "ZeroGPU quota exceeded"
OF_THE_SPACE = "Space app has reached its GPU limit"
TOO_OFTEN = "runs limit"

REFUSALS = {
    "No GPU was available": ("No GPU was free within a minute.", "Try again in a few minutes."),
    "Expired ZeroGPU proxy token": (
        "Hugging Face lends a GPU only to visits that are not too long ago.",
        "Reload the page and start the analysis again.",
    ),
    "larger than the maximum allowed": (
        "Hugging Face does not lend a GPU for as long as this part needs.",
        "Sign in to Hugging Face, or choose shorter parts.",
    ),
    "credits allocated to running tasks": (
        "Your other work on Hugging Face's GPUs takes all that you have for now.",
        "Try again when some of it is done.",
    ),
    "GPU task aborted": ("The GPU was taken back before the work was done.", "Start the analysis again."),
}
OTHER = ("Hugging Face could not lend a GPU just now.", "Try again in a few minutes.")
OWN_COPY = "Or duplicate this Space and run it on hardware of your own."


def in_words(error: Exception) -> ModelError:
    """The error to raise in place of one that came out of a call on ZeroGPU."""
    text, title = str(getattr(error, "message", error)), str(getattr(error, "title", ""))
    known = next((words for part, words in REFUSALS.items() if part in text), None)
    if known is None and title == QUOTA_TITLE:
        return _quota(text)
    if known is None and title == "ZeroGPU worker error":  # of the work itself, not of the lending
        return ModelError("The model failed on this part of the video.")
    message, hint = known or OTHER
    return GpuRefused(message, hint=hint)


def _quota(text: str) -> GpuQuotaSpent:
    if OF_THE_SPACE in text:
        return GpuQuotaSpent(
            "The GPU time that this Space has without a visitor's own is used up for now.",
            hint=f"Reload the page and start the analysis again. {OWN_COPY}",
        )
    message = "Your GPU time on Hugging Face is used up for now."
    seconds = SECONDS.search(text)
    if seconds is not None:
        message += f" {seconds[1]} seconds were asked for, and {seconds[2]} are left."
    elif TOO_OFTEN in text:
        message = "You have used the GPU on Hugging Face as often as you may for now."
    ways = [_when(text), OWN_COPY]
    if not SIGNED_IN.search(text):
        ways.insert(0, "Sign in to Hugging Face for more.")
    return GpuQuotaSpent(message, hint=" ".join(ways))


def _when(text: str) -> str:
    wait = AGAIN_IN.search(text)
    if wait is None:
        return "Try again tomorrow."
    days, hours, minutes = (int(part or 0) for part in wait.groups())
    if days:
        return "Try again in 1 day." if days == 1 else f"Try again in {days} days."
    if hours:
        return f"Try again in {hours} h {minutes} min."
    return f"Try again in {minutes + 1} min."
