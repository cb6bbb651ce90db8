"""The world as everybody's recorded steps show it: where each action leads, and what the agent chose where.

    successors[m, s]    chance that pair m = (state, action) leads to state s

Where states recur, the model's states are the abstract states, and chances are counted. Where they don't (continuous
features), the model's states are a sample of recorded states, and moves are fitted (`fitted_moves`).

Axis letters: `S` model states, `A` actions, `M` pairs of state and action, `U` distinct choices, `J` near states.

Theory: A2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse
from scipy.spatial import KDTree

from teloscope.agents.references import IDLE
from teloscope.goals.fitted_moves import ENDED, FITTED, NEAR, SAMPLED, BinnedActions, fit_moves, shared_among
from teloscope.goals.state_abstraction import AbstractStates, shoved_steps
from teloscope.recordings.storage.recording import Recording
from teloscope.schema import AGENT

LASTING, MOST_FEATURES = 0.2, 16
"""Correlation of a feature with itself a step later from which on it lasts; how many features a fitted state has."""
CHOICES = 8_000
"""Choices of the agent looked at, at most, where no two are alike."""


class Choices(NamedTuple):
    """What an actor chose where, in the ordinary contexts; equal choices of the proposing half are counted once."""

    near: NDArray[np.int64]
    """`[U, J]` model states that stand for the place of the choice."""
    weight: NDArray[np.float32]
    """`[U, J]` how much each counts; sums to 1."""
    action: NDArray[np.int64]
    """`[U]` what was chosen."""
    count: NDArray[np.float64]
    """`[U]` how often, in the proposing half."""
    of_step: NDArray[np.int64]
    """`[n]` which choice each step was."""
    episode: NDArray[np.int64]
    """`[n]` numbered through all ordinary contexts."""
    time: NDArray[np.int64]
    """`[n]` step within its episode."""
    at: NDArray[np.int64]
    """`[n]` abstract state of the step."""
    proposing: NDArray[np.bool_]
    """`[n]` whether its episode belongs to the proposing half."""


class RankedPairs(NamedTuple):
    """Pairs of state and action, so ordered that the best action of all states at once is a few maxima of slices.

    States stand in the order of how many actions were tried there, most first. The pairs of each state's first action
    come first, then those of its second, and so on; of each rank the states are the first so many.
    """

    order: NDArray[np.int64]
    """`[S]` model states in that order."""
    place: NDArray[np.int64]
    """`[S]` where each model state stands in it."""
    successors: sparse.csr_array
    """`[M, S]` as `WorldModel.successors`, in both orders."""
    counts: NDArray[np.int64]
    """`[A]` pairs of each rank."""
    pair: NDArray[np.int64]
    """`[A, S]` pair of each action and model state; -1 where nobody tried it."""

    def over_actions(self, best: np.ufunc, worth: NDArray[np.float32], out: NDArray[np.float32]) -> None:
        """Into the first of the `[S, C]` rows of `out`: the maximum or minimum of `[M, C]` over each state's pairs."""
        first = 0
        for rank, count in enumerate(self.counts.tolist()):
            some = worth[first : first + count]
            out[:count] = some if rank == 0 else best(out[:count], some)
            first += count


@dataclass(frozen=True)
class WorldModel:
    """Where actions lead, and what the agent chose."""

    successors: sparse.csr_array
    """`[M, S]` rows sum to 1; pairs are sorted by state."""
    state: NDArray[np.int64]
    """`[M]` model state of each pair."""
    action: NDArray[np.int64]
    """`[M]` action of each pair."""
    abstract: NDArray[np.int64]
    """`[S]` the abstract state that stands for each model state: conditions are read there."""
    n_actions: int
    prior: NDArray[np.float64]
    """`[A]` how often the agent took each action, proposing half."""
    choices: Choices
    """The agent's."""
    references: Mapping[str, Choices]
    """Reference -> what it did; `idle` left out, since it chooses nothing."""
    episodes: Mapping[str, int]
    """Ordinary context -> its number of episodes, in the order in which choices number them."""
    move_steps: int = 1
    """Steps that a move lasts."""

    @property
    def size(self) -> int:
        return len(self.abstract)

    @cached_property
    def left(self) -> NDArray[np.bool_]:
        """`[S]` whether anybody was seen to leave a state."""
        out = np.zeros(self.size, np.bool_)
        out[self.state] = True
        return out

    @cached_property
    def ranked(self) -> RankedPairs:
        """The pairs in the order in which values are worked out."""
        count = np.bincount(self.state, minlength=self.size)
        order = np.argsort(-count, kind="stable")
        place = np.empty(self.size, np.int64)
        place[order] = np.arange(self.size)
        rank = np.arange(len(self.state)) - np.searchsorted(self.state, self.state)
        row = np.lexsort((place[self.state], rank))
        chances = sparse.csr_array(sparse.csr_array(self.successors, dtype=np.float32)[row])
        shape = (len(row), self.size)
        chances = sparse.csr_array((chances.data, place[chances.indices], chances.indptr), shape=shape)
        pair = np.full((self.n_actions, self.size), -1)
        pair[self.action[row], self.state[row]] = np.arange(len(row))
        return RankedPairs(order, place, chances, np.bincount(rank), pair)


