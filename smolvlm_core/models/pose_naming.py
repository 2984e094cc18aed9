"""What a body's posture says about the exercise, and how that goes together with what a model saw. Pure functions.

Each row of the table is a hypothesis, and one more is that it is none of them. A hypothesis gains by saying a lot
that turns out right (limits are worth as much as they are narrow, up to a point), and loses by what does not.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from smolvlm_core.domain import Choice
from smolvlm_core.exercise import Posture
from smolvlm_core.models.exercise_shapes import Limits, Shape, shapes_of
from smolvlm_core.models.exercises import EXERCISES, SELDOM, UNKNOWN_LABEL, Exercise, exercise_labels

TINY = 1e-6
"""Of probability: no label is ever quite impossible."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Of a number: ``extent`` is how far it varies over all movements, ``error`` how far landmarks are off (one
    standard deviation). Both by eye, on poses of BlazePose."""

    extent: float
    error: float


ANGLE = Scale(180, 12)
ANGLE_RANGE = Scale(140, 10)
DIRECTION = Scale(2, 0.2)
LENGTH = Scale(1.2, 0.06)
APART = Scale(1.2, 0.1)
"""Left from right: half of it is depth, or hidden."""
UNEVEN = Scale(140, 14)
TRAVEL = Scale(0.8, 0.03)
TOGETHER = Scale(2, 0.25)
SECONDS = Scale(8, 0.3)

_SCALES = (
    ("period_s", SECONDS),
    ("_together", TOGETHER),
    ("_uneven", UNEVEN),
    ("facing", DIRECTION),
    ("arm_side", DIRECTION),
    ("arm_front", DIRECTION),
    ("feet_apart_range", LENGTH),
    ("feet_apart", APART),
    ("stride", APART),
    ("_travel", TRAVEL),
    ("upright_range", TRAVEL),
    ("flight", TRAVEL),
    ("upright", LENGTH),
    ("hips_up", LENGTH),
    ("hands_", LENGTH),
    ("_range", ANGLE_RANGE),
)
"""How a name begins or ends, the first that holds; all others are angles."""


def scale_of(name: str) -> Scale:
    """Of the number of a ``Posture`` with this name."""
    for ending, scale in _SCALES:
        if name.startswith(ending) or name.endswith(ending):
            return scale
    return ANGLE


@dataclass(frozen=True, slots=True)
class NamingOptions:
    """Chosen by eye."""

    odd_share: float = 0.01
    """Of limits that a right exercise breaks: a limb misplaced, a way of doing it nobody thought of. Also of holds
    in which repetitions were counted, and of repetitions that were not."""
    independence: float = 0.8
    """0..1: the numbers hang together (a bent knee lowers the hips), so each counts for less than one."""
    most_worth_nats: float = 4.0
    """Of keeping to all limits: a shape is no likelier for saying more about the same body."""
    unknown_nats: float = 1.0
    """Evidence that an exercise needs to be as likely as none of them."""
    least_share: float = 0.5
    """Of the probability, for a name to be given: more likely right than not. On 32 sets, names with a share of .4
    to .5 were right half of the time, with more nine times of ten."""
    model_trust: float = 0.3
    """0..1: how often what a small model saw is more than a guess. It makes one label up to twenty times likelier
    than the others; a posture that fits only one exercise does more."""


def pose_evidence(
    posture: Posture, exercises: Sequence[Exercise] = EXERCISES, options: NamingOptions = NamingOptions()
) -> Choice:
    """Probabilities over ``exercise_labels``; the label is None where none of them fits, or several do alike."""
    measured = {name: value for name, value in asdict(posture).items() if value is not None}
    # of rows without shapes the posture says nothing: together they are a part of "none of these"
    shapeless = max(1, sum(not exercise.shapes for exercise in exercises))
    nats = {UNKNOWN_LABEL: options.unknown_nats}
    for exercise in exercises:
        fits = [_fit_nats(measured, shape, options) for shape in shapes_of(exercise.shapes)]
        if not fits:
            nats[exercise.name] = options.unknown_nats + math.log(SELDOM / shapeless)
            continue
        miscounted = exercise.held is not (posture.period_s is None)
        fit = max(fits) + (math.log(options.odd_share) if miscounted else 0.0)
        nats[exercise.name] = options.independence * fit + math.log(exercise.frequency)
    return _chosen({label: nats[label] for label in exercise_labels(tuple(exercises))}, options)


def combined(pose: Choice | None, model: Choice | None, options: NamingOptions = NamingOptions()) -> Choice | None:
    """What both say together: the product of their probabilities. None where both are None.

    A body nobody saw (None) leaves it to the model; a model that gives every label the same changes nothing.
    """
    if pose is None or model is None:
        return pose or model
    even = (1 - options.model_trust) / len(pose.probabilities)
    nats = {
        label: math.log(max(share, TINY))
        + math.log(even + options.model_trust * model.probabilities.get(label, 0.0))
        for label, share in pose.probabilities.items()
    }
    return _chosen(nats, options)


def _fit_nats(measured: Mapping[str, float], shape: Shape, options: NamingOptions) -> float:
    """How much likelier the measured numbers are under this shape than under any movement, in nats.

    What keeping to the limits is worth, less what it costs to break them.
    """
    known = [(measured[name], limits, scale_of(name)) for name, limits in shape.items() if name in measured]
    worth = sum(_worth_nats(limits, scale) for _, limits, scale in known)
    most = options.most_worth_nats
    return most * (1 - math.exp(-worth / most)) - sum(_cost_nats(*one, options) for one in known)


def _worth_nats(limits: Limits, scale: Scale) -> float:
    """Of a number between them: how much denser the shape is there than movements are anywhere."""
    low, high = limits
    return max(0.0, math.log(scale.extent / (high - low + scale.error * math.sqrt(2 * math.pi))))


def _cost_nats(value: float, limits: Limits, scale: Scale, options: NamingOptions) -> float:
    """Of a number beyond them, as unlikely as the landmarks would have to be wrong, or the exercise done oddly."""
    low, high = limits
    beyond = max(low - value, value - high, 0.0) / scale.error
    return -math.log((1 - options.odd_share) * math.exp(-(beyond**2) / 2) + options.odd_share)


def _chosen(nats: Mapping[str, float], options: NamingOptions) -> Choice:
    top = max(nats.values())
    weights = {label: math.exp(value - top) for label, value in nats.items()}
    total = sum(weights.values())
    shares = {label: weight / total for label, weight in weights.items()}
    best = max(shares, key=lambda label: shares[label])
    sure = best != UNKNOWN_LABEL and shares[best] >= options.least_share
    return Choice(best if sure else None, shares[best], shares)
