"""How often an interval holds the truth when its candidate was the best of many.

Run: python bench/coverage.py [--write]

A build looks at 200 candidates for 20 episodes each and takes the best. Its interval from those 20 episodes is too
high: whoever was picked for luck has had it. The winner's interval from fresh episodes is not; and where a build goes
on to the next best until one is certified, attempt k gets 6 / (pi k)^2 of the error. Candidates here are Bernoulli
rates drawn from a prior; over 500 builds it is counted whether *every* interval of a build holds its rate.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from teloscope.goals.statistics import ALPHA, LEVEL, clopper_pearson
from teloscope.verdict.measured import spent

BUILDS, CANDIDATES, LOOKS, FRESH = 500, 200, 20, 400
TARGET = 0.9
"""A candidate is taken once its interval's lower end is above this."""
MOST = 10
"""Attempts of a build."""
PRIORS = {"even": (8.0, 8.0), "spread": (2.0, 2.0), "mostly bad": (1.0, 4.0), "mostly good": (12.0, 2.0)}
"""Name -> shape of the beta distribution that candidates' rates are drawn from."""
RESULT = Path(__file__).with_suffix(".json")


class Coverage(NamedTuple):
    """Of one prior."""

    prior: str
    naive: float
    """Share of builds in which the interval from the 20 episodes that chose the winner holds its rate."""
    corrected: float
    """Share of builds in which every interval from fresh episodes holds its rate."""
    attempts: float
    """Mean number of intervals in a build."""
    optimism: float
    """Mean of the winner's share in the episodes that chose it, less its rate."""


def covered(prior: str, builds: int = BUILDS, seed: int = 0) -> Coverage:
    """Naive and corrected coverage over many builds."""
    rng = np.random.default_rng([seed, *map(ord, prior)])
    rows = [_build(rng.beta(*PRIORS[prior], CANDIDATES), rng) for _ in range(builds)]
    naive, corrected, attempts, optimism = (float(np.mean(column)) for column in zip(*rows, strict=True))
    return Coverage(prior, naive, corrected, attempts, optimism)


def _build(rates: NDArray[np.float64], rng: np.random.Generator) -> tuple[bool, bool, int, float]:
    """(whether the naive interval holds, whether all corrected ones do, how many of these, the winner's optimism)"""
    looks = rng.binomial(LOOKS, rates)
    order = np.argsort(-looks, kind="stable")
    best = int(order[0])
    low, high = clopper_pearson(int(looks[best]), LOOKS, LEVEL)
    held, attempt = True, 0
    for attempt, candidate in enumerate(order[:MOST].tolist(), start=1):
        level = 1 - spent(ALPHA, attempt)
        lower, upper = clopper_pearson(int(rng.binomial(FRESH, rates[candidate])), FRESH, level)
        held &= lower <= rates[candidate] <= upper
        if lower > TARGET:
            break
    return low <= rates[best] <= high, held, attempt, looks[best] / LOOKS - rates[best]


def main() -> None:
    found = [covered(prior) for prior in PRIORS]
    print(
        f"{BUILDS} builds, best of {CANDIDATES} at {LOOKS} episodes, nominal {LEVEL:.0%}; again on {FRESH} fresh ones"
    )
    print("candidates    naive  corrected  attempts  optimism")
    for row in found:
        holds = "holds" if row.corrected >= 0.94 else "MISSED"
        print(
            f"{row.prior:12s} {row.naive:6.1%} {row.corrected:10.1%} {row.attempts:9.2f} {row.optimism:9.3f}  {holds}"
        )
    if "--write" in sys.argv:
        rows = [row._asdict() for row in found]
        told = {"builds": BUILDS, "candidates": CANDIDATES, "episodes": LOOKS, "fresh": FRESH, "coverage": rows}
        RESULT.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
