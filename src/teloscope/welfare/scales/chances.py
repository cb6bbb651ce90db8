"""Under a prior on scales: how likely each option is best, how likely it beats each other, and how wide is too wide.

    P(x best) = P( sum_b n_b a_b u[x, b] >= sum_b n_b a_b u[y, b] for all y ),   a ~ prior

With two beings the winner depends on log(a_2 / a_1) alone, and the probability is exact where its distribution is
known.

Theory: E0.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from teloscope.welfare.scales.priors import LogNormal, LogUniform, Prior
from teloscope.welfare.scales.sampling import (
    POINTS,
    Estimate,
    best_shares,
    estimate,
    logs_of,
    replicates_for,
    uniforms,
    weights_of,
)
from teloscope.welfare.scales.welfare_ranges import RangeModel
from teloscope.welfare.tables.utilities import Floats

PAIR_COMPARISONS = 2e8
"""Comparisons that the chances of pairs may take; more options get fewer draws, and a larger error."""
WIDEST = {"sd": 20.0, "ratio": 1e12}
NARROWEST = {"sd": 0.02, "ratio": 1.05}


class Turn(NamedTuple):
    """How wide a family of priors must be for the answer to change."""

    family: str
    width: str
    """What width means here: sd or ratio."""
    minority: float | None
    """From this width on the option that is best at equal scales is best in less than half of the draws; None:
    never, up to
    `widest`."""
    overtaken: float | None
    """From this width on another option is more often the best."""
    by: int | None
    """Which."""
    widest: float


def chances(
    values: Floats, counts: Floats, prior: Prior | RangeModel, seed: int, draws: Floats | None = None
) -> tuple[Estimate, bool]:
    """`[F]` how likely each option is best, and whether that is exact.

    Args:
        values: `[F, B]` undominated options, no two of them the same.
        counts: `[B]` numbers of beings, or ones.
        prior: on each being's scale.
        seed: of the points.
        draws: `[D, F, B]` the utilities' own draws: one of them for every draw of scales, in turn.
    """
    if values.shape[0] == 1:
        return Estimate(np.ones(1), np.zeros(1)), True
    if draws is None and values.shape[1] == 2 and isinstance(prior, LogUniform | LogNormal):
        return Estimate(_exact(values, counts, prior), np.zeros(len(values))), True
    if draws is None and isinstance(prior, RangeModel) and prior.certain:
        weights = weights_of(prior.logs(np.full((1, values.shape[1]), 0.5)), counts)
        return Estimate(best_shares(weights @ values.T), np.zeros(len(values))), True
    told, replicates = [], replicates_for(values.shape[1])
    for r, logs in enumerate(logs_of(prior, values.shape[1], seed, replicates)):
        told.append(best_shares(_totals(weights_of(logs, counts), values, draws, seed + r)))
    return estimate(np.stack(told), replicates * POINTS), False


def _totals(weights: Floats, values: Floats, draws: Floats | None, seed: int) -> Floats:
    """`[N, F]` weighted sums; with draws of the utilities a table of its own for each draw of scales."""
    if draws is None:
        return weights @ values.T
    which = np.random.default_rng([seed, 1]).permutation(np.arange(len(weights)) % len(draws))
    out = np.empty((len(weights), values.shape[0]))
    for d in np.unique(which):
        out[which == d] = weights[which == d] @ draws[d].T
    return out


def pair_chances(values: Floats, counts: Floats, prior: Prior, seed: int) -> Estimate:
    """`[F, F]` how likely the option of the row is better than that of the column; ties count half."""
    f = len(values)
    replicates = int(np.clip(PAIR_COMPARISONS / (POINTS * f * f), 1, replicates_for(values.shape[1])))
    told = np.full((replicates, f, f), 0.5)
    for r, logs in enumerate(logs_of(prior, values.shape[1], seed, replicates)):
        totals = weights_of(logs, counts) @ values.T
        by_option = np.ascontiguousarray(totals.T)
        for x in range(f):
            rest = by_option[x + 1 :]
            above = (by_option[x] > rest).sum(axis=1) + 0.5 * (by_option[x] == rest).sum(axis=1)
            told[r, x, x + 1 :] = above / len(totals)
            told[r, x + 1 :, x] = 1 - told[r, x, x + 1 :]
    return estimate(told, replicates * POINTS)


def _exact(values: Floats, counts: Floats, prior: LogUniform | LogNormal) -> Floats:
    """`[F]` chances with two beings, from the bands of log(a_2 / a_1) in which each option wins."""
    low, high = bands(values * counts)
    with np.errstate(divide="ignore"):
        ends = np.log(np.stack([low, high]))
    below = (
        _triangular(ends / np.log(prior.ratio))
        if isinstance(prior, LogUniform)
        else ndtr(ends / (np.sqrt(2) * prior.sd))
    )
    share = np.clip(np.nan_to_num(below[1] - below[0]), 0.0, 1.0)
    return share / share.sum()


def _triangular(at: Floats) -> Floats:
    """Distribution function of the difference of two uniform numbers on (0, 1)."""
    clipped = np.clip(at, -1.0, 1.0)
    return np.where(clipped < 0, (1 + clipped) ** 2 / 2, 1 - (1 - clipped) ** 2 / 2)


def bands(values: Floats) -> tuple[Floats, Floats]:
    """`[F]`, `[F]` ratios a_2 / a_1 between which an option is best; nan where it nowhere is. Two beings.

    Args:
        values: `[F, 2]` times the numbers of beings.
    """
    f = len(values)
    low, high = np.zeros(f), np.full(f, np.inf)
    for x in range(f):
        first, second = (values[x] - np.delete(values, x, axis=0)).T
        with np.errstate(divide="ignore", invalid="ignore"):
            at = -first / second
        low[x] = np.max(at, where=second > 0, initial=0.0)
        high[x] = np.min(at, where=second < 0, initial=np.inf)
        if (first[second == 0] < 0).any() or low[x] >= high[x]:
            low[x] = high[x] = np.nan
    return low, high


def turning_widths(values: Floats, counts: Floats, leader: int, seed: int) -> list[Turn]:
    """How wide a prior must be for the option that leads at equal scales to lose its lead, in two families."""
    return [_turn(values, counts, leader, seed, kind) for kind in (LogNormal, LogUniform)]


def _turn(values: Floats, counts: Floats, leader: int, seed: int, kind: type[LogNormal] | type[LogUniform]) -> Turn:
    width, points = kind.width_name, uniforms(values.shape[1], seed, 4).reshape(-1, values.shape[1])
    unit = kind(NARROWEST[width]).logs(points) / _spread(
        kind, NARROWEST[width]
    )  # logs are in proportion to their spread

    @cache
    def shares(at: float) -> Floats:
        prior = kind(at)
        if values.shape[1] == 2:
            return _exact(values, counts, prior)
        return best_shares(weights_of(_spread(kind, at) * unit, counts) @ values.T)

    def minority(at: float) -> bool:
        return bool(shares(at)[leader] < 0.5)

    def overtaken(at: float) -> bool:
        told = shares(at)
        most = told.max()
        noise = 0.0 if values.shape[1] == 2 else 3 * np.sqrt((most + told[leader]) / len(points))
        return bool(most > told[leader] + max(noise, 1e-9))  # options that end level are not told apart by luck

    steps: NDArray[np.float64] = np.geomspace(NARROWEST[width], WIDEST[width], 12)
    first = _first(minority, steps)
    second = _first(overtaken, steps)
    by = None if second is None else int(shares(second).argmax())
    return Turn(kind.family, width, first, second, by, WIDEST[width])


def _spread(kind: type[LogNormal] | type[LogUniform], width: float) -> float:
    """What logs are in proportion to: the standard deviation, or the log of the ratio."""
    return width if kind is LogNormal else float(np.log(width))


def _first(changed: Callable[[float], bool], steps: Floats) -> float | None:
    """The first width at which something holds, between the steps to two digits."""
    before = None
    for at in steps:
        if changed(float(at)):
            low, high = (float(at), float(at)) if before is None else (before, float(at))
            while high / low > 1.01:
                middle = float(np.sqrt(low * high))
                low, high = (low, middle) if changed(middle) else (middle, high)
            return high
        before = float(at)
    return None
