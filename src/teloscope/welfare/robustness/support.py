"""What holds under some scaling: which options are best for some weights, and weights that make each of them so.

    t(x) = max over w in the simplex of min over y of  w . (u_x - u_y)

x is best alone for some weights iff t(x) > 0. The programme is solved in its dual, with few rivals at a time:

    t(x) = min over l in the simplex of max over beings of  l . (u_x - u_y)

so that w proves the one side and l the other, whatever the solver's rounding.

Theory: E0. Source: the weighted-sum theorem (Geoffrion 1968); HiGHS (Huangfu and Hall 2018), through SciPy.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from teloscope.welfare.tables.utilities import SAME, Floats

Kind = Literal["best", "tied", "never"]
ACTIVE, ADDED = 150, 30
"""Rivals that a programme begins with, and that are added at a time."""
POSITIVE = 1e-7
"""Weights below this count as 0: a being with weight 0 would not count at all, which no scaling says."""


class Support(NamedTuple):
    """Whether some scaling makes an option best."""

    kind: Kind
    """best: it is better than every other; tied: at most as good as another; never: always some other is better."""
    margin: float
    """By how much it leads for the best weights, as a share of the weighted ranges; of `tied` 0."""
    weights: Floats
    """`[K]` weights in the simplex that make it so, or that come nearest."""
    exact: bool
    """Whether the margin is the largest there is; else the weights were found by drawing scales."""


def find_support(
    values: Floats,
    ordinal: NDArray[np.bool_],
    x: int,
    first: NDArray[np.intp] | None = None,
    rivals_low: Floats | None = None,
) -> Support:
    """Whether some weights make an option best, and which.

    Args:
        values: `[F, K]` undominated options x kinds of beings, in ranges.
        ordinal: `[K]` kinds of whom only the order is known: any increasing transformation may be taken of them.
        x: the option.
        first: rivals to begin with; any will do.
        rivals_low: `[F, K]` the rivals' values, where they differ from `values`: of intervals the lower ends.
    """
    apart = differences(values, ordinal, x, rivals_low)
    if not len(apart):
        return Support("best", np.inf, np.full(values.shape[1], 1 / max(values.shape[1], 1)), True)
    if not apart.shape[1]:
        return Support("tied", 0.0, np.empty(0), True)
    active = _begin(len(apart), x, first)
    while True:
        weights, against = _solved(apart[active])
        gains = apart @ weights
        reached = float(gains[active].min())
        behind = np.flatnonzero(gains < reached - SAME)
        if not len(behind):
            break
        worst = behind[np.argsort(gains[behind])][:ADDED]
        active = np.union1d(active, worst)
    margin = float(gains.min())
    ceiling = float((against @ apart[active]).max())
    if margin > SAME:
        return Support("best", margin, weights, True)
    if ceiling < -SAME:
        return Support("never", margin, weights, True)
    return _tied(apart, weights)


def differences(values: Floats, ordinal: NDArray[np.bool_], x: int, rivals_low: Floats | None = None) -> Floats:
    """`[F - 1, K]` how much better an option is than each other, for each kind.

    Of an ordinal kind the transformation that favours the option most is a step: what is at least as good as the option
    is all the same, what is worse is worse by the whole range.
    """
    rivals = np.delete(values if rivals_low is None else rivals_low, x, axis=0)
    apart = values[x] - rivals
    apart[np.abs(apart) <= SAME] = 0.0
    apart[:, ordinal] = apart[:, ordinal] > 0
    return apart


def witnessed(values: Floats, x: int, weights: Floats) -> Support | None:
    """The support that drawn weights prove, if they do."""
    shares = weights / weights.sum()
    gains = np.delete((values[x] - values) @ shares, x)
    margin = float(gains.min()) if len(gains) else np.inf
    return Support("best", margin, shares, False) if margin > SAME else None


def _begin(rivals: int, x: int, first: NDArray[np.intp] | None) -> NDArray[np.intp]:
    """Rivals to begin with, as rows of the differences, from which the option itself is missing."""
    if rivals <= 2 * ACTIVE:
        return np.arange(rivals)
    named = np.empty(0, dtype=np.intp) if first is None else first[first != x]
    named = named - (named > x)
    spread = np.linspace(0, rivals - 1, 20).astype(np.intp)
    return np.union1d(named[:ACTIVE], spread)


def _solved(apart: Floats) -> tuple[Floats, Floats]:
    """`[K]` weights and `[A]` mixture of rivals, both in their simplex, of the programme with these rivals."""
    rivals, kinds = apart.shape
    done = linprog(
        np.append(np.zeros(rivals), 1.0),
        A_ub=np.hstack([apart.T, -np.ones((kinds, 1))]),
        b_ub=np.zeros(kinds),
        A_eq=np.append(np.ones(rivals), 0.0)[None],
        b_eq=[1.0],
        bounds=[(0, None)] * rivals + [(None, None)],
        method="highs-ds",
        options={"presolve": False, "primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    return _in_simplex(-done.ineqlin.marginals), _in_simplex(done.x[:rivals])


def _in_simplex(weights: Floats) -> Floats:
    clipped = np.clip(weights, 0.0, None)
    total = clipped.sum()
    return clipped / total if total > 0 else np.full(len(weights), 1 / len(weights))


def _tied(apart: Floats, nearest: Floats) -> Support:
    """An option that leads nowhere: is it among the best for weights that leave nobody out?"""
    kinds = apart.shape[1]
    done = linprog(
        np.append(np.zeros(kinds), -1.0),
        A_ub=np.vstack(
            [np.hstack([-apart, np.zeros((len(apart), 1))]), np.hstack([-np.eye(kinds), np.ones((kinds, 1))])]
        ),
        b_ub=np.append(np.full(len(apart), SAME), np.zeros(kinds)),
        A_eq=np.append(np.ones(kinds), 0.0)[None],
        b_eq=[1.0],
        bounds=[(0, None)] * kinds + [(None, None)],
        method="highs-ds",
        options={"primal_feasibility_tolerance": 1e-10},
    )
    if done.x is None or done.x[-1] <= POSITIVE:
        return Support("never", 0.0, nearest, True)
    return Support("tied", 0.0, _in_simplex(done.x[:kinds]), True)
