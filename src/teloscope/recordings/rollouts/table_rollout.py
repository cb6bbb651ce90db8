"""Rollouts in table worlds: lookups in arrays, many episodes in parallel.

Axis letters: `B` episodes, `T` steps, `S` states, `A` actions, `K` successors. Every random draw is a function of the
episode's seed, so a batch of any size gives the same episodes.

Theory: A1.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from teloscope.errors import BadAgent
from teloscope.recordings import seeds as rng
from teloscope.recordings.rollouts.action_choice import Chooser, cdf_thresholds, inverse_cdf
from teloscope.recordings.seeds import Words
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import Context

SLAB = 8
"""Steps that are transposed at once."""


class Rollout(NamedTuple):
    """`B` episodes."""

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


class TableRunner:
    """Runs episodes in one table world; holds its arrays in the layout that lookups need."""

    def __init__(self, world: TableWorld) -> None:
        self.world, self.table = world, world.table
        n_states, n_actions, width = self.table.next.shape
        if n_actions > 255:
            raise BadAgent(f"World {world.name!r} has {n_actions} actions; table worlds may have 255 at most.")
        self.id_type = np.uint16 if n_states <= 1 << 16 else np.uint32
        self.width, self.n_actions = width, n_actions
        self.next = np.ascontiguousarray(self.table.next.reshape(-1), dtype=np.intp)
        self.thresholds = cdf_thresholds(self.table.prob.reshape(-1, width))
        self.reward = self.table.reward.reshape(-1) if self.table.reward.any() else None
        self.same = np.array_equal(self.table.hidden, self.table.reward)
        """Whether the hidden performance is the visible reward; then it is summed once."""
        self.hidden = self.table.hidden.reshape(-1) if self.table.hidden.any() and not self.same else None
        self.ends = bool(self.table.terminal.any())

    @cached_property
    def observations(self) -> NDArray[np.float32]:
        """`[S, ...]` what an agent sees in each state."""
        return np.stack([np.asarray(self.world.observe(state), dtype=np.float32) for state in self.table.states])

    @cached_property
    def shove_counts(self) -> NDArray[np.int64]:
        """`[S]` how many states a shove may put each state into."""
        return (self.table.shoves >= 0).sum(axis=1)

    def roll(self, choose: Chooser, context: Context, seeds: Words) -> Rollout:
        """Roll out one batch.

        Args:
            choose: the actor.
            context: start, shove and noise.
            seeds: `[B]` episode seeds.
        """
        horizon, batch = self.world.horizon, len(seeds)
        states = np.empty((horizon + 1, batch), dtype=self.id_type)
        actions = np.empty((horizon, batch), dtype=np.uint8)
        returns, hidden = np.zeros(batch), np.zeros(batch)
        state = self._start(context, seeds)
        for t in range(horizon):
            if t == context.shove_at:
                state = self._apply_shove(state, t, seeds)
            states[t] = state
            actions[t] = choose(t, state)
            state = self._transition(
                state, self._executed(actions[t], t, context.noise, seeds), t, seeds, returns, hidden
            )
        states[horizon] = state
        lengths, terminated = self._lengths_and_ends(states)
        return Rollout(
            _by_episode(states), _by_episode(actions), lengths, terminated, returns, returns if self.same else hidden
        )

    def _lengths_and_ends(self, states: NDArray[Any]) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        """`[B]` steps taken before a terminal state, and whether there was one."""
        horizon, batch = len(states) - 1, states.shape[1]
        if not self.ends:
            return np.full(batch, horizon, dtype=np.int32), np.zeros(batch, dtype=np.bool_)
        ended = self.table.terminal[states]
        return horizon - ended[:-1].sum(axis=0, dtype=np.int32), ended[-1]

    def _start(self, context: Context, seeds: Words) -> NDArray[np.intp]:
        starts = self.table.starts[context.start]
        return starts[rng.pick_indices(rng.random_ints(seeds, 0, rng.START), len(starts))].astype(np.intp)

    def _apply_shove(self, state: NDArray[np.intp], t: int, seeds: Words) -> NDArray[np.intp]:
        count = self.shove_counts[state]
        if not count.any():
            return state
        target = self.table.shoves[state, rng.pick_indices(rng.random_ints(seeds, t, rng.SHOVE), count)]
        return np.where(count > 0, target, state).astype(np.intp)

    def _executed(self, chosen: NDArray[np.uint8], t: int, noise: float, seeds: Words) -> NDArray[np.uint8]:
        """`[B]` what the world carries out: with probability `noise` a uniform action in the place of the chosen."""
        if not noise:
            return chosen
        draw = rng.uniforms(seeds, t, rng.NOISE)
        other = np.minimum(draw / noise * self.n_actions, self.n_actions - 1).astype(np.uint8)
        return np.where(draw < noise, other, chosen)

    def _transition(
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
            cell = cell * self.width + inverse_cdf(self.thresholds, cell, rng.random_ints(seeds, t, rng.WORLD))
        if self.reward is not None:
            returns += self.reward.take(cell)
        if self.hidden is not None:
            hidden += self.hidden.take(cell)
        return self.next.take(cell)


def _by_episode(values: NDArray[Any]) -> NDArray[Any]:
    """`[B, T]` from `[T, B]`, a few steps at a time: with all at once, columns evict each other from the cache."""
    turned = np.empty(values.shape[::-1], dtype=values.dtype)
    for t in range(0, len(values), SLAB):
        turned[:, t : t + SLAB] = values[t : t + SLAB].T
    return turned
