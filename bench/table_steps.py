"""Steps per second in an empty room: rolled out and written here, merely stepped elsewhere.

Run: python bench/table_steps.py

All in one run on the same cores, round after round, each at its best batch size. The room is MiniGrid's: 6 x 6 cells
inside walls, turns and steps forward among seven actions, 256 steps at most, done at the goal, actions at random.

    teloscope       `teloscope.record`: rolled out, encoded, written to Parquet, synced to disk
    … stepped       the same episodes without encoding and writing, as the others are run
    MiniGrid        one Gymnasium environment (several in a vector are no faster), `step` and `reset`
    xminigrid       `jax.vmap` of `step` within `jax.lax.scan`, compiled beforehand, never reset
    navix           the same, with the reset that its `step` contains

A busy machine shows in `cores`: the CPU seconds that a second of the clock had.

Bounds: at least 20 M steps/s, and at least 5 times the fastest of the others.
"""

from __future__ import annotations

import os
import platform
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.metadata import version
from typing import Any, NamedTuple

import gymnasium
import jax
import minigrid  # noqa: F401  (registers its environments)
import navix
import numpy as np
import xminigrid

from teloscope.agents.registry import agent
from teloscope.recordings import record
from teloscope.recordings.rollouts.batch import Batch
from teloscope.recordings.rollouts.table_collector import PlayedTableBatch, TableCollector
from teloscope.recordings.seeds import episode_seeds
from teloscope.worlds.grid import Grid
from teloscope.worlds.table.authored import Outcome
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import Context

ROUNDS, HORIZON, GOAL = 5, 256, (6, 6)
LEAST_STEPS, LEAST_RATIO = 20e6, 5.0
SCANNED = 256
"""Steps in one call of a compiled program."""
AHEAD = ((1, 0), (0, 1), (-1, 0), (0, -1))


class Timed(NamedTuple):
    """How fast it went."""

    rate: float
    """Steps/s by the clock."""
    batch: int
    cores: float


class Pose(NamedTuple):
    x: int
    y: int
    heading: int


class EmptyRoom(TableWorld):
    """MiniGrid's empty room of 8 x 8."""

    name, horizon = "empty-room", HORIZON
    actions = ("left", "right", "forward", "pickup", "drop", "toggle", "done")
    idle = "done"
    contexts = (Context("train", kind="train"),)
    grid = Grid.of("########", *["#      #"] * 6, "########")

    def starts(self, start: str) -> list[Pose]:
        return [Pose(1, 1, 0)]

    def step(self, state: Pose, action: str) -> Outcome:
        if action in ("left", "right"):
            return Outcome(state._replace(heading=(state.heading + (1 if action == "right" else -1)) % 4))
        dx, dy = AHEAD[state.heading] if action == "forward" else (0, 0)
        to = state._replace(x=min(max(state.x + dx, 1), 6), y=min(max(state.y + dy, 1), 6))
        at_goal = (to.x, to.y) == GOAL
        return Outcome(to, reward=float(at_goal), done=at_goal)

    def entities(self, state: Pose) -> dict[str, tuple[float, float]]:
        return {"agent": (state.x, state.y), "goal": GOAL}


Run = tuple[int, float, float]
"""Steps, seconds by the clock, seconds of CPU."""


class Stopwatch:
    """Counts from when it is made."""

    def __init__(self) -> None:
        self.wall, self.cpu = time.perf_counter(), time.process_time()

    def stop(self, steps: int) -> Run:
        return steps, time.perf_counter() - self.wall, time.process_time() - self.cpu


def ours(shard: int) -> Run:
    """Record eight shards of so many episodes."""
    TableCollector.shard = shard
    with tempfile.TemporaryDirectory() as folder:
        watch = Stopwatch()
        recording = record(RANDOM, ROOM, episodes=8 * shard, references=(), out=folder)
        _, wall, cpu = watch.stop(0)
        return int(recording.episodes()["length"].sum()), wall, cpu


ROOM, RANDOM = EmptyRoom(), agent("random")


