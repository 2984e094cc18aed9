"""The named functions for Python and MCP clients: ``/analyze_highlights`` and ``/analyze_workout``.

They wait for the result on the same queue and limits as everything else, and leave nothing behind.
"""

import asyncio
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

import gradio as gr

from smolvlm_core.analysis.report import Report
from smolvlm_core.domain import AnalysisOptions, AnalysisType, Criteria, Status, Thoroughness
from smolvlm_core.errors import InvalidParameter, JobError, SmolVLMError
from smolvlm_core.jobs.service import JobService
from smolvlm_core.jobs.views import SessionView
from smolvlm_core.ui.uploads import received

FileRecord = dict[str, Any]
"""An uploaded file as Gradio hands it over."""

POLL_S = 0.25
# Calls only wait, on the event loop: the limit is a bound, not a resource. The analyses have their own queue.
CALLS_AT_ONCE = 100
MIN_SEGMENT_S, MAX_SEGMENT_S = 1.0, 600.0  # as REST has it
MAX_HIGHLIGHTS = 2**31 - 1
MAX_REEL_S = 86400.0

DEFAULTS = AnalysisOptions(AnalysisType.HIGHLIGHTS)
RESULTS_DOC = "The same as `results` of the REST API"
DOCS = {
    "video": "The video: a URL, or in Python handle_file() of a path or URL.",
    "min_significance": "Lowest score, 1 to 10, that makes the list.",
    "max_highlights": "How many highlights at most.",
    "segment_duration": "Length of the parts that are judged, in seconds.",
    "system_prompt": "Instructions that replace the built-in ones; empty keeps them.",
    "user_prompt": "What to look for, in place of the built-in question; empty keeps it.",
    "thoroughness": "How much of a long video the model looks at: fast, balanced or exhaustive.",
    "max_reel_duration": "Seconds that all highlights together may last; 0 is no limit.",
}


Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


def described(function: Endpoint) -> Endpoint:
    """Give the docstring an account of each parameter, which is where MCP clients look for it."""
    accounts = [f"{name}: {DOCS[name]}" for name in inspect.signature(function).parameters if name in DOCS]
    function.__doc__ = "\n".join([inspect.getdoc(function) or "", "", "Args:", *accounts])
    return function


class Endpoints:
    """Signatures and docstrings here are what ``view_api()`` and MCP clients show."""

    def __init__(self, service: JobService) -> None:
        self._service = service

    @described
    async def analyze_highlights(  # noqa: PLR0913, PLR0917 - the signature is what clients see
        self,
        video: FileRecord,
        min_significance: int = 6,
        max_highlights: int = 10,
        segment_duration: float = 15.0,
        system_prompt: str = "",
        user_prompt: str = "",
        thoroughness: str = "balanced",
        max_reel_duration: float = 0.0,
        progress: gr.Progress = gr.Progress(),  # noqa: B008 - Gradio looks for it in the default
    ) -> Report:
        """Find the moments of a video that stand out, best first, each with its times, a score from 1 to 10,
        a description and what was measured. Waits for the result, which takes a while, and tells the progress."""
        options = AnalysisOptions(
            AnalysisType.HIGHLIGHTS,
            _whole("min_significance", min_significance, 1, 10),
            _whole("max_highlights", max_highlights, 1, MAX_HIGHLIGHTS),
            _seconds("segment_duration", segment_duration, MIN_SEGMENT_S, MAX_SEGMENT_S),
            Criteria(_text("system_prompt", system_prompt), _text("user_prompt", user_prompt)),
            _thoroughness(thoroughness),
            _seconds("max_reel_duration", max_reel_duration, 0.0, MAX_REEL_S),
        )
        return await self._analyze(video, options, progress)

    @described
    async def analyze_workout(
        self,
        video: FileRecord,
        segment_duration: float = 15.0,
        system_prompt: str = "",
        user_prompt: str = "",
        progress: gr.Progress = gr.Progress(),  # noqa: B008 - Gradio looks for it in the default
    ) -> Report:
        """List every exercise of a workout video with its times, phase, repetitions and what else was measured.
        Waits for the result, which takes a while, and tells the progress."""
        options = AnalysisOptions(
            AnalysisType.WORKOUT,
            segment_duration_s=_seconds("segment_duration", segment_duration, MIN_SEGMENT_S, MAX_SEGMENT_S),
            criteria=Criteria(_text("system_prompt", system_prompt), _text("user_prompt", user_prompt)),
        )
        return await self._analyze(video, options, progress)

    async def _analyze(self, video: FileRecord | None, options: AnalysisOptions, progress: gr.Progress) -> Report:
        """One session from upload to results. It is deleted however this ends: a cancelled call too."""
        if video is None:
            raise as_gradio_error(InvalidParameter("video", "nothing", "a file"))
        upload = received(video)
        progress(0.0, desc="Reading the video")
        adoption = asyncio.create_task(asyncio.to_thread(self._service.adopt, upload.path, upload.filename))
        session_id: str | None = None
        try:
            # Shielded: a thread cannot be stopped, and its session has to be known to be deleted.
            view = await asyncio.shield(adoption)
            session_id = view.session_id
            await asyncio.to_thread(self._service.start_analysis, session_id, options)
            await self._follow(session_id, progress)
            return (await asyncio.to_thread(self._service.results, session_id)).results
        except SmolVLMError as error:
            raise as_gradio_error(error) from error
        finally:
            await asyncio.shield(asyncio.create_task(self._clean_up(adoption)))

    async def _follow(self, session_id: str, progress: gr.Progress) -> None:
        """Report the progress until the analysis is done.

        Raises: JobError: it failed, or somebody else cancelled it.
        """
        view = self._service.session(session_id)
        while view.status is Status.ANALYZING:
            progress(view.percent / 100, desc=view.current_step)
            await asyncio.sleep(POLL_S)
            view = self._service.session(session_id)
        if view.status is not Status.COMPLETED:
            raise JobError(view.error.message if view.error else f"The analysis was {view.status}.")

    async def _clean_up(self, adoption: "asyncio.Task[SessionView]") -> None:
        try:
            view = await adoption
            await asyncio.to_thread(self._service.delete, view.session_id)
        except SmolVLMError:
            pass  # never made, or gone already


