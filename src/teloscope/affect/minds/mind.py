"""A mind: encoder, GRU, a slow leaky channel, an optional planner, and a critic that shares nothing with them.

    x = relu(W o)                         encoder
    z = z + (tanh(V x) - z) / tau         slow channel: 4 units, tau learned from 50 steps on, never labelled
    h = GRU([x, z], h)                    64 units
    logits = A [h, z] + pointer([h, z], o) + planner(h, z, o)     81 actions
    value = critic(o, its own memory)     another encoder and another GRU

The action calm multiplies z by 1/2. Everything is for one mind in one episode: `vmap` it.

Theory: E6 (the slow channel does not pass through the planner), E7 (cheap latents), E8 (depth).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp

from teloscope.affect.minds.planner import Planner
from teloscope.affect.minds.pointer import Pointer
from teloscope.affect.savanna import ACTIONS, CALM, OBSERVED
from teloscope.errors import BadStudy

HIDDEN, SLOW, CRITIC = 64, 4, 32
DEEPEST = 16
FIRST_TAU = 50.0
CALMING = 0.5
"""What the action calm multiplies the slow channel by."""


@dataclass(frozen=True)
class Recipe:
    """How a mind is built; minds of one recipe differ by their seed alone."""

    slow: bool = True
    """Whether it has the slow channel."""
    depth: int = 0
    """How many steps it plans ahead; each costs energy in every step."""

    def __post_init__(self) -> None:
        if not 0 <= self.depth <= DEEPEST:
            raise BadStudy(f"A mind was asked for with planning depth {self.depth}; expected 0 to {DEEPEST}.")

    def to_dict(self) -> dict[str, bool | int]:
        """The form that files hold."""
        return asdict(self)


class Memory(NamedTuple):
    """What a mind keeps from step to step."""

    hidden: jax.Array
    """`[64]`"""
    slow: jax.Array
    """`[4]`; zeros without the channel."""
    critic: jax.Array
    """`[32]`"""


class Thought(NamedTuple):
    """What a mind makes of an observation."""

    logits: jax.Array
    """`[81]`"""
    value: jax.Array
    """The critic's expected discounted reward to come."""
    plan: jax.Array
    """Reward that the planner foresees; 0 without one."""


class Gru(eqx.Module):
    """A gated recurrent unit whose input part is a product of its own, so that it can run over all steps at once.

    Source: Cho et al. 2014.
    """

    from_input: eqx.nn.Linear
    from_hidden: eqx.nn.Linear

    def __init__(self, inputs: int, units: int, key: jax.Array) -> None:
        one, two = jax.random.split(key)
        self.from_input = eqx.nn.Linear(inputs, 3 * units, key=one)
        self.from_hidden = eqx.nn.Linear(units, 3 * units, key=two)

    def step(self, driven: jax.Array, hidden: jax.Array) -> jax.Array:
        """The next hidden state `[U]` from `driven = from_input(input)` `[3 U]`."""
        reset_in, update_in, new_in = jnp.split(driven, 3)
        reset_h, update_h, new_h = jnp.split(self.from_hidden(hidden), 3)
        update = jax.nn.sigmoid(update_in + update_h)
        new = jnp.tanh(new_in + jax.nn.sigmoid(reset_in + reset_h) * new_h)
        return new + update * (hidden - new)


class Critic(eqx.Module):
    """The value of what was observed so far, with an encoder and a memory of its own."""

    encoder: eqx.nn.Linear
    gru: Gru
    value: eqx.nn.Linear

    def __init__(self, key: jax.Array) -> None:
        one, two, three = jax.random.split(key, 3)
        self.encoder = eqx.nn.Linear(OBSERVED, CRITIC, key=one)
        self.gru = Gru(CRITIC, CRITIC, two)
        self.value = eqx.nn.Linear(CRITIC, 1, key=three)

    def driven(self, observation: jax.Array) -> jax.Array:
        """`[96]` what drives its memory."""
        return self.gru.from_input(jax.nn.relu(self.encoder(observation)))


