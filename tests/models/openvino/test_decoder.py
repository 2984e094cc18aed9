"""Reading on a cache that only grows: what was unread is not seen again, and nothing else changes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from smolvlm_core.models.encoding import Question
from smolvlm_core.models.openvino import decoder as decoder_module
from smolvlm_core.models.openvino.decoder import HIDDEN, OpenVinoDecoder
from smolvlm_core.models.vision import SeenFrame

WORDS, WIDTH, IMAGE = 32, 6, 31
EMBEDDINGS = np.random.default_rng(0).normal(size=(WORDS, WIDTH)).astype(np.float32)
HEAD = np.random.default_rng(1).normal(size=(WIDTH, WORDS)).astype(np.float32)


class SummingGraph:
    """Stands in for a text model: each place answers by the sum of all it sees, turned by where that stands."""

    def __init__(self) -> None:
        self.rows = np.zeros((0, WIDTH), np.float32)
        self.passed: list[int] = []
        self.forgotten = 0

    def forget(self) -> None:
        self.rows = self.rows[:0]
        self.forgotten += 1

    def run(self, inputs: dict[str, NDArray[Any]]) -> NDArray[np.float32]:
        rows = inputs["embeddings"][0] * (1 + inputs["positions"][0][:, None])
        self.rows = np.concatenate([self.rows, rows.astype(np.float32)])
        self.passed.append(len(rows))
        assert set(np.unique(inputs["mask"])) <= {0.0, np.float32(HIDDEN)}
        seen = np.where(inputs["mask"][0, 0] == 0, 1.0, 0.0) @ self.rows
        answers: NDArray[np.float32] = (seen[inputs["wanted"]] @ HEAD)[None].astype(np.float32)
        return answers

    def cached(self) -> list[NDArray[np.float32]]:
        return [self.rows.copy()]

    def take(self, parts: Sequence[NDArray[np.float32]]) -> None:
        (self.rows,) = parts


def expected(ids: list[int], frames: tuple[SeenFrame, ...] = ()) -> NDArray[np.float32]:
    """What the graph answers to tokens read at once."""
    rows = EMBEDDINGS[ids].copy()
    if frames:
        rows[np.array(ids) == IMAGE] = np.concatenate([np.asarray(frame.tokens) for frame in frames])
    answer: NDArray[np.float32] = (rows * (1 + np.arange(len(ids))[:, None])).sum(0) @ HEAD
    return answer


def assert_near(got: NDArray[np.float32], wanted: NDArray[np.float32]) -> None:
    np.testing.assert_allclose(got, wanted, rtol=1e-4, atol=1e-3)


def asked(*ids: int) -> Question:
    return Question(ids, ())


@pytest.fixture
def graph() -> SummingGraph:
    return SummingGraph()


@pytest.fixture(params=["one graph", "another writes"])
def writer(request: pytest.FixtureRequest) -> SummingGraph | None:
    return SummingGraph() if request.param == "another writes" else None


@pytest.fixture
def decoder(graph: SummingGraph, writer: SummingGraph | None) -> OpenVinoDecoder:
    return OpenVinoDecoder(graph, EMBEDDINGS, IMAGE, writer)


def test_one_question_and_its_answer(decoder: OpenVinoDecoder) -> None:
    assert_near(decoder.next_logits(asked(1, 2, 3)), expected([1, 2, 3]))
    assert_near(decoder.extend(4), expected([1, 2, 3, 4]))
    assert_near(decoder.extend(5), expected([1, 2, 3, 4, 5]))


def test_questions_that_start_alike_share_the_start(
    decoder: OpenVinoDecoder, graph: SummingGraph, writer: SummingGraph | None
) -> None:
    start = tuple(range(1, 13))
    decoder.next_logits(asked(*start, 13, 14))
    decoder.extend(15)
    for end in ((16,), (17, 18), (13, 14), (16,)):
        assert_near(decoder.next_logits(asked(*start, *end)), expected([*start, *end]))
    assert graph.passed == [14, 1, 2, 2, 1] if writer else [14, 1, 1, 2, 2, 1]
    assert graph.forgotten == 1


def test_the_same_question_again_costs_nothing(
    decoder: OpenVinoDecoder, graph: SummingGraph, writer: SummingGraph | None
) -> None:
    first = decoder.next_logits(asked(1, 2, 3))
    assert decoder.next_logits(asked(1, 2, 3)) is first
    decoder.extend(4)
    assert_near(decoder.next_logits(asked(1, 2, 3)), first)
    assert graph.passed == [3] if writer else [3, 1, 1]


def test_a_writer_goes_on_from_what_was_read(graph: SummingGraph) -> None:
    writer = SummingGraph()
    decoder = OpenVinoDecoder(graph, EMBEDDINGS, IMAGE, writer)
    start = (1, 2, 3, 4, 5, 6)
    for question, answer in (((*start, 7), (8, 9)), ((*start, 10), (11,)), ((12, 13), (14, 15))):
        decoder.next_logits(asked(*question))
        for length in range(1, len(answer) + 1):
            assert_near(decoder.extend(answer[length - 1]), expected([*question, *answer[:length]]))
    assert sum(writer.passed) == 5
    assert sum(graph.passed) == 7 + 1 + 2


def test_a_short_common_start_is_read_again(decoder: OpenVinoDecoder, graph: SummingGraph) -> None:
    decoder.next_logits(asked(1, 2, 3, 4, 5, 6, 7, 8))
    assert_near(decoder.next_logits(asked(1, 2, 9, 9, 9)), expected([1, 2, 9, 9, 9]))
    assert len(graph.rows) == 5


def test_what_is_hidden_does_not_pile_up(decoder: OpenVinoDecoder, graph: SummingGraph) -> None:
    start = (1, 2, 3, 4)
    for turn in range(30):
        ids = (*start, 5 + turn % 7)
        assert_near(decoder.next_logits(asked(*ids)), expected([*ids]))
        assert len(graph.rows) <= 3 * len(ids)


def test_frames_stand_where_their_tokens_are(decoder: OpenVinoDecoder) -> None:
    frames = tuple(SeenFrame(bytes([key]), np.full((2, WIDTH), float(key + 1), np.float32)) for key in range(2))
    ids = [1, IMAGE, IMAGE, 2, IMAGE, IMAGE, 3]
    assert_near(decoder.next_logits(Question(tuple(ids), frames)), expected(ids, frames))
    other = (frames[0], SeenFrame(b"other", -frames[1].tokens))  # type: ignore[operator]
    assert_near(decoder.next_logits(Question(tuple(ids), other)), expected(ids, other))


def test_long_questions_are_read_in_pieces(
    decoder: OpenVinoDecoder, graph: SummingGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoder_module, "CHUNK_TOKENS", 3)
    ids = [1, 2, 3, 4, 5, 6, 7, 8]
    assert_near(decoder.next_logits(asked(*ids)), expected(ids))
    assert graph.passed == [3, 3, 2]


def test_packed_continuations_see_only_themselves(decoder: OpenVinoDecoder) -> None:
    question = asked(1, 2, 3)
    continuations = [[4, 5, 6], [7], [8, 9]]
    alone = []
    for tokens in continuations:
        logits, total = decoder.next_logits(question), 0.0
        for token in tokens:
            total += float(logits[token]) - float(np.logaddexp.reduce(logits.astype(np.float64)))
            logits = decoder.extend(token)
        alone.append(total / len(tokens))
    for _ in range(2):
        after = decoder.next_logits(question)
        assert decoder.mean_log_likelihoods(after, continuations) == pytest.approx(alone, rel=1e-4)


def test_nothing_is_left_of_what_broke_off(decoder: OpenVinoDecoder, graph: SummingGraph) -> None:
    decoder.next_logits(asked(1, 2, 3, 4))
    decoder.forget()
    assert len(graph.rows) == 0
    assert_near(decoder.next_logits(asked(1, 2, 5)), expected([1, 2, 5]))
