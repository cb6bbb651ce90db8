"""Abstract states: what the agent's surroundings looked like, as whole numbers, so that like can be compared with like.

In a table world the abstract state is the state. Elsewhere it is the row of features, if rows recur; where they don't
(continuous features) each feature is cut at quantiles, and a condition is judged on the features that it names.

Theory: A2.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from teloscope.agents.references import IDLE
from teloscope.recordings.storage.recording import Recording
from teloscope.schema import AGENT
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
    if cut:
        whole = _cut(whole)
        distinct = whole.unique(maintain_order=True)
    ids = whole.join(distinct.with_row_index("abstract state"), on=whole.columns, how="left", maintain_order="left")[
        "abstract state"
    ].to_numpy()
    spelled, at = {}, 0
    for key, frame in rows.items():
        spelled[key] = _padded(recording, key, ids[at : at + len(frame)])
        at += len(frame)
    return AbstractStates(distinct, spelled, cut)


def _padded(recording: Recording, key: tuple[str, str], ids: NDArray[np.uint32]) -> NDArray[np.int32]:
    parts, at = [], 0
    for shard in recording.shards(*key):
        parts.append(shard.padded(ids[at : at + len(shard.rows)], recording.horizon))
        at += len(shard.rows)
    return np.concatenate(parts).astype(np.int32)


def _cut(frame: pl.DataFrame) -> pl.DataFrame:
    """Every many-valued number is replaced by the lower edge of its quantile cell.

    Edges are rounded, so that thresholds read well, before anything is cut at them: a threshold on cells is the same
    threshold on the numbers themselves.
    """
    cut = []
    for column in frame:
        if column.dtype.is_numeric() and column.n_unique() > CUTS:
            values = column.to_numpy().astype(np.float64)
            edges = _edges(values)
            lowest = min(float(values.min()), float(edges[0]) - 1.0)
            cut.append(pl.Series(column.name, np.append(lowest, edges)[np.searchsorted(edges, values, side="right")]))
        else:
            cut.append(column)
    return pl.DataFrame(cut)


def _edges(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where a feature is cut: symmetrically where it takes both signs alike, else at quantiles and at two far ones."""
    low, high = np.quantile(values, FAR)
    if low < 0 < high and min(-low, high) > SYMMETRIC * max(-low, high):
        sizes = _rounded(np.quantile(np.abs(values), np.linspace(0, 1, CUTS // 2 + 1)[1:-1]))
        return np.unique(np.concatenate([-sizes, [0.0], sizes]))
    return np.unique(_rounded(np.quantile(values, [*np.linspace(0, 1, CUTS + 1)[1:-1], *FAR])))


def _rounded(values: NDArray[np.float64], digits: int = 3) -> NDArray[np.float64]:
    """Numbers to so many significant digits."""
    return np.array([float(f"{value:.{digits}g}") for value in values])


class Steps(NamedTuple):
    """Transitions one after another: from which abstract state, by which action, to which abstract state."""

    at: NDArray[np.int64]
    action: NDArray[Any]
    to: NDArray[np.int64]


class Transitions:
    """How the agent moved between abstract states, and how actors that don't look would have moved from the same ones.

    What everybody's steps show of the world, `P(to | at, action)`, is weighed with the actions of an actor that
    chooses uniformly, and of one with the agent's own frequencies. Actions nobody tried at an abstract state are left
    out of the weighing, so where only the agent has been there is nothing to hold against it. Continuous actions can't
    be pooled: there the references' own moves stand in.

    What nobody did is left out: waiting in the last state after an early end, and steps that a shove took.
    """

    def __init__(
        self, recording: Recording, abstract: AbstractStates, rows: Mapping[str, NDArray[np.bool_]] | None = None
    ) -> None:
        """Counted over the ordinary contexts.

        Args:
            recording: where actions, lengths and shoves are read.
            abstract states: the recording in abstract states.
            rows: context -> `[N]` which episodes count, of everybody; None: all.
        """
        self.size = abstract.size
        steps = {actor: _steps(recording, abstract, actor, rows) for actor in recording.actors}
        mine = steps[AGENT]
        self.agent = self._counts(mine.at, mine.to)
        """`[K, K]` how often the agent moved from one abstract state to another."""
        discrete = mine.action.ndim == 1 and mine.action.dtype.kind in "iu"
        self.unlooking = self._weighed(steps, mine) if discrete else self._stood_in(steps)
        """`[K, K]` each: chances to move from one abstract state to another, of actors that don't look."""

    def _counts(self, at: NDArray[np.int64], to: NDArray[np.int64], rows: int = 0) -> sparse.csr_array:
        shape = (rows or self.size, self.size)
        return sparse.csr_array(sparse.coo_array((np.ones(len(at)), (at, to)), shape=shape))

    def _weighed(self, steps: Mapping[str, Steps], mine: Steps) -> list[sparse.csr_array]:
        """The world as everybody met it, under uniform actions and under the agent's frequencies."""
        pooled = [np.concatenate(column) for column in zip(*steps.values(), strict=True)]
        at, action, to = pooled[0], pooled[1].astype(np.int64), pooled[2]
        n_actions = int(action.max(initial=0)) + 1
        world = _rows_sum_to_one(self._counts(at * n_actions + action, to, self.size * n_actions))
        tried = np.flatnonzero(np.asarray(world.sum(axis=1)).ravel())
        habits = np.bincount(mine.action.astype(np.int64), minlength=n_actions) / max(len(mine.action), 1)
        return [
            sparse.csr_array(_rows_sum_to_one(self._chooser(tried, weights, n_actions)) @ world)
            for weights in (np.full(n_actions, 1 / n_actions), habits)
        ]

    def _chooser(self, tried: NDArray[np.int64], weights: NDArray[np.float64], n_actions: int) -> sparse.csr_array:
        """`[K, K A]` which action an actor takes at each abstract state, among those that were tried there."""
        places = (tried // n_actions, tried)
        shape = (self.size, self.size * n_actions)
        return sparse.csr_array(sparse.coo_array((weights[tried % n_actions], places), shape=shape))

    def _stood_in(self, steps: Mapping[str, Steps]) -> list[sparse.csr_array]:
        """The references' own moves, each abstract state with one more move that stays."""
        movers = [actor for actor in steps if actor not in (AGENT, IDLE)] or [a for a in steps if a != AGENT]
        stay = sparse.eye_array(self.size, format="csr")
        return [_rows_sum_to_one(self._counts(steps[actor].at, steps[actor].to) + stay) for actor in movers]

    @cached_property
    def visited(self) -> NDArray[np.int64]:
        """`[V]` abstract states that the agent moved on from."""
        return np.flatnonzero(np.asarray(self.agent.sum(axis=1)).ravel())


def _rows_sum_to_one(counts: sparse.csr_array) -> sparse.csr_array:
    total = np.asarray(counts.sum(axis=1)).ravel()
    return sparse.csr_array(sparse.diags_array(1 / np.where(total > 0, total, 1)) @ counts)


def _steps(
    recording: Recording, abstract: AbstractStates, actor: str, rows: Mapping[str, NDArray[np.bool_]] | None
) -> Steps:
    """An actor's moves in the ordinary contexts."""
    parts: list[Steps] = []
    for context in recording.contexts:
        if not context.counts:
            continue
        actions, lengths = recording.actions(context.name, actor)
        spelled = abstract.spelled[context.name, actor]
        if rows is not None:
            mine = rows[context.name]
            actions, lengths, spelled = actions[mine], lengths[mine], spelled[mine]
        moved = (np.arange(recording.horizon) < lengths[:, None]) & ~shoved_steps(recording, context)
        parts.append(
            Steps(spelled[:, :-1][moved].astype(np.int64), actions[moved], spelled[:, 1:][moved].astype(np.int64))
        )
    return Steps(*(np.concatenate(column) for column in zip(*parts, strict=True)))


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
