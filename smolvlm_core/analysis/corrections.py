"""What people correct in a workout: a set's name and repetitions, sets that were none, notes.

Pure: a report and its corrections make a report. What was measured stays as it is; it is told beside what was
corrected, and comes back when the correction is taken back.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import Enum
from functools import cache

from smolvlm_core.analysis.plain import one_line
from smolvlm_core.analysis.reading import is_workout
from smolvlm_core.analysis.report import Report, workout_summary
from smolvlm_core.analysis.set_report import UNCOUNTED, recounted_words
from smolvlm_core.domain import JSONValue
from smolvlm_core.errors import CorrectionConflict, InvalidParameter, NotAWorkout, SetNotFound
from smolvlm_core.exercise import Phase
from smolvlm_core.models.exercises import EXERCISES

NAME_MOST = 80  # characters; the longest name of the table has 20
REPETITIONS_MOST = 1000
NOTE_MOST = 500  # characters
QUOTES = "\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}"
NO_SET = "No set, as somebody who knows it said."

Fields = Mapping[str, JSONValue]
"""Of a set, those that can be corrected, by name."""

Stored = Mapping[str, Fields]
"""Corrections as they are kept: the place of a step, from 1, to those of its fields that were corrected."""


class Unsaid(Enum):
    """The type of ``UNSAID``."""

    UNSAID = "unsaid"


UNSAID = Unsaid.UNSAID
"""A field that nothing is said about: it stays as it is."""


@dataclass(frozen=True, slots=True)
class SetFields:
    """What can be corrected of a set. None: as it was measured; of a note, that there is none."""

    exercise_name: str | Unsaid | None = UNSAID
    repetitions: int | Unsaid | None = UNSAID
    removed: bool | Unsaid | None = UNSAID
    note: str | Unsaid | None = UNSAID

    def said(self) -> dict[str, JSONValue]:
        """The fields that something is said about."""
        named = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in named.items() if value is not UNSAID}


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of one set: that of ``set_number``, or the step at place ``step`` (from 1), which holds have too.

    ``seen``: what was shown to whoever makes it. Where it is something else by now, the change does not happen.
    """

    change: SetFields
    seen: SetFields = SetFields()
    set_number: int | None = None
    step: int | None = None


@cache
def known_exercises() -> tuple[str, ...]:
    """Names to suggest: all that the app knows, and their other words, by the alphabet."""
    words = {one.name for one in EXERCISES} | {
        word[:1].upper() + word[1:] for one in EXERCISES for word in one.synonyms
    }
    return tuple(sorted(words, key=str.casefold))


def corrected_report(report: Report, stored: Stored) -> Report:
    """The report with the corrections in it; the very same one without any."""
    if not stored or not is_workout(report):
        return report
    steps = [
        _corrected_step(step, stored.get(str(place), {})) for place, step in enumerate(report["exercise_steps"], 1)
    ]
    summary = workout_summary(steps, report["summary"]["video_duration_formatted"])
    return report | {"exercise_steps": steps, "summary": report["summary"] | summary}


def edited(report: Report, stored: Stored, edit: Edit) -> dict[str, dict[str, JSONValue]]:
    """The corrections after one more.

    Args: report: as it was measured.
    Raises: NotAWorkout, SetNotFound; InvalidParameter: a value cannot be used; CorrectionConflict.
    """
    if not is_workout(report):
        raise NotAWorkout(
            "These results are highlights: only the sets of a workout can be corrected.",
            hint="Analyze the video as a workout first.",
        )
    place = _place(report["exercise_steps"], edit)
    step, before = report["exercise_steps"][place - 1], stored.get(str(place), {})
    change = {name: _usable(name, value) for name, value in edit.change.said().items()}
    if not change:
        raise InvalidParameter("correction", "no change", "at least one of " + ", ".join(_NAMES))
    _compare(_shown(step, before), edit.seen.said(), change)
    after = {name: value for name, value in {**before, **change}.items() if _corrects(step, name, value)}
    others = {other: dict(kept) for other, kept in stored.items() if other != str(place)}
    return others | ({str(place): after} if after else {})


_NAMES = tuple(field.name for field in fields(SetFields))


def _place(steps: list[Report], edit: Edit) -> int:
    """Where the set of an edit stands among the steps, from 1."""
    if (edit.set_number is None) == (edit.step is None):
        raise InvalidParameter("set_number", "neither or both", "either set_number or step")
    for place, step in enumerate(steps, 1):
        wanted = place == edit.step if edit.set_number is None else step.get("set_number") == edit.set_number
        if wanted and step["movement_phase"] == Phase.EXECUTION:
            return place
    if edit.set_number is None:
        raise SetNotFound(f"Step {edit.step} of the results is no set.")
    raise SetNotFound(f"The results have no set with the number {edit.set_number}.")


