"""From what the cards of sets send (see ``sets.js``) to an edit, and the answer they wait for. Knows no Gradio."""

from collections.abc import Mapping
from dataclasses import dataclass

from smolvlm_core.analysis.corrections import Edit, SetFields
from smolvlm_core.domain import JSONValue
from smolvlm_core.errors import InvalidParameter

FIELDS = tuple(SetFields.__slots__)
ANSWER_MOST = 40  # characters of an answer's name


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a change. ``name`` is the browser's own, by which it knows what this answers."""

    name: str = ""
    text: str = ""
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """``edit`` is None for who only wants to see how things are."""

    session_id: str
    answer: str
    edit: Edit | None


def wish_of(sent: JSONValue) -> Wish:
    """Raises: InvalidParameter: this was not sent by the cards."""
    if not isinstance(sent, Mapping):
        raise InvalidParameter("correction", type(sent).__name__, "an object")
    change, step = sent.get("change"), sent.get("step")
    edit = None
    if change is not None:
        if isinstance(step, bool) or not isinstance(step, int):
            raise InvalidParameter("step", step, "a whole number")
        edit = Edit(_fields(change), _fields(sent.get("seen")), step=step)
    return Wish(str(sent.get("session")), str(sent.get("answer"))[:ANSWER_MOST], edit)


def _fields(sent: JSONValue) -> SetFields:
    """Their values are looked at where they are used."""
    known = sent if isinstance(sent, Mapping) else {}
    return SetFields(**{name: known[name] for name in FIELDS if name in known})
