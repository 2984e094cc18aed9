"""The exercises a workout can be made of: one table, which anyone may extend. Knows no model.

To add one, add a row: the name shown to people (also the label the model chooses among) and other
words for the same thing. ``canonical_name`` finds a row by any of them.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Exercise:
    """``name`` is shown as it stands; ``synonyms`` are other words for it, in any case and hyphenation."""

    name: str
    synonyms: tuple[str, ...] = ()


UNKNOWN_LABEL = "unknown"
"""The label for "none of these": a model that picks it is not sure."""

EXERCISES: tuple[Exercise, ...] = (
    Exercise("Squat", ("air squat", "bodyweight squat", "back squat", "front squat", "goblet squat")),
    Exercise("Jump squat", ("squat jump",)),
    Exercise("Lunge", ("walking lunge", "forward lunge", "reverse lunge", "side lunge")),
    Exercise("Push-up", ("press up", "knee push-up", "pike push-up")),
    Exercise("Pull-up", ("chin-up",)),
    Exercise("Sit-up", ()),
    Exercise("Crunch", ("abdominal crunch", "bicycle crunch")),
    Exercise("Leg raise", ("lying leg raise", "hanging leg raise")),
    Exercise("Russian twist", ("seated twist",)),
    Exercise("Plank", ("forearm plank", "high plank")),
    Exercise("Side plank", ()),
    Exercise("Mountain climber", ("running plank",)),
    Exercise("Burpee", ("squat thrust",)),
    Exercise("Jumping jack", ("star jump", "side-straddle hop")),
    Exercise("High knees", ("running in place", "running on the spot")),
    Exercise("Rope skipping", ("jump rope", "skipping rope")),
    Exercise("Box jump", ()),
    Exercise("Step-up", ("box step",)),
    Exercise("Donkey kick", ("glute kickback",)),
    Exercise("Glute bridge", ("hip bridge", "hip thrust")),
    Exercise("Deadlift", ("romanian deadlift", "sumo deadlift")),
    Exercise("Kettlebell swing", ()),
    Exercise("Clean and jerk", ("power clean",)),
    Exercise("Bench press", ("chest press", "dumbbell press")),
    Exercise("Shoulder press", ("overhead press", "military press")),
    Exercise("Lateral raise", ("side raise",)),
    Exercise("Front raise", ()),
    Exercise("Biceps curl", ("curl", "arm curl", "dumbbell curl", "hammer curl")),
    Exercise("Triceps dip", ("dip", "bench dip")),
    Exercise("Bent-over row", ("row", "dumbbell row", "barbell row")),
    Exercise("Calf raise", ("heel raise",)),
    Exercise("Rowing", ("rowing machine", "ergometer")),
    Exercise("Running", ("jogging", "treadmill")),
    Exercise("Cycling", ("exercise bike", "spinning")),
    Exercise("Boxing", ("shadow boxing", "punching")),
    Exercise("Stretching", ("stretch", "yoga")),
)


def exercise_labels(exercises: tuple[Exercise, ...] = EXERCISES) -> tuple[str, ...]:
    """What a model chooses among: every name, and ``UNKNOWN_LABEL`` last."""
    return (*(exercise.name for exercise in exercises), UNKNOWN_LABEL)


def canonical_name(words: str, exercises: tuple[Exercise, ...] = EXERCISES) -> str | None:
    """The name of the exercise these words mean, or None: "press ups" is "Push-up"."""
    wanted = _plain(words)
    for exercise in exercises:
        if wanted in {_plain(name) for name in (exercise.name, *exercise.synonyms)}:
            return exercise.name
    return None


def _plain(words: str) -> str:
    """Lower case, letters only, each word in the singular: how two spellings of one name become equal."""
    letters = "".join(char if char.isalnum() else " " for char in words.casefold())
    singular = (word[:-1] if word.endswith("s") and not word.endswith("ss") else word for word in letters.split())
    return "".join(singular)
