"""Form fields: defaults, ranges, and errors that name the field, what was sent and what is allowed."""

import pytest

from smolvlm_core.api.forms import AnalyzeForm, HighlightsForm, UploadForm, WorkoutForm, read_fields
from smolvlm_core.api.problems import BadForm
from smolvlm_core.domain import AnalysisOptions, AnalysisType, Criteria


def test_the_defaults_are_those_of_the_contract() -> None:
    form = read_fields(AnalyzeForm, {"analysis_type": "highlights"})
    assert form.options() == AnalysisOptions(AnalysisType.HIGHLIGHTS, 6, 10, 15.0, Criteria("", ""))
    assert read_fields(HighlightsForm, {}).options() == AnalysisOptions(AnalysisType.HIGHLIGHTS)
    assert read_fields(WorkoutForm, {}).options() == AnalysisOptions(AnalysisType.WORKOUT)


def test_every_field_arrives() -> None:
    fields = {
        "analysis_type": "workout",
        "min_significance": "3",
        "max_highlights": "2",
        "segment_duration": "7.5",
        "system_prompt": "sys",
        "user_prompt": "us\0er",
        "unknown": "ignored",
    }
    options = read_fields(AnalyzeForm, fields).options()
    assert options == AnalysisOptions(AnalysisType.WORKOUT, 3, 2, 7.5, Criteria("sys", "user"))


def test_halves_of_letters_arrive_as_question_marks() -> None:
    criteria = Criteria("goals \ud83d", "\U0001f3c0 and \udcff")
    assert (criteria.system_prompt, criteria.user_prompt) == ("goals ?", "\U0001f3c0 and ?")


def test_an_empty_field_counts_as_not_sent() -> None:
    form = read_fields(AnalyzeForm, {"analysis_type": "workout", "min_significance": "", "segment_duration": ""})
    assert (form.min_significance, form.segment_duration) == (6, 15.0)


@pytest.mark.parametrize(
    ("field", "sent", "allowed"),
    [
        ("analysis_type", "dance", "one of highlights, workout"),
        ("min_significance", "0", "a whole number from 1 to 10"),
        ("min_significance", "11", "a whole number from 1 to 10"),
        ("min_significance", "6.5", "a whole number from 1 to 10"),
        ("max_highlights", "0", "a whole number, at least 1"),
        ("max_highlights", "9" * 5000, "a whole number, at least 1"),
        ("segment_duration", "0.5", "a number from 1 to 600"),
        ("segment_duration", "601", "a number from 1 to 600"),
        ("segment_duration", "nan", "a number from 1 to 600"),
        ("segment_duration", "ten", "a number from 1 to 600"),
        ("system_prompt", "x" * 70_000, "text of at most 65536 characters"),
    ],
)
def test_an_error_names_field_value_and_range(field: str, sent: str, allowed: str) -> None:
    with pytest.raises(BadForm) as caught:
        read_fields(AnalyzeForm, {"analysis_type": "highlights", field: sent})
    (problem,) = caught.value.fields
    assert (problem.field, problem.allowed) == (field, allowed)
    assert sent.startswith(problem.sent)
    assert len(problem.sent) <= 80
    assert caught.value.message == f"{field}: {problem.sent!r} was sent; allowed: {allowed}."


def test_all_errors_are_told_at_once() -> None:
    with pytest.raises(BadForm) as caught:
        read_fields(AnalyzeForm, {"min_significance": "x", "segment_duration": "y"})
    assert [problem.field for problem in caught.value.fields] == [
        "analysis_type",
        "min_significance",
        "segment_duration",
    ]
    assert caught.value.fields[0].sent == "nothing"


def test_a_description_is_optional() -> None:
    assert read_fields(UploadForm, {}).description == ""
