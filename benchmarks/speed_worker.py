"""One side of ``benchmarks.speed``, in a process of its own, so that its memory is its own.

    python -m benchmarks.speed_worker {naive,ours,llama.cpp,llama.cpp-plain} CHECKPOINT VIDEO CONVERTED_DIR

Reads orders as lines of JSON from standard input and answers each with a line of JSON.
"""

import functools
import json
import os
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.in_process import highlights_of, source_of
from benchmarks.speed_gguf import PeerFiles
from benchmarks.speed_stages import Side, Spent, Work
from benchmarks.workout_speed import peak_mib
from smolvlm_core.domain import Criteria, Evidence, SegmentView, Span, never_cancelled
from smolvlm_core.models.engine import EngineOptions, load_smolvlm
from smolvlm_core.models.prompts import Prompt, describe_prompt, score_prompt
from smolvlm_core.models.smolvlm import SmolVLM
from smolvlm_core.video.frames import FrameReader
from tests.models.reference import inputs_by_transformers

EVIDENCE = Evidence(motion_ratio=1.0, rarity=0.0, loudness_db=None, cuts=0, strength=0.5)
OTHER = Criteria(user_prompt="A ball crosses a line, or somebody falls.")


class Naive:
    """The way of the model card: float32, every picture decoded, one ``generate`` a segment."""

    def __init__(self, checkpoint: str, video: Path) -> None:
        import torch  # noqa: PLC0415
        from transformers import AutoModelForImageTextToText, AutoProcessor  # noqa: PLC0415

        models: Any = AutoModelForImageTextToText
        processors: Any = AutoProcessor
        self._processor = processors.from_pretrained(checkpoint)
        self._model = models.from_pretrained(checkpoint, dtype=torch.float32).eval()
        self._video = video
        self._spent = Spent()
        self._passes = 0
        self._watch()

    def _watch(self) -> None:
        """Times vision and the first pass where transformers calls them; the one may lie in the other."""
        look, forward = self._model.model.get_image_features, self._model.forward

        @functools.wraps(look)
        def looking(*args: Any, **named: Any) -> Any:
            with self._spent.on("vision"):
                return look(*args, **named)

        @functools.wraps(forward)
        def passing(*args: Any, **named: Any) -> Any:
            self._passes += 1
            if self._passes > 1:
                return forward(*args, **named)
            before, self._spent = self._spent, Spent()
            with before.on("prefill"):
                reply = forward(*args, **named)
            inside, self._spent = self._spent, before
            before.less("prefill", inside, "vision")
            if "vision" in inside.seconds:
                before.add("vision", inside.seconds["vision"], inside.processor_s["vision"])
            return reply

        self._model.model.get_image_features = looking
        self._model.forward = passing

    def segment(self, work: Work) -> Spent:
        self._spent, self._passes = Spent(), 0
        with self._spent.on("decode"):
            pictures = self._pictures(work)
            inputs = self._inputs(pictures, work)
        with self._spent.on("words"):
            written = self._model.generate(
                **inputs, do_sample=False, min_new_tokens=work.words, max_new_tokens=work.words
            )
        self._spent.prompt_tokens = inputs["input_ids"].shape[1]
        self._spent.tokens = written.shape[1] - self._spent.prompt_tokens
        for stage in ("vision", "prefill"):
            self._spent.less("words", self._spent, stage)
        return self._spent

    def _pictures(self, work: Work) -> list[Any]:
        import cv2  # noqa: PLC0415

        capture = cv2.VideoCapture(str(self._video))
        fps = capture.get(cv2.CAP_PROP_FPS)
        capture.set(cv2.CAP_PROP_POS_FRAMES, round(work.start_s * fps))
        wanted = {round((time_s - work.start_s) * fps) for time_s in work.times_s}
        pictures = []
        for index in range(round(work.length_s * fps)):
            there, bgr = capture.read()
            if there and index in wanted:
                pictures.append(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB))
        capture.release()
        return pictures

    def _inputs(self, pictures: list[Any], work: Work) -> Any:
        end_s = work.start_s + work.length_s
        return inputs_by_transformers(self._processor, score_prompt(Criteria()), pictures, work.times_s, end_s)

    def video(self) -> float:
        raise ValueError("the naive pipeline is measured by segments only")


class Ours:
    """The app's own model, through OpenVINO."""

    def __init__(self, checkpoint: str, video: Path, converted: Path) -> None:
        options = EngineOptions("openvino", checkpoint, device="cpu", converted_dir=converted)
        model = load_smolvlm(options, lambda status: print(status.message, file=sys.stderr, flush=True))
        assert isinstance(model, SmolVLM)
        self._model, self._video = model, video
        self._reader = FrameReader(video).__enter__()

    def segment(self, work: Work) -> Spent:
        spent = Spent()
        runtime = self._model.runtime
        with spent.on("decode"):
            frames = self._reader.at(work.times_s)
        view = SegmentView(Span(work.start_s, work.start_s + work.length_s), frames, EVIDENCE)
        with runtime.working(never_cancelled):
            with spent.on("vision"):
                runtime.eyes.see(view.frames, never_cancelled)
            with spent.on("prefill"):
                spent.prompt_tokens = self._ask(score_prompt(Criteria()), view)[1]
            with spent.on("words"):
                with spent.on("question"):
                    token, _ = self._ask(describe_prompt(Criteria()), view)
                answer = runtime.decoder.side_by_side([runtime.decoder.keep()])
                for _ in range(work.words - 1):
                    token = int(answer.extend([token], [0])[0].argmax())
            with spent.on("extra_question"):
                self._ask(score_prompt(OTHER), view)
        spent.tokens = work.words
        return spent

    def _ask(self, prompt: Prompt, view: SegmentView) -> tuple[int, int]:
        """The likeliest next token, and how many the question has."""
        question = self._model.question(prompt, view)
        return int(self._model.runtime.decoder.next_logits(question).argmax()), len(question.ids)

    def video(self) -> float:
        with tempfile.TemporaryDirectory() as folder:
            source = source_of(self._video, Path(folder) / "curves.npz")
            started_s = time.perf_counter()
            highlights_of(source, self._model)
            return time.perf_counter() - started_s


def answer(side: Side, order: dict[str, Any]) -> dict[str, Any]:
    if order["do"] == "video":
        return {"seconds": side.video(), "peak_mib": peak_mib()}
    return asdict(side.segment(Work(**order["work"]))) | {"peak_mib": peak_mib()}


def side_of(kind: str, checkpoint: str, video: Path, converted: Path) -> Side:
    if kind == "naive":
        return Naive(checkpoint, video)
    if kind == "ours":
        return Ours(checkpoint, video, converted)
    from benchmarks.speed_peer import Peer  # noqa: PLC0415 - needs packages that the others do not

    return Peer(PeerFiles(converted), video, flash=kind == "llama.cpp")


def main() -> int:
    kind, checkpoint, video, converted = sys.argv[1:]
    lines = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # libraries print
    side = side_of(kind, checkpoint, Path(video), Path(converted))
    print(json.dumps({"ready": True}), file=lines)
    for line in sys.stdin:
        print(json.dumps(answer(side, json.loads(line))), file=lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
