"""Wanting: does wanting a condition predict what the agent chooses?

For a reward R (1 where a condition holds; or a number to be raised), value iteration on the world as recorded gives
what each action is worth. An actor that wants R prefers better actions, with one sharpness for all states, and acts by
its habits with probability eps:

    Q(s, a)  = sum_s' P(s' | s, a) (R(s') + g V(s')),    V(s) = max_a Q(s, a)
    z(s, a)  = (Q(s, a) - V(s)) / (V(s) - min_a Q(s, a) + a small part of what is usual)
    p(a | s) = (1 - eps) softmax(log habit(a) + SHARP z(s, a)) + eps habit(a)
    odds     = p(a | s) / habit(a) at eps = 0
    gain     = sum over the agent's choices of log2((1 - eps) odds + eps), at the best eps

The gain is in bits. It asks nothing of a single action: where there is inertia, a boundary is decided long before it
is crossed, and value carries that back. Conditions are ranked by their gain; nothing is confirmed by it.

Axis letters: `C` conditions, `S` model states, `A` actions, `U` distinct choices.

Theory: A2. Source: Ziebart 2010 (maximum causal entropy); Baker, Saxe & Tenenbaum 2009 (inverse planning).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from teloscope.goals.world_model import Choices, WorldModel

SHARP = 6.0
"""Preference for the best action over the worst of a state, in nats."""
HABITUAL = (0.02, 0.1, 0.3, 0.6, 0.8)
"""Probabilities of acting by habit that are tried."""
USUAL = 0.02
"""Part of the usual spread of values that is added to a state's own, so that noise is not magnified."""
SHORTEST, LONGEST = 8, 40
"""Bounds on how far ahead an actor looks, in moves; a third of the horizon in between."""
CHUNK = 32
"""Rewards looked at together."""
Array = NDArray[np.float32]


def odds_of(model: WorldModel, rewards: NDArray[np.floating], horizon: int, choices: Choices | None = None) -> Array:
    """`[C, U]` how many times likelier than by habit each choice is for who wants each reward and has no habits.

    Args:
        model: the world as recorded.
        rewards: `[C, S]` reward of arriving in each model state, 0 to 1.
        horizon: steps in an episode.
        choices: whose; None: the agent's.
    """
    choices = choices or model.choices
    parts = [_odds(model, rewards[i : i + CHUNK], horizon, choices) for i in range(0, len(rewards), CHUNK)]
    return np.concatenate(parts) if parts else np.zeros((0, len(choices.action)), np.float32)


def gains_at(eps: float, odds: Array) -> Array:
    """`[...]` bits over habit of each choice, of an actor that acts by habit with probability `eps`."""
    return np.log2((1 - eps) * odds + eps, dtype=np.float32)


def best_gains(odds: Array, count: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """`[C]` bits over habit at the best eps, and that eps; `count`: `[U]` how often each choice was made."""
    bits = np.stack([gains_at(eps, odds) @ count for eps in HABITUAL])
    best = bits.argmax(axis=0)
    return bits[best, np.arange(len(odds))].astype(np.float64), np.array(HABITUAL)[best]


def _odds(model: WorldModel, rewards: NDArray[np.floating], horizon: int, choices: Choices) -> Array:
    """Where one state stands for a choice's place, each state is looked at once; else each choice."""
    states, flat = np.unique(choices.near, return_inverse=True)
    near = flat.reshape(len(choices.action), -1)
    preference = _preferences(model, rewards, horizon, states)
    if near.shape[1] == 1:
        weighed, place = preference, near[:, 0]
    else:
        shares = (choices.weight[:, j, None, None] * preference[near[:, j]] for j in range(near.shape[1]))
        weighed, place = np.asarray(sum(shares)), np.arange(len(near))
    tried = np.any(np.isfinite(weighed), axis=2)
    weighed = np.where(np.isfinite(weighed), weighed, -60.0)
    habit = np.where(tried, model.prior.astype(np.float32), 0)
    habit /= np.maximum(habit.sum(axis=1, keepdims=True), 1e-12)
    wanted = np.exp(SHARP * (weighed - weighed.max(axis=1, keepdims=True))) * habit[:, :, None]
    wanted /= np.maximum(wanted.sum(axis=1, keepdims=True), 1e-30)
    usual = np.maximum(habit[place, choices.action], 1e-12)
    odds = wanted[place, choices.action] / usual[:, None]
    return np.where(tried[place, choices.action][:, None], odds, 1).T.astype(np.float32)


def _preferences(model: WorldModel, rewards: NDArray[np.floating], horizon: int, states: NDArray[np.int64]) -> Array:
    """`[n, A, C]` z of some model states; minus infinity for what nobody tried."""
    ranked = model.ranked
    reward = np.ascontiguousarray(rewards.T[ranked.order], dtype=np.float32)
    ahead = float(np.clip(horizon / 3 / model.move_steps, SHORTEST, LONGEST))
    keep = np.float32(1 - 1 / ahead)
    left = model.left[ranked.order]
    value = np.where(left[:, None], 0, reward / (1 - keep))  # whoever left no trace of leaving stays
    for _ in range(int(2.5 * ahead)):
        arriving = np.multiply(value, keep)
        arriving += reward
        worth = ranked.successors @ arriving
        ranked.over_actions(np.maximum, worth, value)
    best = np.where(left[:, None], value, 0)
    worst = np.full_like(best, np.inf)
    ranked.over_actions(np.minimum, worth, worst)
    spread = np.where(left[:, None], best - worst, 0)
    counts = np.maximum((spread > 1e-9).sum(axis=0), 1)
    usual = np.where(spread > 1e-9, spread, 0).sum(axis=0) / counts
    place, pair = ranked.place[states], ranked.pair[:, states].T
    scale = spread[place] + USUAL * usual + 1e-12
    z = (worth[pair] - best[place][:, None]) / scale[:, None]
    z[pair < 0] = -np.inf
    return z
