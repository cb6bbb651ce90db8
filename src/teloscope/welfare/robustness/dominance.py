"""What holds under every scaling: which options are dominated, and by whom.

    x dominates y   iff   u[x, b] >= u[y, b] for every being b, and > for one

Rescaling and shifting any being's utilities changes none of these comparisons, and neither does any transformation that
keeps each being's order: so this is all that can be said where only orders are known.

Theory: E0. Source: Pareto 1906; the sorted filter is Chomicki et al. 2003.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from teloscope.errors import BadUtilities
from teloscope.welfare.tables.utilities import Floats, Utilities

Rows = NDArray[np.intp]
BLOCK = 256
"""Options that are compared at a time."""
FRONT = 5_000
"""Undominated options that the further levels can take."""
ALL_DOMINATORS = 5_000
"""Up to so many options, every dominator is counted; beyond, one is named."""
NAMED = 3
"""Dominators that are kept by name."""


@dataclass(frozen=True)
class Dominance:
    """Options under every scaling."""

    front: Rows
    """Options that nothing dominates whatever the uncertain cells are, in the order of the table."""
    by: dict[int, tuple[int, ...]]
    """Dominated option -> some that dominate it, whatever the uncertain cells are."""
    counts: dict[int, int]
    """Dominated option -> how many of the front dominate it; of a large table, or of draws, only one is looked for."""
    depends: dict[int, int]
    """Option of the front -> one that may dominate it, depending on the uncertain cells."""
    twins: tuple[tuple[int, ...], ...]
    """Options of the front that are the same to every being."""
    shares: Floats | None
    """`[O]` share of the draws in which an option is undominated, where there are draws."""


def find_dominance(utilities: Utilities) -> Dominance:
    """Which options are dominated under every scaling, and by whom.

    Raises:
        BadUtilities: more options are undominated than the further levels can take.
    """
    low, high = utilities.low, utilities.high
    front, by = _filtered(low, high)
    if utilities.draws is not None:
        front, by = _in_all_draws(utilities.value, utilities.draws, sorted(by))
    counts: dict[int, int] = {dominated: 1 for dominated in by}
    if utilities.draws is None and len(utilities.options) <= ALL_DOMINATORS:
        by, counts = _all_dominators(low, high, front, sorted(by))
    return Dominance(
        front=front,
        by=by,
        counts=counts,
        depends=_depending(utilities, front),
        twins=_twins(utilities, front),
        shares=_shares(utilities),
    )


def dominates(low: Floats, high: Floats, these: Rows, those: Rows) -> NDArray[np.bool_]:
    """`[len(these), len(those)]` whether one of these dominates one of those, whatever the uncertain cells are."""
    at_least = np.ones((len(these), len(those)), dtype=np.bool_)
    better = np.zeros_like(at_least)
    for b in range(low.shape[1]):
        ours, theirs = low[these, b][:, None], high[those, b][None, :]
        at_least &= ours >= theirs
        better |= ours > theirs
    return at_least & better


def _filtered(low: Floats, high: Floats) -> tuple[Rows, dict[int, tuple[int, ...]]]:
    """The front, and of each other option one that dominates it; in one pass over options sorted by their ranks.

    What dominates has the larger sum of ranks of its lower ends, so it comes first; ranks are whole numbers, so that no
    rounding can put it later.
    """
    ranks = np.zeros(len(low))
    for b in range(low.shape[1]):
        ranks += np.unique(low[:, b], return_inverse=True)[1]
    order = np.lexsort((np.arange(len(low)), -ranks))
    front: Rows = np.empty(0, dtype=np.intp)
    by: dict[int, tuple[int, ...]] = {}
    for begin in range(0, len(order), BLOCK):
        block = order[begin : begin + BLOCK]
        for rivals in (front, block):
            if len(block) and len(rivals):
                beats = dominates(low, high, rivals, block)
                lost = beats.any(axis=0)
                by |= {int(o): (int(rivals[w]),) for o, w in zip(block[lost], beats.argmax(axis=0)[lost], strict=True)}
                block = block[~lost]
        front = np.concatenate([front, block])
        if len(front) > FRONT:
            raise BadUtilities(
                f"More than {FRONT:,} options are undominated (after {begin + BLOCK:,} of {len(low):,}). What wins at "
                "which scale is worked out against every one of them; compare fewer options, or fewer beings."
            )
    for loser, (winner,) in by.items():  # a winner of the same block may have lost itself; dominance is transitive
        while winner in by:
            (winner,) = by[winner]
        by[loser] = (winner,)
    return np.sort(front), by


def _all_dominators(
    low: Floats, high: Floats, front: Rows, dominated: list[int]
) -> tuple[dict[int, tuple[int, ...]], dict[int, int]]:
    """Every dominator of the front, counted, and the first few by name."""
    by, counts = {}, {}
    for begin in range(0, len(dominated), BLOCK):
        block = np.array(dominated[begin : begin + BLOCK], dtype=np.intp)
        for loser, beats in zip(block, dominates(low, high, front, block).T, strict=True):
            winners = front[beats]
            by[int(loser)] = tuple(int(w) for w in winners[:NAMED])
            counts[int(loser)] = len(winners)
    return by, counts


def _in_all_draws(value: Floats, draws: Floats, candidates: list[int]) -> tuple[Rows, dict[int, tuple[int, ...]]]:
    """The front and dominated options where draws say how sure the values are: dominated is what is so in every draw.

    Args:
        value: `[O, B]` means; what is dominated in every draw is so in the mean.
        draws: `[D, O, B]`.
        candidates: options that are dominated in the mean.
    """
    everything, by = np.arange(len(value)), {}
    for loser in candidates:
        winners = everything[dominates(value, value, everything, np.array([loser]))[:, 0]]
        always = (draws[:, winners] >= draws[:, [loser]]).all(axis=(0, 2))
        if always.any():
            by[loser] = (int(winners[always.argmax()]),)
    for loser, (winner,) in by.items():
        while winner in by:
            (winner,) = by[winner]
        by[loser] = (winner,)
    return np.setdiff1d(everything, np.array(sorted(by), dtype=np.intp)), by


def _depending(utilities: Utilities, front: Rows) -> dict[int, int]:
    """Options of the front that some values of the uncertain cells, or the mean of the draws, let another dominate."""
    if utilities.draws is not None:
        beaten = dominates(utilities.value, utilities.value, front, front)
        return {
            int(front[loser]): int(front[beaten[:, loser].argmax()]) for loser in np.flatnonzero(beaten.any(axis=0))
        }
    if not utilities.uncertain:
        return {}
    may = dominates(utilities.high, utilities.low, front, front)  # at its best against the others at their worst
    np.fill_diagonal(may, False)
    return {int(front[loser]): int(front[may[:, loser].argmax()]) for loser in np.flatnonzero(may.any(axis=0))}


def _twins(utilities: Utilities, front: Rows) -> tuple[tuple[int, ...], ...]:
    """Groups of options that are exactly the same to every being."""
    if utilities.draws is not None:
        return ()
    known = (utilities.low[front] == utilities.high[front]).all(axis=1)
    groups: dict[bytes, list[int]] = {}
    for o in front[known]:
        groups.setdefault((utilities.value[o] + 0.0).tobytes(), []).append(int(o))
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)


def _shares(utilities: Utilities) -> Floats | None:
    """`[O]` share of draws in which an option is undominated."""
    if utilities.draws is None:
        return None
    undominated = np.zeros(len(utilities.options))
    for draw in utilities.draws:
        front, _ = _filtered(draw, draw)
        undominated[front] += 1
    return undominated / len(utilities.draws)
