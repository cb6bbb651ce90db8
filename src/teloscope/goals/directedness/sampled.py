"""What the test of directedness looks at: features at up to some hundred moments of every episode, cut into cells.

Axis letters: `C` contexts, `K` actors (the agent first), `N` episodes, `P` points in time.

Theory: A2.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from teloscope.recordings.seeds import in_proposal_half
from teloscope.recordings.storage.recording import Recording
from teloscope.worlds.world import Context

DENSE, SPREAD = 32, 96
"""Points taken one after another from the start, and over the whole horizon."""
FEW, CELLS = 10, 8
"""Distinct values up to which each is a cell, and quantile cells beyond."""


class Cells(NamedTuple):
    """A feature, cut into cells."""

    feature: str
    of: NDArray[np.uint8]
    """`[C, K, N, P]` the cell at each point."""
    names: list[str]
    """What each cell is, as a phrase."""

    @property
    def count(self) -> int:
        return len(self.names)


class Sampled:
    """A recording at some points in time, for some actors, in the contexts that count."""

    def __init__(self, recording: Recording, actors: Sequence[str]) -> None:
        """`actors`: the agent first."""
        self.recording, self.actors = recording, tuple(actors)
        self.contexts: list[Context] = [c for c in recording.contexts if c.counts]
        horizon = recording.horizon
        spread = _spread(horizon)
        self.points = np.union1d(np.arange(min(DENSE, horizon)), spread)
        """`[P]` steps that are looked at."""
        self.even = np.isin(self.points, spread)
        """`[P]` those of them that lie evenly over the horizon."""

    @cached_property
    def proposing(self) -> NDArray[np.bool_]:
        """`[C, N]` episodes of the half that proposes."""
        return np.stack([in_proposal_half(self.recording.seeds(c.name)) for c in self.contexts])

    def raw(self, feature: str) -> NDArray[Any]:
        """`[C, K, N, P]` values of a feature."""
        read = self.recording.column
        return np.stack([[read(feature, c.name, a)[:, self.points] for a in self.actors] for c in self.contexts])

    def varying(self) -> Iterator[tuple[Cells, NDArray[np.float64] | None]]:
        """Features that change, cut into cells, with their values where those are numbers; copies are left out."""
        seen: set[bytes] = set()
        for feature in self.recording.frame.features:
            values = self.raw(feature)
            cells = cut(feature, values, self.proposing)
            if cells.count < 2 or (same := cells.of.tobytes()) in seen:
                continue
            seen.add(same)
            yield cells, values.astype(np.float64) if values.dtype.kind in "iuf" else None


def _spread(horizon: int) -> NDArray[np.intp]:
    """Points over the whole horizon, first and last among them; where they are not all, nothing regular skips them."""
    count = min(SPREAD, horizon)
    even = np.linspace(0, horizon, count + 1)
    shift = np.random.default_rng(0).uniform(-0.5, 0.5, count + 1) * (horizon / max(count, 1) - 1)
    shift[[0, -1]] = 0
    return np.unique((even + shift).round().astype(np.intp).clip(0, horizon))


def cut(feature: str, values: NDArray[Any], proposing: NDArray[np.bool_]) -> Cells:
    """Cells of a feature: its values where they are few, else between quantiles of the half that proposes.

    Args:
        feature: its name.
        values: `[C, K, N, P]`
        proposing: `[C, N]`
    """
    if values.dtype.kind == "f":
        values = np.nan_to_num(values)
    distinct = np.unique(values)
    if len(distinct) <= FEW or values.dtype.kind not in "iuf":
        names = [_equal(feature, value) for value in distinct[: 1 << 8]]
        return Cells(feature, np.searchsorted(distinct, values).clip(max=len(names) - 1).astype(np.uint8), names)
    of_half = values.swapaxes(1, 2)[proposing]
    edges = np.unique([float(f"{e:.3g}") for e in np.quantile(of_half, np.linspace(0, 1, CELLS + 1)[1:-1])])
    whole = bool((distinct == np.floor(distinct)).all())
    edges = np.unique(np.ceil(edges)) if whole else edges
    names = _between(feature, edges, whole)
    return Cells(feature, np.searchsorted(edges, values, side="right").astype(np.uint8), names)


def _between(feature: str, edges: NDArray[np.float64], whole: bool) -> list[str]:
    """What lies below, between and from the edges on; between whole numbers there is nothing."""
    if not whole:
        inner = [f"{feature} from {low:g} to {high:g}" for low, high in pairwise(edges)]
        return [f"{feature} < {edges[0]:g}", *inner, f"{feature} >= {edges[-1]:g}"]
    inner = [
        f"{feature} = {low:g}" if low >= high - 1 else f"{feature} between {low:g} and {high - 1:g}"
        for low, high in pairwise(edges)
    ]
    return [f"{feature} <= {edges[0] - 1:g}", *inner, f"{feature} >= {edges[-1]:g}"]


def _equal(feature: str, value: Any) -> str:
    if isinstance(value, np.bool_):
        return feature if value else f"not {feature}"
    return f"{feature} = {value:g}" if isinstance(value, np.number) else f"{feature} = '{value}'"
