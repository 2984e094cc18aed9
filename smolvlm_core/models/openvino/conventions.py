"""How a converted checkpoint is spoken to and shown pictures, on disk: running it reads no file of the original.

So neither torch nor transformers are imported where OpenVINO runs.
"""

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from smolvlm_core.models.encoding import PromptEncoder
from smolvlm_core.models.loading import LoadedCheckpoint, speech_of
from smolvlm_core.models.openvino.pixels import PictureForm, picture_form_of
from smolvlm_core.models.openvino.store import Files
from smolvlm_core.models.smolvlm import Speech
from smolvlm_core.models.wording import Wording

if TYPE_CHECKING:
    from tokenizers import Tokenizer


@dataclass(frozen=True, slots=True)
class Conventions:
    """``image_token_id`` stands where a row of a frame's visual tokens goes."""

    speech: Speech
    pictures: PictureForm
    image_token_id: int


def conventions_of(loaded: LoadedCheckpoint) -> Conventions:
    """Raises: ModelUnavailable: they are not those of a SmolVLM2."""
    model, processor = loaded.model, loaded.processor
    speech = speech_of(processor, model.config, model.generation_config)
    return Conventions(speech, picture_form_of(processor), int(model.config.image_token_id))


def write_conventions(files: Files, conventions: Conventions) -> None:
    """Raises: OSError."""
    encoder = conventions.speech.encoder
    files.tokenizer.write_text(encoder.tokenizer.to_str(), encoding="utf-8")
    told = {
        "wording": asdict(encoder.wording),
        "max_tokens": encoder.max_tokens,
        "end_id": encoder.end_id,
        "end_ids": sorted(conventions.speech.end_ids),
        "pictures": asdict(conventions.pictures),
        "image_token_id": conventions.image_token_id,
    }
    files.conventions.write_text(json.dumps(told, indent=1), encoding="utf-8")


def read_conventions(files: Files) -> Conventions:
    """Raises: OSError, ValueError, TypeError, KeyError: there are none, or they are damaged."""
    told = json.loads(files.conventions.read_text(encoding="utf-8"))
    wording, pictures = (_as_written(told[name]) for name in ("wording", "pictures"))
    encoder = PromptEncoder(Wording(**wording), _tokenizer(files), told["max_tokens"], told["end_id"])
    speech = Speech(encoder, frozenset(told["end_ids"]))
    return Conventions(speech, PictureForm(**pictures), told["image_token_id"])


def _as_written(fields: dict[str, Any]) -> dict[str, Any]:
    """JSON knows lists only."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}


def _tokenizer(files: Files) -> "Tokenizer":
    from tokenizers import Tokenizer  # noqa: PLC0415

    return Tokenizer.from_str(files.tokenizer.read_text(encoding="utf-8"))
