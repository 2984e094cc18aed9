"""The reel counts frames: at a rate that editors know, right to half a frame, without gaps."""

from fractions import Fraction

import pytest

from smolvlm_core.domain import Span
from smolvlm_core.exports.items import Item, items_of
from smolvlm_core.exports.reel import STANDARD_RATES, reel_of, standard_rate
from tests.exports.samples import HOUR_S, two_sets, video

NTSC_24, NTSC_30, NTSC_60 = Fraction(24000, 1001), Fraction(30000, 1001), Fraction(60000, 1001)


@pytest.mark.parametrize("rate", STANDARD_RATES)
def test_a_standard_rate_stays(rate: Fraction) -> None:
    assert standard_rate(rate) == rate


@pytest.mark.parametrize(
    ("fps", "rate"),
    [
        ("29.97", NTSC_30),
        ("23.98", NTSC_24),
        ("59.93", NTSC_60),
        ("29.995", Fraction(30)),
        ("27.3", Fraction(25)),  # a variable rate
        ("28.4", NTSC_30),
        ("16.746", NTSC_24),
        ("15", Fraction(30)),
        ("12.5", Fraction(25)),
        ("8", Fraction(24)),
        ("10", Fraction(30)),
        ("1", Fraction(24)),
        ("0.5", Fraction(24)),
        ("100", Fraction(50)),
        ("120", Fraction(60)),
        ("240", Fraction(60)),
        ("1000", Fraction(50)),
    ],
)
def test_another_rate_is_counted_at_the_standard_one_it_fits(fps: str, rate: Fraction) -> None:
    assert standard_rate(Fraction(fps)) == rate


def test_cuts_follow_each_other_and_leave_rests_out() -> None:
    reel = reel_of(items_of(two_sets()), video())
    assert [(cut.item.title, cut.source_frame, cut.reel_frame, cut.frames) for cut in reel.cuts] == [
        ("Squat", 50, 0, 250),
        ("Lunge", 350, 250, 150),
    ]
    assert (reel.frames, reel.source_frames) == (400, 3000)


@pytest.mark.parametrize("rate", STANDARD_RATES)
def test_times_are_right_to_the_frame_after_an_hour(rate: Fraction) -> None:
    """Results have milliseconds: less than half a frame of any rate."""
    first, last = round(HOUR_S * rate) + 17, round(HOUR_S * rate) + 117
    span = Span(round(float(first / rate), 3), round(float(last / rate), 3))
    (cut,) = reel_of((Item(span, "a", "", 1.0),), video(rate, 7200.0)).cuts
    assert (cut.source_frame, cut.source_frame + cut.frames) == (first, last)


def test_no_cut_is_empty_and_the_source_covers_all() -> None:
    reel = reel_of((Item(Span(1.0, 1.001), "a", "", 1.0), Item(Span(119.0, 120.5), "b", "", 1.0)), video())
    assert [cut.frames for cut in reel.cuts] == [1, 37]
    assert reel.source_frames == 3012
