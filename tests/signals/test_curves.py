"""What stands out in a video is found where it is; calm, light and camera are not mistaken for it."""

import dataclasses

import numpy as np
import pytest

from smolvlm_core.domain import Span
from smolvlm_core.signals.bins import Curve
from smolvlm_core.signals.curves import Curves, build_curves, evidence_of
from smolvlm_core.signals.features import Features
from tests.signals.scenes import Scene, filmed, hum, jumping, times

SCENE, OTHER = Scene(1), Scene(2, tint=(90, 150, 100))
STANDS_OUT = 5 / 9  # a score of 6 of 10
WHOLE = Span(0, 30)


@pytest.fixture(scope="module")
def calm() -> Curves:
    return build_curves(filmed(30, lambda t: SCENE.frame(), hum(30, lambda t: 0.02 + 0 * t), at_s=times(30, 2)))


@pytest.fixture(scope="module")
def burst() -> Curves:
    """A thing stands about and goes wild from 10 to 13 s, with a shout."""
    return build_curves(
        filmed(
            20,
            lambda t: SCENE.frame(thing=jumping(t if 10 <= t < 13 else 10.0)),
            hum(20, lambda t: np.where((t >= 10) & (t < 12), 0.4, 0.02)),
        )
    )


def test_a_still_scene_offers_nothing(calm: Curves) -> None:
    assert calm.strength.max() == 0
    assert evidence_of(calm, WHOLE).motion_ratio == pytest.approx(1)


def test_a_burst_of_motion_peaks_in_its_bins(burst: Curves) -> None:
    peak_s = burst.times_s[burst.strength.argmax()]
    assert 10 <= peak_s < 13
    inside = evidence_of(burst, Span(9, 14))
    assert inside.strength >= STANDS_OUT
    assert inside.motion_ratio > 3
    assert max(evidence_of(burst, span).strength for span in (Span(0, 8), Span(15, 20))) < 0.1


def test_a_loud_passage_shows_in_decibels(burst: Curves) -> None:
    loud, quiet = evidence_of(burst, Span(9, 14)), evidence_of(burst, Span(0, 8))
    assert loud.loudness_db == pytest.approx(26, abs=1.5)
    assert quiet.loudness_db == pytest.approx(0, abs=1)


def test_only_the_part_with_the_most_is_the_liveliest_and_the_loudest(burst: Curves) -> None:
    inside, before, after = (evidence_of(burst, span) for span in (Span(9, 14), Span(0, 8), Span(15, 20)))
    assert (inside.liveliest, inside.loudest, inside.sudden_sound) == (True, True, True)
    for outside in (before, after):
        assert (outside.liveliest, outside.loudest, outside.sudden_sound) == (False, False, False)


def test_the_most_of_a_burst_is_in_one_of_its_halves(burst: Curves) -> None:
    for name in ("liveliest", "loudest"):
        halves = [getattr(evidence_of(burst, span), name) for span in (Span(9, 11.5), Span(11.5, 14))]
        assert sorted(halves) == [False, True], name


def test_where_all_is_alike_nothing_is_the_most(calm: Curves) -> None:
    evidence = evidence_of(calm, WHOLE)
    assert not evidence.liveliest
    assert not evidence.sudden_sound
    silent = build_curves(filmed(10, lambda t: SCENE.frame(thing=jumping(t))))
    without_sound = evidence_of(silent, Span(0, 10))
    assert not without_sound.loudest
    assert not without_sound.sudden_sound


def test_a_sound_that_swells_is_loud_but_not_sudden() -> None:
    def swelling(time_s: Curve) -> Curve:
        return 0.01 * 10 ** (1.5 * np.clip(1 - np.abs(time_s - 15) / 8, 0, 1))

    curves = build_curves(filmed(30, lambda t: SCENE.frame(), hum(30, swelling), at_s=times(30, 1)))
    evidence = evidence_of(curves, Span(12, 18))
    assert evidence.loudest
    assert evidence.loudness_db is not None
    assert evidence.loudness_db > 15
    assert not evidence.sudden_sound


def test_sound_alone_is_weak_evidence() -> None:
    curves = build_curves(
        filmed(
            30,
            lambda t: SCENE.frame(),
            hum(30, lambda t: np.where((t >= 16) & (t < 18), 0.4, 0.01)),
            at_s=times(30, 1),
        )
    )
    strength = evidence_of(curves, Span(15, 20)).strength
    assert 0.05 < strength < 0.2


@pytest.mark.parametrize("level", [None, 0.0, 1e-5])
def test_without_audible_sound_there_is_no_loudness(level: float | None) -> None:
    sound = None if level is None else hum(4, lambda t: level + 0 * t)
    curves = build_curves(filmed(4, lambda t: SCENE.frame(), sound))
    assert np.isnan(curves.loudness_db).all()
    assert evidence_of(curves, Span(0, 4)).loudness_db is None


