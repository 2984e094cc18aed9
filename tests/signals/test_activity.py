"""Sets are found, rests are not, in pictures and in curves."""

from dataclasses import replace

import numpy as np
import pytest

from smolvlm_core.domain import Span
from smolvlm_core.signals.activity import active_spans
from smolvlm_core.signals.curves import Curves, build_curves
from tests.signals.scenes import Scene, filmed, jumping

SCENE = Scene()
STILL = build_curves(filmed(2, lambda t: SCENE.frame()))


def curves_with(activity: list[tuple[float, float, float]], duration_s: float, *cuts_s: float) -> Curves:
    """Curves of a video with activities (start_s, end_s, share of the picture)."""
    times_s = np.arange(0.125, duration_s, 0.25)
    area = np.zeros(len(times_s))
    for start_s, end_s, share in activity:
        area[(times_s >= start_s) & (times_s < end_s)] = share
    motion = np.zeros(len(times_s))
    return replace(STILL, duration_s=duration_s, times_s=times_s, changed_area=area, motion=motion, cuts_s=cuts_s)


def test_a_still_video_has_none() -> None:
    assert active_spans(STILL) == ()
    assert active_spans(build_curves(filmed(10, lambda t: SCENE.frame()))) == ()


def test_sets_and_rests_of_a_filmed_workout() -> None:
    spans = active_spans(
        build_curves(filmed(16, lambda t: SCENE.frame(thing=jumping(t if 4 <= t < 11 else 4.0, period_s=2.5))))
    )
    assert len(spans) == 1
    assert spans[0].start_s == pytest.approx(4, abs=0.5)
    assert spans[0].end_s == pytest.approx(11, abs=1)


def test_a_camera_that_pans_over_a_still_room_is_no_activity() -> None:
    assert active_spans(build_curves(filmed(8, lambda t: SCENE.frame(camera=(8 * t, 0))))) == ()


def test_a_breath_belongs_to_the_set_and_a_rest_does_not() -> None:
    spans = active_spans(curves_with([(5, 10, 0.1), (12, 16, 0.1), (24, 30, 0.1)], 40))
    assert spans == (Span(5, 16), Span(24, 30))


def test_a_small_person_is_judged_by_the_level_of_the_same_shot() -> None:
    spans = active_spans(curves_with([(2, 8, 0.3), (12, 18, 0.02)], 20, 10.0))
    assert spans == (Span(2, 8), Span(12, 18))


def test_walking_about_between_two_sets_is_a_rest() -> None:
    spans = active_spans(curves_with([(2, 8, 0.3), (8, 14, 0.02), (14, 20, 0.3)], 22))
    assert spans == (Span(2, 8), Span(14, 20))


def test_a_cut_ends_a_stretch() -> None:
    spans = active_spans(curves_with([(0, 20, 0.1)], 20, 9.9))
    assert spans == (Span(0, 9.9), Span(9.9, 20))


def test_a_step_into_the_picture_is_too_short() -> None:
    assert active_spans(curves_with([(5, 6, 0.1)], 20)) == ()


def test_breathing_is_below_the_noise_floor() -> None:
    assert active_spans(curves_with([(0, 20, 0.003)], 20)) == ()


def test_motion_counts_where_the_camera_hides_changes() -> None:
    curves = curves_with([], 20)
    motion = np.where((curves.times_s > 5) & (curves.times_s < 12), 1.0, 0.0)
    spans = active_spans(replace(curves, motion=motion))
    assert spans == (Span(5, 12),)


def test_every_shot_of_a_long_video_is_looked_at() -> None:
    cuts_s = [float(cut) for cut in range(3, 3600, 3)]
    spans = active_spans(curves_with([(0, 3600, 0.1)], 3600, *cuts_s))
    assert len(spans) == len(cuts_s) + 1


def test_a_cut_alone_is_no_activity() -> None:
    other = Scene(2, tint=(90, 150, 100))
    curves = build_curves(filmed(8, lambda t: (SCENE if t < 4 else other).frame()))
    assert len(curves.cuts_s) == 1
    assert curves.changed_area.max() == 0
    assert active_spans(curves) == ()


def test_a_cut_right_before_the_end_leaves_a_bin_whose_middle_lies_past_it() -> None:
    curves = curves_with([(2, 9, 0.1), (10, 10.25, 0.1)], 10.25, 10.03)
    curves = replace(curves, duration_s=10.05)
    assert [(span.start_s, span.end_s) for span in active_spans(curves)] == [(2.0, 9.0)]
