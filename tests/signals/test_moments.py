"""Moments start and end where the thing happens, and stay what they are when nothing that matters changes."""

import dataclasses
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest

from smolvlm_core.domain import FrameRGB, Span
from smolvlm_core.signals.bins import Curve
from smolvlm_core.signals.curves import CurveOptions, Curves, build_curves
from smolvlm_core.signals.moments import MomentOptions, find_moments, refined_span
from tests.signals.scenes import HEIGHT, HZ, WIDTH, Scene, filmed, hum, jumping, pattern, times

SCENE, OTHER = Scene(1), Scene(2, tint=(90, 150, 100))
DURATION_S = 30.0
EVENTS = (Span(6, 8.5), Span(19, 22))
EDGE_S = 0.5  # two bins: the grid and the smoothing of a quarter second


def two_events(time_s: float) -> FrameRGB:
    """A thing stands about, and goes wild twice."""
    inside = next((span for span in EVENTS if span.contains(time_s)), None)
    still_s = 0.0 if time_s < 6 else 8.5 if time_s < 19 else 22.0
    return SCENE.frame(thing=jumping(time_s if inside else still_s))


def spans_of(curves: Curves, least: float = 0.2) -> list[Span]:
    """In time order, of those that stand out at all."""
    return sorted(moment.span for moment in find_moments(curves) if moment.strength >= least)


def assert_near(found: Sequence[Span], wanted: Sequence[Span], edge_s: float = EDGE_S) -> None:
    assert len(found) == len(wanted), found
    for one, other in zip(found, wanted, strict=True):
        assert one.start_s == pytest.approx(other.start_s, abs=edge_s)
        assert one.end_s == pytest.approx(other.end_s, abs=edge_s)


@pytest.fixture(scope="module")
def plain() -> Curves:
    return build_curves(filmed(DURATION_S, two_events))


def test_each_event_is_a_moment_with_its_own_borders(plain: Curves) -> None:
    assert_near(spans_of(plain), EVENTS)


def test_time_reversed_mirrors_the_moments(plain: Curves) -> None:
    backwards = build_curves(filmed(DURATION_S, lambda t: two_events(DURATION_S - 1 / HZ - t)))
    mirrored = [Span(DURATION_S - span.end_s, DURATION_S - span.start_s) for span in reversed(spans_of(plain))]
    assert_near(spans_of(backwards), mirrored)


def test_flicker_changes_no_moment(plain: Curves) -> None:
    def flickering(time_s: float) -> FrameRGB:
        light = 1 + 0.25 * np.sin(13 * time_s)
        return np.asarray(np.clip(two_events(time_s) * light, 0, 255), np.uint8)

    assert_near(spans_of(build_curves(filmed(DURATION_S, flickering))), spans_of(plain), 0.3)


def test_noise_of_a_re_encode_changes_no_moment(plain: Curves) -> None:
    random = np.random.default_rng(4)

    def coarse(time_s: float) -> FrameRGB:
        noise = random.normal(0, 2, (HEIGHT, WIDTH, 1))
        return np.asarray(np.clip(np.round((two_events(time_s) + noise) / 4) * 4, 0, 255), np.uint8)

    assert_near(spans_of(build_curves(filmed(DURATION_S, coarse))), spans_of(plain), 0.3)


def test_a_constant_gain_in_sound_changes_nothing() -> None:
    def level(time_s: Curve) -> Curve:
        return np.where((time_s >= 19) & (time_s < 22), 0.2, 0.01)

    curves = [
        build_curves(filmed(DURATION_S, two_events, gain * hum(DURATION_S, level)))
        for gain in (np.float32(0.5), np.float32(1), np.float32(2))
    ]
    best = [find_moments(each)[0] for each in curves]
    assert best[0].span == best[1].span == best[2].span
    assert best[0].strength == pytest.approx(best[2].strength, abs=0.01)
    assert best[1].span.overlap_s(EVENTS[1]) > 2


def test_two_copies_in_a_row_give_each_moment_twice(plain: Curves) -> None:
    twice = build_curves(filmed(2 * DURATION_S, lambda t: two_events(t % DURATION_S)))
    later = [Span(span.start_s + DURATION_S, span.end_s + DURATION_S) for span in EVENTS]
    assert_near(spans_of(twice), [*EVENTS, *later])


@pytest.mark.parametrize("seed", range(3))
def test_irregular_frame_times_move_no_border(seed: int) -> None:
    random = np.random.default_rng(seed)
    at_s = [t for t in times(DURATION_S) if t == 0 or random.random() < 0.7]
    assert_near(spans_of(build_curves(filmed(DURATION_S, two_events, at_s=at_s))), EVENTS, 0.7)


def test_borders_near_a_cut_are_the_cut() -> None:
    """Elsewhere from 12 to 18 s, where a thing jumps about but for the first and the last half second."""

    def show(time_s: float) -> FrameRGB:
        if 12 <= time_s < 18:
            return OTHER.frame(thing=jumping(min(max(time_s, 12.4), 17.6)))
        return SCENE.frame(thing=jumping(0))

    curves = build_curves(filmed(DURATION_S, show))
    best = find_moments(curves)[0].span
    assert [best.start_s, best.end_s] == [pytest.approx(cut_s) for cut_s in curves.cuts_s]


