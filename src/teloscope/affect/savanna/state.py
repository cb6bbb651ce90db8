"""The state of a savanna, and what happened in a step.

Theory: E4, E9.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from teloscope.affect.savanna.layout import OBSERVED, OTHERS, PATCHES
from teloscope.affect.savanna.params import Params

LONGEST_DELAY = 3
FOOD_MOST = 0.4
"""Food that a patch holds, at most."""
SIGHT = 0.6
"""Distance within which an other's cue is seen."""


class State(NamedTuple):
    """One world; scalars are float32 unless said otherwise. Under `vmap` every field has a leading axis `[B]`."""

    energy: jax.Array
    """0: starved … 1"""
    fatigue: jax.Array
    """0 … 1"""
    damage: jax.Array
    """0 … 1: dead"""
    wound: jax.Array
    """Damage that is still to come, little by little."""
    patch_distance: jax.Array
    """`[6]` 0 … 1"""
    patch_food: jax.Array
    """`[6]` 0 … 0.4"""
    other_distance: jax.Array
    """`[4]` 0 … 1"""
    other_friend: jax.Array
    """`[4]` 1: friend, 0: foe. Hidden."""
    other_cue: jax.Array
    """`[4]` the present cue, N(±d'/2, 1)."""
    other_arrived: jax.Array
    """`[4]` 1: it came in the last step."""
    season: jax.Array
    """Phase in radians; food grows fastest at pi / 2."""
    vaccine_pain: jax.Array
    """Steps for which the vaccine still hurts."""
    vaccine_shield: jax.Array
    """Steps for which it still helps."""
    felt_past: jax.Array
    """`[4, 3]` energy, fatigue, damage signal, of this step and the three before."""
    felt: jax.Array
    """`[3]` what is felt now: late and noisy, and not yet masked."""
    born: jax.Array
    """Offspring of the last step."""
    effort: jax.Array
    """Of the last step."""
    offspring: jax.Array
    """Since the start: the fitness."""
    harmed_friends: jax.Array
    """Harm done to friends since the start; 1 is one friend struck with full effort."""
    alive: jax.Array
    """1 until energy is 0 or damage 1."""
    time: jax.Array
    """int32, steps since the start."""


class Info(NamedTuple):
    """What happened in one step; scalars, float32."""

    offspring: jax.Array
    """Born in this step."""
    eaten: jax.Array
    gift: jax.Array
    """Energy from friends."""
    bitten: jax.Array
    """Damage that foes did or will do."""
    loss: jax.Array
    """Size of a sudden loss, 0 if there was none."""
    gain: jax.Array
    """Size of a sudden gain."""
    injury: jax.Array
    """1: the sudden loss or gain is of damage, not of energy."""
    vaccinated: jax.Array
    """1: a vaccine came."""
    harmed_friend: jax.Array
    struck_foe: jax.Array
    effort: jax.Array
    spent: jax.Array
    """Energy paid for effort, calm and planning."""
    died: jax.Array
    """1: in this step."""


def observe(state: State, params: Params) -> jax.Array:
    """`[40]` what a mind sees; `layout.OBSERVATION` says where each part stands."""
    feels = jnp.stack(
        [jnp.asarray(p, jnp.float32) for p in (params.feels_energy, params.feels_fatigue, params.feels_damage)]
    )
    in_sight = (state.other_distance < SIGHT).astype(jnp.float32)
    elapsed = state.time.astype(jnp.float32) / params.max_steps_in_episode
    told = (state.vaccine_pain > 0).astype(jnp.float32) * params.vaccine_tells
    rest = jnp.stack(
        [jnp.sin(state.season), jnp.cos(state.season), told, state.born, state.effort, elapsed],
    )
    seen = jnp.concatenate(
        [
            state.felt * feels,
            feels,
            state.patch_distance,
            state.patch_food / FOOD_MOST,
            state.other_distance,
            state.other_cue * in_sight,
            in_sight,
            state.other_arrived,
            rest,
        ]
    )
    assert seen.shape == (OBSERVED,) and state.patch_food.shape == (PATCHES,) and in_sight.shape == (OTHERS,)
    return seen
