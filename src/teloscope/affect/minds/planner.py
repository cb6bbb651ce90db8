"""A planner: it foresees, in a model of its own, what would come of acting as the mind is about to act.

    s_0 = h,   s_{k+1} = tanh(M [s_k, sum_a pi(a | s_k, o_k) e_a])
    plan = sum_k 0.95^k r(s_{k+1}),   advice = B [s_K, plan]

The model learns to foretell the next observation and reward; the advice learns by reward. The world takes energy for
each step of depth.

Theory: E6 (affect is not downstream of planning), E8 (depth). Source: the imagination of Racanière et al. 2017 (I2A).
"""

from __future__ import annotations

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp

FORESIGHT = 0.95
"""Discount of foreseen reward."""
EMBEDDED = 16
Intend = Callable[[jax.Array, jax.Array, jax.Array], jax.Array]
"""(hidden state, slow channel, observation) -> logits `[A]`."""


class Planner(eqx.Module):
    """The model and what is made of it."""

    actions: jax.Array
    """`[A, 16]` an embedding of each action."""
    model: eqx.nn.Linear
    observation: eqx.nn.Linear
    reward: eqx.nn.Linear
    advice: eqx.nn.Linear

    def __init__(self, hidden: int, slow: int, actions: int, observed: int, key: jax.Array) -> None:
        keys = jax.random.split(key, 5)
        self.actions = jax.random.normal(keys[0], (actions, EMBEDDED)) / 4
        self.model = eqx.nn.Linear(hidden + EMBEDDED, hidden, key=keys[1])
        self.observation = eqx.nn.Linear(hidden, observed, key=keys[2])
        self.reward = eqx.nn.Linear(hidden, 1, key=keys[3])
        self.advice = eqx.nn.Linear(hidden + 1, actions, key=keys[4])

    def __call__(
        self, hidden: jax.Array, slow: jax.Array, logits: jax.Array, intend: Intend, depth: int
    ) -> tuple[jax.Array, jax.Array]:
        """Advice on the logits, and the foreseen reward.

        Args:
            hidden: `[H]`
            slow: `[Z]`; it is taken to stay as it is.
            logits: `[A]` of the present step, without planning.
            intend: the logits at a foreseen hidden state and observation.
            depth: how many steps are foreseen.
        """
        state, plan = hidden, jnp.float32(0.0)
        for ahead in range(depth):
            if ahead:
                logits = intend(state, slow, self.observation(state))
            state = self.foresee(state, jax.nn.softmax(logits) @ self.actions)
            plan += FORESIGHT**ahead * self.reward(state)[0]
        return self.advice(jnp.append(state, plan)), plan

    def foresee(self, state: jax.Array, action: jax.Array) -> jax.Array:
        """The state `[H]` after an embedded action `[16]`."""
        return jnp.tanh(self.model(jnp.concatenate([state, action])))

    def error(self, hidden: jax.Array, action: jax.Array, observation: jax.Array, reward: jax.Array) -> jax.Array:
        """The squared error of foretelling what came of an action; nothing of it flows back into the mind."""
        state = self.foresee(jax.lax.stop_gradient(hidden), self.actions[action])
        seen = jnp.mean((self.observation(state) - observation) ** 2)
        return seen + (self.reward(state)[0] - reward) ** 2
