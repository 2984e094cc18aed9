"""Figures that do every exercise of the table, as it is taught."""

from dataclasses import dataclass, replace

from smolvlm_core.domain import Span
from smolvlm_core.exercise import Posture
from smolvlm_core.signals.joints import body_signals
from smolvlm_core.signals.movement import Take
from smolvlm_core.signals.posture import posture_of
from tests.signals.figures import Figure, film


@dataclass(frozen=True, slots=True)
class Move:
    """Key figures of one repetition; a hold has one. ``anchor``: the joint that stays where it is."""

    name: str
    keys: tuple[Figure, ...]
    period_s: float = 2.5
    anchor: str = "ankle"

    def take(self, turned: float = 40.0) -> Take:
        return film(self.keys, self.period_s, self.anchor, turned)

    def posture(self, turned: float = 40.0) -> Posture:
        return posture_in(self.take(turned), self.period())

    def period(self, pace: float = 1.0) -> float | None:
        return None if len(self.keys) == 1 else self.period_s * pace


def posture_in(take: Take, period_s: float | None) -> Posture:
    body = body_signals(take)
    assert body is not None
    posture = posture_of(body, Span(0, 1000), period_s)
    assert posture is not None
    return posture


STAND = Figure()
SQUAT = Figure(lean=35, hip=110, knee=105, raised=115)
HIGH_PLANK = Figure(lean=78, raised=78, hip=5)
ON_BACK = Figure(lean=-90, raised=10)
HOLLOW = Figure(lean=-90, hip=45, knee=90, raised=120, elbow=120)
OPEN = Figure(spread=25, raised=150, aside=1)
SEATED = Figure(hip=90, knee=90)
PRESS_LOW = Figure(raised=45, elbow=125, aside=0.7)
PRESS_HIGH = Figure(raised=172, elbow=5, aside=0.7)
LUNGE = Figure(lean=5, hip=90, knee=90, right_hip=-10, right_knee=85)
LUNGE_RIGHT = Figure(lean=5, hip=-10, knee=85, right_hip=90, right_knee=90)
HINGE = Figure(lean=75, hip=100, knee=40, raised=75)
ROW_LOW = Figure(lean=60, hip=75, knee=25, raised=60)
CLIMB = replace(HIGH_PLANK, hip=95, knee=110, right_hip=5, right_knee=0)
CLIMB_RIGHT = replace(HIGH_PLANK, hip=5, knee=0, right_hip=95, right_knee=110)
ALL_FOURS = Figure(lean=85, hip=85, knee=85, raised=85)
STRIDE = (
    Figure(lean=8, hip=40, knee=30, right_hip=-20, right_knee=30, elbow=85),
    Figure(lean=8, hip=5, knee=25, right_hip=25, right_knee=100, elbow=85),
)
STRIDE_RIGHT = (
    Figure(lean=8, hip=-20, knee=30, right_hip=40, right_knee=30, elbow=85),
    Figure(lean=8, hip=25, knee=100, right_hip=5, right_knee=25, elbow=85),
)
TWIST = Figure(lean=-40, hip=85, knee=80, raised=55, elbow=40)

