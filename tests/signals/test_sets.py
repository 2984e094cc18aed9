"""Sets counted on the movement of generated pictures and on a generated body, a known number of times."""

import numpy as np
import pytest

from smolvlm_core.errors import Cancelled
from smolvlm_core.exercise import Unit
from smolvlm_core.signals.movement import SAMPLE_HZ, MovementMeter, Take
from smolvlm_core.signals.periodicity import leg_likeness
from smolvlm_core.signals.sets import SetOptions, find_sets
from smolvlm_core.signals.turning import Leg
from tests.signals.bodies import KNEE_BENT, KNEE_STRAIGHT, bends, filmed, pose

SIDE_PX = 160


def block(heights: list[float]) -> Take:
    """A textured block at these heights (0..1), before a textured wall."""
    rng = np.random.default_rng(1)
    wall = rng.integers(60, 120, (SIDE_PX, SIDE_PX, 3), np.uint8)
    block = rng.integers(130, 255, (50, 60, 3), np.uint8)
    meter = MovementMeter()
    for index, height in enumerate(heights):
        picture = wall.copy()
        top = round(10 + 90 * (1 - height))
        picture[top : top + 50, 50:110] = block
        meter.add(index / SAMPLE_HZ, picture, None)
    return meter.take()


def repetitions(count: int, period_s: float) -> list[float]:
    steps = round(period_s * SAMPLE_HZ)
    return [0.5 + 0.5 * np.cos(2 * np.pi * step / steps) for _ in range(count) for step in range(steps)]


STILL = [1.0] * round(4 * SAMPLE_HZ)


@pytest.mark.parametrize(("count", "period_s"), [(4, 2.0), (7, 1.2), (12, 1.6), (5, 3.5)])
def test_repetitions_are_counted_and_placed(count: int, period_s: float) -> None:
    (found,) = find_sets(block([*STILL, *repetitions(count, period_s), *STILL]), with_pose=False)
    assert len(found.repetitions) == count
    assert found.span.start_s == pytest.approx(4.0, abs=0.5)
    assert found.span.end_s == pytest.approx(4.0 + count * period_s, abs=0.5)
    assert found.tempo_s == pytest.approx(period_s, rel=0.1)
    ends_s = [one.span.end_s for one in found.repetitions]
    assert ends_s == sorted(ends_s)
    assert all(one.span.start_s <= one.turn_s <= one.span.end_s for one in found.repetitions)


def test_nothing_is_counted_where_nothing_repeats() -> None:
    assert find_sets(block(STILL), with_pose=False) == ()
    rising = np.linspace(0, 1, 90).tolist()
    assert find_sets(block([*rising, *STILL]), with_pose=False) == ()


def test_a_body_that_is_never_seen_has_no_sets() -> None:
    assert find_sets(block([*STILL, *repetitions(6, 2.0)]), with_pose=True) == ()


def test_counting_can_be_cancelled() -> None:
    def cancelled() -> None:
        raise Cancelled("not wanted")

    with pytest.raises(Cancelled):
        find_sets(block([*STILL, *repetitions(6, 2.0)]), with_pose=False, check=cancelled)
    with pytest.raises(Cancelled):
        find_sets(filmed([pose(bent) for bent in bends(6, 2.0)]), with_pose=True, check=cancelled)


# -- On a body --------------------------------------------------------------------------------

STANDING = [0.0] * round(3 * SAMPLE_HZ)


@pytest.mark.parametrize(
    ("count", "period_s", "rest_s"), [(8, 2.0, 0.0), (5, 3.0, 1.0), (3, 4.0, 0.5), (20, 1.2, 0.0)]
)
def test_squats_of_a_body_are_counted_and_placed(count: int, period_s: float, rest_s: float) -> None:
    shares = [*STANDING, *bends(count, period_s, rest_s), *STANDING]
    (found,) = find_sets(filmed([pose(bent) for bent in shares]), with_pose=True)
    assert len(found.repetitions) == count
    assert found.span.start_s == pytest.approx(3.0, abs=0.35)
    assert found.span.end_s == pytest.approx(3.0 + count * (period_s + rest_s) - rest_s, abs=0.35)
    assert found.tempo_s == pytest.approx(period_s + rest_s, rel=0.05)
    assert found.lowering_s is not None
    assert found.lifting_s is not None
    assert found.lowering_s == pytest.approx(found.lifting_s, abs=0.1)
    assert found.sides is None


