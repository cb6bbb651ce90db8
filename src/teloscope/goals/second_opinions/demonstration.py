"""A demonstration: recorded episodes of the agent, and the part of the world's table that lies around them.

MEG and IRL compute a plan over every state, hundreds of times. What can't be reached from the starts at hand doesn't
matter to them, and where too much can be reached, fewer starts are taken: from all contexts in turn, in the order in
which they were recorded, so that the same recording always gives the same part.

Theory: A2.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from teloscope.errors import NotExact
from teloscope.goals.second_opinions.irl import demonstrated
from teloscope.goals.second_opinions.soft_planning import Dynamics, Finite, Floats
from teloscope.recordings.storage.recording import Recording
from teloscope.schema import AGENT
from teloscope.worlds.table.arrays import Table
from teloscope.worlds.table.world import TableWorld

MOST = 500_000
"""Decisions (states x actions x steps) that one plan may weigh, beyond what a single start needs."""
HALF = 0.5
"""Added to every count of an action, so that states which were hardly met look like chance (Krichevsky-Trofimov)."""


class Demonstration(NamedTuple):
    """Episodes in contexts without shoves, noise or granted outcomes; `S` counts the states around them."""

    task: Finite
    """Dynamics among the `S` states, and how often the episodes began where."""
    states: NDArray[np.intp]
    """`[S]` rows of the world's table."""
    episodes: NDArray[np.intp]
    """`[N, T+1]` the episodes, as indices into `states`."""
    visits: Floats
    """`[S]` mean visits per episode."""
    policy: Floats
    """`[S, A]` or `[T, S, A]` what the agent chooses; uniform where episodes have ended and nothing is chosen."""
    estimated: bool
    """Whether the policy was estimated from the actions recorded."""
    contexts: tuple[str, ...]
    recorded: int
    """Episodes that such contexts hold altogether."""

    @property
    def source(self) -> str:
        """Where all this comes from, in words."""
        used = len(self.episodes)
        of = f"{used:,} of {self.recorded:,}" if used < self.recorded else f"{used:,}"
        how = "estimated from what it did in each state" if self.estimated else "known in every state"
        return f"{of} episodes of contexts without shoves, noise or granted outcomes; the agent's choices are {how}"


def demonstration(recording: Recording, policy: Floats | None = None, most: int = MOST) -> Demonstration:
    """What the agent demonstrated in the plain contexts of a recording.

    Args:
        recording: of a table world that is at hand.
        policy: `[S, A]` or `[T, S, A]` over the whole table; None: estimated from the actions recorded.
        most: decisions that one plan may weigh.

    Raises:
        NotExact: the world is no table or not at hand, or no context is plain.
    """
    world = recording.world
    if recording.manifest.layout != "table" or not isinstance(world, TableWorld):
        raise NotExact(
            f"Second opinions need a world with a table of all its states, and {recording.manifest.world!r} "
            "has none, or can't be loaded any more. Leave out --second-opinions, or write it as a TableWorld."
        )
    plain = [c.name for c in recording.contexts if c.plain]
    if not plain:
        raise NotExact(
            "Second opinions have no place for shoves, noise or granted outcomes, and no context was recorded without "
            "them. Record one that has none."
        )
    table, horizon = world.table, recording.horizon
    paths = {name: recording.states(name, AGENT) for name in plain}
    kept = _surroundings(table, [path[:, 0] for path in paths.values()], horizon, most)
    rows = {name: kept.starts[path[:, 0]] for name, path in paths.items()}
    states = np.flatnonzero(kept.states)
    index = np.cumsum(kept.states) - 1
    episodes = index[np.concatenate([path[rows[name]] for name, path in paths.items()])]
    start, visits = demonstrated(episodes, len(states), horizon)
    return Demonstration(
        task=Finite(_part(table, states, index), start, horizon),
        states=states,
        episodes=episodes,
        visits=visits,
        policy=_restricted(_estimate(recording, plain, table) if policy is None else policy, table, states, horizon),
        estimated=policy is None,
        contexts=tuple(name for name in plain if rows[name].any()),
        recorded=sum(len(path) for path in paths.values()),
    )


class _Kept(NamedTuple):
    """Starts that were taken, and all that can be reached from them, as masks over the table's states."""

    starts: NDArray[np.bool_]
    states: NDArray[np.bool_]


def _surroundings(table: Table, starts: list[NDArray[np.int32]], horizon: int, most: int) -> _Kept:
    kept = _Kept(np.zeros(table.n_states, np.bool_), np.zeros(table.n_states, np.bool_))
    full = False
    for state in dict.fromkeys(np.stack(starts, axis=1).ravel().tolist()):
        if full and not kept.states[state]:
            continue
        around = kept.states | _reached(table, state, horizon)
        if int(around.sum()) * table.n_actions * horizon <= most or not kept.starts.any():
            kept.starts[state] = True
            kept.states[:] = around
        else:
            full = True
    return kept


def _reached(table: Table, start: int, horizon: int) -> NDArray[np.bool_]:
    """`[S]` what some sequence of actions may lead to within the horizon."""
    seen = np.zeros(table.n_states, np.bool_)
    seen[start] = True
    front = np.array([start])
    for _ in range(horizon):
        front = front[~table.terminal[front]]
        after = np.unique(table.next[front][table.prob[front] > 0])
        front = after[~seen[after]]
        if not len(front):
            break
        seen[front] = True
    return seen


def _part(table: Table, states: NDArray[np.intp], index: NDArray[np.intp]) -> Dynamics:
    """The dynamics among these states. What lies beyond is met when the horizon has come: there it goes nowhere."""
    inside = np.zeros(table.n_states, np.bool_)
    inside[states] = True
    stays = np.arange(len(states))[:, None, None]
    after = table.next[states]
    goes = inside[after] & ~table.terminal[states][:, None, None]
    return Dynamics(np.where(goes, index[after], stays).astype(np.int32), table.prob[states])


def _restricted(policy: Floats, table: Table, states: NDArray[np.intp], horizon: int) -> Floats:
    part = np.array(policy[..., states, :], dtype=np.float64)
    part[..., table.terminal[states], :] = 1 / table.n_actions
    part /= part.sum(axis=-1, keepdims=True)
    return part[:horizon] if part.ndim == 3 else part


def _estimate(recording: Recording, contexts: list[str], table: Table) -> Floats:
    """`[S, A]` how often the agent took each action in each state, whatever the step."""
    counts = np.full((table.n_states, table.n_actions), HALF)
    for context in contexts:
        actions, lengths = recording.actions(context, AGENT)
        took = np.arange(recording.horizon) < lengths[:, None]
        np.add.at(counts, (recording.states(context, AGENT)[:, :-1][took], actions[took]), 1.0)
    return counts / counts.sum(axis=1, keepdims=True)