class _Steps(NamedTuple):
    """One actor's steps in one ordinary context; those that a shove took are left out."""

    episode: NDArray[np.int64]
    time: NDArray[np.int64]
    action: NDArray[Any]
    at: NDArray[np.int64]
    to: NDArray[np.int64]
    row: NDArray[np.int64]
    """Row of the step's state among all recorded rows; its next state is the row after."""
    proposing: NDArray[np.bool_]
    ends: NDArray[np.bool_]
    """Whether the episode ended early with this step."""


def world_model(recording: Recording, abstract: AbstractStates, rows: Mapping[str, NDArray[np.bool_]]) -> WorldModel:
    """The model that everybody's proposing episodes show.

    Args:
        recording: where actions and lengths are read.
        abstract: the recording in abstract states.
        rows: context -> `[N]` which episodes propose.
    """
    parts: dict[str, list[_Steps]] = {actor: [] for actor in recording.actors}
    episodes: dict[str, int] = {}
    first_row = 0
    for context in recording.contexts:
        before = sum(episodes.values())
        for actor in recording.actors:
            lengths = recording.actions(context.name, actor)[1]
            if context.counts:
                parts[actor].append(
                    _steps_of(recording, abstract, context, actor, rows[context.name], before, first_row)
                )
                if actor == AGENT:
                    episodes[context.name] = len(lengths)
            first_row += int((lengths + 1).sum())
    steps = {actor: _joined(found) for actor, found in parts.items()}
    agent = steps[AGENT]
    if not abstract.cut and agent.action.ndim == 1 and agent.action.dtype.kind in "iu":
        return _counted(abstract, steps, episodes)
    return _fitted(recording, abstract, steps, episodes)


def _joined(parts: Sequence[_Steps]) -> _Steps:
    return _Steps._make(np.concatenate(column) for column in zip(*parts, strict=True))


def _steps_of(
    recording: Recording,
    abstract: AbstractStates,
    context: Any,
    actor: str,
    proposing: NDArray[np.bool_],
    before: int,
    first_row: int,
) -> _Steps:
    actions, lengths = recording.actions(context.name, actor)
    spelled = abstract.spelled[context.name, actor]
    moved = (np.arange(recording.horizon) < lengths[:, None]) & ~shoved_steps(recording, context)
    episode, time = np.nonzero(moved)
    starts = first_row + np.concatenate([[0], np.cumsum(lengths[:-1].astype(np.int64) + 1)])
    return _Steps(
        episode + before,
        time,
        actions[episode, time],
        spelled[episode, time].astype(np.int64),
        spelled[episode, time + 1].astype(np.int64),
        starts[episode] + time,
        proposing[episode],
        (time + 1 == lengths[episode]) & (lengths[episode] < recording.horizon),
    )


