"""500 builds with engines whose true rates are known: do the intervals of their certificates hold the truth?

Run: python bench/build_coverage.py [builds]

Certificates are sampled although they could be exact. Beside them what comes of choosing and reporting by the same
episodes: the Clopper-Pearson interval of the luckiest of 60 looks of 20 episodes.

Bound: at least 94 % of the 95 % intervals.
"""

from __future__ import annotations

import sys
import time
from typing import NamedTuple

from teloscope.build.coverage import Coverage, coverage
from teloscope.values import Values
from teloscope.worlds.table import Outcome, TableWorld
from teloscope.worlds.world import Context

BUILDS, BOUND, LENGTH = 500, 0.94, 5


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


def said(found: Coverage) -> str:
    """Both shares in one line."""
    held, naive = found.certified / found.certified_of, found.naive / found.naive_of
    return (
        f"certified {held:.1%} of {found.certified_of} intervals hold the truth; naive choice {naive:.1%} of "
        f"{found.naive_of}"
    )


def main() -> None:
    builds = int(sys.argv[1]) if len(sys.argv) > 1 else BUILDS
    began = time.perf_counter()
    found = coverage(Slippery(), builds, told=lambda done: print(f"{done}/{builds}", end="\r", file=sys.stderr))
    share = found.certified / found.certified_of
    print(f"{builds} builds, {time.perf_counter() - began:.0f} s: {said(found)}")
    print(f"certified: bound {BOUND:.0%}: {'holds' if share >= BOUND else 'MISSED'}")


if __name__ == "__main__":
    main()
