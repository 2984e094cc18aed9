"""What llama.cpp is given is the checkpoint: it answers as transformers does. See ``conftest.py``."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.speed_gguf import Formats, PeerFiles, read_wording, write_peer_files
from smolvlm_core.domain import Criteria, never_cancelled
from smolvlm_core.models.prompts import describe_prompt, score_prompt
from smolvlm_core.models.smolvlm import SmolVLM
from tests.models.balls import BALLS, random_view

if TYPE_CHECKING:
    from benchmarks.speed_llama import LlamaCpp

WORDS = "System: Judge the ball.<end_of_utterance>\nUser: Look for a red ball from 00:07 to 12:59."
EXACT = Formats(text="F32", vision="F32")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.models.tiny import build_tiny_checkpoint

    return build_tiny_checkpoint(tmp_path_factory.mktemp("checkpoint") / "tiny")


@pytest.fixture(scope="module")
def torch_model(folder: Path) -> SmolVLM:
    from tests.models.training import load_tiny

    return load_tiny(folder)


@pytest.fixture(scope="module")
def files(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> PeerFiles:
    return write_peer_files(folder, tmp_path_factory.mktemp("gguf"), EXACT)


@pytest.fixture
def llama(files: PeerFiles) -> Iterator["LlamaCpp"]:
    from benchmarks.speed_llama import LlamaCpp

    model = LlamaCpp(files, context_tokens=1024)
    yield model
    model.close()


def alike(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    return float(np.corrcoef(one, other)[0, 1])


def test_words_alone_are_answered_as_by_transformers(llama: "LlamaCpp", torch_model: SmolVLM) -> None:
    import torch

    tokens = torch_model.encoder.tokenizer.encode(WORDS).ids
    assert llama.tokens_of(WORDS) == tokens
    llama.read(tokens)
    from tests.models.training import torch_eyes

    with torch.inference_mode():
        expected = torch_eyes(torch_model).model(input_ids=torch.tensor([tokens])).logits[0, -1].numpy()
    assert alike(llama.logits()[: len(expected)], expected) > 0.999


def test_frames_are_answered_as_by_the_app(llama: "LlamaCpp", files: PeerFiles, torch_model: SmolVLM) -> None:
    from benchmarks.speed_peer import ask, pieces_of

    wording = read_wording(files)
    answers = []
    for ball in BALLS[:2]:
        view = random_view(ball, np.random.default_rng(3))
        seen = [llama.see(frame.rgb) for frame in view.frames]
        with torch_model.runtime.working(never_cancelled):
            looked = torch_model.eyes.see(view.frames, never_cancelled)
            for ours, theirs in zip(looked, seen, strict=True):
                assert alike(np.asarray(ours.tokens).ravel(), theirs.tokens.ravel()) > 0.999
            question = torch_model.question(score_prompt(Criteria()), view)
            expected = torch_model.runtime.decoder.next_logits(question)
            place = ask(llama, pieces_of(wording, score_prompt(Criteria()), view.frames, view.span.end_s), seen)
            assert llama.place == len(question.ids)
            assert alike(llama.logits(), expected) > 0.999
            llama.go_back(place)
            last = pieces_of(wording, describe_prompt(Criteria()), view.frames, view.span.end_s)[-1]
            llama.read(llama.tokens_of(last))
            expected = torch_model.runtime.decoder.next_logits(
                torch_model.question(describe_prompt(Criteria()), view)
            )
            assert alike(llama.logits(), expected) > 0.999
        answers.append(llama.logits())
        for picture in seen:
            llama.let_go(picture)
    assert alike(answers[0], answers[1]) < 0.9999, "the frames make no difference, so this says nothing of them"
