"""How often an interval holds the truth when its candidate was the best of many.

Run: python bench/coverage.py [--write]

A build looks at 200 candidates for 20 episodes each and takes the best. Its interval from those 20 episodes is too
high: whoever was picked for luck has had it. The winner's interval from fresh episodes is not; and where a build goes
on to the next best until one is certified, attempt k gets 6 / (pi k)^2 of the error. Over 500 builds it is counted
whether *every* interval of a build holds its rate.

Candidates are Bernoulli rates drawn from a prior, or synthetic engines acting in `island`: 200 language-model agents,
all of them clumsy, whose rates are known exactly and whose episodes are played. Each on its own seeds they are as lucky
as the Bernoulli ones; on the same seeds, as `teloscope build` looks at them, luck is shared and picks nobody.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from teloscope.agents.llm import LlmAgent
from teloscope.engines.synthetic import synthetic
from teloscope.goals.statistics import ALPHA, LEVEL, clopper_pearson
from teloscope.recordings.exact_rates import exact_rates
from teloscope.recordings.rollouts.action_choice import Sampler
from teloscope.recordings.rollouts.table_rollout import TableRunner
from teloscope.recordings.seeds import episode_seeds, seed_word
from teloscope.regimes import Regime, achieved, holds
from teloscope.verdict.measure import attempt_alpha, fresh_seed
from teloscope.worlds.registry import world as world_named
from teloscope.worlds.table.world import TableWorld

BUILDS, CANDIDATES, LOOKS, FRESH = 500, 200, 20, 400
BOUND = 0.94
TARGET = 0.9
"""A candidate is taken once its interval's lower end is above this."""
MOST = 10
"""Attempts of a build."""
PRIORS = {"even": (8.0, 8.0), "spread": (2.0, 2.0), "mostly bad": (1.0, 4.0), "mostly good": (12.0, 2.0)}
"""Name -> shape of the beta distribution that candidates' rates are drawn from."""
ENGINES = {"own seeds": True, "same seeds": False}
"""Name -> whether each of the synthetic engines meets episodes of its own while it is looked at."""
WORLD, CONTEXT, WANT = "island", "noisy", Regime.parse("end(at_goal)")
RESULT = Path(__file__).with_suffix(".json")


class Candidates(NamedTuple):
    """Those of one build."""

    rates: NDArray[np.float64]
    """`[n]` the truth."""
    looks: NDArray[np.int64]
    """`[n]` hits in the episodes that one is chosen by."""
    again: Callable[[int, int], int]
    """(candidate, attempt) -> hits in fresh episodes."""


class Coverage(NamedTuple):
    """Of one kind of candidates."""

    candidates: str
    naive: float
    """Share of builds in which the interval from the 20 episodes that chose the winner holds its rate."""
    corrected: float
    """Share of builds in which every interval from fresh episodes holds its rate."""
    attempts: float
    """Mean number of intervals in a build."""
    optimism: float
    """Mean of the winner's share in the episodes that chose it, less its rate."""


def covered(candidates: str, builds: int = BUILDS, seed: int = 0) -> Coverage:
    """Naive and corrected coverage over many builds."""
    drawn = (
        _bernoulli(candidates, builds, seed) if candidates in PRIORS else _engines(builds, seed, ENGINES[candidates])
    )
    naive, corrected, attempts, optimism = (float(np.mean(column)) for column in zip(*map(_build, drawn), strict=True))
    return Coverage(candidates, naive, corrected, attempts, optimism)


def _build(found: Candidates) -> tuple[bool, bool, int, float]:
    """(whether the naive interval holds, whether all corrected ones do, how many of these, the winner's optimism)"""
    rates, looks = found.rates, found.looks
    order = np.argsort(-looks, kind="stable").tolist()
    low, high = clopper_pearson(int(looks[order[0]]), LOOKS, LEVEL)
    held, attempt = True, 0
    for attempt, candidate in enumerate(order[:MOST], start=1):
        lower, upper = clopper_pearson(found.again(candidate, attempt), FRESH, 1 - attempt_alpha(ALPHA, attempt))
        held &= lower <= rates[candidate] <= upper
        if lower > TARGET:
            break
    best = order[0]
    return bool(low <= rates[best] <= high), bool(held), attempt, float(looks[best] / LOOKS - rates[best])


