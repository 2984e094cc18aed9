"""The text half on OpenVINO. Its cache only grows: what was unread is hidden by the mask until all is emptied."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from smolvlm_core.models.decoding import (
    Logits,
    last_of,
    log_softmax,
    packed_visibility,
    shared_length,
    targets_of,
)
from smolvlm_core.models.encoding import Question

HIDDEN = -30000.0  # added to hide: far below any score, and a number in every 16-bit format
CHUNK_TOKENS = 4096  # read at once: bounds the mask to 64 MiB; behind others, tokens take 2 to 4 times as long


class Graph(Protocol):
    """The text graph with its cache."""

    def run(self, inputs: dict[str, NDArray[Any]]) -> NDArray[np.float32]:
        """Logits (rows, wanted, vocabulary), valid until the next run."""

    def forget(self) -> None:
        """Empty the cache."""

    def cached(self) -> Iterator[NDArray[np.float32]]:
        """Copies of the cache's parts, (rows, heads, tokens, head width), one at a time."""

    def take(self, parts: Iterable[NDArray[np.float32]]) -> None:
        """Have this cache in place of its own. Args: parts: as ``cached`` of a graph of the same text model."""


class CachedText:
    """A graph, and which of the tokens in its cache still count as read."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.alive = np.zeros(0, np.bool_)

    def forget(self) -> None:
        self.graph.forget()
        self.alive = np.zeros(0, np.bool_)

    def kept(self) -> "KeptText":
        """A copy of what counts as read."""
        return KeptText(tuple(part[:, :, self.alive].astype(np.float16) for part in self.graph.cached()))

    def keep_first(self, tokens: int) -> None:
        """Unread all but so many."""
        self.alive[np.flatnonzero(self.alive)[tokens:]] = False

    def read(self, rows: NDArray[np.float32]) -> Logits:
        """One token after the other. Returns: logits after the last of them."""
        logits = np.zeros(0, np.float32)
        for start in range(0, len(rows), CHUNK_TOKENS):
            chunk = rows[start : start + CHUNK_TOKENS]
            causal = np.tril(np.ones((len(chunk), len(chunk)), np.bool_))
            logits = last_of(self._pass(chunk, causal, np.arange(len(chunk)), answers=1))
            self.alive = np.append(self.alive, np.ones(len(chunk), np.bool_))
        return logits

    def glance(
        self, rows: NDArray[np.float32], visible: NDArray[np.bool_], places: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """What would follow each of these; none of them stays read. Arguments as of ``_pass``."""
        logits = self._pass(rows, visible, places, answers=len(rows))
        self.alive = np.append(self.alive, np.zeros(len(rows), np.bool_))
        return logits

    def _pass(
        self, rows: NDArray[np.float32], visible: NDArray[np.bool_], places: NDArray[np.int64], answers: int
    ) -> NDArray[np.float32]:
        """Args: visible: which new token (row) sees which (column); places: after those read, from 0.

        Returns: logits after the last ``answers`` tokens, (answers, vocabulary).
        """
        new, cached = len(rows), len(self.alive)
        mask = np.full((1, 1, new, cached + new), HIDDEN, np.float32)
        mask[0, 0, :, :cached][:, self.alive] = 0.0
        mask[0, 0, :, cached:][visible] = 0.0
        logits = self.graph.run(
            {
                "embeddings": np.ascontiguousarray(rows, np.float32)[None],
                "positions": (places + int(self.alive.sum()))[None],
                "beam": np.zeros(1, np.int32),
                "mask": mask,
                "wanted": np.arange(new - answers, new),
            }
        )
        copied: NDArray[np.float32] = logits[0].copy()
        return copied


@dataclass(frozen=True, slots=True)
class KeptText:
    """A ``Kept``: the parts of a cache, (1, heads, tokens, head width) each."""

    parts: tuple[NDArray[np.float16], ...]

    @property
    def tokens(self) -> int:
        return int(self.parts[0].shape[2])


class WrittenText:
    """``Answers`` on a graph of their own. Shorter questions are filled up with what the mask hides."""

    def __init__(self, graph: Graph, embeddings: NDArray[np.float32], kept: Sequence[KeptText]) -> None:
        self._graph, self._embeddings = graph, embeddings
        self._lengths = np.array([one.tokens for one in kept])
        self._alive = np.arange(self._lengths.max())[None] < self._lengths[:, None]
        graph.take(_stacked(parts) for parts in zip(*(one.parts for one in kept), strict=True))

    def extend(self, tokens: Sequence[int], rows: Sequence[int]) -> Logits:
        self._lengths, alive = self._lengths[list(rows)], self._alive[list(rows)]
        self._alive = np.concatenate([alive, np.ones((len(rows), 1), np.bool_)], axis=1)
        logits = self._graph.run(
            {
                "embeddings": np.ascontiguousarray(self._embeddings[list(tokens)], np.float32)[:, None],
                "positions": self._lengths[:, None],
                "beam": np.array(rows, np.int32),
                "mask": np.where(self._alive, np.float32(0.0), np.float32(HIDDEN))[:, None, None],
                "wanted": np.zeros(1, np.int64),
            }
        )
        self._lengths = self._lengths + 1
        copied: Logits = logits[:, 0].copy()
        return copied


def _stacked(parts: Sequence[NDArray[np.float16]]) -> NDArray[np.float32]:
    """One row of each: (rows, heads, tokens of the longest, head width)."""
    _, heads, _, width = parts[0].shape
    stacked = np.zeros((len(parts), heads, max(part.shape[2] for part in parts), width), np.float32)
    for row, part in zip(stacked, parts, strict=True):
        row[:, : part.shape[2]] = part[0]
    return stacked


class OpenVinoDecoder:
    """A ``Decoder``. ``embeddings``: float32 (vocabulary, width).

    Questions are read by one graph, and answers written by another, which takes over the first one's cache.
    """

    def __init__(self, reader: Graph, writer: Graph, embeddings: NDArray[np.float32], image_token_id: int) -> None:
        self._reader, self._writer = CachedText(reader), writer
        self._embeddings = embeddings
        self._image_token_id = image_token_id
        self._read: list[int | bytes] = []
        self._answered: tuple[list[int | bytes], Logits] | None = None  # the last question, and its answer

    def forget(self) -> None:
        self._reader.forget()
        self._writer.forget()
        self._read, self._answered = [], None

    def next_logits(self, question: Question) -> Logits:
        wanted = question.identity(self._image_token_id)
        if self._answered is not None and self._answered[0] == wanted == self._read:
            return self._answered[1]  # in 16 bits, another pass over its last token would differ a little
        shared = min(shared_length(self._read, wanted), len(wanted) - 1)  # the last must pass to be answered
        shared = self._keep_first(shared, len(wanted))
        logits = self._reader.read(self._embed(question)[shared:])
        self._read = wanted
        self._answered = ([*wanted], logits)
        return logits

    def keep(self) -> KeptText:
        return self._reader.kept()

    def side_by_side(self, kept: Sequence[KeptText]) -> WrittenText:
        return WrittenText(self._writer, self._embeddings, kept)

    def mean_log_likelihoods(self, after: Logits, continuations: Sequence[Sequence[int]]) -> list[float]:
        """All are packed into one pass in which each sees the shared prefix and itself only."""
        first = log_softmax(after)
        total = [float(first[tokens[0]]) for tokens in continuations]
        packed = [token for tokens in continuations for token in tokens[:-1]]
        if packed:
            visible, places = packed_visibility([len(tokens) - 1 for tokens in continuations])
            logits = self._reader.glance(self._embeddings[packed], visible, places)
            for row, (index, token) in zip(log_softmax(logits), targets_of(continuations), strict=True):
                total[index] += float(row[token])
        return [value / len(tokens) for value, tokens in zip(total, continuations, strict=True)]

    def _keep_first(self, tokens: int, wanted: int) -> int:
        """Unread all but so many, or all where little would be kept. Returns: how many are still read."""
        hidden = len(self._reader.alive) - tokens
        if 2 * tokens < wanted or hidden > tokens:
            self.forget()
            return 0
        self._reader.keep_first(tokens)
        del self._read[tokens:]
        return tokens

    def _embed(self, question: Question) -> NDArray[np.float32]:
        """Token embeddings with the frames' visual tokens in their places: (tokens, width)."""
        embedded = self._embeddings[list(question.ids)]
        if question.frames:
            places = np.array(question.ids) == self._image_token_id
            embedded[places] = np.concatenate([np.asarray(frame.tokens) for frame in question.frames])
        return embedded
