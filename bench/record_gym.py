"""Recording Gymnasium worlds: what it costs over merely stepping them, and beside Minari's collector.

Run: python bench/record_gym.py [rounds]

A row is a kind of environment. All its contestants make the very same calls: same seeds, same actions, written down
beforehand and handed out a batch at a time, so that no agent's thinking hides what recording costs.

    stepped     the environments, nothing kept
    recorded    `teloscope.record` of the same episodes: actions asked and checked, features, Parquet files on disk
    Minari      `minari.DataCollector` around one such environment, which is all it takes, and its data set on disk

    vector      `gymnasium.vector.SyncVectorEnv`, what `gymnasium.make_vec` makes of ordinary environments
    single      ordinary environments, one call each
    NumPy       CartPole's own vector form, whose step is a few NumPy operations: the extreme

Timed in turns, the median over the rounds counts. Files are written by a second thread, which wants a core; the
stepping thread's own CPU time is printed too and holds on a busy machine. Nobody is watched: the time limit on the
agent's calls, which only teloscope has, is off, and its price said at the end. Acrobot and MiniGrid are moved at
random; the pole is balanced, as at random it falls at once.

Bounds: overhead at most 15 %. At least 5 times Minari's speed, where the environment allows it: nobody records faster
than the environment steps, so the ratio of the merely stepped is printed beside it. MiniGrid's single environments have
features of entities, its vectors have none.
"""

from __future__ import annotations

import logging
import os
import platform
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import gymnasium as gym
import numpy as np
from minigrid.wrappers import ImgObsWrapper
from numpy.typing import NDArray

from teloscope.agents.callables import TIMEOUT, callable_agent
from teloscope.recordings import record
from teloscope.recordings.seeds import episode_seeds
from teloscope.worlds.gym.sub_envs import env_seeds
from teloscope.worlds.gym.world import GymWorld

MOST_OVERHEAD, LEAST_RATIO = 0.15, 5.0
CONTEXT, BALANCED = "default", "CartPole-v1"


def balance(observations: Any) -> Any:
    """Pushes toward where the pole falls: `[B, 4]` -> `[B]`."""
    x, v, angle, spin = observations.T
    return (angle + 0.5 * spin + 0.05 * x + 0.1 * v > 0).astype(np.int64)


balance.batched = True  # type: ignore[attr-defined]


class Kind(NamedTuple):
    """A kind of environment and how much of it is played a round."""

    id: str
    form: str
    """`vector`, `single` or `NumPy`."""
    sub_envs: int
    blocks: int
    """Batches of so many sub-environments; while one is written, the next is played."""


KINDS = (
    Kind("CartPole-v1", "vector", sub_envs=64, blocks=8),
    Kind("CartPole-v1", "NumPy", sub_envs=1024, blocks=12),
    Kind("CartPole-v1", "single", sub_envs=64, blocks=8),
    Kind("Acrobot-v1", "vector", sub_envs=16, blocks=4),
    Kind("Acrobot-v1", "single", sub_envs=64, blocks=2),
    Kind("MiniGrid-Empty-8x8-v0", "vector", sub_envs=16, blocks=4),
    Kind("MiniGrid-Empty-8x8-v0", "single", sub_envs=64, blocks=2),
)
COLLECTED = 12
"""Episodes for Minari, which takes single environments only."""


class Script:
    """An agent that hands out actions written down beforehand, batch by batch."""

    def __init__(self, actions: NDArray[np.int64]) -> None:
        self.actions, self.batch = actions, -1
        """`[blocks, T, B]`"""

    def reset(self, seed: int) -> None:
        """The next batch begins."""
        self.batch = (self.batch + 1) % len(self.actions)

    def act(self, observations: Any, t: int, alive: Any) -> NDArray[np.int64]:
        """What is written: `[B]`."""
        return self.actions[self.batch, t]


class Speed(NamedTuple):
    """Steps a second."""

    wall: float
    cpu: float
    """Of the stepping thread's CPU time."""


