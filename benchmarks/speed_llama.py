"""A SmolVLM2 in llama.cpp, on all cores, through the C API of llama-cpp-python: its chat cannot be timed by stage.

An image is read in a batch of its own, as llama.cpp's helper for images does it.
"""

import ctypes
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import llama_cpp.llama_cpp as llama
import llama_cpp.mtmd_cpp as mtmd
import numpy as np
from numpy.typing import NDArray

from benchmarks.speed_gguf import PeerFiles
from smolvlm_core.domain import FrameRGB

Logits = NDArray[np.float32]

BATCH_TOKENS = 2048  # llama.cpp's own, as the 512 of them that it computes at once
ONE_TEXT = 0  # all is one sequence
LEVEL_ERROR = 4
AUTOMATIC, DISABLED = -1, 0


@dataclass(frozen=True, slots=True)
class SeenPicture:
    """Its visual tokens, float32 (tokens, width), and the image in ``pieces`` (a handle) that they stand for."""

    tokens: NDArray[np.float32]
    image: int
    pieces: int


class LlamaCpp:
    """One text being read, and pictures. Raises: RuntimeError: llama.cpp refuses, and has printed why."""

    def __init__(self, files: PeerFiles, context_tokens: int = 8192, *, flash: bool = True) -> None:
        """Args: flash: flash attention in the text model, which is llama.cpp's default."""
        _print_errors_only()
        llama.llama_backend_init()
        self._model = _there(
            llama.llama_model_load_from_file(os.fsencode(files.text), llama.llama_model_default_params())
        )
        self._vocabulary = llama.llama_model_get_vocab(self._model)
        self._words = llama.llama_vocab_n_tokens(self._vocabulary)
        self._width = llama.llama_model_n_embd_inp(self._model)
        options = llama.llama_context_default_params()
        options.n_ctx, options.n_batch = context_tokens, BATCH_TOKENS
        options.n_threads = options.n_threads_batch = _cores()
        options.flash_attn_type = AUTOMATIC if flash else DISABLED
        self._context = _there(llama.llama_init_from_model(self._model, options))
        looking = mtmd.mtmd_context_params_default()
        looking.use_gpu, looking.n_threads = False, _cores()
        self._eyes = _there(mtmd.mtmd_init_from_file(os.fsencode(files.vision), self._model, looking))
        self.place = 0  # tokens read

    def close(self) -> None:
        mtmd.mtmd_free(self._eyes)
        llama.llama_free(self._context)
        llama.llama_model_free(self._model)

    def see(self, rgb: FrameRGB) -> SeenPicture:
        """A picture in one square. It has to be let go."""
        bitmap = self._bitmap(rgb)
        pieces = mtmd.mtmd_input_chunks_init()
        marker = mtmd.mtmd_default_marker()
        text = mtmd.mtmd_input_text(marker, len(marker), False, True)
        bitmaps = (mtmd.mtmd_bitmap_p_ctypes * 1)(bitmap)
        _check(mtmd.mtmd_tokenize(self._eyes, pieces, ctypes.byref(text), bitmaps, 1))
        mtmd.mtmd_bitmap_free(bitmap)
        image = _first_image(pieces)
        _check(mtmd.mtmd_encode_chunk(self._eyes, image))
        shape = (mtmd.mtmd_input_chunk_get_n_tokens(image), self._width)
        tokens = np.ctypeslib.as_array(mtmd.mtmd_get_output_embd(self._eyes), shape=shape).copy()
        return SeenPicture(tokens, image, pieces)

    def _bitmap(self, rgb: FrameRGB) -> int:
        levels = np.ascontiguousarray(rgb)
        height, width = levels.shape[:2]
        return int(mtmd.mtmd_bitmap_init(width, height, levels.ctypes.data_as(ctypes.POINTER(ctypes.c_uint8))))

    def let_go(self, seen: SeenPicture) -> None:
        mtmd.mtmd_input_chunks_free(seen.pieces)

    def tokens_of(self, text: str) -> list[int]:
        """Control tokens are read as such."""
        written = text.encode()
        found = (llama.llama_token * (len(written) + 1))()
        count = llama.llama_tokenize(self._vocabulary, written, len(written), found, len(found), False, True)
        return list(found[:count])

    def read(self, tokens: Sequence[int], *, more_follows: bool = False) -> None:
        """``logits`` are those after the last of them, unless more follows at once."""
        for start in range(0, len(tokens), BATCH_TOKENS):
            part = tokens[start : start + BATCH_TOKENS]
            numbers, wanted = (llama.llama_token * len(part))(*part), (ctypes.c_int8 * len(part))()
            wanted[-1] = not more_follows
            batch = llama.llama_batch_get_one(numbers, len(part))  # only points to both
            batch.logits = wanted
            _check(llama.llama_decode(self._context, batch))
        self.place += len(tokens)

    def read_picture(self, seen: SeenPicture) -> None:
        place = llama.llama_pos()
        numbers = seen.tokens.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
        where = (self.place, ONE_TEXT, BATCH_TOKENS, ctypes.byref(place))
        nobody = (mtmd.mtmd_helper_post_decode_callback(), None)
        _check(
            mtmd.mtmd_helper_decode_image_chunk(self._eyes, self._context, seen.image, numbers, *where, *nobody)
        )
        self.place = place.value

    def go_back(self, place: int) -> None:
        """Forgets all from there."""
        llama.llama_memory_seq_rm(llama.llama_get_memory(self._context), ONE_TEXT, place, -1)
        self.place = place

    def logits(self) -> Logits:
        """(vocabulary,)"""
        last = llama.llama_get_logits_ith(self._context, -1)
        return np.ctypeslib.as_array(last, shape=(self._words,)).copy()


def _first_image(pieces: int) -> int:
    """Its parts and the whole of it are the same where it has one part only."""
    for index in range(mtmd.mtmd_input_chunks_size(pieces)):
        piece = mtmd.mtmd_input_chunks_get(pieces, index)
        if mtmd.mtmd_input_chunk_get_type(piece) == mtmd.MTMD_INPUT_CHUNK_TYPE_IMAGE:
            return int(piece)
    raise RuntimeError("llama.cpp made no image of a picture")


def system_info() -> str:
    """What llama.cpp was built with."""
    return bytes(llama.llama_print_system_info()).decode()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _check(status: int) -> None:
    if status != 0:
        raise RuntimeError(f"llama.cpp failed with status {status}")


def _there(handle: Any) -> Any:
    if not handle:
        raise RuntimeError("llama.cpp could not load its files")
    return handle


@cache  # the library keeps the function for good
def _print_errors_only() -> Any:
    @llama.llama_log_callback  # type: ignore[untyped-decorator]
    def log(level: int, text: bytes, _: object) -> None:
        if level == LEVEL_ERROR:
            print(text.decode(errors="replace"), end="", file=sys.stderr, flush=True)

    for setter in (llama.llama_log_set, mtmd.mtmd_log_set, mtmd.mtmd_helper_log_set):
        setter(log, None)
    return log
