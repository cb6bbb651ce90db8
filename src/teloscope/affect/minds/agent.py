"""A mind as an agent of teloscope: `mind:<file>`. Its latents can be recorded beside its steps.

Theory: A1, E7.
"""

from __future__ import annotations

import hashlib
from functools import partial
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import numpy as np
from numpy.typing import NDArray

from teloscope.affect.minds.files import load_mind, mind_text
from teloscope.affect.minds.mind import Memory, Mind
from teloscope.affect.minds.sampling import sample_action
from teloscope.affect.savanna import ACTIONS, OBSERVED
from teloscope.agents.agent import Agent
from teloscope.errors import BadAgent
from teloscope.worlds.world import World


class MindAgent(Agent):
    """A mind in a file.

    Args:
        path: what training wrote.
        sample: whether it draws from its distribution, rather than take the likeliest action.

    Raises:
        BadAgent: it can't be read.
    """

    def __init__(self, path: str | Path, sample: bool = True) -> None:
        self.mind, self.head = load_mind(path)
        self.sample = sample
        self.name = f"mind:{path}" + ("" if sample else "?sample=no")

    @property
    def digest(self) -> str:
        """Hash of the numbers, not of where they lie."""
        return hashlib.sha256(mind_text(self.mind, {"sample": self.sample})).hexdigest()

    def start(self, world: World, episodes: int, seed: int) -> MindPlayer:
        """A player for fresh episodes.

        Raises:
            BadAgent: the world is not the savanna.
        """
        space = getattr(world, "observation_space", None)
        if getattr(space, "shape", None) != (OBSERVED,) or len(world.actions or ()) != ACTIONS:
            raise BadAgent(
                f"Agent {self.name!r} lives in the savanna, with {OBSERVED} observations and {ACTIONS} actions; the "
                f"world {world.name!r} is another. Use --world savanna."
            )
        return MindPlayer(self.mind, episodes, seed, self.sample)

    def remarks(self, returns: Any) -> list[str]:
        diverged = self.head.get("diverged", "")
        return [f"The training of this mind diverged: {diverged}."] if diverged else []


class MindPlayer:
    """Acts for `B` episodes."""

    def __init__(self, mind: Mind, episodes: int, seed: int, sample: bool) -> None:
        self.arrays, self.static = eqx.partition(mind, eqx.is_array)
        self.sample, self.rng = sample, np.random.default_rng(seed)
        blank = mind.blank()
        self.memory: Memory = jax.tree.map(lambda leaf: np.zeros((episodes, *leaf.shape), np.float32), blank)
        self.latents: NDArray[np.float32] = np.zeros((episodes, mind.dimensions), np.float32)
        """`[B, D]` what made the last action."""

    def act(self, observations: Any, t: int, alive: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Actions `[B]`; the dead draw too, so that an episode's draws don't depend on others."""
        drawn = self.rng.random(len(observations), np.float32)
        self.memory, action, latents = _act(self.arrays, self.static, self.memory, observations, drawn, self.sample)
        self.latents = np.asarray(latents)
        return np.asarray(action, np.int64)


@partial(jax.jit, static_argnames=("static", "sample"))
def _act(
    arrays: Any, static: Any, memory: Memory, seen: jax.Array, drawn: jax.Array, sample: bool
) -> tuple[Memory, jax.Array, jax.Array]:
    mind: Mind = eqx.combine(arrays, static)
    memory, thought = jax.vmap(mind.think)(memory, seen)
    action = jax.vmap(sample_action)(thought.logits, drawn) if sample else thought.logits.argmax(1)
    return jax.vmap(mind.calmed)(memory, action), action, jax.vmap(mind.latents)(memory)
