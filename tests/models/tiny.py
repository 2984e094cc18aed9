"""Makes SmolVLM2 checkpoints on the spot with transformers' own classes: tiny or of a published size.

Weights are random until ``train_tiny_checkpoint`` teaches a tiny one to tell red from blue balls and left
from right, on the very inputs ``SmolVLM`` builds, so that what it learned holds only while every step
from pixels to logits is right.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    PreTrainedTokenizerFast,
    SmolVLMConfig,
    SmolVLMForConditionalGeneration,
    SmolVLMImageProcessor,
    SmolVLMProcessor,
    SmolVLMVideoProcessor,
)
from transformers.models.smolvlm.processing_smolvlm import DEFAULT_CHAT_TEMPLATE
from transformers.utils.logging import disable_progress_bar

from smolvlm_core.domain import Criteria
from smolvlm_core.models import prompts
from smolvlm_core.models.exercises import exercise_labels


@dataclass(frozen=True, slots=True)
class Size:
    """Shape of a checkpoint: (width, layers, heads, feed-forward width) of both towers."""

    image_px: int
    scale_factor: int
    vision: tuple[int, int, int, int]
    text: tuple[int, int, int, int]
    kv_heads: int
    head_width: int
    vocabulary: int
    spread: float = 0.02  # standard deviation of random weights
    rope_theta: float = 100_000.0

    @property
    def tokens_per_frame(self) -> int:
        return (self.image_px // PATCH_PX) ** 2 // self.scale_factor**2


PATCH_PX = 16
CONTEXT_TOKENS = 8192
SIZES = {
    "tiny": Size(64, 2, (48, 1, 3, 96), (64, 3, 4, 128), 2, 16, 1024, 0.1, 500.0),
    "256M": Size(512, 4, (768, 12, 12, 3072), (576, 30, 9, 1536), 3, 64, 49280),
    "500M": Size(512, 4, (768, 12, 12, 3072), (960, 32, 15, 2560), 5, 64, 49280),
}

SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
MORE_SPECIAL = ("<fake_token_around_image>", "<image>", "<global-img>", "<end_of_utterance>", "<video>")
TEXTS = (
    prompts.HIGHLIGHT_SYSTEM,
    prompts.HIGHLIGHT_CRITERIA,
    prompts.HIGHLIGHT_QUESTION,
    prompts.DESCRIBE_QUESTION,
    prompts.WORKOUT_SYSTEM,
    prompts.WORKOUT_CRITERIA,
    prompts.choice_prompt(exercise_labels(), Criteria()).user,
    "System: User: Assistant: Yes No yes no",
    "You are provided the following series of one two four eight frames from a 0:00:12 [H:MM:SS] video.",
    "Judge the ball. Frame from 00:07: Look for a red ball that moves left. A blue ball moves to the right.",
)


def build_tiny_checkpoint(folder: Path, size: str = "tiny", seed: int = 0) -> Path:
    """Write a checkpoint with random weights that loads through the Auto classes like a published one.

    Args: size: a key of ``SIZES``.
    Returns: the folder.
    """
    shape = SIZES[size]
    tokenizer = _tokenizer(shape.vocabulary)
    _processor(shape, tokenizer).save_pretrained(folder)
    torch.manual_seed(seed)
    model: Any = SmolVLMForConditionalGeneration(_config(shape, tokenizer))
    for name in ("pad", "eos", "bos"):
        setattr(model.generation_config, f"{name}_token_id", getattr(tokenizer, f"{name}_token_id"))
    quiet: Any = disable_progress_bar
    quiet()
    model.eval().save_pretrained(folder)
    return folder


def _tokenizer(vocabulary: int) -> Any:
    """A byte-level BPE that knows the words of our prompts."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=min(vocabulary - len(MORE_SPECIAL), 900),
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator([*TEXTS, *(f" {text}" for text in TEXTS)], trainer)
    make: Any = PreTrainedTokenizerFast
    return make(
        tokenizer_object=bpe,
        bos_token="<|im_start|>",
        eos_token="<end_of_utterance>",
        pad_token="<|im_end|>",
        unk_token="<|endoftext|>",
        additional_special_tokens=list(MORE_SPECIAL),
        model_max_length=CONTEXT_TOKENS,
        padding_side="left",
    )


def _processor(shape: Size, tokenizer: Any) -> Any:
    edge = {"longest_edge": shape.image_px}
    level = [0.5, 0.5, 0.5]
    make_video: Any = SmolVLMVideoProcessor
    make_image: Any = SmolVLMImageProcessor
    make: Any = SmolVLMProcessor
    video = make_video(
        size=edge,
        max_image_size=edge,
        do_sample_frames=True,
        video_sampling={"fps": 1, "max_frames": 64, "video_size": edge},
        image_mean=level,
        image_std=level,
    )
    image = make_image(size={"longest_edge": 2048}, max_image_size=edge, image_mean=level, image_std=level)
    return make(image, tokenizer, video, image_seq_len=shape.tokens_per_frame, chat_template=DEFAULT_CHAT_TEMPLATE)


def _config(shape: Size, tokenizer: Any) -> Any:
    ids = {name: getattr(tokenizer, f"{name}_id") for name in ("pad_token", "bos_token", "eos_token")}
    special_ids = {f"{name}_id": number for name, number in ids.items()}
    make: Any = SmolVLMConfig
    return make(
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
        scale_factor=shape.scale_factor,
        vision_config={
            "model_type": "smolvlm_vision",
            "image_size": shape.image_px,
            "patch_size": PATCH_PX,
            "initializer_range": shape.spread,
            **_widths(shape.vision),
        },
        text_config={
            "model_type": "llama",
            "vocab_size": shape.vocabulary,
            "head_dim": shape.head_width,
            "num_key_value_heads": shape.kv_heads,
            "max_position_embeddings": CONTEXT_TOKENS,
            "rms_norm_eps": 1e-5,
            "rope_theta": shape.rope_theta,
            "initializer_range": shape.spread,
            **_widths(shape.text),
            **special_ids,
        },
        **special_ids,
    )


def _widths(tower: tuple[int, int, int, int]) -> dict[str, int]:
    names = ("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size")
    return dict(zip(names, tower, strict=True))
