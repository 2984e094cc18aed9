"""Movement of a whole picture as a few curves that swing with it: what is counted on when no pose can be had.

The flow of every part of the picture, added up, is how far that part has moved; its principal components are the
ways in which the picture moves as one. Knows no body.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smolvlm_core.signals.bins import Curve, running_mean, smooth
from smolvlm_core.signals.joints import even_times
from smolvlm_core.signals.movement import SAMPLE_HZ, Take

Table = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FlowCurveOptions:
    """Chosen on 33 clips with counted repetitions, at six tempi each."""

    table_smoothing: float = 1.0
    """Samples (sigma): flow is noisier than landmarks."""
    curve_smoothing: float = 2.0
    """Samples (sigma), of the components."""
    drift_windows_s: tuple[float, ...] = (2.0, 4.0, 8.0)
    """Added-up flow drifts; what is slower is taken out. One for fast, one for usual, one for slow tempi."""
    look_drift_s: float = 10.0
    """The same for brightness, which drifts less."""
    components: int = 3
    """Of each table: beyond, they are noise."""


@dataclass(frozen=True, slots=True)
class FlowTables:
    """On the even grid of the take, from ``start_s``.

    ``velocity``: (N, 120), of 6 x 10 parts of the picture less the camera's, longer sides per second;
    ``look``: (N, 192), brightness 0..1.
    """

    start_s: float
    velocity: Table
    look: Table

    def __len__(self) -> int:
        return len(self.velocity)

    def part(self, first: int, last: int) -> "FlowTables":
        return FlowTables(self.start_s + first / SAMPLE_HZ, self.velocity[first:last], self.look[first:last])


@dataclass(frozen=True, slots=True)
class FlowCurve:
    """One component; ``share`` 0..1 of the variance of its table."""

    name: str
    values: Curve
    share: float


def flow_tables(take: Take, options: FlowCurveOptions = FlowCurveOptions()) -> FlowTables:
    count = len(take)
    coarse = take.flow.reshape(count, 6, 2, 10, 2, 2).mean(axis=(2, 4)).astype(np.float64)
    camera = np.median(coarse.reshape(count, -1, 2), axis=1)
    own = (coarse - camera[:, None, None, :]).reshape(count, -1)
    grid_s = even_times(take.times_s)

    def even(table: Table) -> Table:
        columns = [np.interp(grid_s, take.times_s, column) for column in table.T]
        return smooth(np.stack(columns, axis=1), options.table_smoothing)

    return FlowTables(float(grid_s[0]), even(own), even(take.look.reshape(count, -1).astype(np.float64)))


def flow_curves(tables: FlowTables, options: FlowCurveOptions = FlowCurveOptions()) -> Iterator[FlowCurve]:
    """The strongest components, smoothed; those without any movement are left out."""
    way = np.cumsum(tables.velocity, axis=0) / SAMPLE_HZ
    for window_s in options.drift_windows_s:
        yield from _components(f"flow over {window_s:g} s", _without_drift(way, window_s), options)
    yield from _components("look", _without_drift(tables.look, options.look_drift_s), options)


def _without_drift(table: Table, window_s: float) -> Table:
    return np.asarray(table - running_mean(table, max(3, int(window_s * SAMPLE_HZ))), np.float64)


def _components(name: str, table: Table, options: FlowCurveOptions) -> Iterator[FlowCurve]:
    u, s, _ = np.linalg.svd(table - table.mean(axis=0), full_matrices=False)
    energy = s**2 / max(1e-12, float((s**2).sum()))
    for index in range(min(options.components, len(s))):
        values = smooth(u[:, index] * s[index], options.curve_smoothing)
        if float(np.ptp(values)) > 1e-6:  # nothing moves
            yield FlowCurve(f"{name}, {index + 1}", values, float(energy[index]))
