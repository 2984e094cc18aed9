"""How labelled segments become the steps of a workout."""

from smolvlm_core.analysis.workout import AT_REST, join_steps
from smolvlm_core.domain import Choice, Evidence, Skipped, Span
from smolvlm_core.exercise import LabelledSegment, Phase

CALM = Evidence(1.0, 0.0, None, 0, 0.0)
REST = "-"
UNSURE = "?"


def labelled(letters: str) -> list[LabelledSegment]:
    """One segment of ten seconds a letter: its label, ``-`` for stillness, ``?`` for not sure."""
    segments = []
    for index, letter in enumerate(letters):
        span = Span(index * 10.0, index * 10.0 + 10)
        label = None if letter == UNSURE else letter
        choice: Choice | Skipped = AT_REST if letter == REST else Choice(label, 0.8, {})
        segments.append(LabelledSegment(index, span, choice, 0.0 if letter == REST else 1.0, CALM))
    return segments


def phases(letters: str) -> list[tuple[Phase, str | None, float]]:
    return [(step.phase, step.exercise_name, step.span.duration_s) for step in join_steps(labelled(letters))]


def test_neighbours_of_one_name_are_one_step() -> None:
    assert phases("AAA") == [(Phase.EXECUTION, "A", 30.0)]


def test_stillness_before_the_first_exercise_is_setup_and_after_the_last_rest() -> None:
    assert phases("--A-") == [
        (Phase.SETUP, None, 20.0),
        (Phase.EXECUTION, "A", 10.0),
        (Phase.REST, None, 10.0),
    ]


def test_stillness_between_sets_is_rest_and_between_exercises_transition() -> None:
    assert [phase for phase, _, _ in phases("A-A-B")] == [
        Phase.EXECUTION,
        Phase.REST,
        Phase.EXECUTION,
        Phase.TRANSITION,
        Phase.EXECUTION,
    ]


def test_another_name_starts_another_step_without_a_rest() -> None:
    assert [name for _, name, _ in phases("AAB")] == ["A", "B"]


def test_an_exercise_nobody_could_name_has_no_name() -> None:
    assert phases("??") == [(Phase.EXECUTION, None, 20.0)]


def test_a_model_that_failed_on_a_segment_is_not_taken_for_stillness() -> None:
    failed = LabelledSegment(0, Span(0.0, 10.0), Skipped("the model gave no answer"), 1.0, CALM)
    (step,) = join_steps([failed])
    assert (step.phase, step.exercise_name, step.confidence) == (Phase.EXECUTION, None, 0.0)


def test_confidence_is_of_the_label_or_of_stillness() -> None:
    rest, exercise = join_steps(labelled("-A"))
    assert (rest.confidence, exercise.confidence) == (1.0, 0.8)


def test_no_movement_means_no_steps() -> None:
    assert join_steps(labelled("---")) == ()
