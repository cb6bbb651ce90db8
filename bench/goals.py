"""Finding the goals of 8 contexts x 200 episodes x 4 references, and what follows: verdict and page.

Run: python bench/goals.py

Each recording is opened anew for every try, so that reading it counts; the median of five tries, and the worst, over
planted goals at four noises in walled rooms. Beside them the embedded network in the world `coin`: eleven contexts and
17,000 states.

Bound: goals in less than 2 s, at worst.
"""

from __future__ import annotations

import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple, TypeVar

import teloscope
from teloscope.recordings import Recording, open_recording
from teloscope.values import Values
from teloscope.worlds.world import World

EPISODES, TRIES, BOUND_S = 200, 5, 2.0
PLANTED = "keep(agent_lamp_distance <= 0)"
ENTRIES = {
    **{f"rooms-0, eps {eps}": ("rooms-0", f"plan:{PLANTED}?eps={eps}") for eps in ("0", ".3", ".6", ".8")},
    "coin, its network": ("coin", "onnx:coin.onnx"),
}
T = TypeVar("T")


class Times(NamedTuple):
    """Seconds of one try."""

    goals: float
    judge: float
    report: float


def timed(work: Callable[[], T]) -> tuple[T, float]:
    began = time.perf_counter()
    return work(), time.perf_counter() - began


def once(folder: Path, world: World) -> Times:
    """From the files on disk to the page."""
    recording = open_recording(folder, world=world)
    values = world.values if world.values.wants else Values.of(want=[PLANTED])
    goals, found = timed(lambda: teloscope.find_goals(recording))
    verdict, judged = timed(lambda: teloscope.judge(goals, values))
    _, written = timed(lambda: verdict.report(folder / "report.html"))
    return Times(found, judged, written)


def shape(recording: Recording) -> str:
    return f"{len(recording.contexts)} x {recording.frame.episodes} x {len(recording.references)}"


def row(name: str, world: str, agent: str) -> float:
    """Print a recording's times; seconds to its goals, at worst."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "recording"
        recorded = teloscope.record(agent, world, episodes=EPISODES, out=folder)
        states = len(recorded.states_table)
        once(folder, recorded.world)  # imports and first calls are nobody's
        goals, judge, report = zip(*(once(folder, recorded.world) for _ in range(TRIES)), strict=True)
    middle = [statistics.median(seconds) for seconds in (goals, judge, report)]
    print(
        f"{name:19}{shape(recorded):>19} {states:8,} {middle[0]:8.2f} {max(goals):7.2f}  {middle[1]:10.3f}"
        f"  {middle[2]:10.2f}",
        flush=True,
    )
    return max(goals)


def main() -> None:
    packages = ("teloscope", "numpy", "scipy", "polars")
    print(", ".join(f"{p} {version(p)}" for p in packages), f"| Python {platform.python_version()}", end=" ")
    print(f"| {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print("                    contexts x episodes               goals, s      judge, s   report, s")
    print("                          x references   states   median   worst      median      median")
    worst = max(row(name, world, agent) for name, (world, agent) in ENTRIES.items())
    print(f"goals at worst {worst:.2f} s (bound {BOUND_S:.0f} s: {'holds' if worst < BOUND_S else 'MISSED'})")


if __name__ == "__main__":
    main()
