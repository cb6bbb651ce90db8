"""What every test stands on: fixed randomness, one thread a worker, and a browser where there is one."""

from __future__ import annotations

import os

# Before NumPy, polars and torch are imported: two workers on two cores must not start four pools of threads.
for pool in ("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(pool, "1")

import gc
import importlib.util
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from teloscope.engines import Decoding, Engine, LogProbs, Prompt, Reply
from teloscope.recordings import Recording
from teloscope.recordings.minari import DataWorld
from teloscope.recordings.record import frame_of
from teloscope.recordings.rollouts.batch import Batch, episode_rows
from teloscope.recordings.seeds import episode_seeds
from teloscope.recordings.storage.recording import MANIFEST, open_recording
from teloscope.recordings.storage.shards import ShardFiles, write_shard
from teloscope.recordings.storage.wide_layout import wide_steps
from teloscope.schema import AGENT, AgentDocument, Manifest
from teloscope.values import Values
from teloscope.worlds.world import Context

# Compiled tables are millions of small tuples without a circle: looking through them again and again costs a twentieth.
gc.set_threshold(100_000, 50, 100)

# No test pulls the plug on this process, so it need not wait for the disk at each of thousands of small files. What a
# killed process leaves behind is tested with processes of their own, which do wait; what is synced when, by counting.
os.fsync = lambda fd: None

# `house` is the same on every machine and every day; HYPOTHESIS_PROFILE=explore searches anew, and longer.
settings.register_profile(
    "house", derandomize=True, deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", deadline=None, max_examples=1000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "house"))

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's folder."""
    return Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def race(root: Path) -> Callable[[str], ModuleType]:
    """Loads a race of `bench/` by its name, for tests that run a small part of it."""

    def load(name: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(f"race_{name}", root / "bench" / f"{name}.py")
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium; the test is skipped, and said to be, where there is none."""
    for name in (os.environ.get("CHROMIUM", ""), *BROWSERS):
        if name and (found := shutil.which(name)):
            return found
    pytest.skip(f"no Chromium on this machine (looked for {', '.join(BROWSERS)}); the page was not looked at")


Lives = Mapping[str, Any]
"""Feature name -> `[N, L+1]` its values: N episodes of L steps, or a list of N such rows where they end early. Actions,
if they matter, stand beside the features as `action`."""


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Recording]:
    """Makes a recording of what one says happened: (context, actor) -> lives."""

    def make(
        lives: Mapping[tuple[str, str], Lives],
        contexts: Sequence[Context] = (Context("plain", kind="train"),),
        values: Values | None = None,
        horizon: int | None = None,
        **manifest: Any,
    ) -> Recording:
        folder = tmp_path_factory.mktemp("told")
        actors = list(dict.fromkeys(actor for _, actor in lives))
        numbers = np.arange(len(next(iter(next(iter(lives.values())).values()))))
        longest, kinds = 0, {}
        for index, context in enumerate(contexts):
            batch = Batch(context, index, numbers, episode_seeds(0, context.name, numbers))
            for actor in actors:
                features = {name: [np.asarray(e) for e in rows] for name, rows in lives[context.name, actor].items()}
                lengths = np.array([len(e) - 1 for e in next(iter(features.values()))])
                columns = {name: np.concatenate(rows) for name, rows in features.items()}
                taken = columns.pop("action", np.zeros(int((lengths + 1).sum()), np.int64))
                kinds |= {n: "bool" if c.dtype == bool else "number" for n, c in columns.items()}
                steps = wide_steps(numbers, lengths, taken, np.zeros(len(taken)), columns, "a tale")
                ended, paid = np.zeros(len(numbers), np.bool_), np.zeros(len(numbers))
                write_shard(
                    ShardFiles(folder, context.name, actor, 0), steps, episode_rows(batch, lengths, ended, paid, paid)
                )
                longest = max(longest, int(lengths.max()))
        references = [actor for actor in actors if actor != AGENT]
        world = DataWorld("tale", horizon or longest, kinds, "0" * 64, values or Values())
        written = Manifest(
            layout="wide",
            world="tale",
            frame=frame_of(world, contexts, references, len(numbers), seed=0),
            agent=AgentDocument(name="somebody", digest="0" * 64),
            actors=actors,
            shard=max(len(numbers), 1),
            values=world.values.to_dict(),
            **manifest,
        )
        (folder / MANIFEST).write_text(written.model_dump_json())
        return open_recording(folder)

    return make


class ScriptedEngine(Engine):
    """Every answer is a function that the test gives; remembers what it was asked."""

    name, digest = "scripted", "5c" * 32

    def __init__(
        self,
        reply: Callable[[Prompt, int], str] = lambda prompt, draw: "",
        score: Callable[[Prompt, str], float] = lambda prompt, option: -1.0,
        scores: bool = True,
        continues: bool = True,
    ) -> None:
        self.reply, self.score, self.scores, self.continues = reply, score, scores, continues
        self.completed: list[Prompt] = []
        self.chosen: list[Prompt] = []

    def complete(
        self, prompts: Sequence[Prompt], decoding: Decoding, draws: Sequence[int] | None = None
    ) -> list[Reply]:
        self.completed += prompts
        return [Reply(self.reply(p, d)) for p, d in zip(prompts, draws or [0] * len(prompts), strict=True)]

    def choose(self, prompts: Sequence[Prompt], options: Sequence[Sequence[str]]) -> list[LogProbs]:
        self.chosen += prompts
        return [np.array([self.score(p, o) for o in few]) for p, few in zip(prompts, options, strict=True)]


@pytest.fixture
def scripted() -> type[ScriptedEngine]:
    """The class of engines whose answers a test gives."""
    return ScriptedEngine
