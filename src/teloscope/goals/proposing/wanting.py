"""Wanting: does wanting a condition predict what the agent chooses?

For a reward R (1 where a condition holds; or a number to be raised), value iteration on the world as recorded gives
what each action is worth. An actor that wants R prefers better actions, with one sharpness for all states, and acts by
its habits with probability eps:

    Q(s, a)  = sum_s' P(s' | s, a) (R(s') + g V(s')),    V(s) = max_a Q(s, a)
    z(s, a)  = (Q(s, a) - V(s)) / (V(s) - min_a Q(s, a) + a small part of what is usual)
    p(a | s) = (1 - eps) softmax(log habit(a) + SHARP z(s, a)) + eps habit(a)
    gain     = sum over the agent's choices of log2 p(a | s) / habit(a), at the best eps

The gain is in bits. It asks nothing of a single action: where there is inertia, a boundary is decided long before it
is crossed, and value carries that back. Conditions are ranked by their gain; nothing is confirmed by it.

Axis letters: `C` conditions, `S` model states, `A` actions, `U` distinct choices.

Theory: A2. Source: Ziebart 2010 (maximum causal entropy); Baker, Saxe & Tenenbaum 2009 (inverse planning).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from teloscope.goals.world_model import Choices, WorldModel

SHARP = 6.0
"""Preference for the best action over the worst of a state, in nats."""
HABITUAL = (0.02, 0.1, 0.3, 0.6, 0.8)
"""Probabilities of acting by habit that are tried."""
USUAL = 0.02
"""Part of the usual spread of values that is added to a state's own, so that noise is not magnified."""
KEEN = 0.3
"""The eps at which gains are kept choice by choice."""
SHORTEST, LONGEST = 8, 40
"""Bounds on how far ahead an actor looks, in moves; a third of the horizon in between."""
CHUNK = 64
"""Rewards looked at together."""
Array = NDArray[np.float32]


class Wanting(NamedTuple):
    """How well wanting each reward predicts the agent's choices."""

    bits: NDArray[np.float64]
    """`[C]` gain over habit in the proposing half."""
    keen: Array
    """`[C, U]` gain of each distinct choice at eps = `KEEN`, for rules that want different conditions at times."""
    eps: NDArray[np.float64]
    """`[C]` the best eps."""


def gains_of(model: WorldModel, rewards: NDArray[np.floating], horizon: int, choices: Choices | None = None) -> Array:
    """`[E, C, U]` gains of few rewards at every choice, for each of the `HABITUAL` eps.

    Args:
        model: the world as recorded.
        rewards: `[C, S]` as in `wanting`.
        horizon: steps in an episode.
        choices: whose; None: the agent's.
    """
    return _gains(model, rewards, horizon, choices or model.choices).transpose(0, 2, 1)


def wanting(model: WorldModel, rewards: NDArray[np.floating], horizon: int) -> Wanting:
    """Gains of many rewards.

    Args:
        model: the world as recorded, and the agent's choices.
        rewards: `[C, S]` reward of arriving in each model state, 0 to 1.
        horizon: steps in an episode.
    """
    parts = [_wanting(model, rewards[i : i + CHUNK], horizon) for i in range(0, len(rewards), CHUNK)]
    if not parts:
        return Wanting(np.zeros(0), np.zeros((0, len(model.choices.action)), np.float32), np.zeros(0))
    return Wanting._make(np.concatenate(column) for column in zip(*parts, strict=True))


def _wanting(model: WorldModel, rewards: NDArray[np.floating], horizon: int) -> Wanting:
    gains = _gains(model, rewards, horizon, model.choices)
    bits = np.einsum("euc,u->ec", gains, model.choices.count)
    best = bits.argmax(axis=0)
    keen = gains[HABITUAL.index(KEEN)].T
    return Wanting(bits[best, np.arange(len(rewards))].astype(np.float64), keen, np.array(HABITUAL)[best])


def _gains(model: WorldModel, rewards: NDArray[np.floating], horizon: int, choices: Choices) -> Array:
    """`[E, U, C]`"""
    preference = _preferences(model, rewards, horizon)
    weighed = sum(
        choices.weight[:, j, None, None] * preference[choices.near[:, j]] for j in range(choices.near.shape[1])
    )
    weighed = np.asarray(weighed)
    tried = np.any(np.isfinite(weighed), axis=2)
    weighed = np.where(np.isfinite(weighed), weighed, -60.0)
    habit = np.where(tried, model.prior.astype(np.float32), 0)
    habit /= np.maximum(habit.sum(axis=1, keepdims=True), 1e-12)
    odds = np.exp(SHARP * (weighed - weighed.max(axis=1, keepdims=True))) * habit[:, :, None]
    index = np.arange(len(choices.action))
    usual = np.maximum(habit[index, choices.action], 1e-12)
    ratio = odds[index, choices.action] / np.maximum(odds.sum(axis=1), 1e-30) / usual[:, None]
    gains = np.stack([np.log2((1 - eps) * ratio + eps) for eps in HABITUAL])
    return np.where(tried[index, choices.action][None, :, None], gains, 0).astype(np.float32)


def _preferences(model: WorldModel, rewards: NDArray[np.floating], horizon: int) -> Array:
    """`[S, A, C]` z; minus infinity for what nobody tried."""
    reward = np.ascontiguousarray(rewards.T, dtype=np.float32)
    ahead = float(np.clip(horizon / 3 / model.move_steps, SHORTEST, LONGEST))
    keep = np.float32(1 - 1 / ahead)
    left = np.zeros(model.size, np.bool_)
    left[model.state] = True
    value = np.zeros_like(reward)
    worth = np.empty((model.n_actions, *reward.shape), np.float32)
    resting = reward[~left] / (1 - keep)  # whoever left no trace of leaving stays
    for _ in range(int(2.5 * ahead)):
        arriving = reward + keep * value
        for action, (successors, untried) in enumerate(model.by_action):
            worth[action] = successors @ arriving
            worth[action, untried] = -np.inf
        value = worth.max(axis=0)
        value[~left] = resting
    best = np.where(left[:, None], value, 0)
    worst = np.where(np.isfinite(worth), worth, np.inf).min(axis=0)
    spread = np.where(left[:, None], best - worst, 0)
    counts = np.maximum((spread > 1e-9).sum(axis=0), 1)
    usual = np.where(spread > 1e-9, spread, 0).sum(axis=0) / counts
    return ((worth - best) / (spread + USUAL * usual + 1e-12)).transpose(1, 0, 2)