class Row:
    """One kind of environment, and what is timed of it."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.vector = None if kind.form == "single" else vector_of(kind)
        self.singles = [] if self.vector else [single_of(kind) for _ in range(kind.sub_envs)]
        self.world = GymWorld(vector_of(kind)) if self.vector else GymWorld(kind.id, vector=False)
        assert self.world.block == kind.sub_envs, "teloscope plays as many sub-environments at once"

    @property
    def episodes(self) -> int:
        return self.kind.sub_envs * self.kind.blocks

    @cached_property
    def script(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """`[N, T]` actions and `[N]` lengths of every episode."""
        agent = callable_agent(balance) if self.kind.id == BALANCED else "random"
        recording = record(agent, self.world, episodes=self.episodes, contexts=[CONTEXT], references=[])
        actions, lengths = recording.actions(CONTEXT)
        return actions.astype(np.int64), lengths

    def seeds(self) -> list[list[int]]:
        """Block by block, what the recording's environments are reset with."""
        numbers = np.arange(self.episodes)
        return np.reshape(env_seeds(episode_seeds(0, CONTEXT, numbers)), (-1, self.kind.sub_envs)).tolist()

    def by_block(self, actions: NDArray[np.int64]) -> NDArray[np.int64]:
        """`[blocks, T, B]` from `[N, T]`."""
        return np.ascontiguousarray(np.reshape(actions, (self.kind.blocks, self.kind.sub_envs, -1)).swapaxes(1, 2))

    def stepped(self) -> Speed:
        actions, lengths = self.script
        blocks = self.by_block(actions)
        watch = Stopwatch()
        for seeds, block, taken in zip(self.seeds(), blocks, lengths.reshape(len(blocks), -1), strict=True):
            if self.vector is None:
                for env, seed, row, length in zip(self.singles, seeds, block.T.tolist(), taken, strict=True):
                    played(env, seed, row[:length])
                continue
            self.vector.reset(seed=seeds if self.kind.form == "vector" else seeds[0])
            for t in range(taken.max()):
                self.vector.step(block[t])
        return watch.stop(lengths.sum())

    def recorded(self, agent: Callable[[Any], Any] | None = None, timeout: float | None = None) -> Speed:
        """By what is written down, or by an agent that does the same, asked a batch at a time."""
        actions, lengths = self.script
        agent = callable_agent(agent or Script(self.by_block(actions)), timeout=timeout)
        with tempfile.TemporaryDirectory() as place:
            watch = Stopwatch()
            recording = record(
                agent,
                self.world,
                episodes=self.episodes,
                contexts=[CONTEXT],
                references=[],
                out=Path(place) / "recording",
            )
            speed = watch.stop(lengths.sum())
            assert recording.episodes()["length"].sum() == lengths.sum(), "both play the same episodes"
        return speed

    def minari(self, agent: Callable[[Any], Any] | None = None) -> Speed:
        """Episodes collected and written as a data set; an agent is asked step by step."""
        import minari

        actions, lengths = self.script
        seeds = [seed for block in self.seeds() for seed in block][:COLLECTED]
        with tempfile.TemporaryDirectory() as home:
            os.environ["MINARI_DATASETS_PATH"] = home
            one = single_of(self.kind)
            env = minari.DataCollector(ImgObsWrapper(one) if "MiniGrid" in self.kind.id else one)  # no mission's text
            watch = Stopwatch()
            for seed, row, length in zip(seeds, actions.tolist(), lengths, strict=False):
                played(env, seed, row[:length]) if agent is None else asked(env, seed, length, agent)
            env.create_dataset("race/kind-v0", description="a race", code_permalink="-", author="-", author_email="-")
            speed = watch.stop(lengths[: len(seeds)].sum())
            env.close()
        return speed


def vector_of(kind: Kind) -> gym.vector.VectorEnv[Any, Any, Any]:
    mode = "vector_entry_point" if kind.form == "NumPy" else "sync"
    return gym.make_vec(kind.id, kind.sub_envs, vectorization_mode=mode)


def single_of(kind: Kind) -> gym.Env[Any, Any]:
    return gym.make(kind.id, disable_env_checker=True)


def played(env: gym.Env[Any, Any], seed: int, actions: list[int]) -> None:
    """One episode."""
    env.reset(seed=seed)
    for action in actions:
        env.step(action)


def asked(env: gym.Env[Any, Any], seed: int, length: int, agent: Callable[[Any], Any]) -> None:
    """The same, each action asked of an agent."""
    observation, _ = env.reset(seed=seed)
    for _ in range(length):
        observation, *_ = env.step(int(agent(observation[None])[0]))


