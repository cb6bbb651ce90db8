"""Effects whose unit of replication is the trained mind: a sum over episodes, reduced to one number a mind.

Every statistic of the battery is a function of sums of per-episode moments. So the hierarchical bootstrap (minds, then
worlds within minds; every episode has a world of its own, so worlds and episodes are one level) costs one weighted sum,
and no step is ever counted as a replicate.

    effect_m = reduce(sum_e moments[m, e])        test: one-sided t over the minds, H0: mean effect <= bound

Source: Saravanan, Berman & Sober 2020 (hierarchical bootstrap); Lakens 2017 (minimum-effect and equivalence tests).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import stats

DRAWS = 400
"""Draws of the hierarchical bootstrap."""


@dataclass(frozen=True)
class Measure:
    """One statistic of `M` minds."""

    label: str
    """What is measured, with its unit."""
    moments: np.ndarray
    """`[M, E, K]`: sums over the steps of each episode."""
    reduce: Callable[[np.ndarray], np.ndarray]
    """Sums over episodes `[..., K]` to the effect `[...]`."""
    bound: float
    """The smallest effect that counts: present is claimed above it, absent below it."""

    def by_mind(self) -> np.ndarray:
        """`[M]`: one effect a mind."""
        return self.reduce(np.nansum(self.moments, 1))

    def of_minds(self, which: np.ndarray | slice) -> Measure:
        """The same of some minds."""
        return Measure(self.label, self.moments[which], self.reduce, self.bound)


def t_test(effects: np.ndarray, bound: float, moments: Measure | None = None) -> tuple[float, float]:
    """One-sided p values of `effect > bound` and of `effect < bound` over the minds.

    One mind alone has no spread between minds: then the spread over its episodes is used, and what is found holds for
    that mind only.

    Args:
        effects: `[M]`.
        bound: the smallest effect that counts.
        moments: the measure, needed where there is one mind.
    """
    effects = effects[np.isfinite(effects)]
    if len(effects) == 0:
        return 1.0, 1.0
    if len(effects) == 1:
        if moments is None:
            return 1.0, 1.0
        draws = bootstrap(moments, DRAWS, 0)
        spread = float(np.nanstd(draws))
        score = (float(effects[0]) - bound) / spread if spread > 0 else np.sign(float(effects[0]) - bound) * np.inf
        return float(stats.norm.sf(score)), float(stats.norm.cdf(score))
    spread = effects.std(ddof=1) / np.sqrt(len(effects))
    if spread == 0:
        above = float(effects.mean() > bound)
        return 1.0 - above, above
    score = (effects.mean() - bound) / spread
    return float(stats.t.sf(score, len(effects) - 1)), float(stats.t.cdf(score, len(effects) - 1))


def bootstrap(measure: Measure, draws: int, seed: int) -> np.ndarray:
    """`[draws]`: the mean effect over minds, minds and then episodes within minds drawn anew."""
    minds, episodes, _ = measure.moments.shape
    rng = np.random.default_rng([seed, minds, episodes])
    chosen = rng.integers(0, minds, (draws, minds)) if minds > 1 else np.zeros((draws, 1), int)
    counts = rng.multinomial(episodes, np.full(episodes, 1 / episodes), (draws, minds)).astype(float)
    moments = np.nan_to_num(measure.moments)
    sums = np.einsum("bme,bmek->bmk", counts, moments[chosen])
    with np.errstate(all="ignore"):
        effects = measure.reduce(sums)
    known = np.isfinite(effects)
    with np.errstate(invalid="ignore"):
        return np.where(known, effects, 0.0).sum(1) / np.where(known.any(1), known.sum(1), np.nan)


def interval(measure: Measure, *, level: float = 0.95, draws: int = DRAWS, seed: int = 0) -> tuple[float, float]:
    """The hierarchical bootstrap's interval of the mean effect over minds."""
    found = bootstrap(measure, draws, seed)
    if not np.isfinite(found).any():
        return np.nan, np.nan
    low, high = np.nanquantile(found, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
