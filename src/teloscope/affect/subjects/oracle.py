"""The oracle: expected remaining fitness, by clones that live on under the frozen policy.

    F_t = mean over clones of the offspring from t to the end,     dF_t = F_t - E[F_t | s, a at t-1]

A clone has the state and the memory of its original, and luck of its own. Both means have a Monte Carlo error; halves
of the clones estimate it, and statistics that use one half as an instrument for the other are free of it.

Theory: E4 (affects track the change of expected fitness).
"""

from __future__ import annotations

from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from teloscope.affect.minds import Memory, Mind, sample_action
from teloscope.affect.savanna import Params, Savanna, State, observe


@partial(jax.jit, static_argnames=("static", "clones", "plans", "damps", "look_ahead"))
def remaining_fitness(
    arrays: Any,
    static: Any,
    states: State,
    memories: Memory,
    params: Params,
    key: jax.Array,
    action: jax.Array,
    acted: jax.Array | bool,
    clones: int,
    plans: bool = True,
    damps: bool = True,
    look_ahead: int | None = None,
) -> jax.Array:
    """`[E, C]` offspring of each clone from now to the end of the episode.

    Args:
        arrays: of one mind.
        static: what of the mind is no array.
        states: `[E]`, all at the same step.
        memories: `[E]` before the observation of these states.
        params: the world.
        key: of the clones' luck.
        action: `[E]` what every clone does first, if `acted`; offspring of that step are not counted.
        acted: whether there is such an action; then `memories` are those after it.
        clones: `C`
        plans: whether the planner's output counts.
        damps: whether calm damps the slow channel.
        look_ahead: steps to live at most; None: to the end of the episode.
    """
    mind: Mind = eqx.combine(arrays, static)
    env = Savanna()
    count = states.energy.shape[0] * clones
    states, memories = jax.tree.map(lambda leaf: jnp.repeat(leaf, clones, axis=0), (states, memories))
    left = params.max_steps_in_episode - states.time[0]
    steps = left if look_ahead is None else jnp.minimum(left, look_ahead)

    def move(states: State, action: jax.Array, key: jax.Array) -> tuple[State, jax.Array]:
        keys = jax.random.split(key, count)
        _, after, _, _, info = jax.vmap(env.step_env, (0, 0, 0, None))(keys, states, action, params)
        return after, info["offspring"] * states.alive

    moved, _ = move(states, jnp.repeat(action, clones), jax.random.fold_in(key, 1 << 20))
    states = jax.tree.map(lambda after, before: jnp.where(acted, after, before), moved, states)
    steps = jnp.minimum(left - acted, steps)

    def live(at: jax.Array, carried: tuple[State, Memory, jax.Array]) -> tuple[State, Memory, jax.Array]:
        states, memories, born = carried
        drawn, stepped = jax.random.split(jax.random.fold_in(key, at))
        seen = jax.vmap(observe, (0, None))(states, params)
        memories, thought = jax.vmap(partial(mind.think, plans=plans))(memories, seen)
        action = jax.vmap(sample_action)(thought.logits, jax.random.uniform(drawn, (count,)))
        states, now = move(states, action, stepped)
        return states, jax.vmap(mind.calmed)(memories, action) if damps else memories, born + now

    _, _, born = jax.lax.fori_loop(0, steps, live, (states, memories, jnp.zeros(count)))
    return born.reshape(-1, clones)
