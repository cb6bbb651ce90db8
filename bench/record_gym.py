"""Recording Gymnasium worlds: what it costs over merely stepping them, and beside Minari's collector.

Run: python bench/record_gym.py [rounds]

Every row is timed once a round, one after another, and its median over the rounds counts, so that a machine that is
busy for a while is busy for all. Recording includes choosing actions, feature columns, checks, and Parquet files on
disk; files are written by a second thread, so the bound on overhead wants two cores that have nothing else to do. The
stepping thread's own CPU time is printed beside it and holds on a busy machine too. The agent balances the pole, so
every episode lasts for 500 steps.

    stepping a vector     the environment's own vector form, 1,024 wide, the agent's actions, nothing kept
    recording a vector    `teloscope.record` of the same episodes
    … with watchdog       the same with the time limit on the agent's calls that callables have by default
    stepping, recording   the same with single environments
    Minari's collector    `minari.DataCollector` around a single environment, which is all it takes
"""

from __future__ import annotations

import logging
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import gymnasium as gym
import numpy as np

from teloscope.agents.callables import callable_agent
from teloscope.recordings import record
from teloscope.worlds.gym import GymWorld

ID, HORIZON = "CartPole-v1", 500
LANES, BLOCKS, SINGLE = 1024, 12, 24
"""Width of the vector, how often it is played a round, and episodes of the rows with single environments."""
MOST_OVERHEAD, LEAST_RATIO = 0.15, 5.0


def balance(observations: Any) -> Any:
    """Pushes toward where the pole falls: `[B, 4]` -> `[B]`."""
    x, v, angle, spin = observations.T
    return (angle + 0.5 * spin + 0.05 * x + 0.1 * v > 0).astype(np.int64)


balance.batched = True  # type: ignore[attr-defined]


class Rows:
    """The contestants; each returns how many steps it made."""

    def __init__(self) -> None:
        self.vector = gym.make_vec(ID, LANES, vectorization_mode="vector_entry_point")
        self.env = gym.make(ID, disable_env_checker=True)
        self.vector_world, self.single_world = GymWorld(ID), GymWorld(ID, vector=False)
        self.collected = 0

    def stepping_a_vector(self) -> int:
        for block in range(BLOCKS):
            observations, _ = self.vector.reset(seed=block)
            for _ in range(HORIZON):
                observations, *_ = self.vector.step(balance(observations))
        return BLOCKS * LANES * HORIZON

    def recording_a_vector(self) -> int:
        return self._recorded(self.vector_world, BLOCKS * LANES, timeout=None)

    def with_watchdog(self) -> int:
        return self._recorded(self.vector_world, BLOCKS * LANES, timeout=60.0)

    def stepping(self) -> int:
        return sum(self._episode(self.env, seed) for seed in range(SINGLE))

    def recording(self) -> int:
        return self._recorded(self.single_world, SINGLE, timeout=None)

    def minaris_collector(self) -> int:
        """Episodes collected and written as a data set."""
        import minari

        with tempfile.TemporaryDirectory() as home:
            os.environ["MINARI_DATASETS_PATH"] = home
            env = minari.DataCollector(gym.make(ID, disable_env_checker=True))
            steps = sum(self._episode(env, seed) for seed in range(SINGLE))
            env.create_dataset("race/pole-v0", description="a race", code_permalink="-", author="-", author_email="-")
            env.close()
        return steps

    def _episode(self, env: gym.Env[Any, Any], seed: int) -> int:
        observation, _ = env.reset(seed=seed)
        for t in range(HORIZON):
            observation, _, terminated, truncated, _ = env.step(int(balance(observation[None])[0]))
            if terminated or truncated:
                return t + 1
        return HORIZON

    def _recorded(self, world: GymWorld, episodes: int, timeout: float | None) -> int:
        agent = callable_agent(balance, timeout=timeout)
        with tempfile.TemporaryDirectory() as folder:
            recording = record(
                agent, world, episodes=episodes, contexts=["default"], references=[], out=Path(folder) / "recording"
            )
            return int(recording.episodes()["length"].sum())


class Speed(NamedTuple):
    """Medians of one row."""

    wall: float
    """Steps a second."""
    cpu: float
    """Steps a second of the stepping thread's CPU time."""


def race(rounds: int) -> dict[str, Speed]:
    """Each row's speed: the median over the rounds, after one to warm up."""
    rows = Rows()
    contestants: dict[str, Callable[[], int]] = {
        "stepping a vector": rows.stepping_a_vector,
        "recording a vector": rows.recording_a_vector,
        "… with watchdog": rows.with_watchdog,
        "stepping": rows.stepping,
        "recording": rows.recording,
    }
    try:
        rows.minaris_collector()
        contestants["Minari's collector"] = rows.minaris_collector
    except ImportError as error:
        print(f"Minari's collector can't run here ({error}); its row is missing.")
    timed: dict[str, list[Speed]] = {name: [] for name in contestants}
    for _ in range(rounds + 1):
        for name, run in contestants.items():
            began, busy = time.perf_counter(), time.thread_time()
            steps = run()
            timed[name].append(Speed(steps / (time.perf_counter() - began), steps / (time.thread_time() - busy)))
    return {
        name: Speed(*(statistics.median(column) for column in zip(*speeds[1:], strict=True)))
        for name, speeds in timed.items()
    }


def verdict(holds: bool) -> str:
    return "holds" if holds else "DOES NOT HOLD"


def main(rounds: int) -> None:
    logging.disable(logging.WARNING)
    packages = ("teloscope", "gymnasium", "minari", "numpy", "polars")
    print(", ".join(f"{p} {version(p)}" for p in packages), f"| Python {platform.python_version()}", end=" ")
    print(f"| {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} | {ID}, median of {rounds} rounds")
    speed = race(rounds)
    for name, (wall, cpu) in speed.items():
        print(f"{name:20s} {wall:12,.0f} steps/s {cpu:12,.0f} steps/s of the stepping thread's CPU")
    for stepping, recording in (("stepping a vector", "recording a vector"), ("stepping", "recording")):
        wall, cpu = (a / b - 1 for a, b in zip(speed[stepping], speed[recording], strict=True))
        bound = f"bound {MOST_OVERHEAD:.0%}: {verdict(wall <= MOST_OVERHEAD)}"
        print(f"overhead of {recording}: {wall:.1%}, on the stepping thread {cpu:.1%} ({bound})")
    if (collector := speed.get("Minari's collector")) is not None:
        many, one = (speed[name].wall / collector.wall for name in ("recording a vector", "recording"))
        print(f"recording a vector : Minari's collector = {many:.1f}", end=" ")
        print(f"(bound {LEAST_RATIO:.0f}: {verdict(many >= LEAST_RATIO)}); single environments: {one:.1f}")


if __name__ == "__main__":
    import warnings

    warnings.simplefilter("ignore")
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