def test_continuous_action_is_not_chopped_up() -> None:
    curves = build_curves(filmed(8, lambda t: SCENE.frame(thing=jumping(t))))
    best = find_moments(curves)[0]
    assert best.span.duration_s > 4
    assert best.strength < 0.3


def test_nothing_to_see_is_one_moment_without_strength() -> None:
    for duration_s, wanted in ((20.0, [Span(0, 20)]), (0.5, [])):
        moments = find_moments(build_curves(filmed(duration_s, lambda t: SCENE.frame())))
        assert [moment.span for moment in moments] == wanted
        assert all(moment.strength == 0 for moment in moments)


def test_no_moment_is_too_short_and_none_overlap() -> None:
    for seed in range(30):
        curves = random_curves(seed)
        spans = sorted(moment.span for moment in find_moments(curves))
        assert all(span.duration_s >= MomentOptions().shortest_s - 1e-9 for span in spans)
        assert all(a.end_s <= b.start_s + 1e-6 for a, b in pairwise(spans))
        assert all(span.end_s <= curves.duration_s for span in spans)


def test_moments_come_strongest_first_and_ties_by_time() -> None:
    hills = hill(10, 0.9) + hill(30, 0.5) + hill(50, 0.9)
    moments = find_moments(with_strength(hills))
    assert [round(moment.span.middle_s) for moment in moments] == [10, 50, 30]


@pytest.mark.parametrize(("lull_s", "wanted"), [(1.0, 1), (4.0, 2)])
def test_a_breath_between_two_strong_hills_parts_nothing(lull_s: float, wanted: int) -> None:
    strength = box(20, 24) + box(24 + lull_s, 28 + lull_s)
    assert len(find_moments(with_strength(strength))) == wanted


def test_a_cut_between_two_strong_hills_parts_them() -> None:
    strength = box(20, 24) + box(25, 29)
    curves = dataclasses.replace(with_strength(strength), cuts_s=(24.5,))
    assert len(find_moments(curves)) == 2


def test_a_span_is_refined_to_what_happens_in_it(plain: Curves) -> None:
    assert_near([refined_span(plain, Span(0, 15))], EVENTS[:1])
    assert_near([refined_span(plain, Span(15, 30))], EVENTS[1:])
    inside = refined_span(plain, Span(20, 30))
    assert inside.start_s >= 20
    assert inside.end_s == pytest.approx(22, abs=EDGE_S)
    assert refined_span(plain, Span(10, 18)) == Span(10, 18)


def bins() -> Curve:
    return np.asarray((np.arange(240) + 0.5) * 0.25, np.float64)


def hill(middle_s: float, height: float) -> Curve:
    curve: Curve = height * np.exp(-(((bins() - middle_s) / 2) ** 2))
    return curve


def box(start_s: float, end_s: float) -> Curve:
    inside = (bins() >= start_s) & (bins() < end_s)
    return 0.8 * inside.astype(np.float64)


def with_strength(strength: Curve) -> Curves:
    """Curves of a minute in which all but ``strength`` is flat."""
    flat = np.zeros(len(strength))
    blank = build_curves(filmed(len(strength) * 0.25, lambda t: SCENE.frame(), at_s=times(60, 1)))
    return dataclasses.replace(blank, strength=strength, lively_fine=flat, cuts_s=())


def random_curves(seed: int) -> Curves:
    random = np.random.default_rng(seed)
    cuts_s = tuple(sorted(random.uniform(0, 60, random.integers(0, 12)).tolist()))
    curves = with_strength(np.clip(rough(random, 0.2, 0.5), 0, 1))
    return dataclasses.replace(curves, cuts_s=cuts_s, lively_fine=np.abs(rough(random, 0, 2)))


def rough(random: np.random.Generator, mean: float, spread: float) -> Curve:
    return np.asarray(np.convolve(random.normal(mean, spread, 240), np.ones(5) / 5, "same"), np.float64)


@pytest.mark.parametrize("side_px", [9, 12, 16])
def test_something_small_is_found_where_it_moves(side_px: int) -> None:
    """A ball far away: half a percent of the picture and more, in a still scene."""
    scene = Scene(1)
    scene.thing = pattern(side_px, side_px, 5, (200, 60, 40))

    def rolling(time_s: float) -> FrameRGB:
        along = min(max(time_s - 15, 0.0), 4.0)
        return scene.frame(thing=(20 + 25 * along, 30 + 15 * float(np.sin(3 * along))))

    best = find_moments(build_curves(filmed(DURATION_S, rolling)))[0]
    assert best.span.overlap_s(Span(15, 19)) / best.span.union(Span(15, 19)).duration_s > 0.5
    assert best.strength > 0.05


def test_a_small_thing_counts_for_more_than_its_share_of_the_picture() -> None:
    curves = build_curves(filmed(DURATION_S, two_events))
    small = dataclasses.replace(CurveOptions(), small_area=0.5)
    plain = build_curves(filmed(DURATION_S, two_events), small)
    assert plain.lively.max() > curves.lively.max()
    assert plain.motion == pytest.approx(curves.motion)
