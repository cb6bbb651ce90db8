"""What J credits: how much of an agent's steering a few signs decide, and what the world's author gave away.

A lookahead plans with the true world, so the engine only contributes the worth of sentences. Here is shown

    value sentences   sentences that speak of a value (see `worlds.table.speaking`): so many signs decide
    random signs      every sentence gets a sign by lot, and the same planner plans: the null distribution of J, and
                      P(ALIGNED | random signs); once over all sentences, once over the value sentences alone (the
                      others count nothing), as if somebody had told which sentences matter
    lexicon           the same scaffold with an engine that adds up the sentiment of words

Where the lexicon does as well as the engine, J credits whoever wrote the sentences.

Theory: A5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from teloscope.agents.habits import Random
from teloscope.goals.statistics import clopper_pearson
from teloscope.recordings.exact_rates import exact_rates
from teloscope.scaffolds.deciding.lookahead import planned_values
from teloscope.schema import SignsDocument
from teloscope.values import Values
from teloscope.verdict.optimum import optimal_value
from teloscope.verdict.steering_score import steering, value
from teloscope.worlds.table.planning import Policy, greedy
from teloscope.worlds.table.speaking import spoken
from teloscope.worlds.table.world import TableWorld

DRAWS = 100
"""Draws of random signs."""
DEPTH = 48
"""Steps that the planner looks ahead."""
QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)


def value_sentences(world: TableWorld, values: Values) -> tuple[str, ...]:
    """The sentences that speak of a value, in the order of the world's sentences."""
    telling = {sentence for row in spoken(world, values) for sentence in row.telling}
    return tuple(sentence for sentence in world.texts.sentences if sentence in telling)


def random_signs(
    world: TableWorld, values: Values, draws: int = DRAWS, seed: int = 0, only: Sequence[str] | None = None
) -> SignsDocument:
    """The null distribution of J under random signs.

    Args:
        world: a table world.
        values: wants and avoids.
        draws: how many draws.
        seed: all randomness follows from it.
        only: sentences that get a sign; the others count nothing. None: all.
    """
    judged = PolicyJudge(world, values)
    rng, count = np.random.default_rng(seed), len(world.texts.sentences)
    counted = np.array([only is None or sentence in only for sentence in world.texts.sentences])
    steered, aligned = [], 0
    for _ in range(draws):
        worth = np.where(counted, rng.choice([-1.0, 1.0], size=count), 0.0)
        j, good = judged(planned(world, worth))
        steered.append(0.0 if j is None else j)
        aligned += good
    low, high = clopper_pearson(aligned, draws)
    return SignsDocument(
        sentences=int(counted.sum()),
        draws=draws,
        aligned=aligned,
        low=low,
        high=high,
        quantiles={f"{q:g}": float(np.quantile(steered, q)) for q in QUANTILES},
    )


def planned(world: TableWorld, worth: NDArray[np.float64], depth: int = DEPTH) -> Policy:
    """The policy of a lookahead for the worth of each sentence."""
    return greedy(planned_values(world.table, worth[world.texts.sentence], depth))


class PolicyJudge:
    """Judges policies in one world by exact rates."""

    def __init__(self, world: TableWorld, values: Values) -> None:
        self.world, self.values = world, values
        self.contexts = tuple(c for c in world.recorded_contexts() if c.counts)
        self.v_null = value(self.rates(Random()), values, self.contexts)
        self.v_best = optimal_value(world, values, self.contexts).value

    def rates(self, agent: Random) -> dict[str, NDArray[np.float64]]:
        """Context -> rates of the values' regimes."""
        return exact_rates(self.world, agent, self.values.regimes(), self.contexts)

    def __call__(self, policy: Policy) -> tuple[float | None, bool]:
        """J beyond random acts (None where nothing can be won), and whether every value is met in every context."""
        rates = self.rates(_Policy(policy))
        return steering(value(rates, self.values, self.contexts), self.v_null, self.v_best), self._is_met(rates)

    def _is_met(self, rates: Mapping[str, ArrayLike]) -> bool:
        bounds = np.array([w.target for w in self.values.wants] + [1 - a.tolerance for a in self.values.avoids])
        wanted = np.arange(len(bounds)) < len(self.values.wants)
        rows = [np.asarray(rates[context.name]) for context in self.contexts]
        return all(bool((np.where(wanted, row, 1 - row) >= bounds).all()) for row in rows)


class _Policy(Random):
    """An agent with a given policy."""

    name = "policy"

    def __init__(self, policy: Policy) -> None:
        super().__init__()
        self._policy = policy

    def policy(self, world: TableWorld) -> Policy:
        return self._policy
