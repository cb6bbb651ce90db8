"""References: agents without the goal, on the same seeds.

    uniform   every action equally likely
    marginal  the agent's own action frequencies, pooled over contexts: what a device with these habits would do
    replay    the agent's own action sequences, from another seed and (where there are several) another context
    idle      does nothing, where the world lets it

Frequencies are pooled because a device that acts by habit has the same habits everywhere; an agent whose habits change
with the context is already responding to it.

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
"""References that act as the agent does without looking."""
_GOING_ON = np.uint64(int.from_bytes(b"going on"))
"""Salt of the draws by which a replay that ended early goes on."""


@dataclass(frozen=True)
class Habits:
    """What the agent did, over every context: what the action-matched references are made of."""

    actions: NDArray[Any]
    """`[N, T, ...]` the agent's actions, padded."""
    lengths: NDArray[np.int32]
    """`[N]` steps of each episode."""
    contexts: NDArray[np.int32]
    """`[N]` index of each episode's context."""

    def taken(self) -> NDArray[Any]:
        """`[steps, ...]` every action it took, in order."""
        return self._taken

    @cached_property
    def _taken(self) -> NDArray[Any]:
        """Worked out once, though every batch of every matched reference asks."""
        alive = np.arange(self.actions.shape[1]) < self.lengths[:, None]
        return self.actions[alive]

    def frequencies(self, n_actions: int) -> NDArray[np.float64]:
        """`[A]` how often it took each action."""
        counts = np.bincount(self.taken().astype(np.intp), minlength=n_actions).astype(np.float64)
        return counts / counts.sum() if counts.sum() else np.full(n_actions, 1 / n_actions)


def donors_of(
    contexts: NDArray[np.int32], context: int, episodes: NDArray[np.int64], draws: NDArray[np.uint64]
) -> NDArray[np.int64]:
    """`[B]` whose actions each replay repeats: a row of the agent's `[N]` episodes of all contexts.

    Args:
        contexts: `[N]` index of each episode's context.
        context, episodes, draws: as `replayed` takes them.
    """
    elsewhere = np.flatnonzero(contexts != context)
    if len(elsewhere):
        return elsewhere[draws % np.uint64(len(elsewhere))]
    others = len(contexts)
    shift = 1 + draws % np.uint64(max(others - 1, 1))
    return (episodes + shift.astype(np.int64)) % others


def replayed(habits: Habits, context: int, episodes: NDArray[np.int64], draws: NDArray[np.uint64]) -> NDArray[Any]:
    """Action sequences for the replay reference.

    Each episode gets a donor: another context's episode, drawn by its seed; within the same context only where there is
    no other, and then never its own (unless it is the only one there is). Sequences that end early go on with actions
    that the agent took anywhere.

    Args:
        habits: what the agent did.
        context: index of the context to fill.
        episodes: `[B]` indices of the episodes within it.
        draws: `[B]` random 64-bit words, one an episode.

    Returns:
        `[B, T, ...]` actions.
    """
    donors = donors_of(habits.contexts, context, episodes, draws)
    sequences = habits.actions[donors].copy()
    ended = np.arange(sequences.shape[1]) >= habits.lengths[donors][:, None]
    taken = habits.taken()
    if ended.any() and len(taken):
        anywhere = (uniforms(draws, 0, _GOING_ON, sequences.shape[1]) * len(taken)).astype(np.intp)
        sequences[ended] = taken[anywhere[ended]]
    return sequences
