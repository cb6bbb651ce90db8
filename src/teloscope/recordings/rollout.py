"""Rollouts in table worlds: gathers on arrays, many episodes side by side.

Axis letters: `B` episodes, `T` steps, `S` states, `A` actions. Every random draw is a function of the episode's seed,
so a batch of any size gives the same episodes.

Theory: A1.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from teloscope.agents.agent import Player, Policy
from teloscope.errors import BadAgent
from teloscope.recordings import seeds as rng
from teloscope.recordings.seeds import Words
from teloscope.worlds.table import TableWorld
from teloscope.worlds.world import Context

Chooser = Callable[[int, NDArray[np.intp], NDArray[np.bool_]], NDArray[Any]]
"""(step, states `[B]`, alive `[B]`) -> actions `[B]`."""


class Rollout(NamedTuple):
    """What happened in `B` episodes."""

    states: NDArray[np.unsignedinteger[Any]]
    """`[B, T+1]` state ids; an episode that ended stays in its last state."""
    actions: NDArray[np.uint8]
    """`[B, T]` what the agent chose; meaningless after the end."""
    lengths: NDArray[np.int32]
    """`[B]` steps taken."""
    terminated: NDArray[np.bool_]
    """`[B]` whether the world ended the episode."""
    returns: NDArray[np.float64]
    """`[B]` sum of visible rewards."""
    hidden: NDArray[np.float64]
    """`[B]` sum of hidden performance."""


class Roller:
    """Rolls out one table world; holds the arrays in the form that gathers want."""

    def __init__(self, world: TableWorld) -> None:
        self.world, self.table = world, world.table
        n_states, n_actions, width = self.table.next.shape
        if n_actions > 255:
            raise BadAgent(f"World {world.name!r} has {n_actions} actions; table worlds may have 255 at most.")
        self.small = np.uint16 if n_states <= 1 << 16 else np.uint32
        self.width, self.n_actions = width, n_actions
        self.next = np.ascontiguousarray(self.table.next.reshape(-1), dtype=np.intp)
        self.edges = _edges(self.table.prob.reshape(-1, width))
        self.reward = self.table.reward.reshape(-1) if self.table.reward.any() else None
        self.hidden = self.table.hidden.reshape(-1) if self.table.hidden.any() else None
        self.shoves = (self.table.shoves >= 0).sum(axis=1)

    @cached_property
    def observations(self) -> NDArray[np.float32]:
        """`[S, ...]` what an agent sees in each state."""
        return observations(self.world)

    def roll(self, choose: Chooser, context: Context, seeds: Words) -> Rollout:
        """Roll out one batch.

        Args:
            choose: the agent.
            context: start, shove and noise.
            seeds: `[B]` episode seeds.
        """
        horizon, batch = self.world.horizon, len(seeds)
        states = np.empty((horizon + 1, batch), dtype=self.small)
        actions = np.empty((horizon, batch), dtype=np.uint8)
        returns, hidden = np.zeros(batch), np.zeros(batch)
        state = self._start(context, seeds)
        states[0] = state
        for t in range(horizon):
            if t == context.shove_at:
                state = self._shoved(state, t, seeds)
                states[t] = state
            actions[t] = choose(t, state, ~self.table.terminal[state])
            done = self._noised(actions[t], t, context.noise, seeds)
            state = self._moved(state, done, t, seeds, returns, hidden)
            states[t + 1] = state
        alive = ~self.table.terminal[states]
        return Rollout(
            np.ascontiguousarray(states.T),
            np.ascontiguousarray(actions.T),
            alive[:-1].sum(axis=0, dtype=np.int32),
            ~alive[-1],
            returns,
            hidden,
        )

    def _start(self, context: Context, seeds: Words) -> NDArray[np.intp]:
        starts = self.table.starts[context.start]
        return starts[rng.words(seeds, 0, rng.START) % np.uint64(len(starts))].astype(np.intp)

    def _shoved(self, state: NDArray[np.intp], t: int, seeds: Words) -> NDArray[np.intp]:
        count = self.shoves[state]
        pick = (rng.uniforms(seeds, t, rng.SHOVE) * count).astype(np.intp)
        return np.where(
            count > 0, self.table.shoves[state, pick] if self.table.shoves.shape[1] else state, state
        ).astype(np.intp)

    def _noised(self, action: NDArray[np.uint8], t: int, noise: float, seeds: Words) -> NDArray[np.uint8]:
        if not noise:
            return action
        draw = rng.uniforms(seeds, t, rng.NOISE)
        other = np.minimum(draw / noise * self.n_actions, self.n_actions - 1).astype(np.uint8)
        return np.where(draw < noise, other, action)

    def _moved(
        self,
        state: NDArray[np.intp],
        action: NDArray[np.uint8],
        t: int,
        seeds: Words,
        returns: NDArray[np.float64],
        hidden: NDArray[np.float64],
    ) -> NDArray[np.intp]:
        """Next states; adds the step's rewards to `returns` and `hidden` in place."""
        cell = state * self.n_actions + action
        if self.width > 1:
            draw = rng.uniforms(seeds, t, rng.WORLD)
            cell = cell * self.width + _passed(self.edges, cell, draw)
        if self.reward is not None:
            returns += self.reward[cell]
        if self.hidden is not None:
            hidden += self.hidden[cell]
        return self.next[cell]


