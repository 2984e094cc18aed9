"""A frame's visual tokens, computed once and kept. Knows no prompt and no text model."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np

from smolvlm_core.domain import Frame, FrameRGB

if TYPE_CHECKING:
    from torch import Tensor

KEEP_BYTES = 128 * 1024**2  # of features: about 900 frames of the 256M checkpoint in float32
GPU_BATCH_FRAMES = 8  # a CPU gains nothing from batches, and single frames let it be cancelled sooner


def frame_key(rgb: FrameRGB) -> bytes:
    """A digest of shape and pixels: equal frames have equal keys."""
    digest = blake2b(repr(rgb.shape).encode(), digest_size=16)
    digest.update(np.ascontiguousarray(rgb).data)
    return digest.digest()


@dataclass(frozen=True, slots=True)
class SeenFrame:
    """``tokens``: (visual tokens, hidden size of the text model), on the model's device."""

    key: bytes
    tokens: "Tensor"


@dataclass
class FrameEyes:
    """The checkpoint's own video processor and vision tower behind a bounded memory of frames.

    ``model`` and ``processor`` are those of transformers; ``looked_at`` counts frames that went through
    the tower.
    """

    model: Any
    processor: Any
    keep_bytes: int = KEEP_BYTES
    looked_at: int = 0
    _kept: "OrderedDict[bytes, Tensor]" = field(default_factory=OrderedDict)
    _kept_bytes: int = 0

    def see(self, frames: Sequence[Frame], tick: Callable[[], None]) -> list[SeenFrame]:
        """The visual tokens of each frame, in order. ``tick`` is called before each batch."""
        keys = [frame_key(frame.rgb) for frame in frames]
        found = {key: self._kept[key] for key in keys if key in self._kept}
        missing = {key: frame for key, frame in zip(keys, frames, strict=True) if key not in found}
        for batch in self._batches(list(missing)):
            tick()
            for key, tokens in zip(batch, self._look([missing[key].rgb for key in batch]), strict=True):
                found[key] = tokens
                self._keep(key, tokens)
        for key in keys:
            if key in self._kept:
                self._kept.move_to_end(key)
        return [SeenFrame(key, found[key]) for key in keys]

    def _batches(self, keys: list[bytes]) -> list[list[bytes]]:
        size = 1 if self.model.device.type == "cpu" else GPU_BATCH_FRAMES
        return [keys[start : start + size] for start in range(0, len(keys), size)]

    def pixels(self, pictures: Sequence[FrameRGB]) -> "Tensor":
        """Pictures of any size as the tower wants them: (1, pictures, 3, side, side), on the model's device."""
        import torch  # noqa: PLC0415

        prepare = self.processor.video_processor
        videos = [np.ascontiguousarray(rgb)[None] for rgb in pictures]
        prepared = [prepare(videos=[video], do_sample_frames=False, return_tensors="pt") for video in videos]
        batch = torch.cat([one["pixel_values"] for one in prepared], dim=1)
        return batch.to(self.model.device, self.model.dtype)

    def _look(self, pictures: list[FrameRGB]) -> "list[Tensor]":
        import torch  # noqa: PLC0415

        self.looked_at += len(pictures)
        rows = self.model.get_image_features(self.pixels(pictures), return_dict=True).pooler_output
        return list(torch.cat(list(rows)).chunk(len(pictures)))

    def _keep(self, key: bytes, tokens: "Tensor") -> None:
        tokens = tokens.clone()  # a slice would keep its whole batch alive
        self._kept[key] = tokens
        self._kept_bytes += tokens.nbytes
        while self._kept_bytes > self.keep_bytes and len(self._kept) > 1:
            _, oldest = self._kept.popitem(last=False)
            self._kept_bytes -= oldest.nbytes
