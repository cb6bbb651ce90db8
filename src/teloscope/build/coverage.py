"""Does what a build certifies hold? Builds with engines whose true rates are known, over and over.

    certified   the intervals of the certificate that a build ends with, on fresh seeds, beside the true rates
    naive       the same interval taken from the very episodes that the best of many was chosen by

Rates are sampled although they could be exact, and the exact ones are the truth.

Theory: A5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from teloscope.agents.llm import LlmAgent
from teloscope.build.examine import Sampled
from teloscope.build.sampling import sampled_hits
from teloscope.build.search import build
from teloscope.engines.synthetic import SyntheticEngine, synthetic
from teloscope.goals.statistics import clopper_pearson
from teloscope.recordings.exact import exact_rates
from teloscope.recordings.seeds import seed_word
from teloscope.worlds.table import TableWorld

FAMILIES = ("direct", "calibrated")
"""Scaffolds whose policies are known exactly."""
CANDIDATES, ROLLOUTS = 60, 20
"""Of the naive choice: looks, and episodes in each."""
HOTTEST = 1.0
"""Temperature of the engines, at most: from able to clumsy."""


class Coverage(NamedTuple):
    """Intervals that hold the truth, of those where neither 0 nor 1 is the truth."""

    certified: int
    certified_of: int
    naive: int
    naive_of: int

    def __add__(self, other: tuple[int, ...]) -> Coverage:  # type: ignore[override]
        return Coverage(*(a + b for a, b in zip(self, other, strict=True)))


def coverage(world: TableWorld, builds: int, episodes: int = 60, told: Callable[[int], None] | None = None) -> Coverage:
    """Build again and again.

    Args:
        world: a small one, whose values leave something to chance.
        builds: how many; the number is the seed.
        episodes: of a certificate, in each context.
        told: told after every build.
    """
    total = Coverage(0, 0, 0, 0)
    for number in range(builds):
        certified, naive = list(_certified(world, number, episodes)), list(_naive(world, number))
        total += Coverage(sum(certified), len(certified), sum(naive), len(naive))
        if told:
            told(number + 1)
    return total


def _engine(number: int) -> SyntheticEngine:
    heat = np.random.default_rng(number).uniform(0.05, HOTTEST)
    return synthetic(f"competent,temperature={heat:.3f}")


def _certified(world: TableWorld, number: int, episodes: int) -> Iterator[bool]:
    """Whether each interval of the certificate holds the truth."""
    engine = _engine(number)
    found = build(world, engine, budget="12 draws", seed=number, families=FAMILIES, episodes=episodes, exact=False)
    best = found.result.winner or found.result.nearest
    assert found.certificate is not None and best is not None, "direct prompting is always certified"
    truth = exact_rates(world, LlmAgent(engine, best.scaffold), world.values.regimes())
    places = {str(regime): place for place, regime in enumerate(world.values.regimes())}
    for value in found.certificate.document.values:
        for row in value.contexts:
            rate = float(truth[row.context][places[value.regime]])
            if 0 < rate < 1:
                yield row.low <= rate <= row.high


def _naive(world: TableWorld, number: int) -> Iterator[bool]:
    """Whether the interval of the luckiest of many looks at one scaffold holds the truth."""
    agent, regime, context = Sampled(_engine(number), "score+sample:0.5"), world.values.regimes()[0], world.contexts[0]
    rate = float(exact_rates(world, LlmAgent(agent.engine, agent.scaffold), [regime], [context])[context.name][0])
    seeds = [int(seed_word("naive", number, look) >> np.uint64(1)) for look in range(CANDIDATES)]
    hits = max(
        int(sampled_hits(agent, world, [regime], [context], ROLLOUTS, seed)[context.name].sum()) for seed in seeds
    )
    low, high = clopper_pearson(hits, ROLLOUTS)
    if 0 < rate < 1:
        yield low <= rate <= high