def observations(world: TableWorld) -> NDArray[np.float32]:
    """`[S, ...]` what an agent sees in each state of a table world."""
    return np.stack([np.asarray(world.observe(state), dtype=np.float32) for state in world.table.states])


def by_policy(policy: Policy, salt: np.uint64, seeds: Words) -> Chooser:
    """A chooser that samples from `[S, A]` or `[T, S, A]` probabilities, with draws salted by the actor."""
    own = rng.mixed(seeds ^ salt)
    if policy.ndim == 3:
        steps = [_sampler(p) for p in policy]
        return lambda t, state, _: steps[t](state, rng.uniforms(own, t, rng.ACT))
    sample = _sampler(policy)
    return lambda t, state, _: sample(state, rng.uniforms(own, t, rng.ACT))


def _sampler(policy: NDArray[Any]) -> Callable[[NDArray[np.intp], NDArray[np.float64]], NDArray[Any]]:
    """Sample actions by inverse distribution; deterministic and state-free policies take shorter ways."""
    n_actions = policy.shape[1]
    if (policy == policy[0]).all():
        if np.allclose(policy[0], 1 / n_actions):
            return lambda state, draw: (draw * n_actions).astype(np.uint8)
        habit = np.cumsum(policy[0])[:-1]
        return lambda state, draw: np.searchsorted(habit, draw, side="right").astype(np.uint8)
    if (policy.max(axis=1) >= 1.0).all():
        best = policy.argmax(axis=1).astype(np.uint8)
        return lambda state, draw: best[state]
    edges = _edges(policy)
    return lambda state, draw: _passed(edges, state, draw)


def _edges(rows: NDArray[Any]) -> list[NDArray[np.float32]]:
    """Cumulative probabilities, one contiguous array a choice: `n - 1` arrays over rows."""
    return list(np.ascontiguousarray(np.cumsum(rows, axis=1)[:, :-1].T, dtype=np.float32))


def _passed(edges: list[NDArray[np.float32]], row: NDArray[np.intp], draw: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Inverse distribution function: how many edges of its row each draw has passed."""
    choice = np.zeros(len(row), dtype=np.uint8)
    small = draw.astype(np.float32)
    for edge in edges:
        choice += small >= edge[row]
    return choice


def by_script(actions: NDArray[Any]) -> Chooser:
    """A chooser that plays `[B, T]` actions, whatever happens."""
    return lambda t, state, _: actions[:, t]


def by_player(player: Player, roller: Roller, who: str) -> Chooser:
    """A chooser that asks a player, and checks what it answers.

    Raises:
        BadAgent: (when playing) an action that is not one of the world's.
    """
    names = roller.world.actions or ()

    def choose(t: int, state: NDArray[np.intp], alive: NDArray[np.bool_]) -> NDArray[Any]:
        actions = np.asarray(player.act(roller.observations[state], t, alive))
        return checked_actions(
            actions, len(state), len(names), alive, f"Agent {who!r} at step {t} in world {roller.world.name!r}"
        )

    return choose


def checked_actions(
    actions: NDArray[Any], batch: int, n_actions: int, alive: NDArray[np.bool_], where: str
) -> NDArray[Any]:
    """The actions, if each living episode has a legal one; others get 0.

    Raises:
        BadAgent: wrong shape, not whole numbers, or out of range.
    """
    actions = actions.reshape(-1) if actions.size == batch else actions
    if actions.shape != (batch,) or actions.dtype.kind not in "iubf":
        raise BadAgent(
            f"{where} answered an array of shape {actions.shape} and type {actions.dtype}; expected {batch} action "
            "indices."
        )
    illegal = alive & ~((actions >= 0) & (actions < n_actions) & (actions == np.floor(actions)))
    if illegal.any():
        episode = int(np.flatnonzero(illegal)[0])
        raise BadAgent(
            f"{where}, episode {episode}, chose the action {actions[episode]!r}; legal ones are the whole numbers 0 to "
            f"{n_actions - 1}."
        )
    return np.where(alive, actions, 0).astype(np.uint8)
