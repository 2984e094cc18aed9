"""The text half of the model on torch with one key-value cache: questions that start alike share its prefix."""

from collections.abc import Sequence
from dataclasses import dataclass
from inspect import signature
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from smolvlm_core.models.decoding import (
    Logits,
    last_of,
    log_softmax,
    packed_visibility,
    shared_length,
    targets_of,
)
from smolvlm_core.models.encoding import Question

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class TorchKept:
    """A ``Kept``: keys and values of each layer, (1, heads, tokens, head width), which no cache writes into."""

    layers: "tuple[tuple[Tensor, Tensor], ...]"
    tokens: int


class TorchAnswers:
    """``Answers``. Shorter questions are filled up with what the mask hides."""

    def __init__(self, model: Any, cache_name: str, kept: Sequence[TorchKept]) -> None:
        import torch  # noqa: PLC0415
        from transformers import DynamicCache  # noqa: PLC0415

        self._model, self._cache_name = model, cache_name
        self._lengths = torch.tensor([one.tokens for one in kept], device=model.device)
        longest = int(self._lengths.max())
        self._hidden = torch.arange(longest, device=model.device)[None] >= self._lengths[:, None]
        self._cache: Any = DynamicCache()
        for index, layers in enumerate(zip(*(one.layers for one in kept), strict=True)):
            keys, values = (_stacked(parts, longest) for parts in zip(*layers, strict=True))
            self._cache.update(keys, values, index)

    def extend(self, tokens: Sequence[int], rows: Sequence[int]) -> Logits:
        import torch  # noqa: PLC0415

        device, dtype = self._model.device, self._model.dtype
        if len(rows) < len(self._lengths):
            going_on = torch.tensor(list(rows), device=device)
            self._cache.batch_select_indices(going_on)
            self._lengths, self._hidden = self._lengths[going_on], self._hidden[going_on]
        seen = torch.zeros(len(rows), 1, dtype=torch.bool, device=device)
        self._hidden = torch.cat([self._hidden, seen], dim=1)
        mask = torch.zeros(self._hidden.shape, dtype=dtype, device=device)
        reply = self._model(
            input_ids=torch.tensor(list(tokens), device=device)[:, None],
            attention_mask=mask.masked_fill(self._hidden, torch.finfo(dtype).min)[:, None, None],
            position_ids=self._lengths[:, None],
            use_cache=True,
            logits_to_keep=1,
            **{self._cache_name: self._cache},
        )
        self._lengths = self._lengths + 1
        logits: Logits = reply.logits[:, 0].float().cpu().numpy()
        return logits


def _stacked(parts: "Sequence[Tensor]", longest: int) -> "Tensor":
    """(rows, heads, longest, head width), zeros where one is shorter."""
    import torch  # noqa: PLC0415

    pad = torch.nn.functional.pad
    return torch.cat([pad(part, (0, 0, 0, longest - part.shape[2])) for part in parts])


class TorchDecoder:
    """A ``Decoder``. ``model`` is transformers' ``AutoModelForImageTextToText``."""

    def __init__(self, model: Any, image_token_id: int) -> None:
        self._model = model
        self._image_token_id = image_token_id
        # transformers renamed the argument in 5.24
        self._cache_name = "cache" if "cache" in signature(model.forward).parameters else "past_key_values"
        self._cache: Any = None
        self._read: list[int | bytes] = []  # what the cache holds; a frame's key in place of its image tokens

    def forget(self) -> None:
        """Drop the cache: after an error it may hold half a pass."""
        self._cache, self._read = None, []

    def next_logits(self, question: Question) -> Logits:
        wanted = question.identity(self._image_token_id)
        shared = min(shared_length(self._read, wanted), len(wanted) - 1)  # the last must pass to be answered
        self._keep_first(shared)
        logits = self._forward(self._embed(question)[:, shared:])
        self._read = wanted
        return last_of(logits)

    def keep(self) -> "TorchKept":
        return TorchKept(tuple((layer.keys, layer.values) for layer in self._cache.layers), len(self._read))

    def side_by_side(self, kept: "Sequence[TorchKept]") -> "TorchAnswers":
        return TorchAnswers(self._model, self._cache_name, kept)

    def mean_log_likelihoods(self, after: Logits, continuations: Sequence[Sequence[int]]) -> list[float]:
        """All are packed into one pass in which each sees the shared prefix and itself only."""
        first = log_softmax(after)
        total = [float(first[tokens[0]]) for tokens in continuations]
        starts = [list(tokens[:-1]) for tokens in continuations]
        packed = [token for tokens in starts for token in tokens]
        if packed:
            kept = len(self._read)
            mask, positions = self._packed_layout([len(tokens) for tokens in starts])
            logits = self._forward(
                self._embed_ids(packed), attention_mask=mask, position_ids=positions, keep_logits=len(packed)
            )
            self._crop(len(packed))
            assert self._cache.get_seq_length() == kept
            for row, (index, token) in zip(log_softmax(logits), targets_of(continuations), strict=True):
                total[index] += float(row[token])
        return [value / len(tokens) for value, tokens in zip(total, continuations, strict=True)]

    def _packed_layout(self, lengths: list[int]) -> "tuple[Tensor, Tensor]":
        """Additive mask (1, 1, packed, read + packed) and positions (1, packed)."""
        import torch  # noqa: PLC0415

        own, places = packed_visibility(lengths)
        read = np.ones((len(own), len(self._read)), np.bool_)
        visible = torch.from_numpy(np.concatenate([read, own], axis=1))
        dtype = self._model.dtype
        mask = torch.zeros(visible.shape, dtype=dtype).masked_fill(~visible, torch.finfo(dtype).min)
        positions = torch.from_numpy(places + len(self._read))
        return mask[None, None].to(self._model.device), positions[None].to(self._model.device)

    def _embed_ids(self, ids: Sequence[int]) -> "Tensor":
        import torch  # noqa: PLC0415

        numbers = torch.tensor([list(ids)], device=self._model.device)
        embedded: Tensor = self._model.get_input_embeddings()(numbers)
        return embedded

    def _embed(self, question: Question) -> "Tensor":
        """Token embeddings with the frames' visual tokens in their places."""
        import torch  # noqa: PLC0415

        embedded = self._embed_ids(question.ids).clone()
        places = torch.tensor([token == self._image_token_id for token in question.ids], device=embedded.device)
        tokens = torch.cat([cast("Tensor", frame.tokens) for frame in question.frames]).to(embedded.dtype)
        embedded[0, places] = tokens
        return embedded

    def _forward(self, embeddings: "Tensor", *, keep_logits: int = 1, **extra: "Tensor") -> Logits:
        """Returns: float32 (keep_logits, vocabulary)."""
        reply = self._model(
            inputs_embeds=embeddings,
            use_cache=True,
            logits_to_keep=keep_logits,
            **{self._cache_name: self._cache},
            **extra,
        )
        self._cache = getattr(reply, self._cache_name)
        logits: Logits = reply.logits[0].float().cpu().numpy()
        return logits

    def _keep_first(self, tokens: int) -> None:
        if tokens == 0:
            self.forget()
        elif tokens < len(self._read):
            self._crop(len(self._read) - tokens)
            del self._read[tokens:]

    def _crop(self, tokens_to_remove: int) -> None:
        self._cache.crop(-tokens_to_remove)  # a negative number removes; a positive one is refused
