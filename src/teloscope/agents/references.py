"""References: agents without the goal, on the same seeds.

    uniform   every action equally likely
    marginal  the agent's own action frequencies, pooled over contexts: a device with the same habits
    replay    the agent's own action sequences, from another seed and (where there are several) another context
    idle      does nothing, where the world has such an action

Frequencies are pooled because a device that acts by habit acts alike in every context. An agent whose frequencies
change with the context already responds to it.

Theory: A2. Source: the device null of Orseau et al. 2018 (arXiv 1805.12387).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from teloscope.worlds.sampled import draws as uniforms

UNIFORM, MARGINAL, REPLAY, IDLE = "uniform", "marginal", "replay", "idle"
REFERENCES = (UNIFORM, MARGINAL, REPLAY, IDLE)
ACTION_MATCHED = (MARGINAL, REPLAY)
"""References that act as often as the agent does, without observing the state."""
_GOING_ON = np.uint64(int.from_bytes(b"going on"))
"""Salt of the random actions after the end of a replayed sequence."""


@dataclass(frozen=True)
class ActionHistory:
    """The agent's actions in all contexts, from which the action-matched references are made."""

    actions: NDArray[Any]
    """`[N, T, ...]` the agent's actions, padded."""
    lengths: NDArray[np.int32]
    """`[N]` steps of each episode."""
    contexts: NDArray[np.int32]
    """`[N]` index of each episode's context."""

    def all_actions(self) -> NDArray[Any]:
        """`[steps, ...]` all its actions, in order."""
        return self._all_actions

    @cached_property
    def _all_actions(self) -> NDArray[Any]:
        """Cached, since every batch of every matched reference needs it."""
        alive = np.arange(self.actions.shape[1]) < self.lengths[:, None]
        return self.actions[alive]

    def frequencies(self, n_actions: int) -> NDArray[np.float64]:
        """`[A]` frequency of each action."""
        counts = np.bincount(self.all_actions().astype(np.intp), minlength=n_actions).astype(np.float64)
        return counts / counts.sum() if counts.sum() else np.full(n_actions, 1 / n_actions)


def donors_of(
    contexts: NDArray[np.int32], context: int, episodes: NDArray[np.int64], draws: NDArray[np.uint64]
) -> NDArray[np.int64]:
    """`[B]` whose actions each replay repeats: a row of the agent's `[N]` episodes of all contexts.

    Args:
        contexts: `[N]` index of each episode's context.
        context, episodes, draws: as `replay_actions` takes them.
    """
    elsewhere = np.flatnonzero(contexts != context)
    if len(elsewhere):
        return elsewhere[draws % np.uint64(len(elsewhere))]
    others = len(contexts)
    shift = 1 + draws % np.uint64(max(others - 1, 1))
    return (episodes + shift.astype(np.int64)) % others


def replay_actions(
    habits: ActionHistory, context: int, episodes: NDArray[np.int64], draws: NDArray[np.uint64]
) -> NDArray[Any]:
    """Action sequences for the replay reference.

    Each episode gets a donor: an episode of another context, drawn by its seed. Where there is only one context, the
    donor is another episode of it, unless there is only one. A sequence that ends early continues with random actions
    of the agent.

    Args:
        habits: the agent's actions.
        context: index of the context to fill.
        episodes: `[B]` indices of the episodes within it.
        draws: `[B]` random 64-bit words, one an episode.

    Returns:
        `[B, T, ...]` actions.
    """
    donors = donors_of(habits.contexts, context, episodes, draws)
    sequences = habits.actions[donors].copy()
    ended = np.arange(sequences.shape[1]) >= habits.lengths[donors][:, None]
    taken = habits.all_actions()
    if ended.any() and len(taken):
        anywhere = (uniforms(draws, 0, _GOING_ON, sequences.shape[1]) * len(taken)).astype(np.intp)
        sequences[ended] = taken[anywhere[ended]]
    return sequences


def draw_allowed(
    weights: NDArray[np.float64], masks: NDArray[np.bool_], draws: NDArray[np.float64]
) -> NDArray[np.int64]:
    """`[B]` actions drawn by weights `[A]` among those that masks `[B, A]` allow; where these have no weight, any."""
    allowed = np.where(masks, weights, 0.0)
    allowed = np.where(allowed.sum(axis=1, keepdims=True) > 0, allowed, masks.astype(np.float64))
    reached = np.cumsum(allowed, axis=1)
    return (draws[:, None] * reached[:, -1:] >= reached).sum(axis=1).clip(max=len(weights) - 1)