def test_light_and_camera_do_not_stand_out() -> None:
    def show(time_s: float) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
        busy = 14 <= time_s < 18
        light = 1 + 0.25 * np.sin(13 * time_s) if busy else 1.0
        return np.clip(SCENE.frame(camera=(15 * (time_s - 14) if busy else 0.0, 0)) * light, 0, 255).astype(
            np.uint8
        )

    # what a pan brings into view may be rare, but not enough to stand out
    assert evidence_of(build_curves(filmed(30, show, at_s=times(30, 4))), WHOLE).strength < STANDS_OUT - 0.15


def test_uniform_action_has_no_highlight() -> None:
    curves = build_curves(filmed(10, lambda t: SCENE.frame(thing=jumping(t))))
    assert evidence_of(curves, Span(0, 10)).strength < 0.3


def test_another_place_where_something_happens_is_rare() -> None:
    """16 to 22 s elsewhere, in a video that is lively throughout."""
    curves = build_curves(
        filmed(
            40, lambda t: (OTHER if 16 <= t < 22 else SCENE).frame(thing=jumping(t, period_s=2)), at_s=times(40, 4)
        )
    )
    inside, outside = evidence_of(curves, Span(16, 22)), evidence_of(curves, Span(24, 40))
    assert inside.rarity > 0.9
    assert outside.rarity < 0.2
    assert inside.strength > outside.strength + 0.2
    assert curves.cuts_s == pytest.approx([16, 22], abs=1 / 8)
    assert evidence_of(curves, Span(0, 40)).cuts == 2
    assert evidence_of(curves, Span(curves.cuts_s[0], curves.cuts_s[1])).cuts == 0


def test_a_title_card_is_rare_but_weak() -> None:
    curves = build_curves(filmed(40, lambda t: (OTHER if 16 <= t < 22 else SCENE).frame(), at_s=times(40, 2)))
    inside = evidence_of(curves, Span(16, 22))
    assert inside.rarity > 0.9
    assert inside.strength == 0


def test_a_very_short_video_has_no_usual_to_exceed() -> None:
    features = filmed(2.4, lambda t: SCENE.frame(thing=jumping(t) if t > 1.5 else (60, 25)))
    assert build_curves(features).strength.max() == 0


def test_irregular_frame_times_keep_the_peak_in_place() -> None:
    random = np.random.default_rng(8)
    at_s = [t for t in times(20) if random.random() < 0.6 or t == 0]
    curves = build_curves(filmed(20, lambda t: SCENE.frame(thing=jumping(t if 10 <= t < 13 else 10.0)), at_s=at_s))
    assert 10 <= curves.times_s[curves.strength.argmax()] < 13


def test_one_frame_a_second_still_shows_where_it_happens() -> None:
    at_s = times(30, 1)
    curves = build_curves(
        filmed(30, lambda t: SCENE.frame(thing=(20 * (t % 5), 20) if 16 <= t < 20 else (60, 25)), at_s=at_s)
    )
    assert 15.5 <= curves.times_s[curves.strength.argmax()] < 20.5


@pytest.mark.parametrize("count", [0, 1, 2])
@pytest.mark.parametrize("duration_s", [0.04, 5.0])
def test_hardly_any_frames(count: int, duration_s: float) -> None:
    features = filmed(duration_s, lambda t: SCENE.frame(), at_s=[0.02 * index for index in range(count)] or [-1.0])
    if not count:
        features = _without_samples(features)
    curves = build_curves(features)
    evidence = evidence_of(curves, Span(0, duration_s))
    assert (evidence.strength, evidence.cuts, evidence.rarity) == (0, 0, 0)


def _without_samples(features: Features) -> Features:
    names = [field.name for field in dataclasses.fields(features) if field.name != "duration_s"]
    return dataclasses.replace(features, **{name: getattr(features, name)[:0] for name in names})


def test_curves_have_one_finite_value_per_bin(burst: Curves) -> None:
    for field in dataclasses.fields(Curves):
        value = getattr(burst, field.name)
        if isinstance(value, np.ndarray):
            assert value.shape == (80,), field.name
            assert np.isfinite(value).all(), field.name
    assert 0 <= burst.strength.min() <= burst.strength.max() <= 1


@pytest.mark.parametrize("span", [Span(0, 0.01), Span(19.99, 20), Span(19.9, 21), Span(40, 50)])
def test_any_span_has_evidence(burst: Curves, span: Span) -> None:
    assert 0 <= evidence_of(burst, span).strength <= 1
