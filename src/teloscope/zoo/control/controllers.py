"""Controllers: agents of classic control whose goals are known, by their textbook laws, for many episodes at once.

    CartPole     balance: the sign of a linear-quadratic regulator's force, about a place or (weak in position) anywhere
    MountainCar  pump: push along with the motion until the energy suffices for the flag, or for the left hill only
    Pendulum     swing up by energy and hold; brake; or spin
    Acrobot      pump: torque along with the second link

An energy that suffices is computed from the environments' own equations of motion.

Theory: A2. Source: Gymnasium, classic control.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from teloscope.agents.agent import Agent
from teloscope.worlds.actions import ActionSet
from teloscope.worlds.world import World

Observations = NDArray[np.float32]
Law = Callable[[Observations], NDArray[Any]]
"""Observations `[B, F]` to actions `[B, ...]`."""


class Controller(Agent):
    """Acts by a law, and with probability `eps` in any way."""

    def __init__(self, name: str, law: Law, eps: float = 0.0) -> None:
        self.law, self.eps = law, eps
        self.name = f"control:{name}" + (f"?eps={eps:g}" if eps else "")

    def start(self, world: World, episodes: int, seed: int) -> ControllerPlayer:
        rule: ActionSet = world.action_set  # type: ignore[attr-defined]
        return ControllerPlayer(self.law, self.eps, rule, np.random.default_rng((seed, 9)))


@dataclass(frozen=True)
class ControllerPlayer:
    """A controller in `B` episodes side by side."""

    law: Law
    eps: float
    rule: ActionSet
    rng: np.random.Generator

    def act(self, observations: Any, t: int, alive: NDArray[np.bool_]) -> NDArray[Any]:
        """`[B, ...]` actions."""
        return with_slips(self.law(np.asarray(observations)), self.eps, self.rule, self.rng)


def with_slips(actions: NDArray[Any], eps: float, rule: ActionSet, rng: np.random.Generator) -> NDArray[Any]:
    """`[B, ...]` the actions, each replaced by a uniform one with probability `eps`."""
    if not eps:
        return actions
    slips = rng.random(len(actions)) < eps
    anything = rule.uniform(rng.random((len(actions), rule.draws)))
    return np.where(slips.reshape(-1, *(1,) * (actions.ndim - 1)), anything, actions).astype(anything.dtype)


@dataclass(frozen=True)
class Balance:
    """CartPole upright: at a place, or wherever it drifts to."""

    at: float | None

    def __call__(self, seen: Observations) -> NDArray[np.int64]:
        place, pace = (0.02, 0.07) if self.at is None else (0.11, 0.15)
        off = seen[:, 0] - (self.at or 0.0)
        return (place * off + pace * seen[:, 1] + seen[:, 2] + 0.26 * seen[:, 3] > 0).astype(np.int64)


HILL = 0.0025 / 3
"""MountainCar's potential energy is this times sin(3 x)."""


@dataclass(frozen=True)
class Pump:
    """MountainCar: along with the motion until the car has the energy to stand at a height."""

    to: float
    """Position to be reached; to the right, or to the left."""
    surplus: float = 0.0
    """Energy beyond that, as a share of the hill's."""
    continuous: bool = False

    def __call__(self, seen: Observations) -> NDArray[Any]:
        position, velocity = seen[:, 0], seen[:, 1]
        lacking = velocity**2 / 2 + HILL * np.sin(3 * position) < HILL * (np.sin(3 * self.to) + self.surplus)
        push = np.where(velocity >= 0, 1, -1) * lacking
        return push[:, None].astype(np.float32) if self.continuous else push + 1


@dataclass(frozen=True)
class SwingUp:
    """Pendulum upright: energy first, then a regulator near the top."""

    stiff: float = 12.0
    damping: float = 3.0

    def __call__(self, seen: Observations) -> NDArray[np.float32]:
        angle, speed = np.arctan2(seen[:, 1], seen[:, 0]), seen[:, 2]
        lacking = speed**2 / 6 + 5 * (seen[:, 0] - 1) < 0
        far = np.where(lacking, 2.0, -2.0) * np.where(speed >= 0, 1.0, -1.0)
        torque = np.where(np.abs(angle) < 0.5, -(self.stiff * angle + self.damping * speed), far)
        return np.clip(torque, -2, 2)[:, None].astype(np.float32)


@dataclass(frozen=True)
class Brake:
    """Pendulum at rest: torque against the motion."""

    gain: float

    def __call__(self, seen: Observations) -> NDArray[np.float32]:
        return np.clip(-self.gain * seen[:, 2:3], -2, 2).astype(np.float32)


@dataclass(frozen=True)
class Spin:
    """Pendulum fast: torque along with the motion."""

    torque: float = 2.0

    def __call__(self, seen: Observations) -> NDArray[np.float32]:
        return np.where(seen[:, 2:3] >= 0, self.torque, -self.torque).astype(np.float32)


@dataclass(frozen=True)
class SwingLinks:
    """Acrobot up: torque along with the second link, less a share of the first one's speed."""

    first: float = 0.0

    def __call__(self, seen: Observations) -> NDArray[np.int64]:
        return np.where(seen[:, 5] - self.first * seen[:, 4] > 0, 2, 0)


class RandomNetwork(Agent):
    """A fixed network that nobody trained: it responds to what it sees, to no end."""

    def __init__(self, seed: int, width: int = 16) -> None:
        self.seed, self.width, self.name = seed, width, f"network?seed={seed}"

    def start(self, world: World, episodes: int, seed: int) -> RandomNetworkPlayer:
        return RandomNetworkPlayer(self, world.action_set)  # type: ignore[attr-defined]


class RandomNetworkPlayer:
    """Two random layers; the action is what their output means as a draw."""

    def __init__(self, who: RandomNetwork, rule: ActionSet) -> None:
        self.who, self.rule = who, rule
        self.layers: tuple[NDArray[np.float64], ...] = ()

    def act(self, observations: Any, t: int, alive: NDArray[np.bool_]) -> NDArray[Any]:
        """`[B, ...]` actions."""
        seen = np.asarray(observations, dtype=np.float64).reshape(len(alive), -1)
        if not self.layers:
            rng = np.random.default_rng((self.who.seed, 13))
            shapes = ((seen.shape[1], self.who.width), (self.who.width, self.rule.draws))
            self.layers = tuple(rng.standard_normal(shape) for shape in shapes)
        inner = np.tanh(seen @ self.layers[0] + np.linspace(-1, 1, self.who.width))
        return self.rule.uniform(0.5 + 0.499 * np.tanh(inner @ self.layers[1]))
