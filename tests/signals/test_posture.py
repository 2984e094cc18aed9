"""The numbers of a posture, on figures whose joints are known."""

from dataclasses import replace

import numpy as np
import pytest

from smolvlm_core.domain import Span
from smolvlm_core.exercise import Posture
from smolvlm_core.signals.joints import body_signals
from smolvlm_core.signals.movement import Take
from smolvlm_core.signals.posture import posture_of
from tests.exercises import posture_in
from tests.signals.bodies import filmed
from tests.signals.figures import Figure, film, moving, pose_of, take_of

SIDES_OF_VIEW = [0.0, 40.0, 90.0, 200.0]
STAND, PRONE, SUPINE = Figure(), Figure(lean=90), Figure(lean=-90)


def still(figure: Figure, turned: float = 40.0) -> Posture:
    return posture_in(film([figure], 2.0, turned=turned), None)


def moved(*keys: Figure, turned: float = 40.0, anchor: str = "ankle", period_s: float = 2.0) -> Posture:
    return posture_in(film(keys, period_s, anchor, turned), period_s)


@pytest.mark.parametrize("turned", SIDES_OF_VIEW)
def test_lean_and_facing_are_those_of_the_body_from_every_side(turned: float) -> None:
    standing, prone, supine = (still(figure, turned) for figure in (STAND, PRONE, SUPINE))
    assert standing.lean_high == pytest.approx(0, abs=1)
    assert standing.facing_low == pytest.approx(0, abs=0.02)
    assert prone.lean_low == pytest.approx(90, abs=1)
    assert prone.facing_high == pytest.approx(-1, abs=0.02)
    assert supine.lean_low == pytest.approx(90, abs=1)
    assert supine.facing_low == pytest.approx(1, abs=0.02)


def test_left_and_right_mixed_up_do_not_turn_a_body_round() -> None:
    take = film([PRONE], 2.0)
    others = [0, *(row + 1 if row % 2 else row - 1 for row in range(1, 13))]
    mixed_up = replace(take, world=take.world[:, others], image=take.image[:, others])
    assert posture_in(mixed_up, None).facing_high == pytest.approx(-1, abs=0.02)


@pytest.mark.parametrize("turned", SIDES_OF_VIEW)
def test_heights_are_in_lengths_of_the_body(turned: float) -> None:
    standing = still(STAND, turned)
    assert standing.upright_high == pytest.approx(1, abs=0.02)
    assert standing.hips_up_high == pytest.approx(0.63, abs=0.02)
    assert standing.hands_up_low == pytest.approx(-0.55 / 1.36, abs=0.02)
    raised = still(Figure(raised=180, elbow=0), turned)
    assert raised.hands_up_high == pytest.approx(0.55 / 1.36, abs=0.02)


def test_joints_go_as_far_as_they_do() -> None:
    squat = moved(STAND, Figure(lean=30, hip=100, knee=110))
    assert squat.knee_low == pytest.approx(70, abs=8)
    assert squat.knee_high == pytest.approx(180, abs=8)
    assert squat.hip_low == pytest.approx(80, abs=8)
    assert squat.knee_range == pytest.approx(110, abs=12)
    assert squat.elbow_range == pytest.approx(0, abs=2)
    assert squat.legs_together == pytest.approx(1, abs=0.01)
    assert squat.hip_uneven == pytest.approx(0, abs=2)
    assert squat.period_s == 2.0


def test_one_leg_and_the_other_take_turns() -> None:
    left, right = Figure(hip=80, right_hip=0), Figure(hip=0, right_hip=80)
    climbing = moved(left, right)
    assert climbing.legs_together == pytest.approx(-1, abs=0.01)
    assert climbing.hip_range == pytest.approx(80, abs=15)  # hips are narrower than shoulders
    lunge = moved(STAND, Figure(hip=80, right_hip=0))
    assert lunge.hip_uneven == pytest.approx(80, abs=15)
    assert lunge.stride_high is not None
    assert lunge.stride_high > 0.5
    assert still(STAND).legs_together is None


def test_arms_point_forwards_or_aside() -> None:
    aside, ahead = still(Figure(raised=90, aside=1)), still(Figure(raised=90))
    assert aside.arm_side == pytest.approx(1, abs=0.02)
    assert aside.arm_front == pytest.approx(0, abs=0.02)
    assert ahead.arm_front == pytest.approx(1, abs=0.02)
    assert ahead.arm_side == pytest.approx(0, abs=0.02)


