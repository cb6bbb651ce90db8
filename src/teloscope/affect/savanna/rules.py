"""The rules of the savanna, as pure functions of a state, an action and uniform draws.

    dE = eaten + gifts - metabolism - c0 [e > 0] - c1 e^2 - calm - depth * think - births * cost +- shocks
    dF = 0.04 e^2 - 0.02 (1 - e)^2                                       dD = bites + wound + shocks - healing
    P(birth) = fertility * (E - 0.4)+ / 0.6 * (1 - D) * (1 - F / 2) * (3 in touch with a friend, else 1)

An other in touch is a friend who gives, or a foe who bites. Who is avoided with half effort or more, at a distance
below 0.3, is struck: it leaves, and a friend is harmed.

Theory: E2, E3, E4, E9. Source: written for this project; see `Params` for every number.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax.scipy.special import ndtri

from teloscope.affect.savanna.layout import OTHERS, PATCHES, Choice, choice_of
from teloscope.affect.savanna.params import Params
from teloscope.affect.savanna.state import FOOD_MOST, LONGEST_DELAY, Info, State

PATCH_REACH, TOUCH, STRIKE = 0.1, 0.15, 0.3
"""Distances within which food is eaten, others are in touch, others are struck."""
WALK, DRIFT, HOME = 0.02, 0.05, 0.6
"""Others come nearer by WALK a step; patches drift towards the distance HOME by the share DRIFT."""
LEAVES, LEAVES_TOUCH, RESEEN = 1 / 60, 0.25, 0.2
"""Probabilities a step that an other leaves, that it leaves while in touch, that its cue is drawn anew."""
HEALING, WOUND_RATE = 0.003, 0.02
PAIN_STEPS, SHIELD_STEPS, PAIN = 4.0, 64.0, 0.5
"""The vaccine: steps of pain, steps of benefit, and how much damage is felt that is not there."""


def start(draws: jax.Array, params: Params) -> State:
    """A new world. `draws`: `[32]` uniform on [0, 1)."""
    zero = jnp.float32(0.0)
    energy, fatigue, damage = 0.4 + 0.4 * draws[0], 0.3 * draws[1], 0.2 * draws[2]
    reading = jnp.stack([energy, fatigue, damage])
    friend = (draws[19:23] >= params.foe_share).astype(jnp.float32)
    return State(
        energy=energy,
        fatigue=fatigue,
        damage=damage,
        wound=zero,
        patch_distance=0.2 + 0.8 * draws[3:9],
        patch_food=FOOD_MOST * draws[9:15],
        other_distance=0.3 + 0.7 * draws[15:19],
        other_friend=friend,
        other_cue=_cue(friend, draws[23:27], params),
        other_arrived=jnp.ones(OTHERS, jnp.float32),
        season=2 * jnp.pi * draws[27],
        vaccine_pain=zero,
        vaccine_shield=zero,
        felt_past=jnp.tile(reading, (LONGEST_DELAY + 1, 1)),
        felt=reading + params.felt_noise * _normal(draws[28:31]),
        born=zero,
        effort=zero,
        offspring=zero,
        harmed_friends=zero,
        alive=jnp.float32(1.0),
        time=jnp.int32(0),
    )


def transition(state: State, action: jax.Array, draws: jax.Array, params: Params) -> tuple[State, jax.Array, Info]:
    """The next state, the reward and what happened.

    Args:
        state: one world.
        action: int32, 0 … 80.
        draws: `[14]` uniform on [0, 1).
        params: the variant.
    """
    choice = choice_of(action)
    effort = choice.effort
    step = params.speed * effort * (1 - 0.7 * state.fatigue) * jnp.where(choice.avoids, 1.0, -1.0)

    patch_distance, patch_food, season, eaten = _fed(state, choice, step, params)
    shielded = jnp.where(state.vaccine_shield > 0, 1.0, 0.0)
    struck, other_distance, touching = _met(state, choice, step)
    friends = (touching * state.other_friend).sum()
    gift = params.gift * friends
    bitten = params.foe_damage * (touching * (1 - state.other_friend)).sum() * (1 - 0.7 * shielded)
    harmed = (struck * state.other_friend).sum() * effort
    loss, gain, injury = _shock(draws[0], shielded, params)
    trickle = (params.loss_rate - params.gain_rate) * params.shock_size / 2

    # The body.
    spent = _spent(choice, params)
    mating = jnp.where(friends > 0, 3.0, 1.0)
    fertility = params.fertility * mating * jnp.clip((state.energy - 0.4) / 0.6, 0.0, 1.0)
    born = jnp.where(draws[2] < fertility * (1 - state.damage) * (1 - 0.5 * state.fatigue), 1.0, 0.0)
    energy = (
        state.energy + eaten + gift + 0.002 * shielded - params.metabolism - spent - params.birth_cost * born
        + trickle + (gain - loss) * (1 - injury)
    )  # fmt: skip
    energy = jnp.clip(energy, 0.0, 1.0)
    fatigue = jnp.clip(state.fatigue + 0.04 * effort**2 - 0.02 * (1 - effort) ** 2, 0.0, 1.0)
    wound = state.wound + bitten * params.foe_slow
    oozed = jnp.minimum(wound, WOUND_RATE)
    healing = HEALING * (1 + jnp.where(effort == 0, 1.0, 0.0)) * (1 + 2 * shielded)
    damage = jnp.clip(
        state.damage + bitten * (1 - params.foe_slow) + oozed - healing - trickle + (loss - gain) * injury, 0.0, 1.0
    )
    alive = jnp.where((energy > 0) & (damage < 1), state.alive, 0.0)

    vaccinated, pain, shield = _vaccine(state, draws[1], params)
    leaves, friend, other_cue = _arrivals(state, struck, touching, energy, draws, params)

    # What is felt.
    signal = damage + jnp.where(pain > 0, PAIN, 0.0)
    felt_past = jnp.concatenate([jnp.stack([energy, fatigue, signal])[None], state.felt_past[:-1]])
    late = (jnp.arange(LONGEST_DELAY + 1) == params.felt_delay).astype(jnp.float32)
    felt = late @ felt_past + params.felt_noise * _normal(draws[3:6])

    after = State(
        energy=energy,
        fatigue=fatigue,
        damage=damage,
        wound=wound - oozed,
        patch_distance=patch_distance,
        patch_food=patch_food,
        other_distance=jnp.where(leaves, 1.0, other_distance),
        other_friend=friend,
        other_cue=other_cue,
        other_arrived=leaves.astype(jnp.float32),
        season=jnp.where(season > 2 * jnp.pi, season - 2 * jnp.pi, season),
        vaccine_pain=pain,
        vaccine_shield=shield,
        felt_past=felt_past,
        felt=felt,
        born=born,
        effort=effort,
        offspring=state.offspring + born,
        harmed_friends=state.harmed_friends + harmed,
        alive=alive,
        time=state.time + 1,
    )
    reward = born + params.drive_weight * (drive(state) - drive(after))
    foes_struck, died = (struck * (1 - state.other_friend)).sum(), state.alive - alive
    happened = (born, eaten, gift, bitten, loss, gain, injury, vaccinated, harmed, foes_struck, effort, spent, died)
    return after, reward, Info(*happened)


def _fed(state: State, choice: Choice, step: jax.Array, params: Params) -> tuple[jax.Array, ...]:
    """Distances of patches, their food, the season, and what is eaten."""
    at_patch = choice.target == jnp.arange(PATCHES)
    patch_distance = jnp.clip(state.patch_distance + DRIFT * (HOME - state.patch_distance) + step * at_patch, 0.0, 1.0)
    within = jnp.where(patch_distance < PATCH_REACH, jnp.minimum(state.patch_food, params.bite), 0.0)
    eaten_each = within * jnp.minimum(1.0, params.bite / jnp.maximum(within.sum(), 1e-6))
    season = state.season + 2 * jnp.pi / params.year
    growth = params.regrowth * (1 + params.season_swing * jnp.sin(season))
    patch_food = jnp.minimum(state.patch_food - eaten_each + growth, FOOD_MOST)

    return patch_distance, patch_food, season, eaten_each.sum()


def _spent(choice: Choice, params: Params) -> jax.Array:
    """Energy paid for effort, calm and planning."""
    effort = jnp.where(choice.effort > 0, params.effort_cost, 0.0) + params.effort_cost_squared * choice.effort**2
    return effort + jnp.where(choice.calms, params.calm_cost, 0.0) + params.think_cost * params.plan_depth


def _met(state: State, choice: Choice, step: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Who is struck, how far the others are, and who is in touch."""
    at_other = choice.target == jnp.arange(PATCHES, PATCHES + OTHERS)
    met = state.other_distance
    strikes = at_other & choice.avoids & (choice.effort >= 0.5) & (met < STRIKE)
    struck = jnp.where(strikes, 1.0, 0.0)
    other_distance = jnp.clip(met - WALK + step * at_other, 0.0, 1.0)
    return struck, other_distance, jnp.where((other_distance < TOUCH) & (struck == 0), 1.0, 0.0)


