"""From an address to a model: asks the server once what it has, and says what was chosen and why."""

from http import HTTPStatus
from pathlib import PureWindowsPath

from smolvlm_core.domain import JSONValue, ModelInfo, never_cancelled
from smolvlm_core.errors import ModelError, ModelUnavailable
from smolvlm_core.models.loading import Chosen
from smolvlm_core.models.remote.client import Server
from smolvlm_core.models.remote.model import RemoteModel

NO_LIST = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_IMPLEMENTED})
MAX_NAMES = 5  # of those shown


def load_remote(
    server: Server, wanted: str | None, checkpoint: str, frames_per_segment: int, why: str
) -> RemoteModel:
    """Ask what the server has and take one of it.

    Args: wanted: a name that must be listed; checkpoint: the name to use without one, if it is listed; why: how
        the server was chosen.
    Raises: ModelUnavailable: the server cannot be reached, refuses, or has no such model.
    """
    try:
        reply = server.get("models", never_cancelled)
        listed = () if reply.status in NO_LIST else _names(server.answer_of(reply))
    except ModelError as error:
        raise ModelUnavailable(error.message, hint=error.hint) from error
    name = choose_name(wanted, checkpoint, listed)
    reason = f"{why}; {shown(name.value)}: {name.reason}"
    info = ModelInfo("remote", shown(name.value), None, server.host, "unknown", reason)
    return RemoteModel(server, name.value, info, frames_per_segment)


def choose_name(wanted: str | None, checkpoint: str, listed: tuple[str, ...]) -> Chosen:
    """Which name is sent. ``listed`` is empty where the server has no list.

    Raises: ModelUnavailable: the server has no such model.
    """
    name = wanted or checkpoint
    if name in listed or not listed:
        return Chosen(name, "SMOLVLM_REMOTE_MODEL names it" if wanted else "the checkpoint's name")
    if wanted is None and len(listed) == 1:
        return Chosen(listed[0], "the only one there")
    names = ", ".join(shown(other) for other in listed[:MAX_NAMES])
    raise ModelUnavailable(
        f"The server has no model {shown(name)}.", hint=f"Set SMOLVLM_REMOTE_MODEL to one it has: {names}."
    )


def shown(name: str) -> str:
    """A model's name for people: of a path only the end."""
    path = PureWindowsPath(name)  # which splits at both kinds of slash
    return path.name if path.root or path.drive else name


def _names(answer: JSONValue) -> tuple[str, ...]:
    match answer:
        case {"data": [*models]}:
            named = (model.get("id") for model in models if isinstance(model, dict))
            return tuple(name for name in named if isinstance(name, str) and name.isprintable() and name)
    return ()
