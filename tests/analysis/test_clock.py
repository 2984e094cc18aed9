"""Times as people read them."""

import pytest

from smolvlm_core.analysis.clock import duration_words, exact_clock


@pytest.mark.parametrize(
    ("duration_s", "words"),
    [(0.4, "0.4 s"), (24.04, "24 s"), (65, "1:05 min"), (605, "10:05 min"), (3723, "1:02:03 h")],
)
def test_durations_read_as_people_say_them(duration_s: float, words: str) -> None:
    assert duration_words(duration_s) == words


def test_where_it_matters_times_have_tenths() -> None:
    assert [exact_clock(time_s) for time_s in (0.04, 59.96, 61.25, 3600.1)] == [
        "00:00.0",
        "01:00.0",
        "01:01.2",
        "1:00:00.1",
    ]