class Stopwatch:
    """Counts from when it is made."""

    def __init__(self) -> None:
        self.wall, self.cpu = time.perf_counter(), time.thread_time()

    def stop(self, steps: int) -> Speed:
        return Speed(steps / (time.perf_counter() - self.wall), steps / (time.thread_time() - self.cpu))


Runs = dict[tuple[str, str], Speed]
"""(form, contestant) -> speed."""


def race(id: str, rounds: int) -> Runs:
    """Every contestant's speed, in every form of an environment: the median over the rounds, after one to warm up."""
    rows = {kind.form: Row(kind) for kind in KINDS if kind.id == id}
    timed: dict[tuple[str, str], list[Speed]] = {}
    for _ in range(rounds + 1):
        for form, row in rows.items():
            timed.setdefault((form, "stepped"), []).append(row.stepped())
            timed.setdefault((form, "recorded"), []).append(row.recorded())
        timed.setdefault(("single", "Minari"), []).append(rows["single"].minari())
        if id == BALANCED:
            timed.setdefault(("asked", "recorded"), []).append(rows["single"].recorded(balance))
            timed.setdefault(("asked", "Minari"), []).append(rows["single"].minari(balance))
            timed.setdefault(("vector", "watched"), []).append(rows["vector"].recorded(timeout=TIMEOUT))
    return {who: Speed(*map(statistics.median, zip(*speeds[1:], strict=True))) for who, speeds in timed.items()}


def verdict(holds: bool) -> str:
    return "holds" if holds else "MISSED"


def columns(kind: Kind, runs: Runs) -> Iterator[str]:
    """What is printed of a kind."""
    stepped, recorded, collector = runs[kind.form, "stepped"], runs[kind.form, "recorded"], runs["single", "Minari"]
    wall, cpu = (a / b - 1 for a, b in zip(stepped, recorded, strict=True))
    ratio, most = recorded.wall / collector.wall, stepped.wall / collector.wall
    theirs = 1 / collector.wall - 1 / runs["single", "stepped"].wall
    ours = 1 / recorded.wall - 1 / stepped.wall
    yield f"{kind.id:21} {kind.form:6} {kind.sub_envs:5,}"
    yield f"{stepped.wall:11,.0f} {recorded.wall:11,.0f} {wall:8.1%} {cpu:7.1%}  {verdict(wall <= MOST_OVERHEAD):7}"
    yield f"{collector.wall:7,.0f} {ratio:7.1f} {most:7.1f} {theirs / ours if ours > 0 else float('inf'):6.0f}"
    yield verdict(ratio >= LEAST_RATIO) if most >= LEAST_RATIO else "can't"


def pole_notes(runs: Runs) -> Iterator[str]:
    """What else is said of the pole."""
    ours, theirs = runs["asked", "recorded"].wall, runs["asked", "Minari"].wall
    holds = verdict(ours >= LEAST_RATIO * theirs)
    yield f"single {BALANCED} and an agent that is asked, here a batch at a time, by Minari's collector step by step:"
    yield f"{ours:,.0f} : {theirs:,.0f} = {ours / theirs:.1f} (bound {LEAST_RATIO:.0f}: {holds})"
    watched = runs["vector", "stepped"].wall / runs["vector", "watched"].wall - 1
    yield f"vector {BALANCED} with the time limit on the agent's calls that callables have by default: {watched:.1%}"


HEAD = """\
                                                            overhead  of its  bound              times      at   adds
                      form    envs      stepped    recorded           thread  15 %      Minari  faster    most   less  5
"""


def main(rounds: int) -> None:
    logging.disable(logging.WARNING)
    packages = ("teloscope", "gymnasium", "minigrid", "minari", "numpy", "polars")
    print(", ".join(f"{p} {version(p)}" for p in packages), f"| Python {platform.python_version()}", end=" ")
    print(f"| {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} | median of {rounds} rounds, steps a second")
    print(HEAD, end="")
    notes: list[str] = []
    for id in dict.fromkeys(kind.id for kind in KINDS):
        runs = race(id, rounds)
        for kind in KINDS:
            if kind.id == id:
                print(*columns(kind, runs), sep="  ", flush=True)
        if id == BALANCED:
            notes = list(pole_notes(runs))
    print(*notes, sep="\n")
    print("thread: overhead in CPU time of the thread that steps. at most: how much faster than Minari's collector the")
    print("environment merely steps. adds less: the collector's seconds a step beyond stepping, over ours.")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