def test_feet_go_apart_and_back() -> None:
    hops = moved(STAND, Figure(spread=30), period_s=1.0)
    assert hops.feet_apart_range is not None
    assert hops.feet_apart_range > 0.3
    assert hops.stride_high == pytest.approx(0, abs=0.02)


def test_a_jump_is_flight_and_a_squat_is_not() -> None:
    squat = Figure(lean=30, hip=100, knee=100)
    assert moved(STAND, squat).flight == pytest.approx(0, abs=0.03)
    assert moved(replace(STAND, lifted_m=0.3), squat).flight == pytest.approx(0.3 / 1.36, abs=0.05)


def test_feet_that_only_seem_to_move_are_no_flight() -> None:
    take = film([STAND, Figure(lean=30, hip=100, knee=100)], 2.0)
    image = take.image.copy()
    image[:, 11:, 1] -= 0.1 * np.sin(2 * np.pi * take.times_s / 2.0)[:, None].astype(np.float32)
    assert posture_in(replace(take, image=image), 2.0).flight == pytest.approx(0, abs=0.04)


def test_hands_that_hold_a_bar_do_not_travel() -> None:
    hang, top = Figure(raised=175), Figure(raised=50, elbow=125, aside=0.7)
    pull, press = moved(hang, top, anchor="wrist"), moved(top, hang)
    assert pull.hand_travel == pytest.approx(0, abs=0.03)
    assert pull.shoulder_travel > 0.2
    assert press.shoulder_travel == pytest.approx(0, abs=0.03)
    assert press.hand_travel is not None
    assert press.hand_travel > 0.2


def test_one_odd_repetition_changes_little() -> None:
    deep, usual = Figure(lean=30, hip=130, knee=130), Figure(lean=20, hip=60, knee=60)
    reps = [*moving([STAND, usual], 2.0, 4), *moving([STAND, deep], 2.0, 1), *moving([STAND, usual], 2.0, 5)]
    posture = posture_in(take_of([pose_of(figure) for figure in reps]), 2.0)
    assert posture.knee_low == pytest.approx(120, abs=8)


def hidden(take: Take, rows: slice) -> Take:
    image = take.image.copy()
    image[:, rows, 2] = 0.05
    return replace(take, image=image)


def test_limbs_outside_the_picture_have_no_numbers() -> None:
    take = film([STAND, Figure(elbow=130)], 2.0)
    no_legs = posture_in(hidden(take, slice(9, 13)), 2.0)
    assert no_legs.knee_low is no_legs.upright_high is no_legs.flight is no_legs.hands_over_feet_low is None
    assert no_legs.elbow_low is not None
    assert no_legs.shoulder_travel is not None
    no_arms = posture_in(hidden(take, slice(3, 7)), 2.0)
    assert no_arms.elbow_low is no_arms.hands_up_low is no_arms.arm_side is no_arms.hand_travel is None
    assert no_arms.knee_low is not None


def test_only_what_is_in_the_span_counts() -> None:
    take = take_of([pose_of(figure) for figure in [*[STAND] * 45, *[PRONE] * 45]])
    body = body_signals(take)
    assert body is not None
    sooner, later = posture_of(body, Span(0.0, 2.5)), posture_of(body, Span(3.5, 6.0))
    assert sooner is not None
    assert later is not None
    assert sooner.lean_high < 5
    assert later.lean_low > 85
    assert posture_of(body, Span(20.0, 30.0)) is None


def test_a_span_without_a_body_has_no_posture() -> None:
    take = filmed([*[pose_of(STAND)] * 30, *[None] * 60])
    body = body_signals(take)
    assert body is not None
    assert posture_of(body, Span(3.0, 6.0)) is None


def test_trembling_landmarks_change_little() -> None:
    take = film([STAND, Figure(lean=30, hip=100, knee=110, raised=90)], 2.0)
    rng = np.random.default_rng(3)
    shaken = replace(take, world=(take.world + rng.normal(0, 0.02, take.world.shape)).astype(np.float32))
    calm, rough = posture_in(take, 2.0), posture_in(shaken, 2.0)
    for name in ("lean_high", "knee_low", "hip_low", "elbow_high"):
        assert getattr(rough, name) == pytest.approx(getattr(calm, name), abs=12)
    for name in ("upright_low", "hands_up_high", "hips_up_low"):
        assert getattr(rough, name) == pytest.approx(getattr(calm, name), abs=0.05)
