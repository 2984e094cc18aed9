"""What a backend's text half does, and the arithmetic they share. Knows no library that computes."""

from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from smolvlm_core.models.encoding import Question

Logits = NDArray[np.float32]
"""(vocabulary,) unless stated otherwise."""


class Kept(Protocol):
    """A question that was read, with its cache."""

    @property
    def tokens(self) -> int:
        """How many it has."""


class Answers(Protocol):
    """Answers that are being written, one a row."""

    def extend(self, tokens: Sequence[int], rows: Sequence[int]) -> Logits:
        """After one more token of each. Returns: (rows, vocabulary).

        Args: rows: which rows of the call before go on, rising; the others have ended.
        """


class Decoder(Protocol):
    """Reads one question at a time; questions that start alike share what was computed for their start."""

    def forget(self) -> None:
        """Drop all that was read: after an error it may be half a pass."""

    def next_logits(self, question: Question) -> Logits:
        """After the question's last token, in one pass over what was not read before."""

    def keep(self) -> Kept:
        """What is read, to be gone on from by ``side_by_side``, whatever is read in between."""

    def side_by_side(self, kept: Sequence[Any]) -> Answers:
        """To write an answer to each, a token of all at a time. Args: kept: as ``keep`` gave them."""

    def mean_log_likelihoods(self, after: Logits, continuations: Sequence[Sequence[int]]) -> list[float]:
        """Mean log-probability per token of each continuation of what was read; none of them stays read.

        Args: after: logits after the last token read; continuations: token numbers, none empty.
        """


def last_of(rows: Logits) -> Logits:
    """(positions, vocabulary) to those of the last position."""
    last: Logits = rows[-1]
    return last


def log_sum_exp(values: Logits) -> float:
    """Logarithm of the summed exponentials of all values."""
    highest = float(values.max())
    return highest + float(np.log(np.exp(values - highest, dtype=np.float64).sum()))


def log_softmax(logits: Logits) -> NDArray[np.float64]:
    """Log-probabilities over the last axis."""
    above = logits - logits.max(axis=-1, keepdims=True).astype(np.float64)
    result: NDArray[np.float64] = above - np.log(np.exp(above).sum(axis=-1, keepdims=True))
    return result


def shared_length(read: Sequence[int | bytes], wanted: Sequence[int | bytes]) -> int:
    """How many tokens both start with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(read, wanted, strict=False)))


def packed_visibility(lengths: Sequence[int]) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """For texts packed one behind the other, of which each sees itself only.

    Returns: which token (row) sees which (column), bool (packed, packed); each one's place in its text (packed,).
    """
    groups = np.repeat(np.arange(len(lengths)), lengths)
    places = np.concatenate([np.arange(length) for length in lengths])
    visible = (groups[:, None] == groups[None, :]) & (places[:, None] >= places[None, :])
    return visible, places.astype(np.int64)


def targets_of(continuations: Sequence[Sequence[int]]) -> Iterator[tuple[int, int]]:
    """For each token but the last of each continuation: the continuation's index, and the token that follows."""
    return ((index, token) for index, tokens in enumerate(continuations) for token in tokens[1:])


def finite(logits: NDArray[Any]) -> bool:
    """Whether the model answered with numbers at all."""
    return bool(np.isfinite(logits).all())
