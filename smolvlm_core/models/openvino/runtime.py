"""Runs a converted checkpoint: frames through the vision graph, questions through the text graph and its cache."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from smolvlm_core.domain import FrameRGB
from smolvlm_core.errors import ModelError
from smolvlm_core.models.openvino.decoder import OpenVinoDecoder
from smolvlm_core.models.openvino.pixels import PictureForm, Pixels
from smolvlm_core.models.openvino.plan import Plan, Properties
from smolvlm_core.models.openvino.store import Files
from smolvlm_core.models.vision import FrameEyes

if TYPE_CHECKING:
    from openvino import CompiledModel

POLL_MS = 50  # between two looks whether the work was cancelled


class Inference:
    """One graph, run by one caller at a time. ``tick`` is asked while it runs, and stops it by raising."""

    def __init__(self, compiled: "CompiledModel") -> None:
        self._request = compiled.create_infer_request()
        self.tick: Callable[[], None] = _nothing

    def run(self, inputs: dict[str, NDArray[Any]]) -> NDArray[np.float32]:
        """The first output, valid until the next run."""
        self._request.start_async(inputs, share_inputs=True)
        try:
            while not self._request.wait_for(POLL_MS):
                self.tick()
        except BaseException:
            self._request.cancel()
            self._drain()
            raise
        output: NDArray[np.float32] = self._request.get_output_tensor(0).data
        return output

    def _drain(self) -> None:
        """Until the cancelled run has ended: its inputs are ours to free then."""
        try:
            self._request.wait()
        except RuntimeError:  # that it was cancelled
            return

    def forget(self) -> None:
        """Empty the cache."""
        self._request.reset_state()

    def cached(self) -> Iterator[NDArray[np.float32]]:
        """Copies of the cache's parts (``state`` makes one), in the order of their names."""
        return (part.state.data for part in self._parts())

    def take(self, parts: Iterable[NDArray[np.float32]]) -> None:
        """Have this cache in place of its own. Args: parts: as ``cached`` of a graph of the same text model."""
        import openvino as ov  # noqa: PLC0415

        for mine, part in zip(self._parts(), parts, strict=True):
            mine.state = ov.Tensor(part)

    def _parts(self) -> list[Any]:
        return sorted(self._request.query_state(), key=lambda part: str(part.name))


class OpenVinoEyes(FrameEyes):
    """A vision tower, one frame at a time."""

    batch_frames = 1  # a CPU gains nothing from more, and single frames let it be cancelled sooner

    def __init__(self, inference: Inference, pictures: PictureForm) -> None:
        super().__init__()
        self._inference = inference
        self._pixels = Pixels(pictures)

    def look(self, pictures: Sequence[FrameRGB]) -> list[NDArray[np.float32]]:
        return [rows.copy() for rows in self._inference.run({"pixels": self._pixels.of(pictures)})]


class OpenVinoRuntime:
    """A ``Runtime`` over the files of one conversion."""

    def __init__(self, files: Files, plan: Plan, pictures: PictureForm, image_token_id: int) -> None:
        """Compiles both graphs; takes seconds. Raises: RuntimeError, OSError: the files cannot be used."""
        vision = Inference(compiled(files.vision, plan.properties, batch=1))
        text, writer = text_inferences(files, plan)
        embeddings = np.load(files.embeddings, mmap_mode="r")
        self.eyes = OpenVinoEyes(vision, pictures)
        self.decoder = OpenVinoDecoder(text, writer, embeddings, image_token_id)
        self._inferences = (vision, text, writer)

    @contextmanager
    def working(self, tick: Callable[[], None]) -> Iterator[None]:
        self._tell_all(tick)
        try:
            yield
        except MemoryError as error:
            raise ModelError("The model ran out of memory on this segment.") from error
        except RuntimeError as error:  # OpenVINO's own
            raise ModelError("The model failed on this segment.") from error
        finally:
            self._tell_all(_nothing)

    def _tell_all(self, tick: Callable[[], None]) -> None:
        for inference in self._inferences:
            inference.tick = tick


def text_inferences(files: Files, plan: Plan) -> tuple[Inference, Inference]:
    """The one that reads and the one that writes, each with its own cache; of one graph where that does both."""
    graph = compiled(files.text, plan.properties)
    writing = graph if plan.writing is None else compiled(files.text, plan.writing_properties)
    return Inference(graph), Inference(writing)


def compiled(graph: Path, properties: Properties, batch: int | None = None) -> "CompiledModel":
    """A graph ready to run; a fixed ``batch`` lets more be planned ahead.

    Raises: RuntimeError: the file is damaged, or of another version.
    """
    import openvino as ov  # noqa: PLC0415

    core = ov.Core()
    model = core.read_model(graph)
    if batch is not None:
        model.reshape({0: [batch, *list(model.input(0).get_partial_shape())[1:]]})
    return core.compile_model(model, "CPU", properties)


def _nothing() -> None:
    pass