def add_endpoints(service: JobService) -> None:
    """Add the named functions to the ``gr.Blocks`` that is open."""
    endpoints = Endpoints(service)
    video = _documented(gr.Video(label="video", visible=False), DOCS["video"])
    prompts = [_text_field("system_prompt"), _text_field("user_prompt")]
    segment = _number_field("segment_duration", DEFAULTS.segment_duration_s, precision=None)
    least = _number_field("min_significance", DEFAULTS.min_significance, precision=0)
    most = _number_field("max_highlights", DEFAULTS.max_highlights, precision=0)
    results: Any = gr.JSON(label="results", visible=False)
    results.api_info = lambda: {"type": "object", "additionalProperties": {}, "description": RESULTS_DOC}
    thoroughness = _text_field("thoroughness", DEFAULTS.thoroughness.value)
    reel = _number_field("max_reel_duration", DEFAULTS.max_reel_s, precision=None)
    _add(endpoints.analyze_highlights, [video, least, most, segment, *prompts, thoroughness, reel], results)
    _add(endpoints.analyze_workout, [video, segment, *prompts], results)


def _add(function: Callable[..., Any], inputs: list[Any], results: Any) -> None:
    gr.on(
        [],
        function,
        inputs,
        results,
        api_name=function.__name__,
        preprocess=False,  # the file record as it came, with its own name; numbers are checked here
        concurrency_limit=CALLS_AT_ONCE,
        show_progress="hidden",
    )


def _text_field(name: str, default: str = "") -> Any:
    return _documented(gr.Textbox(value=default, label=name, visible=False), DOCS[name])


def _number_field(name: str, default: float, precision: int | None) -> Any:
    return _documented(gr.Number(value=default, label=name, precision=precision, visible=False), DOCS[name])


def _documented(component: Any, text: str) -> Any:
    """Let ``view_api()`` say what a parameter means.

    On the instance: a subclass would have Gradio write a stub file beside this module.
    """
    info = {**component.api_info(), "additional_description": text}
    component.api_info = lambda: dict(info)
    return component


def as_gradio_error(error: SmolVLMError) -> gr.Error:
    """What a Python client's exception says."""
    text = f"{error.message} {error.hint}" if error.hint else error.message
    return gr.Error(text, print_exception=False)


def _whole(name: str, value: object, low: int, high: int) -> int:
    number = _number(value)
    if number is None or number != int(number) or not low <= number <= high:
        allowed = f"a whole number from {low} to {high}" if high < MAX_HIGHLIGHTS else f"a whole number from {low}"
        raise as_gradio_error(InvalidParameter(name, value, allowed))
    return int(number)


def _seconds(name: str, value: object, low: float, high: float) -> float:
    number = _number(value)
    if number is None or not low <= number <= high:
        raise as_gradio_error(InvalidParameter(name, value, f"a number from {low:g} to {high:g}"))
    return number


def _thoroughness(value: object) -> Thoroughness:
    try:
        return Thoroughness(str(value))
    except ValueError as error:
        allowed = "one of " + ", ".join(Thoroughness)
        raise as_gradio_error(InvalidParameter("thoroughness", value, allowed)) from error


def _number(value: object) -> float | None:
    """A finite number, however the client wrote it, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) <= MAX_HIGHLIGHTS else None


def _text(name: str, value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise as_gradio_error(InvalidParameter(name, value, "text"))
    return value