class Mind(eqx.Module):
    """The network; see the module's docstring."""

    encoder: eqx.nn.Linear
    slow_input: eqx.nn.Linear
    log_tau: jax.Array
    """`[4]` logarithm of the slow channel's time constants in steps."""
    gru: Gru
    head: eqx.nn.Linear
    pointer: Pointer
    planner: Planner | None
    critic: Critic
    recipe: Recipe = eqx.field(static=True)

    def __init__(self, recipe: Recipe, key: jax.Array) -> None:
        keys = jax.random.split(key, 7)
        self.encoder = eqx.nn.Linear(OBSERVED, HIDDEN, key=keys[0])
        self.slow_input = eqx.nn.Linear(HIDDEN, SLOW, key=keys[1])
        self.log_tau = jnp.full(SLOW, jnp.log(FIRST_TAU), jnp.float32)  # not weak: else training compiles twice
        self.gru = Gru(HIDDEN + SLOW, HIDDEN, keys[2])
        self.head = _scaled(eqx.nn.Linear(HIDDEN + SLOW, ACTIONS, key=keys[3]), 0.1)
        self.planner = Planner(HIDDEN, SLOW, ACTIONS, OBSERVED, keys[4]) if recipe.depth else None
        self.critic = Critic(keys[5])
        self.pointer = Pointer(HIDDEN + SLOW, keys[6])
        self.recipe = recipe

    @property
    def dimensions(self) -> int:
        """Latents: the GRU's, then the slow channel's."""
        return HIDDEN + SLOW * self.recipe.slow

    def blank(self) -> Memory:
        """The memory at birth."""
        return Memory(jnp.zeros(HIDDEN), jnp.zeros(SLOW), jnp.zeros(CRITIC))

    def think(self, memory: Memory, observation: jax.Array, plans: bool = True) -> tuple[Memory, Thought]:
        """Take in one observation.

        Args:
            memory: before it.
            observation: `[40]`
            plans: False cuts the planner's output.

        Returns:
            The memory after it, and what the mind makes of it.
        """
        features = jax.nn.relu(self.encoder(observation))
        slow = self._slow_step(memory.slow, self._slow_goal(features))
        hidden = self.gru.step(self.gru.from_input(jnp.concatenate([features, slow])), memory.hidden)
        critic = self.critic.gru.step(self.critic.driven(observation), memory.critic)
        logits, plan = self._decide(hidden, slow, observation, plans)
        return Memory(hidden, slow, critic), Thought(logits, self.critic.value(critic)[0], plan)

    def calmed(self, memory: Memory, action: jax.Array) -> Memory:
        """The memory after an action: calm damps the slow channel."""
        return memory._replace(slow=memory.slow * jnp.where(action == CALM, CALMING, 1.0))

    def think_through(
        self, memory: Memory, observations: jax.Array, fresh: jax.Array, actions: jax.Array
    ) -> tuple[jax.Array, jax.Array, jax.Array]:
        """The same as `think` and `calmed` over many steps, with the products over all steps at once.

        Args:
            memory: before the first.
            observations: `[T, 40]`
            fresh: `[T]` 1 where a new episode begins, so that the memory is blank.
            actions: `[T]` what was done after each.

        Returns:
            Logits `[T, 81]`, values `[T]`, hidden states `[T, 64]`.
        """
        features = jax.nn.relu(jax.vmap(self.encoder)(observations))
        kept = 1.0 - fresh

        def slow_scan(slow: jax.Array, at: tuple[jax.Array, jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
            goal, keep, action = at
            now = self._slow_step(slow * keep, goal)
            return now * jnp.where(action == CALM, CALMING, 1.0), now

        _, slow = jax.lax.scan(slow_scan, memory.slow, (self._slow_goal(features), kept, actions))
        driven = jax.vmap(self.gru.from_input)(jnp.concatenate([features, slow], axis=1))
        driven_critic = jax.vmap(self.critic.driven)(observations)

        def scan(
            carried: tuple[jax.Array, jax.Array], at: tuple[jax.Array, jax.Array, jax.Array]
        ) -> tuple[tuple[jax.Array, jax.Array], tuple[jax.Array, jax.Array]]:
            drive, drive_critic, keep = at
            hidden = self.gru.step(drive, carried[0] * keep)
            critic = self.critic.gru.step(drive_critic, carried[1] * keep)
            return (hidden, critic), (hidden, critic)

        _, (hidden, critic) = jax.lax.scan(scan, (memory.hidden, memory.critic), (driven, driven_critic, kept))
        logits, _ = jax.vmap(lambda h, z, o: self._decide(h, z, o, True))(hidden, slow, observations)
        return logits, jax.vmap(self.critic.value)(critic)[:, 0], hidden

    def latents(self, memory: Memory) -> jax.Array:
        """`[..., D]`: the GRU's 64, then the slow channel's 4 if it has one."""
        return jnp.concatenate([memory.hidden, memory.slow], axis=-1) if self.recipe.slow else memory.hidden

    def with_latents(self, memory: Memory, latents: jax.Array) -> Memory:
        """The memory with these latents `[..., D]`."""
        slow = latents[..., HIDDEN:] if self.recipe.slow else memory.slow
        return memory._replace(hidden=latents[..., :HIDDEN], slow=slow)

    def _slow_goal(self, features: jax.Array) -> jax.Array:
        """`[..., 4]` what the slow channel leaks towards."""
        if not self.recipe.slow:
            return jnp.zeros((*features.shape[:-1], SLOW))
        bias = self.slow_input.bias
        assert bias is not None
        return jnp.tanh(features @ self.slow_input.weight.T + bias)

    def _slow_step(self, slow: jax.Array, goal: jax.Array) -> jax.Array:
        return slow + (goal - slow) / jnp.maximum(jnp.exp(self.log_tau), 1.0)

    def intend(self, hidden: jax.Array, slow: jax.Array, observation: jax.Array) -> jax.Array:
        """Logits `[81]` without planning."""
        inner = jnp.concatenate([hidden, slow])
        return self.head(inner) + jnp.append(self.pointer(inner, observation), 0.0)

    def _decide(
        self, hidden: jax.Array, slow: jax.Array, observation: jax.Array, plans: bool
    ) -> tuple[jax.Array, jax.Array]:
        logits = self.intend(hidden, slow, observation)
        if self.planner is None:
            return logits, jnp.float32(0.0)
        advice, plan = self.planner(hidden, slow, logits, self.intend, self.recipe.depth)
        return logits + advice if plans else logits, plan


def new_mind(recipe: Recipe | None = None, seed: int = 0) -> Mind:
    """An untrained mind."""
    return _made(recipe or Recipe(), jax.random.key(seed))


def shape_of_mind(recipe: Recipe) -> Mind:
    """A mind of shapes in the place of arrays: what a file is checked against."""
    return eqx.filter_eval_shape(Mind, recipe, jax.random.key(0))


_made = eqx.filter_jit(Mind)


def _scaled(linear: eqx.nn.Linear, factor: float) -> eqx.nn.Linear:
    return eqx.tree_at(lambda layer: layer.weight, linear, linear.weight * factor)
