"""The exercises a workout can be made of: one table, which anyone may extend. Knows no model.

To add one, add a row: the name shown to people (also the label the vision-language model chooses among), other
words for the same thing, and, where a body shows it, its shapes (see ``exercise_shapes``). ``canonical_name``
finds a row by any of its words.
"""

from dataclasses import dataclass

OFTEN, SOMETIMES, SELDOM = 3.0, 1.0, 0.3
"""How often people film an exercise, against one filmed sometimes. By eye."""


@dataclass(frozen=True, slots=True)
class Exercise:
    """``name`` is shown as it stands; ``synonyms`` are other words for it, in any case and hyphenation.

    ``shapes``: as ``exercise_shapes`` reads them; without any only a vision-language model can name it.
    ``held``: it has no repetitions.
    """

    name: str
    synonyms: tuple[str, ...] = ()
    shapes: str = ""
    frequency: float = SOMETIMES
    held: bool = False


UNKNOWN_LABEL = "unknown"
"""The label for "none of these": a model that picks it is not sure."""

EXERCISES: tuple[Exercise, ...] = (
    Exercise(
        "Squat",
        (
            "air squat",
            "bodyweight squat",
            "back squat",
            "front squat",
            "goblet squat",
            "sumo squat",
            "barbell squat",
        ),
        "squatting, flight 0..0.08",
        OFTEN,
    ),
    Exercise(
        "Jump squat",
        ("squat jump",),
        "squatting, flight 0.1..0.35, period_s 0.7..3.2",
    ),
    Exercise(
        "Lunge",
        ("walking lunge", "forward lunge", "reverse lunge", "side lunge", "split squat", "bulgarian split squat"),
        "lean_high 0..40, knee_low 60..128, knee_high 135..180, hip_low 75..150, hip_uneven 28..120, "
        "stride_high 0.28..0.9, flight 0..0.08, upright_high 0.75..1.06, upright_range 0.12..0.5, "
        "hips_up_low 0.15..0.46, hip_travel 0.08..0.6, hand_travel 0..0.6, period_s 1.2..12 | "
        "on feet, flight 0..0.08, lean_high 0..55, knee_low 85..140, knee_uneven 45..120, hip_uneven 25..90, "
        "feet_apart_high 0.5..1.1, upright_range 0.12..0.5, hips_up_low 0.2..0.5, hand_travel 0..0.6",
        OFTEN,
    ),
    Exercise(
        "Push-up",
        (
            "press up",
            "knee push-up",
            "pike push-up",
            "incline push-up",
            "decline push-up",
            "close-grip push-up",
            "diamond push-up",
        ),
        "prone, hands on the ground, elbow_low 50..125, elbow_high 130..180, elbow_range 30..125, "
        "hands_up_high -0.32..0, upright_range 0.08..0.4, hip_low 130..180, hip_range 0..35, knee_range 0..25 | "
        "lean_low 18..55, lean_high 28..70, facing_high -0.9..-0.3, elbow_low 50..140, elbow_range 25..125, "
        "arms_together 0.2..1, shoulder_travel 0.07..0.5, flight 0..0.08, "
        "hands_up_low -0.45..-0.05, hands_over_feet_low 0.2..0.85, upright_range 0.05..0.3, hip_low 140..180, "
        "knee_low 145..180, knee_range 0..25, hand_travel 0..0.12 | "
        "lean_low 105..150, lean_high 110..165, facing_high -1..-0.2, hip_low 55..125, hip_range 0..35, "
        "knee_low 140..180, elbow_range 20..120, hands_over_feet_low -0.35..0.1, upright_range 0.06..0.35",
        OFTEN,
    ),
    Exercise(
        "Pull-up",
        ("chin-up",),
        "lean_high 0..45, elbow_low 30..110, elbow_high 120..180, elbow_range 40..150, "
        "hands_up_low -0.12..0.15, hands_up_high 0.2..0.5, shoulder_high 115..180, hip_range 0..45, "
        "upright_range 0..0.15, shoulder_travel 0.14..0.9, flight 0.1..0.9",
        OFTEN,
    ),
    Exercise(
        "Lat pulldown",
        ("pulldown", "cable pulldown"),
        "torso up, legs rest, seated, pressing",
        SELDOM,
    ),
    Exercise(
        "Sit-up",
        (),
        "on the floor, facing_high 0.5..1, lean_low 0..55, lean_high 62..110, hip_low 40..120, "
        "hip_range 35..130, upright_high 0.25..0.75, upright_range 0.2..0.7, knee_range 0..50, "
        "hip_travel 0..0.12",
        OFTEN,
    ),
    Exercise(
        "Crunch",
        ("abdominal crunch", "bicycle crunch"),
        "supine, on the floor, lean_low 45..88, lean_high 68..105, hip_range 6..50, upright_range 0.03..0.2, "
        "knee_low 50..130, knee_range 0..30, hip_travel 0..0.06 | "
        "supine, legs take turns, on the floor, lean_low 45..95, hip_range 35..120, knee_range 35..130",
    ),
    Exercise(
        "Leg raise",
        ("lying leg raise", "hanging leg raise", "knee raise", "hanging knee raise"),
        "supine, arms rest, hip_low 60..130, hip_high 130..180, hip_range 35..115, knee_low 120..180, "
        "legs_together 0.4..1, upright_low -0.8..-0.2, shoulder_travel 0..0.06 | "
        "arms rest, lean_high 0..45, hands_up_low 0.12..0.5, hands_up_high 0.2..0.5, elbow_low 125..180, "
        "hip_low 45..130, hip_range 40..135, legs_together 0.4..1, shoulder_travel 0..0.12",
    ),
    Exercise(
        "Russian twist",
        ("seated twist",),
        "on the floor, lean_low 12..65, lean_high 20..80, facing_low 0.15..0.95, hip_low 40..125, "
        "hip_range 0..35, knee_range 0..40, hands_aside 0.2..0.9",
    ),
    Exercise(
        "Plank",
        ("forearm plank", "high plank"),
        "prone, holding, hands on the ground, hip_low 140..180, knee_low 145..180, hands_up_high -0.5..-0.1, "
        "shoulder_high 45..120",
        OFTEN,
        held=True,
    ),
    Exercise(
        "Side plank",
        (),
        "holding, facing_low -0.6..0.5, facing_high -0.5..0.6, lean_low 45..95, lean_high 50..105, "
        "hip_low 130..180, knee_low 140..180, upright_high 0.05..0.5",
        held=True,
    ),
    Exercise(
        "Wall sit",
        ("wall squat",),
        "holding, torso up, knee_low 65..120, hip_low 65..120, hips_up_high 0.18..0.4, upright_high 0.5..0.8, "
        "hip_uneven 0..25",
        SELDOM,
        held=True,
    ),
    Exercise(
        "Mountain climber",
        ("running plank",),
        "prone, hands on the ground, legs take turns, lean_high 50..105, elbow_low 130..180, "
        "elbow_range 0..40, hip_range 35..120, knee_range 35..140, hands_up_high -0.5..-0.2, period_s 0.3..3",
    ),
    Exercise(
        "Burpee",
        ("squat thrust",),
        "hands on the ground, hands_over_feet_low -0.45..0.06, hand_travel 0.5..1.8, lean_low 0..30, "
        "lean_high 58..115, facing_low -1..-0.55, upright_low -0.1..0.38, "
        "upright_high 0.82..1.06, upright_range 0.5..1.1, knee_low 40..115, hip_low 30..100, period_s 1.5..9",
    ),
    Exercise(
        "Jumping jack",
        ("star jump", "side-straddle hop"),
        "torso up, on feet, shoulder_low 3..60, shoulder_high 90..180, shoulder_range 55..175, "
        "arm_side 0.45..1, hands_up_low -0.5..-0.15, hands_up_high 0..0.5, feet_apart_range 0.18..0.9, "
        "feet_apart_high 0.3..1.1, knee_low 120..180, elbow_low 90..180, hand_travel 0.35..1.2, "
        "shoulder_travel 0.05..0.35, period_s 0.5..2.5",
        OFTEN,
    ),
    Exercise(
        "High knees",
        ("running in place", "running on the spot"),
        "torso up, on feet, legs take turns, hip_range 45..125, knee_range 40..135, upright_range 0..0.15, "
        "period_s 0.25..2",
    ),
    Exercise(
        "Rope skipping",
        ("jump rope", "skipping rope"),
        "torso up, on feet, knee_range 3..40, hip_range 0..30, upright_range 0..0.1, flight 0.03..0.2, "
        "shoulder_range 0..30, hands_over_hips_low -0.1..0.15, elbow_low 70..150, "
        "legs_together 0.2..1, period_s 0.25..0.9",
    ),
    Exercise(
        "Box jump",
        (),
        "on feet, both legs, knee_low 50..125, hip_low 45..125, hip_travel 0.3..0.9, flight 0.25..0.7, "
        "period_s 1.5..9",
        SELDOM,
    ),
    Exercise(
        "Step-up",
        ("box step",),
        "on feet, lean_high 0..45, hip_uneven 30..110, knee_uneven 20..110, hip_travel 0.12..0.5, "
        "flight 0.08..0.4, stride_high 0.1..0.45",
    ),
    Exercise(
        "Donkey kick",
        ("glute kickback",),
        "prone, hands on the ground, lean_low 60..110, knee_low 55..135, hip_low 60..118, hip_range 35..135, "
        "legs_together -0.6..1, hip_uneven 15..110, elbow_low 125..180, elbow_range 0..25, "
        "shoulder_travel 0..0.06, hip_travel 0..0.08",
    ),
    Exercise(
        "Glute bridge",
        ("hip bridge", "hip thrust"),
        "supine, lean_low 75..115, lean_high 90..140, knee_low 45..115, knee_range 0..45, hip_low 90..155, "
        "hip_high 145..180, hip_range 18..85, hips_up_high 0.1..0.4, shoulder_travel 0..0.06, "
        "hip_travel 0.06..0.4 | "
        "facing_low 0.25..0.95, facing_high 0.8..1, lean_low 25..75, lean_high 68..105, knee_low 55..115, "
        "hip_low 65..130, hip_high 145..180, hip_range 35..110, upright_high 0.12..0.4, hip_travel 0.08..0.4",
    ),
    Exercise(
        "Deadlift",
        ("romanian deadlift", "sumo deadlift", "stiff-leg deadlift"),
        "hinging, knee_low 65..175, elbow_range 0..45, shoulder_high 25..95, hands_up_low -0.5..-0.3, "
        "hands_up_high -0.5..-0.22, hands_over_hips_low -0.42..-0.06, hands_over_feet_low 0..0.38",
        OFTEN,
    ),
    Exercise(
        "Kettlebell swing",
        (),
        "hinging, lean_high 38..90, knee_low 90..170, elbow_range 0..45, hands_over_hips_low -0.3..0.02, "
        "shoulder_high 60..140, "
        "shoulder_range 45..140, arm_front 0.5..1, hands_up_low -0.5..-0.2, hands_up_high -0.22..0.25, "
        "period_s 0.8..2.6",
    ),
    Exercise(
        "Clean and jerk",
        ("power clean", "snatch"),
        "on feet, lean_high 35..95, knee_low 45..130, elbow_range 60..165, shoulder_high 110..180, "
        "hands_up_low -0.5..-0.28, hands_up_high 0.12..0.5, hands_over_feet_low 0..0.38, hand_travel 0.6..1.6, "
        "period_s 2..20",
        SELDOM,
    ),
    Exercise(
        "Bench press",
        ("chest press", "dumbbell press", "incline bench press", "decline bench press"),
        "supine, legs rest, elbow_low 35..115, elbow_high 130..180, elbow_range 40..140, "
        "hands_up_low -0.05..0.24, hands_up_high 0.2..0.5, shoulder_high 45..120",
    ),
    Exercise(
        "Shoulder press",
        ("overhead press", "military press", "arnold press", "dumbbell shoulder press"),
        "torso up, legs rest, pressing | torso up, legs rest, seated, pressing",
        OFTEN,
    ),
    Exercise(
        "Lateral raise",
        ("side raise", "dumbbell lateral raise"),
        "raising, arm_side 0.65..1, arm_front -0.4..0.6",
    ),
    Exercise(
        "Front raise",
        (),
        "raising, arm_front 0.7..1, arm_side -0.3..0.5",
    ),
    Exercise(
        "Biceps curl",
        ("curl", "arm curl", "dumbbell curl", "hammer curl", "cable curl", "barbell curl", "barbell biceps curl"),
        "curling, elbow_low 20..100, elbow_range 45..150, hands_up_high -0.25..0.08 | "
        "curling, elbow_low 60..130, elbow_range 60..150, arms_together -1..0.3, hands_up_high -0.32..-0.05, "
        "period_s 1.2..12",
        OFTEN,
    ),
    Exercise(
        "Triceps dip",
        ("dip", "bench dip"),
        "lean_high 0..50, elbow_low 55..130, elbow_high 130..180, elbow_range 25..110, arm_front -1..0.2, "
        "hands_up_low -0.5..-0.22, hands_up_high -0.4..-0.05, hands_over_hips_low -0.2..0.2, "
        "shoulder_travel 0.08..0.45, hand_travel 0..0.1",
    ),
    Exercise(
        "Triceps extension",
        ("overhead triceps extension", "triceps pushdown", "pushdown", "skull crusher"),
        "torso up, legs rest, elbow_low 25..105, elbow_high 125..180, elbow_range 40..150, "
        "shoulder_low 110..175, shoulder_range 0..40, hands_up_high 0.2..0.5 | "
        "torso up, legs rest, elbow_low 60..110, elbow_high 145..180, elbow_range 35..110, "
        "shoulder_high 5..50, hands_up_low -0.5..-0.28, hands_up_high -0.36..-0.16",
        SELDOM,
    ),
    Exercise(
        "Row",
        ("bent-over row", "dumbbell row", "barbell row", "inverted row", "doorway row", "seated row", "t bar row"),
        "legs rest, lean_low 32..95, lean_high 38..105, facing_high -1..-0.35, elbow_low 45..130, "
        "elbow_high 125..180, elbow_range 35..140, hands_up_low -0.5..-0.22, hands_up_high -0.36..-0.02, "
        "hip_low 45..145, hands_over_feet_low 0.08..0.6, shoulder_travel 0..0.1 | "
        "facing_low 0.12..1, lean_high 20..95, elbow_low 45..130, elbow_high 125..180, elbow_range 35..140, "
        "hip_low 125..180, knee_low 80..180, knee_range 0..35, hands_up_low -0.2..0.2, arm_front 0.3..1, "
        "shoulder_travel 0.06..0.45, hand_travel 0..0.12",
    ),
    Exercise(
        "Calf raise",
        ("heel raise",),
        "torso up, on feet, arms rest, knee_low 155..180, knee_range 0..15, hip_range 0..15, "
        "shoulder_range 0..20, shoulder_travel 0.03..0.12, hip_travel 0.03..0.12, period_s 0.7..5",
        SELDOM,
    ),
    Exercise(
        "Rowing machine",
        ("rowing", "ergometer"),
        "on the floor, knee_low 30..105, knee_range 40..135, hip_low 20..85, lean_high 8..55, "
        "elbow_range 45..145, hands_up_high -0.36..0.02, legs_together 0.5..1, period_s 1.2..5",
    ),
    Exercise(
        "Running",
        ("jogging", "treadmill"),
        "torso up, on feet, legs take turns, hip_range 20..65, knee_range 35..115, elbow_low 50..125, "
        "upright_range 0..0.12, stride_high 0.2..0.8, period_s 0.35..1.2",
    ),
    Exercise(
        "Cycling",
        ("exercise bike", "spinning"),
        "legs take turns, arms rest, facing_high -0.85..0.45, lean_low 2..65, lean_high 5..70, "
        "hip_high 60..138, hip_range 18..75, knee_range 35..105, shoulder_travel 0..0.08, period_s 0.35..1.6",
        SELDOM,
    ),
    Exercise(
        "Boxing",
        ("shadow boxing", "punching"),
        "torso up, elbow_range 50..155, arms_together -1..0.3, hands_up_low -0.3..0.08, "
        "hands_up_high -0.15..0.22, arm_front 0.2..1, knee_range 0..50, period_s 0.2..2.5",
    ),
    Exercise(
        "Leg extension",
        ("seated leg extension",),
        "seated, arms rest, lean_high 0..50, knee_high 135..180, knee_range 40..115, hip_range 0..30, "
        "shoulder_travel 0..0.06",
        SELDOM,
    ),
    Exercise("Chest fly", ("dumbbell fly", "pec deck")),
    Exercise("Stretching", ("stretch", "yoga")),
)


HELD = frozenset(exercise.name for exercise in EXERCISES if exercise.held)
"""The names of postures that are kept."""


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
    return "".join(_singular(word) for word in letters.split())


def _singular(word: str) -> str:
    if word.endswith(("ches", "shes", "sses")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word
