"""What to do with each target, by one rule for all patches and one for all others.

    logits(i, .) = W relu(G [h, z] + L o_i),   o_i: what is seen of target i

A mind need not learn ten times over what a near patch is worth.

Theory: E3. Source: the pointing of Vinyals et al. 2015, without its softmax.
"""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp

from teloscope.affect.savanna import DIRECTIONS, EFFORTS, OBSERVATION

UNITS = 32
PATCH_PARTS, OTHER_PARTS = ("patch_distance", "patch_food"), ("other_distance", "cue", "in_sight", "arrived")


class Pointer(eqx.Module):
    """Logits of the actions that have a target."""

    of_mind: eqx.nn.Linear
    of_patch: eqx.nn.Linear
    of_other: eqx.nn.Linear
    patch: eqx.nn.Linear
    other: eqx.nn.Linear

    def __init__(self, inner: int, key: jax.Array) -> None:
        keys = jax.random.split(key, 5)
        choices = len(DIRECTIONS) * len(EFFORTS)
        self.of_mind = eqx.nn.Linear(inner, 2 * UNITS, key=keys[0])
        self.of_patch = eqx.nn.Linear(len(PATCH_PARTS), UNITS, key=keys[1])
        self.of_other = eqx.nn.Linear(len(OTHER_PARTS), UNITS, key=keys[2])
        self.patch = _small(eqx.nn.Linear(UNITS, choices, key=keys[3]))
        self.other = _small(eqx.nn.Linear(UNITS, choices, key=keys[4]))

    def __call__(self, inner: jax.Array, observation: jax.Array) -> jax.Array:
        """`[80]`, from `[h, z]` and the observation `[40]`."""
        for_patches, for_others = jnp.split(self.of_mind(inner), 2)
        patches = jnp.stack([observation[OBSERVATION[part]] for part in PATCH_PARTS], axis=1)
        others = jnp.stack([observation[OBSERVATION[part]] for part in OTHER_PARTS], axis=1)
        at_patches = jax.nn.relu(for_patches + jax.vmap(self.of_patch)(patches))
        at_others = jax.nn.relu(for_others + jax.vmap(self.of_other)(others))
        return jnp.concatenate([jax.vmap(self.patch)(at_patches).ravel(), jax.vmap(self.other)(at_others).ravel()])


def _small(linear: eqx.nn.Linear) -> eqx.nn.Linear:
    return eqx.tree_at(lambda layer: layer.weight, linear, linear.weight / 4)