def _counted(abstract: AbstractStates, steps: Mapping[str, _Steps], episodes: Mapping[str, int]) -> WorldModel:
    """Chances counted, state by state."""
    whole, agent = _joined(list(steps.values())), steps[AGENT]
    n_actions = int(whole.action.max(initial=0)) + 1
    met = np.unique(np.concatenate([whole.at, whole.to]))
    number = np.zeros(abstract.size, np.int64)
    number[met] = np.arange(len(met))
    used = whole.proposing
    pair = number[whole.at[used]] * n_actions + whole.action[used].astype(np.int64)
    pairs, index = np.unique(pair, return_inverse=True)
    shape = (len(pairs), len(met))
    counts = sparse.csr_array(sparse.coo_array((np.ones(len(index)), (index, number[whole.to[used]])), shape=shape))

    def choices(actor: _Steps) -> Choices:
        chosen, of_step = np.unique(number[actor.at] * n_actions + actor.action.astype(np.int64), return_inverse=True)
        return Choices(
            (chosen // n_actions)[:, None],
            np.ones((len(chosen), 1), np.float32),
            chosen % n_actions,
            np.bincount(of_step, actor.proposing, len(chosen)).astype(np.float64),
            of_step,
            actor.episode,
            actor.time,
            actor.at,
            actor.proposing,
        )

    return WorldModel(
        _rows_sum_to_one(counts),
        pairs // n_actions,
        pairs % n_actions,
        met,
        n_actions,
        _prior(agent.action[agent.proposing].astype(np.int64), n_actions),
        choices(agent),
        {actor: choices(found) for actor, found in steps.items() if actor not in (AGENT, IDLE)},
        episodes,
    )


def _fitted(
    recording: Recording, abstract: AbstractStates, steps: Mapping[str, _Steps], episodes: Mapping[str, int]
) -> WorldModel:
    """Moves fitted to the nearest recorded steps, from a sample of recorded states."""
    rng = np.random.default_rng(0)
    places = _scaled(_recorded_numbers(recording) if abstract.cut else _numbers(abstract.frame))

    def before(some: _Steps) -> NDArray[np.float64]:
        return places[some.row if abstract.cut else some.at]

    def after(some: _Steps) -> NDArray[np.float64]:
        return places[some.row + 1 if abstract.cut else some.to]

    agent, whole = steps[AGENT], _joined(list(steps.values()))
    whole = _of(whole, np.flatnonzero(whole.proposing))
    actions = BinnedActions(whole.action, rng)
    places = places[:, _persisting(before(whole), after(whole), actions.number(whole.action))]
    own = np.flatnonzero(agent.proposing)
    ended = _some(np.flatnonzero(whole.ends), ENDED, rng)
    mine = _of(agent, _some(own, SAMPLED // 2, rng))
    here = _of(whole, _some(np.arange(len(whole.at)), SAMPLED - len(mine.at), rng))
    fitted = _of(whole, _some(np.arange(len(whole.at)), FITTED, rng))
    sampled = np.concatenate([before(mine), before(here)])
    moves = fit_moves(
        before(fitted), after(fitted), actions, actions.columns(fitted.action), sampled, after(_of(whole, ended))
    )
    live, tree = len(sampled), KDTree(sampled)

    def choices(actor: _Steps) -> Choices:
        shown = _of(actor, _some(np.arange(len(actor.at)), CHOICES, rng))
        near, weight = shared_among(tree, before(shown), NEAR)
        return Choices(
            near,
            weight.astype(np.float32),
            actions.number(shown.action),
            shown.proposing.astype(np.float64),
            np.arange(len(shown.at)),
            shown.episode,
            shown.time,
            shown.at,
            shown.proposing,
        )

    return WorldModel(
        moves.successors,
        np.repeat(np.arange(live), actions.count),
        np.tile(np.arange(actions.count), live),
        np.concatenate([mine.at, here.at, whole.to[ended]]),
        actions.count,
        _prior(actions.number(agent.action[own]), actions.count),
        choices(agent),
        {actor: choices(found) for actor, found in steps.items() if actor not in (AGENT, IDLE)},
        episodes,
        moves.steps,
    )


def _of(steps: _Steps, index: NDArray[np.int64]) -> _Steps:
    return _Steps._make(column[index] for column in steps)


def _some(index: NDArray[np.int64], most: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """At most so many of them, in their order."""
    return index if len(index) <= most else np.sort(rng.choice(index, most, replace=False))


def _recorded_numbers(recording: Recording) -> NDArray[np.float64]:
    """`[rows, F]` the features of every recorded state, contexts and actors in order."""
    keys = [(context.name, actor) for context in recording.contexts for actor in recording.actors]
    return _numbers(pl.concat([shard.rows for key in keys for shard in recording.shards(*key)]))


def _numbers(frame: pl.DataFrame) -> NDArray[np.float64]:
    """`[rows, F]` features as numbers; a category has one column a value."""
    parts = []
    for column in frame:
        if column.dtype.is_numeric() or column.dtype == pl.Boolean:
            parts.append(column.cast(pl.Float64).to_numpy())
        else:
            parts += [(column == value).to_numpy().astype(np.float64) for value in column.unique().sort().to_list()]
    return np.stack(parts, axis=1)


def _persisting(
    before: NDArray[np.float64], after: NDArray[np.float64], action: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Which features a state is made of: those that last from step to step, at most `MOST_FEATURES`.

    What is drawn anew at every step tells nothing of where actions lead, and would hide which states are alike. Of too
    many those are kept whose changes depend most on the action.

    Args:
        before, after: `[n, F]` features at every step.
        action: `[n]`
    """
    at, to = before - before.mean(axis=0), after - after.mean(axis=0)
    spread = np.sqrt((at**2).mean(axis=0) * (to**2).mean(axis=0))
    lasting = (at * to).mean(axis=0) / np.maximum(spread, 1e-12)
    kept = np.flatnonzero((lasting >= LASTING) & (spread > 1e-12))
    if len(kept) <= MOST_FEATURES:
        return kept if len(kept) else np.arange(min(before.shape[1], MOST_FEATURES))
    change = (after - before)[:, kept]
    change = change - change.mean(axis=0)
    count = np.bincount(action)
    means = (
        np.stack([np.bincount(action, column, len(count)) for column in change.T], axis=1)
        / np.maximum(count, 1)[:, None]
    )
    moved = (count[:, None] * means**2).sum(axis=0) / np.maximum((change**2).sum(axis=0), 1e-12)
    return np.sort(kept[np.argsort(-moved, kind="stable")[:MOST_FEATURES]])


def _scaled(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    return (numbers - numbers.mean(axis=0)) / (numbers.std(axis=0) + 1e-9)


def _prior(actions: NDArray[np.int64], n_actions: int) -> NDArray[np.float64]:
    counts = np.bincount(actions, minlength=n_actions) + 0.5
    return counts / counts.sum()


def _rows_sum_to_one(counts: sparse.csr_array) -> sparse.csr_array:
    total = np.asarray(counts.sum(axis=1)).ravel()
    return sparse.csr_array(sparse.diags_array(1 / np.where(total > 0, total, 1)) @ counts)
