"""Which model runs: chosen once, loaded in the background, kept. Says why, and never falls back silently."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from smolvlm_core.domain import CheckCancelled, ModelState, ModelStatus, never_cancelled
from smolvlm_core.errors import ModelUnavailable
from smolvlm_core.log import log_event
from smolvlm_core.models.base import VideoModel
from smolvlm_core.models.remote.options import RemoteOptions
from smolvlm_core.models.signals import SignalsModel
from smolvlm_core.models.zero_gpu.place import on_zero_gpu

if TYPE_CHECKING:
    from smolvlm_core.models.checkpoint import Checkpoint
    from smolvlm_core.models.loading import Chosen

CHECKPOINT_ON_GPU = "HuggingFaceTB/SmolVLM2-500M-Video-Instruct"
CHECKPOINT_ON_CPU = "HuggingFaceTB/SmolVLM2-256M-Video-Instruct"
RETRY_S = 600.0  # after a failure the checkpoint is looked for again, by the first one who asks
WAIT_S = 0.2  # how often somebody who waits looks whether he was cancelled


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """``checkpoint``: a hub id or folder, None for the one that suits the device.

    ``converted_dir`` keeps checkpoints converted for OpenVINO; without one that is not used.
    ``calibration_dir`` holds pictures to convert by, None for generated ones. ``auto`` takes ``remote`` if given.
    """

    backend: Literal["auto", "torch", "openvino", "remote", "signals"] = "auto"
    checkpoint: str | None = None
    revision: str | None = None
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    frames_per_segment: int = 8
    converted_dir: Path | None = None
    calibration_dir: Path | None = None
    remote: RemoteOptions | None = None


Report = Callable[[ModelStatus], None]
"""Takes every step of a loader, from any thread."""

Loader = Callable[[EngineOptions, Report], VideoModel]
"""Loads the model that sees frames. Raises: ModelUnavailable."""


def load_smolvlm(options: EngineOptions, report: Report) -> VideoModel:
    """Find the checkpoint, download it if need be, and load it into what runs it fastest. Takes minutes at most.

    Raises: ModelUnavailable.
    """
    if options.backend == "remote" or (options.backend == "auto" and options.remote is not None):
        return _ask_server(options, report)
    from smolvlm_core.models.loading import choose_device, load_model  # noqa: PLC0415
    from smolvlm_core.models.openvino.loading import OpenVinoOptions, load_openvino  # noqa: PLC0415

    try:
        device = choose_device(options.device)
    except ImportError as error:
        raise ModelUnavailable("torch is not installed.") from error
    runner = choose_runner(options, device.value)
    place = "cpu" if runner.value == "openvino" else device.value
    checkpoint = _find(options, place, report)
    why = "SMOLVLM_CHECKPOINT names it" if options.checkpoint else f"the default on {place}"
    why_torch = runner.reason
    if runner.value == "openvino" and options.converted_dir is not None:
        converted = OpenVinoOptions(options.converted_dir, options.calibration_dir, options.frames_per_segment)
        try:
            return load_openvino(checkpoint, converted, f"{why}; openvino: {runner.reason}", report)
        except ModelUnavailable as error:
            if options.backend == "openvino":
                raise
            log_event("openvino_unavailable", reason=error.message, cause=repr(error.__cause__))
            why_torch = error.message.rstrip(".")
    report(ModelStatus(ModelState.LOADING, f"Loading {checkpoint.id}"))
    model = load_model(checkpoint, device, options.frames_per_segment, f"{why}; torch: {why_torch}")
    if not (on_zero_gpu() and device.value == "cuda"):
        return model
    from smolvlm_core.models.zero_gpu.model import lent_out  # noqa: PLC0415

    return lent_out(model)


def _ask_server(options: EngineOptions, report: Report) -> VideoModel:
    if options.remote is None:
        raise ModelUnavailable(
            "SMOLVLM_BACKEND asks for remote, but no server is named.", hint="Set SMOLVLM_REMOTE_URL."
        )
    from smolvlm_core.models.remote.client import Server  # noqa: PLC0415
    from smolvlm_core.models.remote.loading import load_remote  # noqa: PLC0415

    server = Server(options.remote)
    report(ModelStatus(ModelState.LOADING, f"Asking the server at {server.host}"))
    why = "SMOLVLM_BACKEND asks for remote" if options.backend == "remote" else "SMOLVLM_REMOTE_URL names a server"
    checkpoint = options.checkpoint or CHECKPOINT_ON_GPU
    return load_remote(server, options.remote.model, checkpoint, options.frames_per_segment, why)


def choose_runner(options: EngineOptions, device: str) -> "Chosen":
    """``openvino`` or ``torch``.

    Raises: ModelUnavailable: OpenVINO is asked for and cannot be used.
    """
    from smolvlm_core.models.loading import Chosen  # noqa: PLC0415
    from smolvlm_core.models.openvino.loading import why_not_here  # noqa: PLC0415

    if options.backend == "torch":
        return Chosen("torch", "SMOLVLM_BACKEND asks for it")
    why_not = why_not_here()
    if options.converted_dir is None:
        why_not = "there is no folder to keep a converted model in"
    if options.backend == "openvino":
        if why_not is not None:
            raise ModelUnavailable(f"SMOLVLM_BACKEND asks for OpenVINO, but {why_not}.")
        return Chosen("openvino", "SMOLVLM_BACKEND asks for it")
    if device != "cpu":
        return Chosen("torch", f"it runs on {device}")
    return Chosen("torch", why_not) if why_not else Chosen("openvino", "the fastest on a CPU")


def _find(options: EngineOptions, device: str, report: Report) -> "Checkpoint":
    from smolvlm_core.models.checkpoint import find_checkpoint  # noqa: PLC0415

    def on_percent(percent: float) -> None:
        message = f"Downloading SmolVLM2: {percent:.0f} %"
        report(ModelStatus(ModelState.DOWNLOADING, message, percent))

    default = CHECKPOINT_ON_CPU if device == "cpu" else CHECKPOINT_ON_GPU
    return find_checkpoint(options.checkpoint or default, options.revision, on_percent)


class ModelEngine:
    """Owns the one model of this process. All methods are thread-safe."""

    def __init__(self, options: EngineOptions, load: Loader = load_smolvlm, retry_s: float = RETRY_S) -> None:
        self._options = options
        self._load = load
        self._retry_s = retry_s
        self._changed = threading.Condition()
        self._status = ModelStatus(ModelState.WAITING, "The model is loaded when it is first needed.")
        self._model: VideoModel | None = None
        self._failure: ModelUnavailable | None = None
        self._retry_at: float | None = None  # on the monotonic clock; None while nothing failed
        self._loader: threading.Thread | None = None
        self._once = False
        self._closed = False

    def status(self) -> ModelStatus:
        """Where the model stands now."""
        with self._changed:
            return self._status

    def warm_up(self) -> None:
        """Start loading in the background, unless that was done."""
        with self._changed:
            self._start_if_due()

    def load_here(self) -> None:
        """Load now, in the calling thread, and never again.

        ZeroGPU moves what the main thread has put on its GPU before the page is launched, and nothing else.
        """
        with self._changed:
            self._once = True
            self._loader = threading.current_thread()
        self._settle()

    def acquire(self, check: CheckCancelled = never_cancelled) -> VideoModel:
        """The model, once it is loaded. While a fallback serves, it is answered with at once.

        Raises: ModelUnavailable: SmolVLM2 is asked for and cannot be had; Cancelled: from ``check``.
        """
        while True:
            with self._changed:
                if self._closed:
                    raise ModelUnavailable("The service is stopping.")
                self._start_if_due()
                if self._model is not None:
                    return self._model
                if self._failure is not None:
                    raise ModelUnavailable(self._failure.message, hint=self._failure.hint) from self._failure
                self._changed.wait(WAIT_S)
            check()

    def close(self) -> None:
        """Let go of the model; a download that runs ends with the process."""
        with self._changed:
            self._closed = True
            self._model = None
            self._changed.notify_all()

    def _start_if_due(self) -> None:
        """Start the loader if nothing was tried yet, or the last try failed long enough ago."""
        late = self._retry_at is not None and time.monotonic() >= self._retry_at
        failed_long_ago = late and not self._once
        never_tried = self._model is None and self._failure is None
        if self._closed or self._loader is not None or not (never_tried or failed_long_ago):
            return
        self._failure = None
        self._retry_at = None
        self._loader = threading.Thread(target=self._settle, name="model-loader", daemon=True)
        self._loader.start()

    def _settle(self) -> None:
        """The loader thread: ends with a model or a failure, whatever happens on the way."""
        outcome: VideoModel | ModelUnavailable = ModelUnavailable("SmolVLM2 could not be loaded.")
        try:
            outcome = self._choose()
        except ModelUnavailable as error:
            outcome = error
            log_event("model_unavailable", reason=error.message, cause=repr(error.__cause__))
        finally:
            self._finish(outcome)

    def _choose(self) -> VideoModel:
        if self._options.backend == "signals":
            return SignalsModel("SMOLVLM_BACKEND asks for signals")
        self._report(ModelStatus(ModelState.LOADING, "Looking for SmolVLM2"))
        return self._load(self._options, self._report)

    def _report(self, status: ModelStatus) -> None:
        """A step of the loader; while a fallback serves, the service stays ready."""
        with self._changed:
            if self._model is not None:
                status = replace(self._status, message=status.message, percent=status.percent)
            self._status = status
            self._changed.notify_all()

    def _finish(self, outcome: VideoModel | ModelUnavailable) -> None:
        with self._changed:
            self._loader = None
            if isinstance(outcome, ModelUnavailable):
                self._retry_at = time.monotonic() + self._retry_s
                if self._options.backend != "auto":
                    self._failure = outcome
                    self._status = ModelStatus(ModelState.FAILED, outcome.message)
                else:
                    reason = f"{outcome.message.rstrip('.')}; measuring motion, sound and shots instead"
                    self._serve(self._model or SignalsModel(reason), reason)
            else:
                self._serve(outcome, f"Ready: {outcome.info.id} on {outcome.info.device}")
            self._changed.notify_all()

    def _serve(self, model: VideoModel, message: str) -> None:
        self._model = None if self._closed else model
        self._status = ModelStatus(ModelState.READY, message, info=model.info)
        info = model.info
        log_event(
            "model_chosen",
            backend=info.backend,
            id=info.id,
            revision=info.revision,
            device=info.device,
            dtype=info.dtype,
            reason=info.reason,
        )
