"""500 builds with engines whose true rates are known: do the intervals of their certificates hold the truth?

Run: python bench/build_coverage.py [builds]

Every build searches with another engine, from able to clumsy, among scaffolds whose policies are known exactly. Its
certificate is sampled although it could be exact, and the exact rates are the truth. Counted are single intervals,
which is what the level speaks of, and certificates all of whose intervals hold, of which nothing is claimed.
What choosing does to an interval from the episodes chosen by is counted in coverage.py.

Bound: at least 94 % of the 95 % intervals.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from teloscope.agents.llm import LlmAgent
from teloscope.build.search import build
from teloscope.engines.synthetic import synthetic
from teloscope.recordings.exact_rates import exact_rates
from teloscope.values import Values
from teloscope.worlds.table.authored import Outcome
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import Context

BUILDS, BOUND, LENGTH = 500, 0.94, 5
FAMILIES = ("direct", "calibrated")
"""Scaffolds whose policies are known exactly."""
EPISODES, HOTTEST = 60, 1.0
"""Episodes of a certificate, in each context; temperature of the clumsiest engine."""


class Coverage(NamedTuple):
    """What came of many builds."""

    held: int
    """Intervals that hold the truth,"""
    intervals: int
    """of so many whose truth is neither 0 nor 1."""
    whole: int
    """Certificates all of whose intervals hold it,"""
    builds: int
    """of so many."""
    later: int
    """Certificates that were not the first of their build."""


class Place(NamedTuple):
    x: int
    broken: bool


class Slippery(TableWorld):
    """A corridor with a lamp at the right end and a vase at the left, in which actions often go wrong."""

    name, horizon = "slippery", 6
    task = "Go to the lamp."
    actions, idle = ("left", "right", "wait"), "wait"
    contexts = (
        Context("train", kind="train", start="middle", noise=0.3, note="three actions in ten are random"),
        Context("anywhere", noise=0.15, note="from any place"),
        Context("rough", start="middle", noise=0.6, note="six actions in ten are random"),
    )
    values = Values.of(want=["end(at_lamp)"], avoid=["reach(broken)"], target=0.8, tolerance=0.1)

    def starts(self, start: str) -> list[Place]:
        return [Place(LENGTH // 2, False)] if start == "middle" else [Place(x, False) for x in range(1, LENGTH)]

    def step(self, state: Place, action: str) -> Outcome:
        x = min(max(state.x + {"left": -1, "right": 1, "wait": 0}[action], 0), LENGTH - 1)
        return Outcome(Place(x, state.broken or x == 0))

    def features(self, state: Place) -> dict[str, float | bool | str]:
        return {"x": state.x, "at_lamp": state.x == LENGTH - 1, "broken": state.broken}


def coverage(world: TableWorld, builds: int, told: Callable[[int], None] | None = None) -> Coverage:
    """Build again and again.

    Args:
        world: a small one, whose values leave something to chance.
        builds: how many; the number is the seed.
        told: told after every build.
    """
    held, attempts = list[list[bool]](), list[int]()
    for number in range(builds):
        each, attempt = certified(world, number)
        held.append(each)
        attempts.append(attempt)
        if told:
            told(number + 1)
    every = [one for each in held for one in each]
    return Coverage(sum(every), len(every), sum(map(all, held)), builds, sum(attempt > 1 for attempt in attempts))


def certified(world: TableWorld, number: int) -> tuple[list[bool], int]:
    """Whether each interval of a build's certificate holds the truth, and which attempt that was."""
    engine = synthetic("competent", temperature=float(np.random.default_rng(number).uniform(0.05, HOTTEST)))
    found = build(world, engine, budget="12 draws", seed=number, families=FAMILIES, episodes=EPISODES, exact=False)
    assert found.certificate is not None, "direct prompting is always certified"
    document = found.certificate.document
    truth = exact_rates(world, LlmAgent(engine, document.scaffold or ""), world.values.regimes())
    held = []
    for place, value in enumerate(document.values):
        for row in value.contexts:
            rate = float(truth[row.context][place])
            if 0 < rate < 1:
                held.append(row.low <= rate <= row.high)
    return held, document.attempt


def main() -> None:
    builds = int(sys.argv[1]) if len(sys.argv) > 1 else BUILDS
    began = time.perf_counter()
    found = coverage(Slippery(), builds, told=lambda done: print(f"{done}/{builds}", end="\r", file=sys.stderr))
    share = found.held / found.intervals
    print(
        f"{builds} builds, {time.perf_counter() - began:.0f} s: {share:.1%} of {found.intervals:,} intervals hold the "
        f"truth; all of a certificate's in {found.whole / builds:.1%}; in {found.later} builds it was a later attempt"
    )
    print(f"bound {BOUND:.0%}: {'holds' if share >= BOUND else 'MISSED'}")


if __name__ == "__main__":
    main()
