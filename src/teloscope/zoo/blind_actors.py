"""Blind actors: they move convincingly, in any world, and never look.

    sticky     the last action again with probability `stay`, else any
    sine       the action goes up and down with the time, each episode from a phase of its own
    coloured   autocorrelated noise: an AR(1) process behind every number of the action
    script     one sequence in every episode, taken from a run of an agent that has a goal
    playback   likewise, but each episode plays one of several runs

A process gives numbers that are uniform on [0, 1); what it means to act by them the world's own action set says, so the
same actor moves in grids and in physics.

Theory: A2 (an action-matched actor has no goal, however it moves).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from teloscope.agents.agent import Agent
from teloscope.worlds.actions import ActionSet
from teloscope.worlds.world import World

Process = Literal["sticky", "sine", "coloured"]


class BlindActor(Agent):
    """Acts by a process that knows the time and its own past, and nothing else."""

    def __init__(self, process: Process, pace: float, seed: int = 0) -> None:
        """Args:
        process: sticky, sine or coloured.
        pace: sticky: chance to go on as before; sine: periods an episode; coloured: correlation from step to step.
        seed: tells one from another.
        """
        self.process, self.pace, self.seed = process, pace, seed
        self.name = f"{process}?pace={pace:g}&seed={seed}"

    def start(self, world: World, episodes: int, seed: int) -> BlindPlayer:
        rule = getattr(world, "action_set", None) or ActionSet.of(len(world.actions or ()))
        return BlindPlayer(self, rule, world.horizon, np.random.default_rng((seed, self.seed)), episodes)


class BlindPlayer:
    """A blind actor in `B` episodes side by side."""

    def __init__(self, who: BlindActor, rule: ActionSet, horizon: int, rng: np.random.Generator, episodes: int) -> None:
        self.who, self.rule, self.horizon, self.rng = who, rule, horizon, rng
        self.now = rng.random((episodes, rule.draws))
        """`[B, draws]` sticky: the last draw; sine: the phase; coloured: a standard normal."""
        if who.process == "coloured":
            self.now = rng.standard_normal(self.now.shape)

    def act(self, observations: Any, t: int, alive: NDArray[np.bool_]) -> NDArray[Any]:
        """`[B, ...]` actions, whatever is seen."""
        return self.rule.uniform(np.clip(self._draws(t), 0.0, 1 - 1e-9))

    def _draws(self, t: int) -> NDArray[np.float64]:
        pace, shape = self.who.pace, self.now.shape
        match self.who.process:
            case "sticky":
                self.now = np.where(self.rng.random(shape[:1])[:, None] < pace, self.now, self.rng.random(shape))
                return self.now
            case "sine":
                return 0.5 + 0.5 * np.sin(2 * np.pi * (self.now + pace * t / self.horizon))
        self.now = pace * self.now + np.sqrt(1 - pace**2) * self.rng.standard_normal(shape)
        return ndtr(self.now)


Runs = Callable[[World, int], NDArray[Any]]
"""(world, how many) -> `[N, T, ...]` actions of an agent with a goal."""


@dataclass(frozen=True)
class Taken:
    """Runs of an agent, recorded beforehand in another seed's episodes of the first context."""

    agent: Agent
    seed: int

    def __call__(self, world: World, count: int) -> NDArray[Any]:
        from teloscope.recordings.record import record

        context = world.recorded_contexts()[0]
        recording = record(self.agent, world, episodes=count, contexts=[context], references=(), seed=self.seed)
        actions, lengths = recording.actions(context.name)
        return np.stack([_again(a, int(n)) for a, n in zip(actions, lengths, strict=True)])


def _again(actions: NDArray[Any], length: int) -> NDArray[Any]:
    """A run that ended early, from its beginning again and again."""
    return actions[np.arange(len(actions)) % max(length, 1)]


class Playback(Agent):
    """Plays runs of an agent that has a goal, open loop."""

    def __init__(self, taken: Taken, runs: int = 1) -> None:
        """`runs`: how many; each episode plays one of them."""
        self.taken, self.runs = taken, runs
        self.name = f"{'script' if runs == 1 else 'playback'}:{taken.agent.name}&seed={taken.seed}&runs={runs}"
        self._kept: NDArray[Any] | None = None

    def start(self, world: World, episodes: int, seed: int) -> PlaybackPlayer:
        if self._kept is None:
            self._kept = self.taken(world, self.runs)
        which = np.random.default_rng((seed, self.taken.seed)).integers(0, self.runs, episodes)
        return PlaybackPlayer(self._kept[which])


@dataclass(frozen=True)
class PlaybackPlayer:
    """`[B, T, ...]` what is played."""

    actions: NDArray[Any]

    def act(self, observations: Any, t: int, alive: NDArray[np.bool_]) -> NDArray[Any]:
        """`[B, ...]` actions, whatever is seen."""
        return self.actions[:, t]


def blind_actors(number: int, seed: int, model: Agent) -> list[tuple[str, Agent]]:
    """One of each with its habit's name, at paces that differ from world to world; `model`: whose runs are played."""
    return [
        ("coloured", BlindActor("coloured", (0.8, 0.9, 0.97)[number % 3], seed)),
        ("sticky", BlindActor("sticky", (0.6, 0.8, 0.95)[number % 3], seed)),
        ("sine", BlindActor("sine", (2.0, 5.0, 9.0)[number % 3], seed)),
        ("script", Playback(Taken(model, seed))),
        ("playback", Playback(Taken(model, seed), runs=8)),
    ]
