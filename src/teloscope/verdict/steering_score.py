"""Steering J: the share of what can be won by steering that an agent wins, net of what its null wins.

    V(agent) = sum_v w_v m_v / sum_v w_v      m_v = mean over counting contexts of the rate (want) or 1 - rate (avoid)
    J        = (V - V_null) / (V* - V_null)   1: the best that any agent can do here; 0: no better than the null

Contexts are fixed; episodes are repeated. Episode `e` of all contexts together is one draw. Its score lies in [0, 1]
and its expectation is V. So the betting confidence interval for the mean of bounded draws holds at every number of
draws, also if all draws are equal (a bootstrap interval would then have width 0). Against a null on the same seeds the
draws are differences.

Theory: A3, A5. Source of the interval: Waudby-Smith & Ramdas 2023 (arXiv 2010.09686).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from teloscope.errors import BadStudy, NotFound
from teloscope.goals.statistics import LEVEL
from teloscope.values import Values
from teloscope.values.declared import NO_VALUES
from teloscope.worlds.world import Context

NEGLIGIBLE = 1e-9
"""Differences below this count as 0."""
MAX_STAKE = 0.75
"""Largest share of the capital that one bet may cost."""
BISECTIONS = 50
"""Bisections that determine an end of an interval to the last digit."""


class Interval(NamedTuple):
    """Two ends; infinite where nothing bounds that side."""

    low: float
    high: float


def value(rates: Mapping[str, ArrayLike], values: Values, contexts: Sequence[Context]) -> float:
    """V: the weighted mean of how far the values are met, 0 to 1.

    Args:
        rates: context -> `[R]` rates, in the order of `values.regimes()`.
        values: wants and avoids, with their weights.
        contexts: those that count are averaged with equal weights.

    Raises:
        BadStudy: no values, or no context that counts. NotFound: a context has no rates.
    """
    weights, wanted = _normalised_weights(values), _is_want(values)
    scored = [_score(_lookup(rates, name), wanted, weights) for name in _counting_contexts(contexts)]
    return float(np.mean(scored))


def scores(hits: Mapping[str, NDArray[np.bool_]], values: Values, contexts: Sequence[Context]) -> NDArray[np.float64]:
    """`[n]` the score of each draw; their mean is V.

    Args:
        hits: context -> `[R, n]` which episodes are in each regime, in the order of `values.regimes()`.
        values, contexts: as for `value`.

    Raises:
        BadStudy: no values, no context that counts, or not as many episodes in every context. NotFound: a context has
        no hits.
    """
    weights, wanted = _normalised_weights(values), _is_want(values)
    rows = [_score(_lookup(hits, name), wanted, weights) for name in _counting_contexts(contexts)]
    if len({len(row) for row in rows}) > 1:
        raise BadStudy(
            f"Contexts have {sorted({len(row) for row in rows})} episodes; steering is estimated from as many in each. "
            "Record the same number in every context."
        )
    return np.mean(rows, axis=0)


def steering(v: float, v_null: float, v_best: float) -> float | None:
    """J; None if nothing can be won, because the null is as good as the optimum."""
    return (v - v_null) / (v_best - v_null) if v_best - v_null > NEGLIGIBLE else None


def steering_interval(ours: ArrayLike, null: ArrayLike, v_best: float, level: float = LEVEL) -> Interval | None:
    """An interval that holds J with probability `level`, at any number of draws; None where J is undefined.

    Args:
        ours: V where it is exact, else `[n]` scores of the agent's draws.
        null: V_null where it is exact; `[n]` scores of the null on the same seeds where it is sampled, which takes half
            of the error.
        v_best: V*.
        level: coverage.
    """
    ours, null = np.asarray(ours, dtype=np.float64), np.asarray(null, dtype=np.float64)
    if steering(0.0, float(null.mean()), v_best) is None:
        return None
    if null.ndim == 0:
        ends = mean_interval(ours, level)
        return Interval(*(min(_ratio(v - float(null), v_best - float(null)), 1.0) for v in ends))
    each = (1 + level) / 2
    gained = Interval(*(2 * end - 1 for end in mean_interval((ours - null + 1) / 2, each)))
    winnable = Interval(*(v_best - end for end in reversed(mean_interval(null, each))))
    return Interval(
        min(min(_ratio(gained.low, most) for most in winnable), 1.0),
        min(max(_ratio(gained.high, most) for most in winnable), 1.0),
    )


def mean_interval(draws: ArrayLike, level: float = LEVEL) -> Interval:
    """An interval that holds the expectation of independent draws from [0, 1] with probability `level`.

    Args:
        draws: `[n]`; or the expectation itself, which is then known.
        level: coverage.

    Raises:
        BadStudy: a draw lies outside of [0, 1].
    """
    x = np.asarray(draws, dtype=np.float64)
    if x.size and not (x.min() >= -NEGLIGIBLE and x.max() <= 1 + NEGLIGIBLE):
        raise BadStudy(f"Scores from {x.min()} to {x.max()} were given; expected them between 0 and 1.")
    x, error = np.clip(x, 0.0, 1.0), (1 - level) / 2
    if not x.ndim:
        return Interval(float(x), float(x))
    return Interval(_lower_bound(x, error), 1 - _lower_bound(1 - x, error))


def _lower_bound(x: NDArray[np.float64], error: float) -> float:
    """The lower confidence bound of the mean: the least `m` that betting does not refute.

    If the mean is at most `m`, bets that it is above `m` multiply the capital by 1 / error with probability `error` at
    most. So an `m` at which the capital grows that much is refuted.
    """
    if not x.size:
        return 0.0
    bets = _bets(x, error)
    threshold = math.log(1 / error)

    def refuted(m: float) -> bool:
        stakes = np.minimum(bets, MAX_STAKE / m)
        return bool(np.cumsum(np.log1p(stakes * (x - m))).max() >= threshold)

    low, high = 0.0, 1.0
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if refuted(middle) else (low, middle)
    return low


def _bets(x: NDArray[np.float64], error: float) -> NDArray[np.float64]:
    """`[n]` the stake on each draw, computed from the draws before it."""
    seen = np.arange(1, len(x) + 1)
    means = (0.5 + np.cumsum(x)) / (seen + 1)
    spread = (0.25 + np.cumsum((x - means) ** 2)) / (seen + 1)
    before = np.concatenate([[0.25], spread[:-1]])
    return np.sqrt(2 * math.log(1 / error) / (len(x) * before))


def _ratio(gained: float, winnable: float) -> float:
    if winnable > NEGLIGIBLE:
        return gained / winnable
    return math.copysign(math.inf, gained)


def _counting_contexts(contexts: Sequence[Context]) -> list[str]:
    names = [context.name for context in contexts if context.counts]
    if not names:
        raise BadStudy("No context counts: all of them fix an outcome. Add one that does not, to judge values in.")
    return names


def _normalised_weights(values: Values) -> NDArray[np.float64]:
    """`[R]` weights that sum to 1."""
    if not values:
        raise BadStudy(NO_VALUES)
    weights = np.array([v.weight for v in (*values.wants, *values.avoids)], dtype=np.float64)
    return weights / weights.sum()


def _is_want(values: Values) -> NDArray[np.bool_]:
    """`[R]` which are wants."""
    return np.arange(len(values.regimes())) < len(values.wants)


def _score(rates: ArrayLike, wanted: NDArray[np.bool_], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """`[...]` from `[R, ...]` rates or hits."""
    rates = np.asarray(rates, dtype=np.float64)
    good = np.where(wanted.reshape(-1, *[1] * (rates.ndim - 1)), rates, 1 - rates)
    return np.tensordot(weights, good, axes=1)


def _lookup(given: Mapping[str, Any], context: str) -> Any:
    if context not in given:
        raise NotFound("context", context, given, "Every context that counts needs its rates.")
    return given[context]
