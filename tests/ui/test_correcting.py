"""What a browser sends becomes an edit, or an error that names what is wrong with it."""

import pytest

from smolvlm_core.analysis.corrections import UNSAID, Edit, SetFields
from smolvlm_core.domain import JSONValue
from smolvlm_core.errors import InvalidParameter
from smolvlm_core.ui.correcting import Wish, wish_of

SENT = {"session": "an id", "answer": "7", "step": 3, "change": {"note": None}, "seen": {"note": "a", "else": 1}}


def test_a_change_names_its_fields_and_what_was_seen() -> None:
    edit = Edit(SetFields(note=None), SetFields(note="a"), step=3)
    assert wish_of(SENT) == Wish("an id", "7", edit)
    assert edit.change.repetitions is UNSAID


def test_no_change_is_a_look() -> None:
    assert wish_of({"session": "an id", "answer": "8", "step": None, "change": None}) == Wish("an id", "8", None)


@pytest.mark.parametrize(
    "sent", [None, [], "a", SENT | {"step": None}, SENT | {"step": True}, SENT | {"step": "3"}]
)
def test_what_the_cards_never_send_is_refused(sent: JSONValue) -> None:
    with pytest.raises(InvalidParameter):
        wish_of(sent)


def test_nonsense_for_fields_is_no_field() -> None:
    assert wish_of(SENT | {"change": [1], "seen": "b"}).edit == Edit(SetFields(), SetFields(), step=3)
