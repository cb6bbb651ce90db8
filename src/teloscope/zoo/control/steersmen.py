"""Steersmen: agents of table worlds whose goals have phases. They go the shortest way and remember what they are at.

    hold(A)           one phase: into A, and about in it
    first A then B    into A; then into B, and about in it
    cycle A B         into A, then into B, then into A, …
    given C: A else B which phase is decided by the state that the episode starts in
    mixture of A, B   which phase is decided by lot
    raise f, lower f  one phase: as much (little) of f as can be had, soon

A steersman takes any of the actions that are equally good, each as often as the others, and with probability `eps` any
action at all.

Theory: A2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from teloscope.agents.agent import Agent, Policy, Sees
from teloscope.regimes import holds
from teloscope.worlds.table.arrays import Table
from teloscope.worlds.table.planning import Task, action_values, greedy
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import World

AHEAD = 60
"""Steps that a steersman looks ahead."""
SOON = 0.9
"""Discount: near is better than far."""
ANYHOW = "anyhow"
"""A phase without a target: every action equally likely."""


@dataclass(frozen=True)
class Phase:
    """What a steersman is at."""

    wants: str
    """A condition, a feature where there is more or less to be had, or `ANYHOW`."""
    how: Literal["into", "out of", "more", "less"] = "into"
    after: int | None = None
    """The phase that follows once `wants` holds; None: it goes on."""


class Steersman(Agent):
    """Goes where its phases say."""

    sees: ClassVar[Sees] = "state"

    def __init__(
        self,
        name: str,
        phases: Sequence[Phase],
        eps: float = 0.0,
        given: str | None = None,
        share: float | None = None,
    ) -> None:
        """Args:
        name: what it steers into, as text.
        phases: what it is at, from the first on.
        eps: probability of a uniform action.
        given: a condition on the first state: where it holds the first phase begins, else the second.
        share: of episodes that begin with the first phase, by lot; the others begin with the second.
        """
        self.phases, self.eps, self.given, self.share = tuple(phases), eps, given, share
        self.name = f"steer:{name}" + (f"?eps={eps:g}" if eps else "")

    def policy(self, world: TableWorld) -> Policy | None:
        return self.of_phase(world, self.phases[0]) if len(self.phases) == 1 else None

    def of_phase(self, world: TableWorld, phase: Phase) -> Policy:
        """`[S, A]` what it does in a phase."""
        table = world.table
        if phase.wants == ANYHOW:
            return np.full((table.n_states, table.n_actions), 1 / table.n_actions)
        paid = np.broadcast_to(_worth(table, phase), (AHEAD + 1, table.n_states))
        task = Task(None, paid, np.zeros(table.n_states, dtype=np.bool_), SOON)
        return greedy(action_values(table, task, AHEAD)[0], self.eps)

    def start(self, world: World, episodes: int, seed: int) -> SteersmanPlayer:
        assert isinstance(world, TableWorld), "steersmen know the tables of their worlds"
        return SteersmanPlayer(self, world, episodes, seed)


def _worth(table: Table, phase: Phase) -> NDArray[np.float64]:
    """`[S]` what a state is worth in a phase."""
    if phase.how in ("more", "less"):
        values = table.features[phase.wants].to_numpy().astype(np.float64)
        return (values if phase.how == "more" else -values) / max(np.abs(values).max(), 1.0)
    held = holds(phase.wants, table.features).astype(np.float64)
    return held if phase.how == "into" else -held


class SteersmanPlayer:
    """A steersman in `B` episodes side by side."""

    def __init__(self, who: Steersman, world: TableWorld, episodes: int, seed: int) -> None:
        self.who, self.rng = who, np.random.default_rng((seed, 5))
        policies = np.stack([who.of_phase(world, phase) for phase in who.phases])
        self.edges = np.cumsum(policies, axis=-1)[..., :-1]
        features = world.table.features
        self.done = np.stack(
            [np.zeros(len(features), np.bool_) if p.after is None else holds(p.wants, features) for p in who.phases]
        )
        self.after = np.array([i if p.after is None else p.after for i, p in enumerate(who.phases)])
        self.given = None if who.given is None else holds(who.given, features)
        self.phase = np.zeros(episodes, dtype=np.intp)
        if who.share is not None:
            self.phase = (self.rng.random(episodes) >= who.share).astype(np.intp)

    def act(self, observations: Any, t: int, alive: NDArray[np.bool_]) -> NDArray[np.int64]:
        """`[B]` actions in the states with these ids."""
        states = np.asarray(observations)
        if t == 0 and self.given is not None:
            self.phase = np.where(self.given[states], 0, 1)
        self.phase = np.where(self.done[self.phase, states], self.after[self.phase], self.phase)
        return (self.rng.random((len(states), 1)) >= self.edges[self.phase, states]).sum(axis=1)


def with_noise(agent: Steersman, eps: float) -> Steersman:
    """The same with other noise."""
    return Steersman(agent.name.removeprefix("steer:").partition("?")[0], agent.phases, eps, agent.given, agent.share)


def hold(condition: str) -> Steersman:
    """Into a condition, and about in it."""
    return Steersman(condition, [Phase(condition)])


def avoid(condition: str) -> Steersman:
    """Out of a condition, and anywhere else."""
    return Steersman(f"never {condition}", [Phase(condition, "out of")])


def climb(feature: str, up: bool) -> Steersman:
    """More (less) of a feature."""
    return Steersman(f"{'raise' if up else 'lower'} {feature}", [Phase(feature, "more" if up else "less")])


def in_turn(one: str, two: str) -> Steersman:
    """First one condition, then the other."""
    return Steersman(f"first {one} then {two}", [Phase(one, after=1), Phase(two)])


def to_and_fro(one: str, two: str) -> Steersman:
    """One condition, then the other, then the first again."""
    return Steersman(f"cycle {one}, {two}", [Phase(one, after=1), Phase(two, after=0)])


def triggered(given: str, then: str, otherwise: str) -> Steersman:
    """One condition where the first state is so, else another, or `ANYHOW`."""
    return Steersman(f"given {given}: {then} else {otherwise}", [Phase(then), Phase(otherwise)], given=given)


def by_lot(one: str, two: str, share: float) -> Steersman:
    """One condition in a share of the episodes, another in the rest."""
    return Steersman(f"{share:g} {one}, else {two}", [Phase(one), Phase(two)], share=share)
