"""Recurrent PPO: minds learn from stretches of many worlds at once, by truncated backpropagation through time.

    L = -E[min(r A, clip(r, 1 ± 0.2) A)] + 0.5 E[(V - R)^2] - c_H H(pi) + L_planner,   A: generalised advantages

What was tried first: Rejax 0.1 runs on the savanna as it is, but its PPO keeps no memory; RecurrentPPO of sb3-contrib
2.9 keeps one, and made 2,100 steps a second in the Gymnasium form, which is too few. So this one is our own.

Theory: E9. Source: Schulman et al. 2016 (GAE), 2017 (PPO).
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import optax

from teloscope.affect.minds import Memory, Mind, sample_action
from teloscope.affect.savanna import Params, Savanna, State


class Setting(NamedTuple):
    """How it is learned; the numbers are the same for every mind."""

    updates: int
    """In the whole training; the learning rate falls to a tenth over them."""
    worlds: int = 128
    stretch: int = 64
    """Steps of each world between two updates."""
    minibatches: int = 2
    epochs: int = 2
    learning_rate: float = 2e-3
    discount: float = 0.99
    trace: float = 0.95
    """Lambda of the advantages."""
    clip: float = 0.2
    entropy: float = 0.01
    most_gradient: float = 0.5

    @property
    def steps_an_update(self) -> int:
        return self.worlds * self.stretch


class Learner(NamedTuple):
    """Training under way: everything that the next update needs, so that it can be written down."""

    mind: Any
    """The arrays of the mind."""
    optimiser: Any
    worlds: State
    """`[B]`"""
    observation: jax.Array
    """`[B, 40]`"""
    memory: Memory
    """`[B]`"""
    fresh: jax.Array
    """`[B]` 1 where an episode begins."""
    key: jax.Array


class _Stretch(NamedTuple):
    """What happened; `[B, T, …]`."""

    observation: jax.Array
    action: jax.Array
    log_probability: jax.Array
    value: jax.Array
    reward: jax.Array
    fresh: jax.Array
    done: jax.Array


class Tally(NamedTuple):
    """What one update reports."""

    born: jax.Array
    """Offspring in all worlds; the reward may be another."""
    entropy: jax.Array
    """Of the policy, in nats."""
    loss: jax.Array
    effort: jax.Array
    """Mean, 0 to 1."""
    ended: jax.Array
    """Episodes that ended."""


def optimiser(setting: Setting) -> optax.GradientTransformation:
    """Adam with a falling rate and clipped gradients."""
    count = setting.updates * setting.epochs * setting.minibatches
    rate = optax.linear_schedule(setting.learning_rate, setting.learning_rate / 10, count)
    return optax.chain(optax.clip_by_global_norm(setting.most_gradient), optax.adam(rate, eps=1e-5))


@partial(jax.jit, static_argnames=("setting",))
def new_learner(mind: Mind, setting: Setting, params: Params, key: jax.Array) -> Learner:
    """Training at its beginning. `key`: `[2]` uint32."""
    arrays = eqx.filter(mind, eqx.is_array)
    key, first = jax.random.split(key)
    observation, worlds = jax.vmap(Savanna().reset, (0, None))(jax.random.split(first, setting.worlds), params)
    blank = jax.tree.map(lambda leaf: jnp.zeros((setting.worlds, *leaf.shape)), mind.blank())
    return Learner(arrays, optimiser(setting).init(arrays), worlds, observation, blank, jnp.ones(setting.worlds), key)


@partial(jax.jit, static_argnames=("static", "setting", "updates"))
def learn(learner: Learner, static: Any, setting: Setting, params: Params, updates: int) -> tuple[Learner, Tally]:
    """The learner after some updates, and a tally `[updates]` of each.

    Args:
        learner: training under way.
        static: what of the mind is no array (`eqx.partition(mind, eqx.is_array)[1]`).
        setting: how it is learned.
        params: the world.
        updates: how many.
    """
    return jax.lax.scan(lambda carried, _: _update(carried, static, setting, params), learner, length=updates)


def _update(learner: Learner, static: Any, setting: Setting, params: Params) -> tuple[Learner, Tally]:
    before = learner.memory
    learner, stretch, effort, born = _live(learner, static, setting, params)
    mind = eqx.combine(learner.mind, static)
    _, last = jax.vmap(mind.think)(_blanked(learner.memory, learner.fresh), learner.observation)
    advantage = _advantages(stretch, last.value, setting)
    goal = advantage + stretch.value
    advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-6)
    data = (before, stretch, advantage, goal)

    def epoch(carried: tuple[Any, Any], key: jax.Array) -> tuple[tuple[Any, Any], tuple[jax.Array, jax.Array]]:
        order = jax.random.permutation(key, setting.worlds).reshape(setting.minibatches, -1)
        return jax.lax.scan(minibatch, carried, order)

    def minibatch(carried: tuple[Any, Any], rows: jax.Array) -> tuple[tuple[Any, Any], tuple[jax.Array, jax.Array]]:
        arrays, state = carried
        part = jax.tree.map(lambda leaf: leaf[rows], data)
        (loss, entropy), gradient = jax.value_and_grad(_loss, has_aux=True)(arrays, static, setting, *part)
        step, state = optimiser(setting).update(gradient, state, arrays)
        return (optax.apply_updates(arrays, step), state), (loss, entropy)

    key, shuffle = jax.random.split(learner.key)
    (arrays, state), (loss, entropy) = jax.lax.scan(
        epoch, (learner.mind, learner.optimiser), jax.random.split(shuffle, setting.epochs)
    )
    ended = stretch.done.sum()
    tally = Tally(born, entropy.mean(), loss.mean(), effort, ended)
    return learner._replace(mind=arrays, optimiser=state, key=key), tally


def _live(
    learner: Learner, static: Any, setting: Setting, params: Params
) -> tuple[Learner, _Stretch, jax.Array, jax.Array]:
    """A stretch of life in every world; the memory is carried on. Also the mean effort, and the offspring."""
    mind: Mind = eqx.combine(learner.mind, static)
    env = Savanna()

    def step(carried: Learner, _: None) -> tuple[Learner, tuple[_Stretch, jax.Array, jax.Array]]:
        key, drawn, stepped = jax.random.split(carried.key, 3)
        memory, thought = jax.vmap(mind.think)(_blanked(carried.memory, carried.fresh), carried.observation)
        action = jax.vmap(sample_action)(thought.logits, jax.random.uniform(drawn, (setting.worlds,)))
        log_probability = _log_probability(thought.logits, action)
        keys = jax.random.split(stepped, setting.worlds)
        seen, worlds, reward, done, info = jax.vmap(env.step, (0, 0, 0, None))(keys, carried.worlds, action, params)
        after = carried._replace(
            worlds=worlds,
            observation=seen,
            memory=jax.vmap(mind.calmed)(memory, action),
            fresh=done.astype(jnp.float32),
            key=key,
        )
        lived = _Stretch(
            carried.observation, action, log_probability, thought.value, reward, carried.fresh, after.fresh
        )
        return after, (lived, info["effort"], info["offspring"])

    learner, (stretch, effort, born) = jax.lax.scan(step, learner, length=setting.stretch)
    return learner, jax.tree.map(lambda leaf: jnp.swapaxes(leaf, 0, 1), stretch), effort.mean(), born.sum()


def _advantages(stretch: _Stretch, last: jax.Array, setting: Setting) -> jax.Array:
    """`[B, T]` generalised advantages; the end of an episode, its time limit too, is worth 0."""

    def back(carried: tuple[jax.Array, jax.Array], at: tuple[jax.Array, jax.Array, jax.Array]) -> Any:
        advantage, following = carried
        reward, value, done = at
        surprise = reward + setting.discount * following * (1 - done) - value
        advantage = surprise + setting.discount * setting.trace * (1 - done) * advantage
        return (advantage, value), advantage

    turned: Any = tuple(leaf.T for leaf in (stretch.reward, stretch.value, stretch.done))
    _, advantages = jax.lax.scan(back, (jnp.zeros_like(last), last), turned, reverse=True)
    return advantages.T


def _loss(
    arrays: Any,
    static: Any,
    setting: Setting,
    memory: Memory,
    stretch: _Stretch,
    advantage: jax.Array,
    goal: jax.Array,
) -> tuple[jax.Array, jax.Array]:
    """The loss of a minibatch, and the entropy."""
    mind: Mind = eqx.combine(arrays, static)
    logits, value, hidden = jax.vmap(mind.think_through)(memory, stretch.observation, stretch.fresh, stretch.action)
    ratio = jnp.exp(_log_probability(logits, stretch.action) - stretch.log_probability)
    clipped = jnp.clip(ratio, 1 - setting.clip, 1 + setting.clip)
    actor = -jnp.minimum(ratio * advantage, clipped * advantage).mean()
    log_all = jax.nn.log_softmax(logits)
    entropy = -(jnp.exp(log_all) * log_all).sum(-1).mean()
    loss = actor + 0.5 * ((value - goal) ** 2).mean() - setting.entropy * entropy
    if mind.planner is not None:
        follows = 1 - stretch.done[:, :-1]
        errors = jax.vmap(jax.vmap(mind.planner.error))(
            hidden[:, :-1], stretch.action[:, :-1], stretch.observation[:, 1:], stretch.reward[:, :-1]
        )
        loss += (errors * follows).mean()
    return loss, entropy


def _log_probability(logits: jax.Array, action: jax.Array) -> jax.Array:
    return jnp.take_along_axis(jax.nn.log_softmax(logits), action[..., None], -1)[..., 0]


def _blanked(memory: Memory, fresh: jax.Array) -> Memory:
    """The memory `[B]`, blank where an episode begins."""
    return jax.tree.map(lambda leaf: leaf * (1 - fresh)[:, None], memory)
