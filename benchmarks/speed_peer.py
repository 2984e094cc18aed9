"""The third side of ``benchmarks.speed``: SmolVLM2 in llama.cpp, with the app's frames and questions."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.speed_gguf import PeerFiles, read_wording
from benchmarks.speed_llama import LlamaCpp, SeenPicture, system_info
from benchmarks.speed_stages import Spent, Work
from smolvlm_core.domain import Criteria, Frame
from smolvlm_core.models.encoding import CLOCK_DIGITS
from smolvlm_core.models.prompts import Prompt, describe_prompt, score_prompt
from smolvlm_core.models.wording import Wording
from smolvlm_core.video.frames import FrameReader

IMAGE_TOKENS = re.compile("(?:<image>)+")


class Peer:
    """Reads the first question as it is, and the second from where it differs, as the app does."""

    def __init__(self, files: PeerFiles, video: Path, *, flash: bool) -> None:
        self._model = LlamaCpp(files, flash=flash)
        self._wording = read_wording(files)
        self._reader = FrameReader(video).__enter__()
        print(f"llama.cpp: {system_info()}", file=sys.stderr, flush=True)

    def segment(self, work: Work) -> Spent:
        spent = Spent()
        with spent.on("decode"):
            frames = self._reader.at(work.times_s)
        end_s = work.start_s + work.length_s
        with spent.on("vision"):
            seen = [self._model.see(frame.rgb) for frame in frames]
        with spent.on("prefill"):
            after_frames = ask(self._model, self._pieces(score_prompt(Criteria()), frames, end_s), seen)
            self._model.logits().argmax()
            spent.prompt_tokens = self._model.place
        with spent.on("words"):
            with spent.on("question"):
                self._model.go_back(after_frames)
                self._model.read(
                    self._model.tokens_of(self._pieces(describe_prompt(Criteria()), frames, end_s)[-1])
                )
                self._model.logits().argmax()
            for _ in range(work.words - 1):
                self._model.read([int(self._model.logits().argmax())])
            self._model.logits().argmax()
        spent.tokens = work.words
        for picture in seen:
            self._model.let_go(picture)
        return spent

    def _pieces(self, prompt: Prompt, frames: Sequence[Frame], end_s: float) -> list[str]:
        return pieces_of(self._wording, prompt, frames, end_s)

    def video(self) -> float:
        raise ValueError("llama.cpp is measured by segments only")


def pieces_of(wording: Wording, prompt: Prompt, frames: Sequence[Frame], end_s: float) -> list[str]:
    """What stands before, between and after the frames' tokens."""
    times_s = [round(frame.time_s, CLOCK_DIGITS) for frame in frames]
    return IMAGE_TOKENS.split(wording.with_frames(wording.text(prompt), times_s, end_s))


def ask(model: LlamaCpp, pieces: Sequence[str], seen: Sequence[SeenPicture]) -> int:
    """Reads pieces and pictures in turn, from the start. Returns: the place after the last picture."""
    model.go_back(0)
    for piece, picture in zip(pieces, seen, strict=False):
        model.read(model.tokens_of(piece), more_follows=True)
        model.read_picture(picture)
    place = model.place
    model.read(model.tokens_of(pieces[-1]))
    return place