def _shock(draw: jax.Array, shielded: jax.Array, params: Params) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Sizes of a sudden loss and a sudden gain, and whether it is of damage; what is not sudden trickles."""
    p_loss, p_gain = params.loss_rate, params.gain_rate
    lost = draw < p_loss
    gained = ~lost & (draw < p_loss + p_gain)
    kind = jnp.where(lost, draw / jnp.maximum(p_loss, 1e-9), (draw - p_loss) / jnp.maximum(p_gain, 1e-9))
    injury = jnp.where((lost | gained) & (kind >= 0.5), 1.0, 0.0)
    loss = jnp.where(lost, params.shock_size, 0.0) * (1 - 0.7 * shielded * injury)
    return loss, jnp.where(gained, params.shock_size, 0.0), injury


def _vaccine(state: State, draw: jax.Array, params: Params) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Whether a vaccine comes, steps of pain and steps of benefit: it hurts without harm, and helps later."""
    free = state.vaccine_pain + state.vaccine_shield == 0
    vaccinated = jnp.where((draw < params.vaccine_rate) & free, 1.0, 0.0)
    pain = jnp.where(vaccinated > 0, PAIN_STEPS, jnp.maximum(state.vaccine_pain - 1, 0.0))
    healed = (state.vaccine_pain == 1) & (vaccinated == 0)
    return vaccinated, pain, jnp.where(healed, SHIELD_STEPS, jnp.maximum(state.vaccine_shield - 1, 0.0))