def test_trembling_landmarks_change_no_count() -> None:
    rng = np.random.default_rng(4)
    poses = []
    for bent in [*STANDING, *bends(7, 2.4), *STANDING]:
        seen = pose(bent)
        seen.world[:] += rng.normal(0, 0.02, seen.world.shape)
        seen.image[:, :2] += rng.normal(0, 2.0, (33, 2))
        poses.append(seen)
    (found,) = find_sets(filmed([*poses]), with_pose=True)
    assert len(found.repetitions) == 7


def test_the_last_repetition_counts_only_when_it_is_completed() -> None:
    half = bends(1, 2.0)[: round(SAMPLE_HZ)]
    (found,) = find_sets(filmed([pose(bent) for bent in [*STANDING, *bends(6, 2.0), *half]]), with_pose=True)
    assert len(found.repetitions) == 6


def test_one_leg_shows_as_two_sides() -> None:
    shares = [*STANDING, *bends(6, 2.0), *STANDING]
    (found,) = find_sets(filmed([pose(bent, right_bent=0.0) for bent in shares]), with_pose=True)
    assert len(found.repetitions) == 6
    assert found.drive.unit is Unit.DEGREES
    assert found.sides is not None
    assert found.sides.left - found.sides.right > 0.4 * (KNEE_STRAIGHT - KNEE_BENT)


def test_a_long_rest_makes_two_sets_and_a_walk_none() -> None:
    rest = [0.0] * round(8 * SAMPLE_HZ)
    both = find_sets(filmed([pose(bent) for bent in [*bends(5, 2.0), *rest, *bends(4, 2.0), *STANDING]]), True)
    assert [len(found.repetitions) for found in both] == [5, 4]
    assert find_sets(filmed([pose(0.0)] * 90), with_pose=True) == ()


def test_the_way_down_and_the_way_up_are_told_apart() -> None:
    shares = [*STANDING, *bends(6, 3.0, down_share=0.75), *STANDING]
    (found,) = find_sets(filmed([pose(bent) for bent in shares]), with_pose=True)
    assert found.lowering_s is not None
    assert found.lifting_s is not None
    assert found.lowering_s > 2 * found.lifting_s


def test_another_exercise_on_the_same_curve_is_another_set() -> None:
    squats = [pose(bent) for bent in bends(7, 2.0)]
    hinges = [pose(0.0, lean_deg=80 * leant) for leant in bends(7, 2.0)]
    first, second = find_sets(filmed([*squats, *hinges]), with_pose=True)
    assert {len(first.repetitions), len(second.repetitions)} <= {6, 7}  # the change itself may belong to neither
    assert first.span.end_s == pytest.approx(14.0, abs=2.1)
    assert second.span.start_s == pytest.approx(14.0, abs=2.1)


def test_another_exercise_without_a_rest_is_another_set() -> None:
    squats = [pose(bent) for bent in bends(6, 2.0)]
    raises = [pose(0.0, arms_deg=10 + 140 * lifted) for lifted in bends(6, 2.0)]
    first, second = find_sets(filmed([*squats, *raises]), with_pose=True)
    assert (len(first.repetitions), len(second.repetitions)) == (6, 6)
    assert first.span.end_s == pytest.approx(12.0, abs=0.4)
    assert second.span.start_s == pytest.approx(12.0, abs=0.4)


def test_a_set_that_a_cut_breaks_off_goes_up_to_it() -> None:
    begun = bends(1, 2.0)[: round(0.5 * SAMPLE_HZ)]
    bent = [*begun[::-1], *bends(6, 2.0), *begun]
    (found,) = find_sets(filmed([pose(one) for one in bent]), with_pose=True)
    assert len(found.repetitions) == 6
    assert found.span.start_s == 0.0
    assert found.span.end_s == pytest.approx((len(bent) - 1) / SAMPLE_HZ)


