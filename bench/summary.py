"""Summarising recorded steps in one pass: 20 features, table and wide layout. Run: python bench/summary.py

Bounds: 10 M steps in < 2 s; 100 M with less than 1.5 GB at the peak, and time linear in the steps. Each run has a
process of its own, so that peaks are its own; the 100 M steps are the shards of the 10 M, ten times.
"""

from __future__ import annotations

import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

import teloscope
from teloscope.recordings import open_recording
from teloscope.recordings.record import frame_of
from teloscope.recordings.rollouts.batch import Batch, episode_rows
from teloscope.recordings.seeds import episode_seeds
from teloscope.recordings.storage.recording import MANIFEST, STATES
from teloscope.recordings.storage.shards import ShardFiles, write_shard, write_text
from teloscope.recordings.storage.wide_layout import wide_steps
from teloscope.recordings.summary import summarise
from teloscope.schema import AGENT, AgentDocument, Manifest
from teloscope.worlds.world import Context, FeatureKind, World

HORIZON, SHARD, DISTINCT, STATES_COUNT = 49, 20_000, 10, 5_000
"""Shards of a million steps, ten of them distinct."""
KINDS: dict[str, FeatureKind] = {
    **{f"speed_{i}": "number" for i in range(8)},
    **{f"agent_{i}": "number" for i in range(8)},
    **{f"lit_{i}": "bool" for i in range(3)},
    "tile": "category",
}
BOUND_S, BOUND_GB = 2.0, 1.5


class Bench(World):
    """Twenty features, and nothing behind them."""

    name, horizon = "bench", HORIZON
    contexts = (Context("train", kind="train"),)

    @property
    def feature_kinds(self) -> dict[str, FeatureKind]:
        return KINDS

    def digest(self) -> str:
        return "bench"


def features(rng: np.random.Generator, rows: int) -> dict[str, np.ndarray]:
    """Eight real numbers, eight whole ones, three flags, one category."""
    numbers = {f"speed_{i}": rng.normal(size=rows).astype(np.float32) for i in range(8)}
    places = {f"agent_{i}": rng.integers(0, 40, rows).astype(np.int16) for i in range(8)}
    flags = {f"lit_{i}": rng.random(rows) < 0.2 for i in range(3)}
    tiles = np.array(["grass", "mud", "water"])[rng.integers(0, 3, rows)]
    return {**numbers, **places, **flags, "tile": tiles}


def write(folder: Path, layout: str, millions: int) -> None:
    """A recording of so many million steps; shards beyond the first ten are links to them."""
    world = Bench()
    for shard in range(millions):
        place = ShardFiles(folder, "train", AGENT, shard)
        if shard < DISTINCT:
            write_one(place, layout)
            continue
        for what in ("steps", "episodes"):
            os.link(place._replace(shard=shard % DISTINCT).file(what), place.file(what))
    if layout == "table":
        pl.DataFrame(features(np.random.default_rng(0), STATES_COUNT)).write_parquet(folder / STATES)
    manifest = Manifest(
        layout="table" if layout == "table" else "wide",
        world=world.name,
        frame=frame_of(world, world.contexts, (), millions * SHARD, seed=0),
        agent=AgentDocument(name="nobody", digest=""),
        actors=[AGENT],
        shard=SHARD,
    )
    write_text(folder / MANIFEST, manifest.model_dump_json())


def write_one(place: ShardFiles, layout: str) -> None:
    """One shard; in the wide layout a tenth of the episodes end early."""
    rng = np.random.default_rng(place.shard)
    numbers = np.arange(place.shard * SHARD, (place.shard + 1) * SHARD)
    early = rng.random(SHARD) < (0.1 if layout == "wide" else 0)
    lengths = np.where(early, rng.integers(1, HORIZON, SHARD), HORIZON)
    rows = int((lengths + 1).sum())
    columns = (
        features(rng, rows) if layout == "wide" else {"state": rng.integers(0, STATES_COUNT, rows).astype(np.uint16)}
    )
    actions = rng.integers(0, 5, rows).astype(np.uint8)
    steps = wide_steps(numbers, lengths, actions, np.zeros(rows), columns, "bench")
    batch = Batch(Context("train"), 0, numbers, episode_seeds(0, "train", numbers))
    nothing = np.zeros(SHARD)
    write_shard(place, steps, episode_rows(batch, lengths, early, nothing, nothing), durable=False)


def measure(folder: str) -> None:
    """Seconds, steps and peak memory in GB of one pass; printed for whoever started this process."""
    recording = open_recording(folder)
    began = time.perf_counter()
    summary = summarise(recording, "train", AGENT)
    seconds = time.perf_counter() - began
    assert all(rows.shape == (6, recording.frame.episodes) for rows in summary.statistics.values())
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)


def in_its_own_process(folder: Path) -> tuple[float, float]:
    out = subprocess.run([sys.executable, __file__, str(folder)], check=True, capture_output=True, text=True).stdout
    seconds, peak = map(float, out.split())
    return seconds, peak


def main() -> None:
    print(
        f"teloscope {teloscope.__version__}, python {platform.python_version()}, numpy {np.__version__}, "
        f"polars {pl.__version__}, {platform.machine()}, {os.cpu_count()} cores"
    )
    print(f"\nOne pass over recorded steps, 20 features (bounds: 10 M < {BOUND_S} s; 100 M < {BOUND_GB} GB)")
    print("layout     steps   seconds   M steps/s   peak GB   time against 10 M")
    for layout in ("table", "wide"):
        with tempfile.TemporaryDirectory() as folder:
            first = 0.0
            for millions in (10, 100):
                place = Path(folder) / str(millions)
                write(place, layout, millions)
                runs = [in_its_own_process(place) for _ in range(3 if millions == 10 else 1)]
                seconds, peak = min(runs)
                first = first or seconds
                met = seconds < BOUND_S if millions == 10 else peak < BOUND_GB
                print(
                    f"{layout:6}   {millions:4d} M   {seconds:7.2f}   {millions / seconds:9.1f}   {peak:7.2f}"
                    f"   {seconds / first:10.2f}   {'holds' if met else 'MISSED'}"
                )


if __name__ == "__main__":
    measure(sys.argv[1]) if len(sys.argv) > 1 else main()
