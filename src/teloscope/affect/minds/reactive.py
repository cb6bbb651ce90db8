"""A scripted reactive agent: what it does follows from the present observation alone.

It strikes who is near and looks hostile, rests when tired, eats when not full, and otherwise seeks who looks friendly.
Its thresholds were written by hand. `bench/savanna.py --tune` searches better ones, and `bench/minds.py` races minds
against both.

Theory: E6 (what needs no memory and no foresight).
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from teloscope.affect.savanna import OBSERVATION, PATCHES, action_number


class Reactions(NamedTuple):
    """Thresholds of the reactive agent."""

    near: float = 0.25
    """Distance within which an other is judged."""
    hostile: float = -0.3
    """Cue below which it is struck."""
    tired: float = 0.7
    """Fatigue above which it rests."""
    full: float = 0.75
    """Energy below which it eats."""
    starving: float = 0.3
    """Energy below which it hurries."""
    way: float = 0.6
    """How much a patch's distance counts against its food."""
    friendly: float = 0.3
    """Cue above which an other is sought."""


def react(observation: jax.Array, reactions: Reactions) -> jax.Array:
    """The action for an observation `[40]`."""
    part = {name: observation[where] for name, where in OBSERVATION.items()}
    energy, fatigue, _ = part["felt"]
    distance = part["other_distance"]
    seen = part["in_sight"] > 0
    threat = seen & (distance < reactions.near) & (part["cue"] < reactions.hostile)
    foe = jnp.argmin(jnp.where(threat, distance, 2.0))
    friendly = seen & (part["cue"] > reactions.friendly)
    friend = jnp.argmin(jnp.where(friendly, distance, 2.0))
    patch = jnp.argmax(part["patch_food"] - reactions.way * part["patch_distance"])
    hurry = jnp.where(energy < reactions.starving, 2, 1)
    eat = action_number(patch, 0, hurry)
    seek = jnp.where(friendly.any(), action_number(PATCHES + friend, 0, 1), action_number(patch, 0, 0))
    calmly = jnp.where(energy < reactions.full, eat, seek)
    rested = jnp.where(fatigue > reactions.tired, action_number(patch, 0, 0), calmly)
    return jnp.where(threat.any(), action_number(PATCHES + foe, 1, 2), rested)
