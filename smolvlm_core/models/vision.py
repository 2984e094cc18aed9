"""A frame's visual tokens, computed once and kept. Knows no prompt, no text model and no library that computes."""

from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Protocol

import numpy as np

from smolvlm_core.domain import Frame, FrameRGB

KEEP_BYTES = 128 * 1024**2  # of features: about 900 frames of the 256M checkpoint in float32


def frame_key(rgb: FrameRGB) -> bytes:
    """A digest of shape and pixels: equal frames have equal keys."""
    digest = blake2b(repr(rgb.shape).encode(), digest_size=16)
    digest.update(np.ascontiguousarray(rgb).data)
    return digest.digest()


class Tokens(Protocol):
    """(visual tokens, hidden size of the text model), an array or tensor where the model computes."""

    @property
    def nbytes(self) -> int:
        """Memory of the values."""

    def __len__(self) -> int:
        """How many tokens."""


@dataclass(frozen=True, slots=True)
class SeenFrame:
    """What the model sees of one frame."""

    key: bytes
    tokens: Tokens


class FrameEyes(ABC):
    """A vision tower behind a bounded memory of frames. ``looked_at`` counts frames that went through it."""

    def __init__(self, keep_bytes: int = KEEP_BYTES) -> None:
        self.keep_bytes = keep_bytes
        self.looked_at = 0
        self._kept: OrderedDict[bytes, Tokens] = OrderedDict()
        self._kept_bytes = 0

    @property
    @abstractmethod
    def batch_frames(self) -> int:
        """How many frames are computed at once."""

    @abstractmethod
    def look(self, pictures: Sequence[FrameRGB]) -> Sequence[Tokens]:
        """The tokens of pictures of any size, each with memory of its own."""

    def see(self, frames: Sequence[Frame], tick: Callable[[], None]) -> list[SeenFrame]:
        """The visual tokens of each frame, in order. ``tick`` is called before each batch."""
        keys = [frame_key(frame.rgb) for frame in frames]
        found = {key: self._kept[key] for key in keys if key in self._kept}
        missing = {key: frame for key, frame in zip(keys, frames, strict=True) if key not in found}
        for batch in self._batches(list(missing)):
            tick()
            self.looked_at += len(batch)
            for key, tokens in zip(batch, self.look([missing[key].rgb for key in batch]), strict=True):
                found[key] = tokens
                self._keep(key, tokens)
        for key in keys:
            if key in self._kept:
                self._kept.move_to_end(key)
        return [SeenFrame(key, found[key]) for key in keys]

    def _batches(self, keys: list[bytes]) -> list[list[bytes]]:
        size = self.batch_frames
        return [keys[start : start + size] for start in range(0, len(keys), size)]

    def _keep(self, key: bytes, tokens: Tokens) -> None:
        self._kept[key] = tokens
        self._kept_bytes += tokens.nbytes
        while self._kept_bytes > self.keep_bytes and len(self._kept) > 1:
            _, oldest = self._kept.popitem(last=False)
            self._kept_bytes -= oldest.nbytes


def processed(processor: Any, pictures: Sequence[FrameRGB]) -> Any:
    """Pictures of any size as the checkpoint's own video processor wants them for the tower.

    Args: processor: transformers' ``AutoProcessor``.
    Returns: torch float32 (1, pictures, 3, side, side).
    """
    import torch  # noqa: PLC0415

    prepare = processor.video_processor
    videos = [np.ascontiguousarray(rgb)[None] for rgb in pictures]
    prepared = [prepare(videos=[video], do_sample_frames=False, return_tensors="pt") for video in videos]
    return torch.cat([one["pixel_values"] for one in prepared], dim=1)
