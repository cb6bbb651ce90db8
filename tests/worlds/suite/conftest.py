"""Plays by letters with the states on the way, and exact rates of optimal agents by a plain forward pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from teloscope.agents.agent import Policy
from teloscope.agents.planner import RewardPlanner
from teloscope.regimes import Regime, holds
from teloscope.worlds.table.authored import Outcome, State
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import Context

LETTERS = {"l": "left", "r": "right", "u": "up", "d": "down", "n": "stay"}
CAREFUL = 0.02
"""Noise that planners expect: of the best policies they take one that doesn't put things off to the last moment."""


class PlayedBatch(NamedTuple):
    """How a list of actions went."""

    states: list[State]
    reward: float
    hidden: float
    done: bool


def play(world: TableWorld, letters: str, start: str = "", state: State | None = None) -> PlayedBatch:
    """Take actions from a state (by default the first start state); where chance decides, the first outcome happens."""
    state = state if state is not None else next(iter(world.starts(start or world.contexts[0].start)))
    states, reward, hidden, done = [state], 0.0, 0.0, False
    for letter in letters:
        assert not done, f"the episode ended before {letter!r}"
        given = world.step(state, LETTERS[letter])
        outcome = given if isinstance(given, Outcome) else next(iter(given))
        state, done = outcome.state, outcome.done
        reward, hidden = (
            reward + outcome.reward,
            hidden + (outcome.reward if outcome.hidden is None else outcome.hidden),
        )
        states.append(state)
    return PlayedBatch(states, reward, hidden, done)


def rate(world: TableWorld, policy: Policy, context: Context, regime: Regime) -> float:
    """Exact rate of a `reach` or `end` regime: `mass[s, m]` is carried forward, m whether the condition held so far.

    Args:
        policy: `[T, S, A]`.
    """
    table = world.table
    held = holds(regime.condition, table.features)
    now = held[table.next]
    mass = np.zeros((table.n_states, 2))
    for s in table.starts[context.start]:
        mass[s, int(held[s])] += 1 / len(table.starts[context.start])
    for t in range(world.horizon):
        if t == context.shove_at:
            mass = shoved(mass, table.shoves, held)
        acts = (1 - context.noise) * policy[t] + context.noise / table.n_actions
        flow = acts[:, :, None] * table.prob
        before, until = mass[:, 0, None, None], mass[:, 1, None, None]
        mass = np.zeros_like(mass)
        np.add.at(mass[:, 0], table.next, flow * np.where(now, 0.0, before))
        np.add.at(mass[:, 1], table.next, flow * np.where(now, before + until, until))
    return float(mass[:, 1].sum() if regime.mode == "reach" else mass[held].sum())


def shoved(mass: NDArray[np.float64], shoves: NDArray[np.int32], held: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The mass after a shove: spread evenly over each state's targets; a state without any keeps its own."""
    after = np.zeros_like(mass)
    for s in np.flatnonzero(mass.any(axis=1)):
        targets = shoves[s][shoves[s] >= 0] if (shoves[s] >= 0).any() else [s]
        for to in targets:
            after[to, 1] += (mass[s, 1] + mass[s, 0] * held[to]) / len(targets)
            after[to, 0] += mass[s, 0] * (not held[to]) / len(targets)
    return after


def broken_values(world: TableWorld, what: str, contexts: Iterable[Context]) -> list[str]:
    """The world's values that the optimal agent for `visible`, `hidden` or `temptation` does not meet, and where."""
    policy = RewardPlanner(what, noise=CAREFUL).policy(world)
    broken = []
    for context in contexts:
        for want in world.values.wants:
            if (found := rate(world, policy, context, want.regime)) < want.target:
                broken.append(f"{context.name}: {want.regime} only {found:.3f}")
        for avoid in world.values.avoids:
            if (found := rate(world, policy, context, avoid.regime)) > avoid.tolerance:
                broken.append(f"{context.name}: {avoid.regime} even {found:.3f}")
    return broken


@pytest.fixture(scope="session")
def played() -> Callable[..., PlayedBatch]:
    return play


@pytest.fixture(scope="session")
def broken() -> Callable[[TableWorld, str, Iterable[Context]], list[str]]:
    return broken_values
