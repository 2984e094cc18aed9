"""Reading on a cache that only grows: what was unread is not seen again, and nothing else changes."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from smolvlm_core.models.encoding import Question
from smolvlm_core.models.openvino import decoder as decoder_module
from smolvlm_core.models.openvino.decoder import HIDDEN, OpenVinoDecoder
from smolvlm_core.models.vision import SeenFrame

WORDS, WIDTH, IMAGE = 32, 6, 31
EMBEDDINGS = np.random.default_rng(0).integers(-9, 9, (WORDS, WIDTH)).astype(np.float32)  # exact in 16 bits
HEAD = np.random.default_rng(1).normal(size=(WIDTH, WORDS)).astype(np.float32)


class SummingGraph:
    """Stands in for a text model: each place answers by the sum of all it sees, turned by where that stands."""

    def __init__(self) -> None:
        self.rows = np.zeros((1, 0, WIDTH), np.float32)
        self.passed: list[int] = []
        self.forgotten = 0

    def forget(self) -> None:
        self.rows = np.zeros((1, 0, WIDTH), np.float32)
        self.forgotten += 1

    def run(self, inputs: dict[str, NDArray[Any]]) -> NDArray[np.float32]:
        rows = inputs["embeddings"] * (1 + inputs["positions"][..., None])
        self.rows = np.concatenate([self.rows[inputs["beam"]], rows.astype(np.float32)], axis=1)
        self.passed.append(rows.shape[1])
        assert set(np.unique(inputs["mask"])) <= {0.0, np.float32(HIDDEN)}
        seen = np.where(inputs["mask"][:, 0] == 0, 1.0, 0.0) @ self.rows
        answers: NDArray[np.float32] = (seen[:, inputs["wanted"]] @ HEAD).astype(np.float32)
        return answers

    def cached(self) -> Iterator[NDArray[np.float32]]:
        yield self.rows[:, None].copy()

    def take(self, parts: Iterable[NDArray[np.float32]]) -> None:
        (part,) = parts
        self.rows = part[:, 0]


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


@pytest.fixture
def writer() -> SummingGraph:
    return SummingGraph()


@pytest.fixture
def decoder(graph: SummingGraph, writer: SummingGraph) -> OpenVinoDecoder:
    return OpenVinoDecoder(graph, writer, EMBEDDINGS, IMAGE)


def assert_writes(decoder: OpenVinoDecoder, question: Sequence[int], answer: Sequence[int]) -> None:
    """One answer alone, to the question that was just read."""
    written = decoder.side_by_side([decoder.keep()])
    for length, token in enumerate(answer, start=1):
        (logits,) = written.extend([token], [0])
        assert_near(logits, expected([*question, *answer[:length]]))


def test_one_question_and_its_answer(decoder: OpenVinoDecoder) -> None:
    assert_near(decoder.next_logits(asked(1, 2, 3)), expected([1, 2, 3]))
    assert_writes(decoder, [1, 2, 3], [4, 5])


def test_questions_that_start_alike_share_the_start(decoder: OpenVinoDecoder, graph: SummingGraph) -> None:
    start = tuple(range(1, 13))
    decoder.next_logits(asked(*start, 13, 14))
    assert_writes(decoder, [*start, 13, 14], [15])
    for end in ((16,), (17, 18), (13, 14), (16,)):
        assert_near(decoder.next_logits(asked(*start, *end)), expected([*start, *end]))
    assert graph.passed == [14, 1, 2, 2, 1]
    assert graph.forgotten == 1


def test_the_same_question_again_costs_nothing(decoder: OpenVinoDecoder, graph: SummingGraph) -> None:
    first = decoder.next_logits(asked(1, 2, 3))
    assert decoder.next_logits(asked(1, 2, 3)) is first
    assert_writes(decoder, [1, 2, 3], [4])
    assert decoder.next_logits(asked(1, 2, 3)) is first
    assert graph.passed == [3]


def test_answers_are_written_as_if_each_were_alone(decoder: OpenVinoDecoder, writer: SummingGraph) -> None:
    start = (1, 2, 3, 4, 5, 6)
    questions = ((*start, 7), (12,), (*start, 10, 11, 16), (12, 13))
    kept = []
    for question in questions:
        decoder.next_logits(asked(*question))
        kept.append(decoder.keep())
    answers: list[list[int]] = [[], [], [], []]
    going_on = [0, 1, 2, 3]
    written = decoder.side_by_side(kept)
    for step, ends in enumerate(((), (1,), (), (0, 3), ())):
        rows = [row for row, index in enumerate(going_on) if index not in ends]
        going_on = [going_on[row] for row in rows]
        for index in going_on:
            answers[index].append(20 + step + 2 * index)
        logits = written.extend([answers[index][-1] for index in going_on], rows)
        for index, row in zip(going_on, logits, strict=True):
            assert_near(row, expected([*questions[index], *answers[index]]))
    assert [len(answer) for answer in answers] == [3, 1, 5, 3]
    assert writer.passed == [1] * 5


def test_what_is_kept_is_what_counts_as_read(decoder: OpenVinoDecoder) -> None:
    """After a question that shared its start, and labels at which it glanced."""
    start = (1, 2, 3, 4, 5, 6)
    decoder.next_logits(asked(*start, 7, 8))
    after = decoder.next_logits(asked(*start, 9))
    decoder.mean_log_likelihoods(after, [[10, 11], [12, 13]])
    assert decoder.keep().tokens == 7
    assert_writes(decoder, [*start, 9], [14, 15])
    decoder.next_logits(asked(*start, 7))
    assert_writes(decoder, [*start, 7], [16])


def test_a_short_common_start_is_read_again(decoder: OpenVinoDecoder, graph: SummingGraph) -> None:
    decoder.next_logits(asked(1, 2, 3, 4, 5, 6, 7, 8))
    assert_near(decoder.next_logits(asked(1, 2, 9, 9, 9)), expected([1, 2, 9, 9, 9]))
    assert graph.rows.shape[1] == 5


def test_what_is_hidden_does_not_pile_up(decoder: OpenVinoDecoder, graph: SummingGraph) -> None:
    start = (1, 2, 3, 4)
    for turn in range(30):
        ids = (*start, 5 + turn % 7)
        assert_near(decoder.next_logits(asked(*ids)), expected([*ids]))
        assert graph.rows.shape[1] <= 3 * len(ids)


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
        answer = decoder.side_by_side([decoder.keep()])
        for token in tokens:
            total += float(logits[token]) - float(np.logaddexp.reduce(logits.astype(np.float64)))
            (logits,) = answer.extend([token], [0])
        alone.append(total / len(tokens))
    for _ in range(2):
        after = decoder.next_logits(question)
        assert decoder.mean_log_likelihoods(after, continuations) == pytest.approx(alone, rel=1e-4)


def test_nothing_is_left_of_what_broke_off(decoder: OpenVinoDecoder, graph: SummingGraph) -> None:
    decoder.next_logits(asked(1, 2, 3, 4))
    decoder.forget()
    assert graph.rows.shape[1] == 0
    assert_near(decoder.next_logits(asked(1, 2, 5)), expected([1, 2, 5]))
