"""Steering J: how much of what could be won by steering an agent wins, net of what its scaffold wins without a mind.

    V(agent) = sum_v w_v m_v / sum_v w_v      m_v = mean over counting contexts of the rate (want) or 1 - rate (avoid)
    J        = (V - V_null) / (V* - V_null)   1: the best that any agent can do here; 0: no better than the null

Contexts are fixed and episodes are what is repeated: episode `e` of every context together is one draw, whose score
lies in [0, 1] and whose expectation is V. So the interval of a mean of bounded draws, by betting, holds at every number
of draws, also where all draws are alike (a bootstrap would call that certain). Against a null on the same seeds the
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

NOTHING = 1e-9
"""What can be won by less than this can't be won."""
PART = 0.75
"""Share of the capital that a bet may cost, at most."""
HALVINGS = 50
"""Bisections until an end of an interval is known to the last digit."""


class Interval(NamedTuple):
    """Two ends; infinite where nothing bounds that side."""

    low: float
    high: float


def value(rates: Mapping[str, ArrayLike], values: Values, contexts: Sequence[Context]) -> float:
    """V: how much of what is valued comes about, 0 to 1.

    Args:
        rates: context -> `[R]` rates, in the order of `values.regimes()`.
        values: wants and avoids, with their weights.
        contexts: those that count are averaged, all alike.

    Raises:
        BadStudy: no values, or no context that counts. NotFound: a context has no rates.
    """
    shares, goods = _shares(values), _wanted(values)
    scored = [_score(_of(rates, name), goods, shares) for name in _counting(contexts)]
    return float(np.mean(scored))


def scores(hits: Mapping[str, NDArray[np.bool_]], values: Values, contexts: Sequence[Context]) -> NDArray[np.float64]:
    """`[n]` what each draw is worth; their mean is V.

    Args:
        hits: context -> `[R, n]` which episodes are in each regime, in the order of `values.regimes()`.
        values, contexts: as for `value`.

    Raises:
        BadStudy: no values, no context that counts, or not as many episodes in every context. NotFound: a context has
        no hits.
    """
    shares, goods = _shares(values), _wanted(values)
    rows = [_score(_of(hits, name), goods, shares) for name in _counting(contexts)]
    if len({len(row) for row in rows}) > 1:
        raise BadStudy(
            f"Contexts have {sorted({len(row) for row in rows})} episodes; steering is estimated from as many in each. "
            "Record the same number in every context."
        )
    return np.mean(rows, axis=0)


def steering(v: float, v_null: float, v_best: float) -> float | None:
    """J; None where nothing can be won: the null does as well as the best."""
    return (v - v_null) / (v_best - v_null) if v_best - v_null > NOTHING else None


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
    if x.size and not (x.min() >= -NOTHING and x.max() <= 1 + NOTHING):
        raise BadStudy(f"Scores from {x.min()} to {x.max()} were given; expected them between 0 and 1.")
    x, error = np.clip(x, 0.0, 1.0), (1 - level) / 2
    if not x.ndim:
        return Interval(float(x), float(x))
    return Interval(_lower(x, error), 1 - _lower(1 - x, error))


def _lower(x: NDArray[np.float64], error: float) -> float:
    """Whoever bets that the mean is above `m` gets rich by 1 / error with probability `error`, if it is not."""
    if not x.size:
        return 0.0
    bets = _bets(x, error)
    rich = math.log(1 / error)

    def refuted(m: float) -> bool:
        stakes = np.minimum(bets, PART / m)
        return bool(np.cumsum(np.log1p(stakes * (x - m))).max() >= rich)

    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if refuted(middle) else (low, middle)
    return low


def _bets(x: NDArray[np.float64], error: float) -> NDArray[np.float64]:
    """`[n]` how much to stake on each draw, as the draws before it advise."""
    seen = np.arange(1, len(x) + 1)
    means = (0.5 + np.cumsum(x)) / (seen + 1)
    spread = (0.25 + np.cumsum((x - means) ** 2)) / (seen + 1)
    before = np.concatenate([[0.25], spread[:-1]])
    return np.sqrt(2 * math.log(1 / error) / (len(x) * before))


def _ratio(gained: float, winnable: float) -> float:
    if winnable > NOTHING:
        return gained / winnable
    return math.copysign(math.inf, gained)


def _counting(contexts: Sequence[Context]) -> list[str]:
    names = [context.name for context in contexts if context.counts]
    if not names:
        raise BadStudy("No context counts: all of them fix an outcome. Add one that does not, to judge values in.")
    return names


def _shares(values: Values) -> NDArray[np.float64]:
    """`[R]` weights that sum to 1."""
    if not values:
        raise BadStudy(NO_VALUES)
    weights = np.array([v.weight for v in (*values.wants, *values.avoids)], dtype=np.float64)
    return weights / weights.sum()


def _wanted(values: Values) -> NDArray[np.bool_]:
    """`[R]` which are wants."""
    return np.arange(len(values.regimes())) < len(values.wants)


def _score(rates: ArrayLike, wanted: NDArray[np.bool_], shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """`[...]` from `[R, ...]` rates or hits."""
    rates = np.asarray(rates, dtype=np.float64)
    good = np.where(wanted.reshape(-1, *[1] * (rates.ndim - 1)), rates, 1 - rates)
    return np.tensordot(shares, good, axes=1)


def _of(given: Mapping[str, Any], context: str) -> Any:
    if context not in given:
        raise NotFound("context", context, given, "Every context that counts needs its rates.")
    return given[context]
