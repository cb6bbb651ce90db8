"""Abstract states: what the agent's surroundings looked like, as whole numbers, so that like can be compared with like.

In a table world the abstract state is the state. Elsewhere it is the row of features, if rows recur; where they don't
(continuous features) each feature is cut at quantiles, and a condition is judged on the features that it names.

Theory: A2.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from teloscope.goals.settling import Settling, settling
from teloscope.recordings.storage.recording import Recording
from teloscope.worlds.world import Context

RECURRING = 6
"""Rows per distinct row of features from which on rows are said to recur."""
MOST = 65_536
"""Distinct rows beyond which features are cut instead."""
CUTS = 24
"""Quantile cells per feature where they are cut."""
FAR = (0.01, 0.99)
"""Far quantiles: what an agent seeks may be a place where nobody is for long."""
SYMMETRIC = 0.5
"""A feature takes both signs alike where its smaller side reaches this share of its larger one."""


class AbstractStates(NamedTuple):
    """A finite alphabet and the recording spelled in it."""

    frame: pl.DataFrame
    """`[K]` features of each abstract state; where features were cut, those of one row in the cell."""
    spelled: dict[tuple[str, str], NDArray[np.int32]]
    """(context, actor) -> `[N, T+1]` abstract states."""
    settlings: Mapping[str, Settling] = MappingProxyType({})
    """Where each feature that was cut settles; empty where states recur."""
    cut: bool = False
    """Whether features were cut."""

    @property
    def size(self) -> int:
        return len(self.frame)


def abstract_states(recording: Recording) -> AbstractStates:
    """The recording in abstract states."""
    keys = [(c.name, a) for c in recording.contexts for a in recording.actors]
    if recording.manifest.layout == "table":
        return AbstractStates(recording.states_table, {key: recording.states(*key).astype(np.int32) for key in keys})
    rows = {key: pl.concat([s.rows for s in recording.shards(*key)]) for key in keys}
    whole = pl.concat(rows.values())
    distinct = whole.unique(maintain_order=True)
    cut = len(distinct) > MOST or len(whole) < RECURRING * len(distinct)
    settlings: dict[str, Settling] = {}
    if cut:
        many = [c.name for c in whole if c.dtype.is_numeric() and c.n_unique() > CUTS]
        settlings = {name: settling(recording, name) for name in many}
        whole = _cut(whole, settlings)
        distinct = whole.unique(maintain_order=True)
    ids = whole.join(distinct.with_row_index("abstract state"), on=whole.columns, how="left", maintain_order="left")[
        "abstract state"
    ].to_numpy()
    spelled, at = {}, 0
    for key, frame in rows.items():
        spelled[key] = _padded(recording, key, ids[at : at + len(frame)])
        at += len(frame)
    return AbstractStates(distinct, spelled, settlings, cut)


def _padded(recording: Recording, key: tuple[str, str], ids: NDArray[np.uint32]) -> NDArray[np.int32]:
    parts, at = [], 0
    for shard in recording.shards(*key):
        parts.append(shard.padded(ids[at : at + len(shard.rows)], recording.horizon))
        at += len(shard.rows)
    return np.concatenate(parts).astype(np.int32)


def _cut(frame: pl.DataFrame, settlings: Mapping[str, Settling]) -> pl.DataFrame:
    """Every many-valued number is replaced by the lower edge of its cell.

    Cells end at quantiles of what everybody recorded, and at the bounds of what the agent settles in. Edges are
    rounded, so that thresholds read well, before anything is cut at them: a threshold on cells is the same threshold on
    the numbers themselves.
    """
    cut = []
    for column in frame:
        if column.name in settlings:
            values = column.to_numpy().astype(np.float64)
            edges = np.union1d(quantile_edges(values), settlings[column.name].bounds)
            lowest = min(float(values.min()), float(edges[0]) - 1.0)
            cut.append(pl.Series(column.name, np.append(lowest, edges)[np.searchsorted(edges, values, side="right")]))
        else:
            cut.append(column)
    return pl.DataFrame(cut)


def quantile_edges(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where a feature is cut: symmetrically where it takes both signs alike, else at quantiles and at two far ones."""
    low, high = np.quantile(values, FAR)
    if low < 0 < high and min(-low, high) > SYMMETRIC * max(-low, high):
        sizes = _rounded(np.quantile(np.abs(values), np.linspace(0, 1, CUTS // 2 + 1)[1:-1]))
        return np.unique(np.concatenate([-sizes, [0.0], sizes]))
    return np.unique(_rounded(np.quantile(values, [*np.linspace(0, 1, CUTS + 1)[1:-1], *FAR])))


def _rounded(values: NDArray[np.float64], digits: int = 3) -> NDArray[np.float64]:
    """Numbers to so many significant digits."""
    return np.array([float(f"{value:.{digits}g}") for value in values])


def after_shove(recording: Recording, context: Context) -> int:
    """The first state after a context's shove, as an index into `[T+1]`."""
    assert context.shove_at is not None
    return min(context.shove_at + recording.manifest.shove_steps, recording.horizon)


def shoved_steps(recording: Recording, context: Context) -> NDArray[np.bool_]:
    """`[T]` transitions that are the shove's doing, not the actor's."""
    steps = np.zeros(recording.horizon, dtype=np.bool_)
    if context.shove_at is not None:
        forced = recording.manifest.shove_steps
        first = context.shove_at if forced else context.shove_at - 1
        steps[max(first, 0) : context.shove_at + forced] = True
    return steps