def test_a_body_that_leaves_slowly_does_not_prolong_its_set() -> None:
    away = np.linspace(0, 0.45, round(5 * SAMPLE_HZ)).tolist()
    (found,) = find_sets(filmed([pose(one) for one in [*STANDING, *bends(6, 2.0), *away]]), with_pose=True)
    assert found.span.end_s == pytest.approx(15.0, abs=0.35)


def test_a_head_that_rises_later_than_the_body_does_not_prolong_the_set() -> None:
    poses = [pose(bent) for bent in [*STANDING, *bends(5, 4.0), *STANDING]]
    high_px = poses[0].image[0, 1]
    for index, seen in enumerate(poses):
        seen.image[0, 1] += seen.image[0, 1] - high_px  # the head goes twice as far as the shoulders
        late_s = index / SAMPLE_HZ - 23.0
        if late_s > -0.7:
            seen.image[0, 1] = max(seen.image[0, 1], high_px + 60 * min(1.0, 1.2 - late_s))
    (found,) = find_sets(filmed(poses), with_pose=True)
    assert len(found.repetitions) == 5
    assert found.span.end_s == pytest.approx(23.0, abs=0.35)


def test_a_further_leg_is_like_those_of_the_same_movement_alone() -> None:
    table = np.array([[one, 0.0] for one in bends(8, 2.0)])
    table[-30:] = table[-30:, ::-1]  # the last repetition is one of another joint
    legs = tuple(
        Leg(at, at + 2, at + 13, min(at + 15, len(table) - 1), 1.0, index % 2 == 0)
        for index, at in enumerate(range(0, len(table), 15))
    )
    assert leg_likeness(table, legs[:10], legs[10]) == pytest.approx(1.0, abs=0.01)
    assert leg_likeness(table, legs[:10], legs[14]) < 0.3
    assert leg_likeness(table, legs[:1], legs[3]) == 0.0  # none goes in its direction


def test_a_set_with_one_shallow_repetition_in_it_is_one_set() -> None:
    shallow = [0.3 * bent for bent in bends(1, 2.0)]
    shares = [*STANDING, *bends(5, 2.0), *shallow, *bends(5, 2.0), *STANDING]
    (found,) = find_sets(filmed([pose(bent) for bent in shares]), with_pose=True)
    assert len(found.repetitions) in {10, 11}
    assert found.span.start_s == pytest.approx(3.0, abs=0.35)
    assert found.span.end_s == pytest.approx(25.0, abs=0.35)
    ends_s = [one.span.end_s for one in found.repetitions]
    assert ends_s == sorted(ends_s)


def test_two_exercises_are_never_joined_however_near() -> None:
    squats = [pose(bent) for bent in bends(5, 2.0)]
    raises = [pose(0.0, arms_deg=10 + 140 * lifted) for lifted in bends(5, 2.0)]
    hinges = [pose(0.0, lean_deg=80 * leant) for leant in bends(5, 2.0)]
    pause = [pose(0.0)] * round(0.8 * SAMPLE_HZ)
    found = find_sets(filmed([*squats, *pause, *raises, *pause, *hinges]), with_pose=True)
    assert [len(one.repetitions) for one in found] == [5, 5, 5]


def test_the_angle_of_a_joint_is_shown_where_it_counts_alike() -> None:
    (found,) = find_sets(filmed([pose(bent) for bent in [*STANDING, *bends(6, 2.0), *STANDING]]), with_pose=True)
    assert found.drive.unit is Unit.DEGREES
    assert found.lowering_s is not None
    heights_only = SetOptions(angle_worth=0.01)
    (found,) = find_sets(
        filmed([pose(bent) for bent in [*STANDING, *bends(6, 2.0), *STANDING]]), True, heights_only
    )
    assert found.drive.unit is Unit.BODY_LENGTHS
