"""The words of measured numbers: each remark only where its number is out of the ordinary."""

import pytest

from smolvlm_core.domain import Evidence
from smolvlm_core.models.signals import words_of


@pytest.mark.parametrize(
    ("evidence", "words"),
    [
        (
            Evidence(3.2, 0.9, 12.0, 0, 1.0),
            "Motion 3.2\u00d7 this video's usual; 12 dB louder than usual; looks unlike the rest of the video.",
        ),
        (Evidence(1.0, 0.1, 0.0, 0, 0.1), "Nothing measured stands out: motion is 1.0\u00d7 this video's usual."),
        (Evidence(1.0, 0.1, None, 1, 0.1), "Motion 1.0\u00d7 this video's usual; one hard cut."),
        (Evidence(1.0, 0.1, None, 3, 0.1), "Motion 1.0\u00d7 this video's usual; 3 hard cuts."),
        (
            Evidence(0.2, 0.1, -9.0, 0, 0.1),
            "Calmer than usual, motion 0.2\u00d7 this video's usual; 9 dB quieter than usual.",
        ),
        (
            Evidence(1.2, 0.1, float("-inf"), 0, 0.1),
            "Nothing measured stands out: motion is 1.2\u00d7 this video's usual.",
        ),
    ],
)
def test_motion_is_always_told_and_the_rest_where_it_stands_out(evidence: Evidence, words: str) -> None:
    assert words_of(evidence) == words


@pytest.mark.parametrize(
    ("evidence", "words"),
    [
        (
            Evidence(3.2, 0.1, None, 0, 1.0, liveliest=True),
            "Motion 3.2\u00d7 this video's usual, its liveliest part.",
        ),
        (
            Evidence(1.0, 0.1, 7.0, 0, 0.1, loudest=True),
            "Motion 1.0\u00d7 this video's usual; the loudest second, 7 dB louder than usual.",
        ),
        (
            Evidence(1.0, 0.1, 0.0, 0, 0.1, sudden_sound=True),
            "Motion 1.0\u00d7 this video's usual; a sudden sound.",
        ),
        (
            Evidence(1.0, 0.9, None, 0, 0.1, lone_shot=True),
            "Motion 1.0\u00d7 this video's usual; the only shot of its kind.",
        ),
        (
            Evidence(3.2, 0.9, 12.0, 1, 1.0, liveliest=True, loudest=True, sudden_sound=True, lone_shot=True),
            "Motion 3.2\u00d7 this video's usual, its liveliest part; a sudden sound; the loudest second, 12 dB "
            "louder than usual; the only shot of its kind; one hard cut.",
        ),
    ],
)
def test_what_is_first_or_alone_in_the_video_is_told(evidence: Evidence, words: str) -> None:
    assert words_of(evidence) == words


@pytest.mark.parametrize(
    "evidence",
    [
        Evidence(0.4, 0.1, None, 0, 0.1, liveliest=True),
        Evidence(1.0, 0.1, 2.0, 0, 0.1, loudest=True),
        Evidence(1.0, 0.1, None, 0, 0.1, loudest=True, sudden_sound=True),
    ],
)
def test_no_word_contradicts_the_number_beside_it(evidence: Evidence) -> None:
    """Calm is not the liveliest, hardly louder is not the loudest, and without sound nothing is sudden."""
    words = words_of(evidence)
    assert "liveliest" not in words
    assert "loudest" not in words
    assert "sudden" not in words
