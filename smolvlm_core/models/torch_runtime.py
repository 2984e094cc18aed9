"""SmolVLM2 on torch: a GPU, Apple's, or a CPU. Hands frames and questions to transformers' own model."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from smolvlm_core.domain import FrameRGB
from smolvlm_core.errors import ModelError
from smolvlm_core.models.torch_decoder import TorchDecoder
from smolvlm_core.models.vision import FrameEyes, processed

if TYPE_CHECKING:
    import torch
    from torch import Tensor

FRAMES_AT_ONCE = {"cpu": 1, "mps": 8}  # a CPU gains nothing from more, and can be cancelled sooner with one
GPU_MOST_FRAMES = 32
GPU_FRAME_BYTES = 128 * 1024**2  # reckoned, with room to spare: what a tower needs to compute one frame
GPU_SHARE = 0.5  # of the free memory; the rest is for the text model's cache


class TorchEyes(FrameEyes):
    """``model`` and ``processor`` are those of transformers' Auto classes."""

    def __init__(self, model: Any, processor: Any) -> None:
        super().__init__()
        self.model = model
        self.processor = processor

    @property
    def batch_frames(self) -> int:
        return frames_at_once(self.model.device)

    def pixels(self, pictures: Sequence[FrameRGB]) -> "Tensor":
        """(1, pictures, 3, side, side), in the model's number format on its device."""
        pixels: Tensor = processed(self.processor, pictures).to(self.model.device, self.model.dtype)
        return pixels

    def look(self, pictures: Sequence[FrameRGB]) -> "list[Tensor]":
        import torch  # noqa: PLC0415

        rows = self.model.get_image_features(self.pixels(pictures), return_dict=True).pooler_output
        # cloned, for a slice would keep its whole batch alive
        return [tokens.clone() for tokens in torch.cat(list(rows)).chunk(len(pictures))]


def frames_at_once(device: "torch.device") -> int:
    """As many as the free memory of a GPU allows for."""
    if device.type in FRAMES_AT_ONCE:
        return FRAMES_AT_ONCE[device.type]
    import torch  # noqa: PLC0415

    free_bytes, _ = torch.cuda.mem_get_info(device)
    return max(1, min(GPU_MOST_FRAMES, int(GPU_SHARE * free_bytes / GPU_FRAME_BYTES)))


class TorchRuntime:
    """A ``Runtime``. ``model`` is on its device and in eval mode."""

    def __init__(self, model: Any, processor: Any) -> None:
        self.eyes = TorchEyes(model, processor)
        self.decoder = TorchDecoder(model, int(model.config.image_token_id))
        self.weight_bytes = sum(one.numel() * one.element_size() for one in model.parameters())
        self._tick: Callable[[], None] = _nothing
        self._before_every_product(model)

    @contextmanager
    def working(self, tick: Callable[[], None]) -> Iterator[None]:
        import torch  # noqa: PLC0415

        self._tick = tick
        try:
            with torch.inference_mode():
                yield
        except torch.OutOfMemoryError as error:
            raise ModelError("The model ran out of memory on this segment.") from error
        except RuntimeError as error:  # torch's own: shapes, devices, numerics
            raise ModelError("The model failed on this segment.") from error
        finally:
            self._tick = _nothing

    def _before_every_product(self, model: Any) -> None:
        """A layer of a large picture can take half a second on a busy CPU: look between its products as well."""
        for tower in (model.model.vision_model, model.model.text_model):
            for module in tower.modules():
                if hasattr(module, "in_features"):  # a Linear, in float or in int8
                    module.register_forward_pre_hook(lambda *_: self._tick())


def _nothing() -> None:
    pass
