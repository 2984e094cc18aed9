"""Every exercise of the table is told by a figure that does it; what is none of them is not named."""

from dataclasses import fields, replace

import numpy as np
import pytest

from smolvlm_core.domain import Choice
from smolvlm_core.exercise import Posture
from smolvlm_core.models.exercises import EXERCISES, OFTEN, UNKNOWN_LABEL, Exercise, exercise_labels
from smolvlm_core.models.pose_naming import NamingOptions, combined, pose_evidence, scale_of
from smolvlm_core.signals.movement import Take
from tests.exercises import MOVES, Move, posture_in
from tests.signals.figures import Figure, film

COMMON_NAMES = {row.name for row in EXERCISES if row.frequency == OFTEN}
COMMON_MOVES = [move for move in MOVES if move.name in COMMON_NAMES]
ids = [f"{index}-{move.name}" for index, move in enumerate(MOVES)]
common_ids = [f"{index}-{move.name}" for index, move in enumerate(COMMON_MOVES)]


def test_every_row_with_shapes_has_a_figure() -> None:
    assert {row.name for row in EXERCISES if row.shapes} == {move.name for move in MOVES}


@pytest.mark.parametrize("move", MOVES, ids=ids)
def test_nothing_fits_a_figure_better_than_what_it_does(move: Move) -> None:
    alike = [replace(row, frequency=1.0) for row in EXERCISES]
    shares = pose_evidence(move.posture(), alike).probabilities
    assert shares[move.name] >= max(shares.values()) - 1e-6


@pytest.mark.parametrize("turned", [0.0, 90.0, 160.0])
@pytest.mark.parametrize("move", COMMON_MOVES, ids=common_ids)
def test_common_exercises_are_named_from_every_side(move: Move, turned: float) -> None:
    choice = pose_evidence(move.posture(turned))
    assert choice.label == move.name
    assert choice.confidence == choice.probabilities[move.name]


def trembling(take: Take, seed: int) -> Take:
    """Every landmark a little off all the time, and shaking."""
    rng = np.random.default_rng(seed)
    off = rng.normal(0, 0.02, (1, *take.world.shape[1:])) + rng.normal(0, 0.02, take.world.shape)
    return replace(take, world=(take.world + off).astype(np.float32))


@pytest.mark.parametrize("pace", [0.7, 1.4])
def test_names_bear_landmarks_that_are_off_and_another_pace(pace: float) -> None:
    right = [
        pose_evidence(posture_in(trembling(move.take(), seed), move.period(pace))).label == move.name
        for seed, move in enumerate(COMMON_MOVES)
    ]
    assert np.mean(right) >= 0.9


ROLLING = film([Figure(roll=-60), Figure(roll=120)], 4.0)
WAVING = film([Figure(raised=150, right_raised=5), Figure(raised=100, elbow=60, right_raised=5)], 1.0)
HANDSTAND = film([Figure(lean=180, raised=178)], 2.0, "wrist")


@pytest.mark.parametrize("take", [ROLLING, WAVING, HANDSTAND], ids=["rolling", "waving", "handstand"])
def test_what_no_row_describes_is_not_named(take: Take) -> None:
    assert pose_evidence(posture_in(take, 3.0)).label is None


def test_probabilities_cover_all_labels_and_sum_to_one() -> None:
    choice = pose_evidence(MOVES[0].posture())
    assert tuple(choice.probabilities) == exercise_labels()
    assert sum(choice.probabilities.values()) == pytest.approx(1)


def test_a_body_of_which_little_is_known_is_not_named() -> None:
    unseen = {field.name: None for field in fields(Posture) if "None" in str(field.type)}
    bare = replace(MOVES[0].posture(), **unseen)  # type: ignore[arg-type]
    assert bare.knee_low is bare.elbow_low is None
    assert pose_evidence(bare).label is None


def test_two_rows_that_fit_alike_are_not_told_apart() -> None:
    rows = tuple(Exercise(name, (), "knee_low 40..115, lean_high 0..60") for name in ("A", "B", "C"))
    posture, certain = MOVES[0].posture(), NamingOptions(unknown_nats=-10)
    choice = pose_evidence(posture, rows, certain)
    assert choice.label is None
    assert choice.probabilities["A"] == pytest.approx(choice.probabilities["C"])
    assert pose_evidence(posture, rows[:1], certain).label == "A"


