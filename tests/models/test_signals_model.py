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
