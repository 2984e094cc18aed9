"""The numbers of visits to the page, put together and put into words."""

from benchmarks.page import LABELS, Visit, middle, shown

VISITS = [
    Visit(60, 900 * 1024, 1.0, 0.5, None, 4.0),
    Visit(62, 910 * 1024, 3.0, 0.7, 1.5, 5.0),
    Visit(61, 905 * 1024, 1.2, 0.6, 2.5, 9.0),
]


def test_each_number_is_the_median_of_the_visits_that_have_it() -> None:
    assert middle(VISITS) == {
        "requests": 61,
        "transferred_bytes": 905 * 1024,
        "interactive_s": 1.2,
        "video_shown_s": 0.6,
        "first_best_s": 2.0,
        "results_s": 5.0,
    }
    assert middle(VISITS[:1])["first_best_s"] is None


def test_every_number_has_words_and_a_unit() -> None:
    found = middle(VISITS)
    assert set(LABELS) == set(found)
    assert [shown(name, value) for name, value in found.items()] == [
        "61",
        "905 KiB",
        "1.20 s",
        "0.60 s",
        "2.00 s",
        "5.00 s",
    ]
    assert shown("first_best_s", None) == "none before the end"
