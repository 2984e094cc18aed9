"""What a body does during a stretch of time, in a few numbers: how it lies, how far joints go. Names nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from smolvlm_core.domain import Span
from smolvlm_core.exercise import Posture
from smolvlm_core.signals.bins import Curve
from smolvlm_core.signals.joints import SIDES, BodySignals
from smolvlm_core.signals.movement import SAMPLE_HZ


@dataclass(frozen=True, slots=True)
class PostureOptions:
    """Chosen by eye."""

    window_periods: float = 2.0
    """Low, high and range are those of so many repetitions, the usual ones of the set: a single odd one, or a step
    aside between two, changes nothing; and both sides have had their turn."""
    least_window_s: float = 1.0
    hold_window_s: float = 2.0
    """The same of a hold."""
    percentile: float = 5.0
    """This one is the low of a window, the one as far from the top its high: a landmark may jump."""
    present: float = 0.5
    """Share of a sample: more of what lies beside it shows a body than not."""
    least_samples: int = 8
    """With a body; half a second."""
    least_seen: float = 0.2
    """Visibility of a limb's joints, median: below it they are outside the picture."""
    least_bend: float = 20.0
    """Degrees: left and right are compared where one of them goes this far."""
    bent_share: float = 0.25
    """Share of the time that counts as bent most, and in which arms are highest."""


_LEGS = ("knee", "hip", "legs", "upright", "feet", "stride", "flight")
_ARMS = ("elbow", "arms", "shoulder_low", "shoulder_high", "shoulder_range", "arm_", "hand")
"""How the names of numbers begin that need these limbs seen."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """The curves where the body was seen, and the windows that they are looked at in."""

    curves: Mapping[str, Curve]
    windows: Sequence[slice]
    options: PostureOptions

    def ends(self, name: str) -> tuple[float, float]:
        """The usual low and high of a window."""
        low, high = np.median(self._each(name), axis=0)
        return float(low), float(high)

    def range(self, name: str) -> float:
        """The usual way from low to high within a window: what drifts from one to the next does not swing."""
        return float(np.median(np.ptp(self._each(name), axis=1)))

    def _each(self, name: str) -> NDArray[np.float64]:
        ends = [self.options.percentile, 100 - self.options.percentile]
        return np.array([np.percentile(self.curves[name][window], ends) for window in self.windows])


def posture_of(
    body: BodySignals, span: Span, period_s: float | None = None, options: PostureOptions = PostureOptions()
) -> Posture | None:
    """None where too little of ``span`` shows a body.

    Args: body: of the take that holds the span; period_s: usual time of a repetition, None for a hold.
    """
    times_s = body.start_s + np.arange(len(body)) / SAMPLE_HZ
    shown = (times_s >= span.start_s) & (times_s < span.end_s) & (body.presence > options.present)
    count = int(shown.sum())
    if count < options.least_samples:
        return None
    curves = {name: curve[shown] for name, curve in body.curves.items()}
    seen = _Seen(curves, _windows(count, period_s, options), options)
    values = {**_of_joints(seen), **_of_space(seen), **_of_arms(seen)}
    for limbs, names in (("legs_seen", _LEGS), ("arms_seen", _ARMS)):
        if float(np.median(curves[limbs])) < options.least_seen:
            values.update(
                {name: None for name in values if name.startswith(names) or name == "hands_over_feet_low"}
            )
    return Posture(**values, period_s=period_s)  # type: ignore[arg-type]


def _windows(count: int, period_s: float | None, options: PostureOptions) -> list[slice]:
    """Of equal length, one after the other, all samples in one."""
    wanted_s = options.hold_window_s if period_s is None else options.window_periods * period_s
    length = max(options.least_window_s, wanted_s) * SAMPLE_HZ
    edges = np.linspace(0, count, max(1, round(count / length)) + 1).round().astype(int)
    return [slice(first, last) for first, last in pairwise(edges.tolist())]


def _of_joints(seen: _Seen) -> dict[str, float | None]:
    values: dict[str, float | None] = {}
    for joint in ("knee", "hip", "elbow", "shoulder"):
        values[f"{joint}_low"], values[f"{joint}_high"] = seen.ends(joint)
        values[f"{joint}_range"] = max(seen.range(f"{joint}_{side}") for side in SIDES)
    for joint in ("knee", "hip"):
        values[f"{joint}_uneven"] = _uneven(seen, joint)
    values["legs_together"] = _together(seen, "hip")
    values["arms_together"] = _together(seen, "elbow")
    return values


def _of_space(seen: _Seen) -> dict[str, float | None]:
    values: dict[str, float | None] = {}
    for name in ("lean", "facing", "upright", "hips_up", "hands_up"):
        values[f"{name}_low"], values[f"{name}_high"] = seen.ends(name)
    for name in ("hands_over_hips", "hands_over_feet"):
        values[f"{name}_low"] = seen.ends(name)[0]
    for name in ("stride", "feet_apart"):
        values[f"{name}_high"] = seen.ends(name)[1]
    for name in ("upright", "feet_apart"):
        values[f"{name}_range"] = seen.range(name)
    values["hands_aside"] = seen.range("hands_aside")
    for part, name in (("shoulder", "shoulder"), ("hip", "hip"), ("hand", "wrist")):
        values[f"{part}_travel"] = seen.range(f"{name}_height")
    # hips also go up and down when the legs bend; a foot that something hides seems to, too
    values["flight"] = max(0.0, min(seen.range("foot_height"), seen.range("hip_height") - seen.range("hips_up")))
    return values


def _of_arms(seen: _Seen) -> dict[str, float | None]:
    lifted = seen.curves["shoulder"]
    highest = lifted >= np.percentile(lifted, 100 * (1 - seen.options.bent_share))
    return {name: float(np.median(seen.curves[name][highest])) for name in ("arm_side", "arm_front")}


def _uneven(seen: _Seen, joint: str) -> float:
    left, right = (seen.curves[f"{joint}_{side}"] for side in SIDES)
    bent = left + right <= np.percentile(left + right, 100 * seen.options.bent_share)
    return float(np.median(np.abs(left - right)[bent]))


def _together(seen: _Seen, joint: str) -> float | None:
    """None where neither side goes far."""
    names = [f"{joint}_{side}" for side in SIDES]
    left, right = (seen.curves[name] for name in names)
    if max(seen.range(name) for name in names) < seen.options.least_bend or left.std() * right.std() == 0:
        return None
    return float(np.corrcoef(left, right)[0, 1])