def rolled(shard: int) -> Run:
    """The same episodes merely stepped, as the others are: two threads, nothing written."""
    stage, context = TableCollector(ROOM), ROOM.contexts[0]

    def play(number: int) -> int:
        episodes = np.arange(number * shard, (number + 1) * shard)
        batch = Batch(context, 0, episodes, episode_seeds(0, context.name, episodes))
        played = stage.play("agent", RANDOM, None, batch)
        assert isinstance(played, PlayedTableBatch)
        return int(played.rollout.lengths.sum())

    with ThreadPoolExecutor(2) as pool:
        watch = Stopwatch()
        return watch.stop(sum(pool.map(play, range(8))))


def one_minigrid(batch: int) -> Run:
    """Step one Gymnasium environment."""
    env = gymnasium.make("MiniGrid-Empty-8x8-v0", disable_env_checker=True)
    actions = np.random.default_rng(0).integers(0, 7, 5_000).tolist()
    env.reset(seed=0)
    watch = Stopwatch()
    for action in actions:
        _, _, terminated, truncated, _ = env.step(action)
        if terminated or truncated:
            env.reset()
    return watch.stop(len(actions))


@cache
def compiled(package: str, batch: int) -> tuple[Callable[..., Any], Any]:
    """A compiled program of `SCANNED` random steps of `batch` environments, and where they begin."""
    keys = jax.random.split(jax.random.key(0), batch)
    if package == "navix":
        env, actions = navix.make("Navix-Empty-8x8-v0", max_steps=HORIZON), 7
        begin, step = jax.vmap(env.reset)(keys), jax.vmap(env.step)
    else:
        grid, params = xminigrid.make("MiniGrid-Empty-8x8")
        begin, actions = jax.vmap(grid.reset, in_axes=(None, 0))(params, keys), grid.num_actions(params)
        step = jax.vmap(lambda before, action: grid.step(params, before, action))

    @jax.jit
    def program(states: Any, key: Any) -> Any:
        def one(carried: Any, key: Any) -> tuple[Any, None]:
            return step(carried, jax.random.randint(key, (batch,), 0, actions)), None

        return jax.lax.scan(one, states, jax.random.split(key, SCANNED))[0]

    jax.block_until_ready(program(begin, jax.random.key(1)))
    return program, begin


def scanned(package: str) -> Callable[[int], Run]:
    """Run a compiled program for two million steps or so."""

    def run(batch: int) -> Run:
        program, states = compiled(package, batch)
        calls = max(1, 2_000_000 // (SCANNED * batch))
        watch = Stopwatch()
        for call in range(calls):
            states = program(states, jax.random.key(call))
        jax.block_until_ready(states)
        return watch.stop(calls * SCANNED * batch)

    return run


RACE: dict[str, tuple[Callable[[int], Run], tuple[int, ...]]] = {
    "teloscope": (ours, (4096, 16_384)),
    "… stepped": (rolled, (4096, 16_384)),
    "minigrid": (one_minigrid, (1,)),
    "xminigrid": (scanned("xminigrid"), (1024, 4096)),
    "navix": (scanned("navix"), (1024, 4096, 16_384)),
}


def clocked(run: Callable[[int], Run], batch: int) -> Timed:
    steps, seconds, cpu = run(batch)
    return Timed(steps / seconds, batch, cpu / seconds)


def main() -> None:
    names = ("teloscope", "numpy", "polars", "gymnasium", "minigrid", "xminigrid", "navix", "jax")
    print(", ".join(f"{name} {version(name)}" for name in names))
    print(f"python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores\n")
    timed: dict[str, list[Timed]] = {name: [] for name in RACE}
    for _ in range(ROUNDS):
        for name, (run, batches) in RACE.items():
            timed[name] += [clocked(run, batch) for batch in batches]
    best = {name: max(runs) for name, runs in timed.items()}
    fastest = max(run.rate for name, run in best.items() if name not in ("teloscope", "… stepped"))
    own = best["teloscope"].rate
    print("             M steps/s   at batch   cores   teloscope is faster by")
    for name, (rate, batch, cores) in best.items():
        print(f"{name:10}  {rate / 1e6:10.3f}  {batch:9,}  {cores:6.2f}   {own / rate:10.1f}")
    met = own >= LEAST_STEPS and own >= LEAST_RATIO * fastest
    print(f"\n{own / 1e6:.1f} M steps/s, {own / fastest:.1f} times the fastest: {'holds' if met else 'MISSED'}")


if __name__ == "__main__":
    main()
