"""Ratios and chances with one way of counting beings: every being once, or every kind once.

Theory: E0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from teloscope.welfare.robustness.nearest_scales import Nearest, nearest_by_likelihood, nearest_by_spread
from teloscope.welfare.robustness.setting import Counting, Setting
from teloscope.welfare.robustness.switching_ratios import Ratios, find_ratios, ratio_bounds, ratio_of
from teloscope.welfare.scales.chances import Turn, chances, pair_chances, turning_widths
from teloscope.welfare.scales.priors import LogUniform, Prior
from teloscope.welfare.scales.sampling import Estimate
from teloscope.welfare.scales.welfare_ranges import RangeModel
from teloscope.welfare.tables.utilities import Floats

PAIRED = 12
"""Options whose pairs are told for each prior."""
RIVALS, LIKELIEST = 8, 3
"""Rivals of the leader that are told of, and for how many of them the likeliest scales are searched."""


@dataclass(frozen=True)
class Chances:
    """What follows from one prior."""

    prior: Prior | RangeModel
    best: Estimate
    """`[F]`"""
    exact: bool
    shown: tuple[int, ...]
    """The likeliest options, whose pairs are told."""
    pairs: Estimate | None
    """`[P, P]` how likely one of these is better than another."""


@dataclass(frozen=True)
class Rival:
    """An option that other scales make better than the leader."""

    x: int
    ratio: float
    bounds: tuple[float, float] | None
    """From uncertain cells, or over the draws."""
    nearest: Nearest
    likeliest: Floats | None
    """`[B']` scales of the beings who belong to a kind, each of its own; None where no search was made or arrived."""


@dataclass(frozen=True)
class Counted:
    """The answers with one way of counting."""

    counting: Counting
    counts: Floats
    """`[K]`"""
    leaders: tuple[int, ...]
    ratios: Ratios
    rivals: tuple[Rival, ...]
    priors: tuple[Chances, ...]
    ranges: tuple[Chances, ...]
    turns: tuple[Turn, ...]

    @property
    def stands_until(self) -> float:
        """The leader is best while no two scales are further apart; inf: always; nan: only orders are known."""
        against = np.delete(self.ratios.needed[:, self.leaders[0]], self.leaders[0])
        return float(against.min()) if len(against) else np.inf


def count(
    setting: Setting, counting: Counting, priors: Sequence[Prior], models: Sequence[RangeModel], seed: int
) -> Counted:
    """Ratios and chances with one way of counting."""
    values, counts = setting.values, setting.kind_counts(counting)
    counts = counts / counts.max() if len(counts) else counts
    ratios = find_ratios(values, setting.ordinal, counts)
    totals = values @ counts
    slack = 1e-12 * max(1.0, float(np.abs(totals).max()))
    leaders = tuple(int(x) for x in np.flatnonzero(totals >= totals.max() - slack))
    members = setting.members
    by_being = setting.scaled.value[np.ix_(setting.rows, members)]
    being_counts = setting.counts(counting)[members]
    being_counts = being_counts / being_counts.max() if len(members) else being_counts
    draws = None if setting.scaled.draws is None else setting.scaled.draws[:, setting.rows[:, None], members]
    turns = turning_widths(by_being, being_counts, leaders[0], seed) if len(values) > 1 else []

    def told(prior: Prior | RangeModel) -> Chances:
        best, exact = chances(by_being, being_counts, of_members(prior, members), seed, draws)
        shown = np.argsort(-best.share, kind="stable")[:PAIRED]
        pairs = (
            pair_chances(by_being[shown], being_counts, of_members(prior, members), seed) if len(shown) > 1 else None
        )
        return Chances(prior, best, exact, tuple(int(x) for x in shown), pairs)

    return Counted(
        counting=counting,
        counts=counts,
        leaders=leaders,
        ratios=ratios,
        rivals=_rivals(setting, counts, being_counts, ratios, leaders),
        priors=tuple(told(prior) for prior in priors),
        ranges=tuple(told(model) for model in models),
        turns=tuple(turns),
    )


def of_members(prior: Prior | RangeModel, members: NDArray[np.intp]) -> Prior:
    """The prior of the beings that matter; families are the same for all."""
    return prior.only(members) if hasattr(prior, "only") else prior  # pyright: ignore[reportAttributeAccessIssue]


def _rivals(
    setting: Setting, counts: Floats, by_being: Floats, ratios: Ratios, leaders: tuple[int, ...]
) -> tuple[Rival, ...]:
    """Options that some scales make better than the leader, those that need the least first."""
    leader = leaders[0]
    against = ratios.needed[:, leader]
    order = np.argsort(np.where(np.isnan(against), np.inf, against), kind="stable")
    told: list[Rival] = []
    for x in order[: RIVALS + 1]:
        if x == leader:
            continue
        told.append(_rival(setting, counts, by_being, ratios, int(x), leader, len(told) < LIKELIEST))
    return tuple(told[:RIVALS])


def _rival(
    setting: Setting, counts: Floats, by_being: Floats, ratios: Ratios, x: int, leader: int, search: bool
) -> Rival:
    values, ratio = setting.values, float(ratios.needed[x, leader])
    nowhere = Nearest(np.inf, np.empty(0))
    if setting.ordinal.any():
        return Rival(x, ratio, None, nowhere, None)
    apart = values[x] - np.delete(values, x, axis=0)
    needed = float(np.nanmax(ratios.needed[x]))
    nearest = nearest_by_spread(apart, counts, max(1.0, needed))
    likeliest = _likeliest(setting, by_being, x, nearest.scales) if search and len(nearest.scales) else None
    return Rival(x, ratio, _bounds(setting, counts, x, leader), nearest, likeliest)


def _likeliest(setting: Setting, by_being: Floats, x: int, scales: Floats) -> Floats | None:
    """The likeliest scales of single beings: those of one kind want the same, and each may feel as strongly as it
    does."""
    of_kind = [k for k, kind in enumerate(setting.kinds) for _ in kind]
    values = setting.values[:, of_kind]
    apart = values[x] - np.delete(values, x, axis=0)
    return nearest_by_likelihood(apart, by_being, scales[of_kind])


def _bounds(setting: Setting, counts: Floats, x: int, leader: int) -> tuple[float, float] | None:
    """What uncertain utilities leave open of a ratio."""
    if (draws := setting.draws) is not None:
        over = np.sort(ratio_of(draws[:, x] - draws[:, leader], counts))
        low, high = over[int(0.025 * (len(over) - 1))], over[int(np.ceil(0.975 * (len(over) - 1)))]
        return float(low), float(high)
    if not setting.utilities.uncertain:
        return None
    lows, highs = setting.lows, setting.highs
    low, high = ratio_bounds(lows[x], highs[x], lows[leader], highs[leader], counts)
    return float(low), float(high)


DEFAULT_SCALES = LogUniform(1000.0)
"""The scales whose share each option wins is called its volume: up to 1:1000 apart, evenly on a log scale."""