def _bernoulli(prior: str, builds: int, seed: int) -> Iterator[Candidates]:
    """Candidates that are nothing but their rates."""
    rng = np.random.default_rng([seed, *map(ord, prior)])
    for _ in range(builds):
        rates = rng.beta(*PRIORS[prior], CANDIDATES)
        yield Candidates(
            rates, rng.binomial(LOOKS, rates), lambda who, _, rates=rates: int(rng.binomial(FRESH, rates[who]))
        )


def _engines(builds: int, seed: int, own: bool) -> Iterator[Candidates]:
    """Candidates that act."""
    first = int(seed_word("builds", seed)) >> 12
    searched = [int(seed_word("search", seed, who * own)) >> 12 for who in range(CANDIDATES)]
    met = [_met(who, builds * LOOKS, by) for who, by in enumerate(searched)]
    looks = np.stack([hits.reshape(builds, LOOKS).sum(axis=1) for hits in met], axis=1)
    for build in range(builds):
        fresh = first + build
        yield Candidates(
            _pool().rates,
            looks[build],
            lambda who, attempt, fresh=fresh: int(_met(who, FRESH, fresh_seed(fresh, attempt)).sum()),
        )


class _Pool(NamedTuple):
    """Synthetic engines in a scaffold, as policies."""

    world: TableWorld
    roller: TableRunner
    policies: list[Sampler]
    rates: NDArray[np.float64]


@cache
def _pool() -> _Pool:
    world, rng = world_named(WORLD), np.random.default_rng(0)
    assert isinstance(world, TableWorld)
    policies, rates = [], []
    for _ in range(CANDIDATES):
        heat, noise = rng.uniform(0.05, 1.0), rng.uniform(0.0, 0.5)
        agent = LlmAgent(synthetic("competent", temperature=heat, noise=noise), "score+sample:1")
        policy = agent.policy(world)
        assert policy is not None, "what is scored is tabulated"
        policies.append(Sampler(policy))
        rates.append(float(exact_rates(world, agent, [WANT], [world.context(CONTEXT)])[CONTEXT][0]))
    return _Pool(world, TableRunner(world), policies, np.array(rates))


def _met(candidate: int, episodes: int, seed: int) -> NDArray[np.bool_]:
    """`[episodes]` which of them end as is wanted."""
    pool = _pool()
    seeds = episode_seeds(seed, CONTEXT, np.arange(episodes))
    choose = pool.policies[candidate].chooser(seed_word("agent"), seeds)
    states = pool.roller.roll(choose, pool.world.context(CONTEXT), seeds).states
    return achieved(WANT.mode, holds(WANT.condition, pool.world.table.features)[states])


def main() -> None:
    found = [covered(candidates) for candidates in (*PRIORS, *ENGINES)]
    print(
        f"{BUILDS} builds, best of {CANDIDATES} at {LOOKS} episodes, nominal {LEVEL:.0%}; again on {FRESH} fresh ones"
    )
    print("candidates    naive  corrected  attempts  optimism")
    for row in found:
        holds_it = "holds" if row.corrected >= BOUND else "MISSED"
        print(
            f"{row.candidates:12s} {row.naive:6.1%} {row.corrected:10.1%} {row.attempts:9.2f} {row.optimism:9.3f}"
            f"  {holds_it}"
        )
    if "--write" in sys.argv:
        rows = [row._asdict() for row in found]
        told = {"builds": BUILDS, "candidates": CANDIDATES, "episodes": LOOKS, "fresh": FRESH, "coverage": rows}
        RESULT.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
