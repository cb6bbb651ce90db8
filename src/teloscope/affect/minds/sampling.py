"""Drawing an action from logits with one uniform number: cheaper than one number an action."""

from __future__ import annotations

import jax
import jax.numpy as jnp


def sample_action(logits: jax.Array, draw: jax.Array) -> jax.Array:
    """The action `[]` that a uniform draw picks from logits `[A]`: the inverse of the cumulative distribution."""
    reached = jax.nn.softmax(logits) @ jnp.triu(jnp.ones((len(logits), len(logits))))
    return jnp.minimum((draw * reached[-1] >= reached).sum(), len(logits) - 1).astype(jnp.int32)
