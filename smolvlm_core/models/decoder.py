"""The text half of the model with one key-value cache: questions that start alike share its prefix."""

from collections.abc import Sequence
from inspect import signature
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from smolvlm_core.models.encoding import Question

if TYPE_CHECKING:
    from torch import Tensor


class Decoder:
    """Reads one question at a time. ``model`` is transformers' ``AutoModelForImageTextToText``."""

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

    def next_logits(self, question: Question) -> "Tensor":
        """One pass over what the cache does not hold yet. Returns: float32 (vocabulary,) after the last token."""
        wanted = self._identity(question)
        shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(self._read, wanted, strict=False)))
        shared = min(shared, len(wanted) - 1)  # the last token must pass to be answered
        self._keep_first(shared)
        embeddings = self._embed(question)[:, shared:]
        logits = self._forward(embeddings)[0, -1].float()
        self._read = wanted
        return logits

    def extend(self, token: int) -> "Tensor":
        """Read one more token. Returns: float32 (vocabulary,) after it."""
        logits = self._forward(self._embed_ids([token]))[0, -1].float()
        self._read.append(token)
        return logits

    def mean_log_likelihoods(self, after: "Tensor", continuations: Sequence[Sequence[int]]) -> list[float]:
        """Mean log-probability per token of each continuation of what was read.

        All are packed into one pass in which each sees the shared prefix and itself only.

        Args: after: logits after the last token read, float32 (vocabulary,); continuations: token numbers,
        none empty.
        """
        import torch  # noqa: PLC0415

        first = after.log_softmax(-1)
        total = [float(first[tokens[0]]) for tokens in continuations]
        starts = [list(tokens[:-1]) for tokens in continuations]
        packed = [token for tokens in starts for token in tokens]
        if packed:
            kept = len(self._read)
            mask, positions = self._packed_layout([len(tokens) for tokens in starts])
            logits = self._forward(
                self._embed_ids(packed), attention_mask=mask, position_ids=positions, keep_logits=len(packed)
            )[0]
            targets = torch.tensor([t for tokens in continuations for t in tokens[1:]], device=logits.device)
            gained = logits.float().log_softmax(-1).gather(-1, targets[:, None])[:, 0].tolist()
            self._crop(len(packed))
            assert self._cache.get_seq_length() == kept
            at = 0
            for index, tokens in enumerate(starts):
                total[index] += sum(gained[at : at + len(tokens)])
                at += len(tokens)
        return [value / len(tokens) for value, tokens in zip(total, continuations, strict=True)]

    def _packed_layout(self, lengths: list[int]) -> "tuple[Tensor, Tensor]":
        """Additive mask (1, 1, packed, read + packed) and positions (1, packed)."""
        import torch  # noqa: PLC0415

        device, dtype, read, packed = self._model.device, self._model.dtype, len(self._read), sum(lengths)
        group = torch.repeat_interleave(torch.arange(len(lengths)), torch.tensor(lengths))
        place = torch.cat([torch.arange(length) for length in lengths])
        own = (group[:, None] == group[None, :]) & (place[:, None] >= place[None, :])
        visible = torch.cat([torch.ones(packed, read, dtype=torch.bool), own], dim=1)
        mask = torch.zeros(visible.shape, dtype=dtype).masked_fill(~visible, torch.finfo(dtype).min)
        return mask[None, None].to(device), (place + read)[None].to(device)

    def _identity(self, question: Question) -> list[int | bytes]:
        keys = iter([frame.key for frame in question.frames for _ in range(len(frame.tokens))])
        return [next(keys) if token == self._image_token_id else token for token in question.ids]

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
        tokens = torch.cat([frame.tokens for frame in question.frames]).to(embedded.dtype)
        embedded[0, places] = tokens
        return embedded

    def _forward(self, embeddings: "Tensor", *, keep_logits: int = 1, **extra: "Tensor") -> "Tensor":
        reply = self._model(
            inputs_embeds=embeddings,
            use_cache=True,
            logits_to_keep=keep_logits,
            **{self._cache_name: self._cache},
            **extra,
        )
        self._cache = getattr(reply, self._cache_name)
        logits: Tensor = reply.logits
        return logits

    def _keep_first(self, tokens: int) -> None:
        if tokens == 0:
            self.forget()
        elif tokens < len(self._read):
            self._crop(len(self._read) - tokens)
            del self._read[tokens:]

    def _crop(self, tokens_to_remove: int) -> None:
        self._cache.crop(-tokens_to_remove)  # a negative number removes; a positive one is refused