def _arrivals(
    state: State, struck: jax.Array, touching: jax.Array, energy: jax.Array, draws: jax.Array, params: Params
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Who leaves, for whom somebody else comes; who is a friend; and the cues."""
    arrivals = draws[10:14]
    leaving = jnp.where(touching > 0, LEAVES_TOUCH, LEAVES)
    leaves = (struck > 0) | (arrivals < leaving)
    foe_share = jnp.clip(params.foe_share + params.foe_hunger * (0.5 - energy), 0.05, 0.95)
    sort = jnp.where(struck > 0, arrivals, arrivals / leaving)
    friend = jnp.where(leaves, jnp.where(sort >= foe_share, 1.0, 0.0), state.other_friend)
    looks = draws[6:10]
    fresh = jnp.where(leaves, looks, looks / RESEEN)
    other_cue = jnp.where(leaves | (looks < RESEEN), _cue(friend, fresh, params), state.other_cue)
    return leaves, friend, other_cue


def drive(state: State) -> jax.Array:
    """The distance of energy, fatigue and damage from where they should be.

    Source: Keramati & Gutkin 2014, D(H) = (sum |H* - H|^n)^(1/m) with n = 4, m = 3; here H* = (0.8, 0, 0).
    """
    return ((0.8 - state.energy) ** 4 + state.fatigue**4 + state.damage**4 + 1e-12) ** (1 / 3)


def _normal(draws: jax.Array) -> jax.Array:
    """Standard normal numbers from uniform ones."""
    return ndtri(jnp.clip(draws, 1e-6, 1 - 1e-6))


def _cue(friend: jax.Array, draws: jax.Array, params: Params) -> jax.Array:
    return (friend - 0.5) * params.cue_separation + _normal(draws)