# -- Values -----------------------------------------------------------------------------------


def _usable(name: str, value: JSONValue) -> JSONValue:
    """The value as it is kept.

    Raises: InvalidParameter.
    """
    if value is None:
        return None
    if name == "removed":
        if not isinstance(value, bool):
            raise InvalidParameter(name, value, "true or false")
        return value
    if name == "repetitions":
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= REPETITIONS_MOST:
            raise InvalidParameter(name, value, f"a whole number from 0 to {REPETITIONS_MOST}")
        return value
    return _text(name, value)


def _text(name: str, value: JSONValue) -> str | None:
    least, most = (1, NAME_MOST) if name == "exercise_name" else (0, NOTE_MOST)
    text = one_line(value) if isinstance(value, str) else None
    if text is not None and not any(map(_can_be_seen, text)):
        text = ""
    if text is None or not least <= len(text) <= most:
        raise InvalidParameter(name, one_line(value), f"text of {least} to {most} characters")
    return text or None


def _can_be_seen(character: str) -> bool:
    """Marks that join or turn letters cannot, and a name of them alone would be none."""
    return unicodedata.category(character)[0] in "LNPS"


def _compare(shown: Fields, seen: Fields, change: Fields) -> None:
    """Raises: CorrectionConflict: what is to be changed is neither what was seen nor what it is to become."""
    for name, value in change.items():
        now = shown[name]
        if name in seen and now not in (seen[name], value):
            raise CorrectionConflict(
                f"This set was corrected elsewhere in the meantime: {_words(name, now)}.",
                hint="Nothing was saved. Make your change again if you still want it.",
            )


def _words(name: str, now: JSONValue) -> str:
    """A field as it is now, for people."""
    if name == "removed":
        return "it was removed" if now else "it was put back"
    if name == "repetitions":
        return "its repetitions are not counted" if now is None else f"its repetitions are {now}"
    quoted = f"{QUOTES[0]}{now}{QUOTES[1]}"
    if name == "exercise_name":
        return f"its name is {quoted}"
    return f"its note is {quoted}" if now else "its note was deleted"


def _shown(step: Report, kept: Fields) -> dict[str, JSONValue]:
    """The fields of a set as everybody sees them."""
    return {name: kept.get(name, _as(step, name)) for name in _NAMES}


def _corrects(step: Report, name: str, value: JSONValue) -> bool:
    """Whether this value is another one than the measured."""
    return value is not None and value != _as(step, name)


def _as(step: Report, name: str) -> JSONValue:
    """A field as it was measured."""
    return step[name] if name in ("exercise_name", "repetitions") else {"removed": False, "note": None}[name]


# -- Steps ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Corrected:
    """What a corrected step says of itself beside its values; on the wire by these names."""

    measured_exercise_name: str
    measured_repetitions: int | None
    measured_set_number: int | None
    removed: bool
    note: str | None


def _corrected_step(step: Report, kept: Fields) -> Report:
    if not kept or step["movement_phase"] != Phase.EXECUTION:
        return step | {"corrected": None}
    shown = _shown(step, kept)
    about = Corrected(
        step["exercise_name"], step["repetitions"], step.get("set_number"), shown["removed"], shown["note"]
    )
    told = {"corrected": asdict(about)}
    if shown["removed"]:
        return step | UNCOUNTED | NOTHING_MEASURED | told
    step = _renamed(step, shown["exercise_name"])
    return _recounted(step, shown["repetitions"]) | told


NOTHING_MEASURED: Report = {
    "exercise_name": Phase.TRANSITION.value,
    "movement_phase": Phase.TRANSITION.value,
    "description": NO_SET,
    "measured_words": None,
    "repetitions": None,
    "tempo_seconds": None,
}
"""Of a step that was no set: people moved there, and that is all."""


def _renamed(step: Report, name: str) -> Report:
    before, said = f"{step['exercise_name']}: ", str(step["description"])
    if said.startswith(before):  # some models begin with the name
        said = f"{name}: {said.removeprefix(before)}"
    return step | {"exercise_name": name, "description": said}


def _recounted(step: Report, repetitions: int | None) -> Report:
    measured, words = step["repetitions"], step.get("measured_words") or ""
    if repetitions is None or repetitions == measured:
        return step
    new = recounted_words(words, measured, repetitions)
    said = f"{str(step['description']).removesuffix(words).rstrip()} {new}".strip()
    return step | {"repetitions": repetitions, "measured_words": new or None, "description": said}