def test_a_new_row_is_named_at_once() -> None:
    shapes = "lean_low 150..180, elbow_low 150..180, hip_low 150..180, hip_range 0..20"
    row = Exercise("Handstand", ("hand balance",), shapes, held=True)
    assert pose_evidence(posture_in(HANDSTAND, None), (*EXERCISES, row)).label == "Handstand"


def test_a_hold_is_not_counted_and_repetitions_are_not_held() -> None:
    held = next(move for move in MOVES if move.name == "Plank").posture()
    assert pose_evidence(held).label == "Plank"
    assert pose_evidence(replace(held, period_s=2.0)).label != "Plank"
    squats = MOVES[0].posture()
    assert pose_evidence(replace(squats, period_s=None)).confidence < pose_evidence(squats).confidence


def test_a_row_without_shapes_is_left_to_a_model() -> None:
    (name,) = [row.name for row in EXERCISES if not row.shapes][:1]
    pose = pose_evidence(posture_in(ROLLING, 3.0))
    assert pose.probabilities[UNKNOWN_LABEL] > pose.probabilities[name] > 0
    sure = Choice(name, 1.0, {label: float(label == name) for label in exercise_labels()})
    both = combined(pose, sure)
    assert both is not None
    assert both.label == name


def test_every_number_has_a_scale_of_its_unit() -> None:
    assert scale_of("knee_low").extent == 180
    assert scale_of("knee_range").extent == scale_of("hip_uneven").extent == 140
    assert scale_of("facing_low").extent == scale_of("arm_side").extent == 2
    assert scale_of("hands_up_low") == scale_of("hands_over_feet_low") == scale_of("upright_high")
    assert scale_of("upright_range") == scale_of("flight") == scale_of("hand_travel")


# -- With a model ---------------------------------------------------------------------------

LABELS = ("Squat", "Lunge", "Plank", UNKNOWN_LABEL)


def choice_of(*shares: float) -> Choice:
    best = int(np.argmax(shares))
    label = LABELS[best] if best < len(LABELS) - 1 else None
    return Choice(label, shares[best], dict(zip(LABELS, shares, strict=True)))


UNSURE = Choice(None, 0.25, dict.fromkeys(LABELS, 0.25))
SQUAT_OR_LUNGE = choice_of(0.55, 0.35, 0.05, 0.05)


def test_whoever_is_alone_decides() -> None:
    seen = choice_of(0.1, 0.2, 0.6, 0.1)
    assert combined(SQUAT_OR_LUNGE, None) == SQUAT_OR_LUNGE
    assert combined(None, seen) == seen
    assert combined(None, None) is None


def test_a_model_without_an_opinion_changes_nothing() -> None:
    both = combined(SQUAT_OR_LUNGE, UNSURE)
    assert both is not None
    assert both.label == "Squat"
    assert both.probabilities == pytest.approx(SQUAT_OR_LUNGE.probabilities)


def test_a_model_decides_between_what_the_posture_allows() -> None:
    both = combined(SQUAT_OR_LUNGE, choice_of(0.1, 0.8, 0.05, 0.05))
    assert both is not None
    assert both.label == "Lunge"
    assert both.confidence > SQUAT_OR_LUNGE.probabilities["Lunge"]


def test_a_sure_posture_outweighs_a_sure_model() -> None:
    both = combined(choice_of(0.97, 0.01, 0.01, 0.01), choice_of(0.0, 0.0, 1.0, 0.0))
    assert both is not None
    assert both.label == "Squat"


def test_neither_sure_is_unknown() -> None:
    nothing = choice_of(0.1, 0.1, 0.05, 0.75)
    both = combined(nothing, choice_of(0.3, 0.25, 0.15, 0.3))
    assert both is not None
    assert both.label is None
    assert sum(both.probabilities.values()) == pytest.approx(1)


def test_how_much_a_model_is_trusted_is_an_option() -> None:
    both = combined(SQUAT_OR_LUNGE, choice_of(0.0, 1.0, 0.0, 0.0), options=NamingOptions(model_trust=0.0))
    assert both is not None
    assert both.label == "Squat"
