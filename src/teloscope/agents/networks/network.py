"""Networks as agents: from a batch of observations to a batch of actions, for any library that runs the network.

In a table world the network is evaluated once for every state, in batches, which gives a policy `[S, A]`; then its
rates can be computed exactly. In any other world it is stepped, all episodes in one batch.

Theory: A1.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from teloscope.agents.agent import Agent, Player, Policy, checked_policy
from teloscope.agents.networks.observation_range import SeenRange, TrainedRange, range_remarks
from teloscope.errors import BadAgent
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import World

BATCH = 4096
"""Observations in one batch, at most."""
WRAPPER_HINT = (
    "Give the environment the wrappers that the network was trained with: name a function of yours that makes it, as "
    "`--world my_module:make --trust`."
)
"""Advice where a network was trained on other observations than the environment without wrappers gives."""


class NetworkAgent(Agent):
    """An agent whose network maps observations to actions; it has no memory."""

    sample: bool
    """Whether it samples from its distribution, rather than take the most likely action."""
    hidden: NDArray[Any] | None = None
    """`[N, D]` the latents of the last batch, from networks that give some."""
    trained: TrainedRange | None = None
    """The range of the observations in training, before any normalisation; None: not known."""

    @cached_property
    def seen(self) -> SeenRange:
        """The range of the observations that it was given."""
        return SeenRange()

    def part(self, observations: Any) -> Any:
        """The part of the observations `[N, ...]` that the network reads."""
        return observations

    def remarks(self, returns: Sequence[float]) -> list[str]:
        return range_remarks(self.trained, self.seen)

    @abstractmethod
    def distribution(self, observations: Any, n_actions: int) -> NDArray[np.floating[Any]]:
        """Probabilities `[N, n_actions]` for observations `[N, ...]`; one-hot where it does not sample.

        Raises:
            BadAgent: the observations don't fit the network, or its outputs are not finite.
        """

    @abstractmethod
    def actions(self, observations: Any, rng: np.random.Generator) -> NDArray[Any]:
        """Actions `[N, ...]` for observations `[N, ...]`, where the world's actions have no names."""

    @abstractmethod
    def check(self, world: World) -> None:
        """Check that the network's observations and actions fit the world's, as far as both declare them.

        Raises:
            BadAgent: they don't fit.
        """

    def policy(self, world: TableWorld) -> Policy | None:
        self.check(world)
        observations = np.stack([world.observe(state) for state in world.table.states])
        self.seen.add(self.part(observations))
        parts = np.split(observations, range(BATCH, len(observations), BATCH))
        chunks = [self.distribution(part, world.table.n_actions) for part in parts]
        return checked_policy(np.concatenate(chunks), world, self.name)

    def start(self, world: World, episodes: int, seed: int) -> Player:
        self.check(world)
        return NetworkPlayer(self, None if world.actions is None else len(world.actions), seed)


class NetworkPlayer:
    """Steps a network through many episodes at once."""

    def __init__(self, agent: NetworkAgent, n_actions: int | None, seed: int) -> None:
        """`n_actions`: None where the world's actions have no names."""
        self.agent, self.n_actions, self.rng = agent, n_actions, np.random.default_rng(seed)

    @property
    def latents(self) -> NDArray[Any] | None:
        """`[B, D]` what made the last action; None from networks that give none."""
        return self.agent.hidden

    def act(self, observations: Any, t: int, alive: NDArray[np.bool_]) -> NDArray[Any]:
        """Actions `[B, ...]`; ended rows draw too, so that an episode's draws don't depend on others."""
        self.agent.seen.add(self.agent.part(observations), alive)
        if self.n_actions is None:
            return self.agent.actions(observations, self.rng)
        probabilities = self.agent.distribution(observations, self.n_actions)
        if not self.agent.sample:
            return probabilities.argmax(axis=1)
        return sample_actions(probabilities, self.rng.random(len(probabilities)))


def matching_part(observations: Any, shapes: Sequence[tuple[int | str | None, ...]]) -> Any:
    """Of observations with named parts, the only part of one of these shapes; else the observations `[N, ...]`.

    A network trained under a wrapper such as MiniGrid's `ImgObsWrapper` reads one part of what the environment gives.
    """
    if not isinstance(observations, Mapping):
        return observations
    arrays = {name: np.asarray(part) for name, part in observations.items()}
    fitting = [name for name, part in arrays.items() if part.dtype.kind in "biuf" and part.shape[1:] in shapes]
    return arrays[fitting[0]] if len(fitting) == 1 else observations


def sample_actions(probabilities: NDArray[Any], draws: NDArray[np.float64]) -> NDArray[np.intp]:
    """`[N]` one action for each row of probabilities `[N, A]`: the inverse of the cumulative distribution at uniform
    draws `[N]`."""
    reached = np.cumsum(probabilities, axis=1, dtype=np.float64)
    return (draws[:, None] * reached[:, -1:] >= reached).sum(axis=1)


def one_hot(actions: NDArray[Any], n_actions: int, name: str) -> NDArray[np.float64]:
    """Distributions `[N, A]` with probability 1 on the given actions `[N]`.

    Raises:
        BadAgent: an action outside 0 … A-1.
    """
    flat = np.asarray(actions).reshape(len(actions), -1)
    if flat.shape[1] != 1 or ((flat < 0) | (flat >= n_actions)).any():
        raise BadAgent(
            f"Agent {name!r} answers with actions of shape {flat.shape[1:]} between {flat.min()} and {flat.max()}; "
            f"expected one number from 0 to {n_actions - 1} an observation. "
            "Load the network that was trained for this world."
        )
    return np.eye(n_actions)[flat[:, 0].astype(np.intp)]


def softmax(logits: NDArray[Any]) -> NDArray[np.float64]:
    """`exp(l_a) / sum_b exp(l_b)` for each row `[N, A]`."""
    weights = np.exp(np.asarray(logits, np.float64) - logits.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def check_finite(answers: NDArray[Any], name: str) -> NDArray[Any]:
    """The answers, if all are finite.

    Raises:
        BadAgent: one is NaN or infinite.
    """
    if not np.isfinite(answers).all():
        row = int(np.argwhere(~np.isfinite(answers))[0][0])
        raise BadAgent(
            f"Agent {name!r} answers {answers[row].tolist()} to observation {row} of its batch; expected "
            "finite numbers. Look for a weight that is NaN, or an observation outside the range it was trained in."
        )
    return answers