MOVES = (
    Move("Squat", (STAND, SQUAT)),
    Move("Squat", (Figure(raised=40, elbow=130), Figure(lean=40, hip=125, knee=115, raised=40, elbow=130)), 3.5),
    Move("Jump squat", (replace(STAND, lifted_m=0.3), SQUAT), 1.5),
    Move("Lunge", (STAND, LUNGE, STAND, LUNGE_RIGHT), 5.0),
    Move("Lunge", (Figure(hip=30, knee=10, right_hip=-30, right_knee=20), LUNGE)),
    Move("Lunge", (STAND, Figure(lean=25, hip=90, knee=85, spread=15, right_spread=45, right_hip=15))),
    Move("Push-up", (HIGH_PLANK, Figure(lean=86, raised=20, elbow=95, aside=0.4, hip=5)), 2.0),
    Move("Push-up", (Figure(lean=35, raised=80), Figure(lean=45, raised=35, elbow=100, aside=0.4)), 2.0, "wrist"),
    Move(
        "Push-up",
        (Figure(lean=130, raised=150, hip=90), Figure(lean=140, raised=110, elbow=80, hip=90)),
        2.5,
        "wrist",
    ),
    Move("Pull-up", (Figure(raised=175), Figure(raised=50, elbow=125, aside=0.7)), 3.0, "wrist"),
    Move("Lat pulldown", (replace(PRESS_HIGH, hip=90, knee=90), replace(PRESS_LOW, hip=90, knee=90)), 3.0),
    Move(
        "Sit-up",
        (
            Figure(lean=-90, hip=50, knee=95, raised=60, elbow=130),
            Figure(lean=-15, hip=115, knee=95, raised=60, elbow=130),
        ),
        3.0,
    ),
    Move("Crunch", (HOLLOW, replace(HOLLOW, lean=-66, hip=62)), 2.0),
    Move(
        "Crunch",
        (
            replace(HOLLOW, lean=-75, hip=95, knee=100, right_hip=25, right_knee=10),
            replace(HOLLOW, lean=-75, hip=25, knee=10, right_hip=95, right_knee=100),
        ),
        1.6,
    ),
    Move("Leg raise", (ON_BACK, replace(ON_BACK, hip=85)), 3.0, "shoulder"),
    Move("Leg raise", (Figure(raised=178), Figure(raised=178, hip=90)), 3.0, "wrist"),
    Move("Russian twist", (replace(TWIST, twist=55), replace(TWIST, twist=-55)), 1.6),
    Move("Plank", (HIGH_PLANK,)),
    Move("Plank", (Figure(lean=80, raised=80, elbow=90),)),
    Move("Side plank", (Figure(roll=68, raised=80, aside=1),)),
    Move("Wall sit", (Figure(hip=90, knee=90),)),
    Move("Mountain climber", (CLIMB, CLIMB_RIGHT), 1.0, "wrist"),
    Move(
        "Burpee",
        (
            STAND,
            Figure(lean=70, hip=130, knee=120, raised=70),
            HIGH_PLANK,
            Figure(lean=70, hip=130, knee=120, raised=70),
        ),
        4.0,
    ),
    Move("Jumping jack", (STAND, OPEN), 1.0),
    Move(
        "High knees",
        (Figure(hip=90, knee=90, right_hip=0, right_knee=5), Figure(hip=0, knee=5, right_hip=90, right_knee=90)),
        0.8,
    ),
    Move("Rope skipping", (Figure(elbow=80, knee=15, hip=10), Figure(elbow=80, lifted_m=0.12)), 0.5),
    Move(
        "Box jump",
        (SQUAT, replace(STAND, lifted_m=0.5), Figure(lean=20, hip=60, knee=70, lifted_m=0.5), STAND),
        4.0,
    ),
    Move("Step-up", (Figure(lean=15, hip=75, knee=85, right_hip=0, right_knee=5), Figure(lifted_m=0.3)), 2.5),
    Move("Donkey kick", (ALL_FOURS, replace(ALL_FOURS, right_hip=0)), 2.0, "wrist"),
    Move("Glute bridge", (Figure(lean=-92, hip=50, knee=100), Figure(lean=-118, hip=0, knee=88)), 2.5),
    Move("Glute bridge", (Figure(lean=-45, hip=90, knee=90), Figure(lean=-88, hip=5, knee=88)), 2.5),
    Move("Deadlift", (STAND, HINGE), 3.5),
    Move("Deadlift", (STAND, Figure(lean=50, hip=105, knee=75, raised=52)), 3.5),
    Move("Kettlebell swing", (Figure(raised=85), Figure(lean=60, hip=85, knee=40, raised=30)), 1.6),
    Move(
        "Clean and jerk",
        (Figure(lean=50, hip=115, knee=95, raised=55), Figure(raised=40, elbow=135), Figure(raised=175)),
        4.5,
    ),
    Move(
        "Bench press",
        (
            Figure(lean=-90, hip=30, knee=75, raised=88),
            Figure(lean=-90, hip=30, knee=75, raised=35, elbow=95, aside=0.7),
        ),
        2.5,
    ),
    Move("Shoulder press", (PRESS_LOW, PRESS_HIGH)),
    Move("Lateral raise", (Figure(raised=10, aside=1, elbow=10), Figure(raised=88, aside=1, elbow=10))),
    Move("Front raise", (Figure(raised=8, elbow=8), Figure(raised=88, elbow=8))),
    Move("Biceps curl", (STAND, Figure(raised=12, elbow=130))),
    Move(
        "Biceps curl",
        (STAND, Figure(elbow=130, right_elbow=5), STAND, Figure(elbow=5, right_elbow=130)),
        4.0,
    ),
    Move(
        "Triceps dip",
        (Figure(hip=70, knee=20, raised=-30), Figure(lean=-5, hip=100, knee=30, raised=-55, elbow=85)),
        2.0,
        "wrist",
    ),
    Move("Triceps extension", (Figure(raised=165, elbow=120), Figure(raised=168, elbow=8))),
    Move("Row", (ROW_LOW, replace(ROW_LOW, raised=-10, elbow=85))),
    Move("Row", (Figure(lean=-50, raised=85), Figure(lean=-38, raised=30, elbow=90)), 2.5, "wrist"),
    Move("Leg extension", (SEATED, replace(SEATED, knee=10)), 2.5, "hip"),
    Move("Calf raise", (STAND, replace(STAND, lifted_m=0.08)), 2.0),
    Move(
        "Rowing machine",
        (Figure(lean=25, hip=140, knee=130, raised=95), Figure(lean=-25, hip=75, knee=10, raised=20, elbow=100)),
        2.5,
    ),
    Move("Running", (*STRIDE, *STRIDE_RIGHT), 0.7),
    Move(
        "Cycling",
        (
            Figure(lean=40, hip=110, knee=110, right_hip=70, right_knee=40, raised=60, elbow=15),
            Figure(lean=40, hip=70, knee=40, right_hip=110, right_knee=110, raised=60, elbow=15),
        ),
        0.8,
        "wrist",
    ),
    Move(
        "Boxing",
        (
            Figure(raised=85, elbow=5, right_raised=35, right_elbow=130),
            Figure(raised=35, elbow=130, right_raised=85, right_elbow=5),
        ),
        0.9,
    ),
)
