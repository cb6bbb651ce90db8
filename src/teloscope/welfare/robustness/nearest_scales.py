"""The scales nearest to equal ones at which an option becomes best, against all others at once.

Two distances on the log scale, each with its own question:

    spread      max log a - min log a. "As long as nobody feels more than r times as strongly as anybody else, x is
                not best." Fractional-linear: a linear programme in 1/r and Newton's method on its concave value,
                which ends after finitely many steps at the exact r.
    likeliest   sum of squared logs. Where all scales have the same log-normal prior, these are the likeliest scales at
                which x is best. NOT convex in general: two beings who gain may be had cheaper by raising one of them
                than both, so there are several valleys. SciPy's SLSQP starts in each of them, and the best is kept.

Theory: E0. Source: Hilbert's projective metric (Birkhoff 1957); HiGHS and SLSQP (Kraft 1988), through SciPy.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import linprog, minimize

from teloscope.welfare.tables.utilities import SAME, Floats

VALLEYS = 3
"""Beings who gain most, each of whom alone may be made the one that feels strongly: where searches begin."""
STEPS = 100
ADDED = 20
"""Rivals that are added at a time."""


class Nearest(NamedTuple):
    """The nearest scales at which an option is among the best."""

    ratio: float
    """The largest of them over the smallest; inf where no positive scales will do."""
    scales: Floats
    """`[K]` how strongly each kind feels there, the weakest at 1; empty where there are none."""


def nearest_by_spread(apart: Floats, counts: Floats, at_least: float = 1.0) -> Nearest:
    """The smallest ratio between two beings' scales at which an option is among the best.

    Args:
        apart: `[F - 1, K]` how much better it is than each rival, for each kind.
        counts: `[K]` how many beings count.
        at_least: a ratio that is known to be needed, as against one rival alone.
    """
    kinds = apart.shape[1]
    if not len(apart) or (apart @ counts >= -SAME).all():
        return Nearest(1.0, np.ones(kinds))
    if not np.isfinite(at_least):
        return Nearest(np.inf, np.empty(0))
    gains = apart * (counts / counts.max())
    # A rival's sign is what matters, not its size.
    gains = gains / np.abs(gains).max(axis=1, keepdims=True).clip(1e-300)
    active = np.argsort(gains.sum(axis=1))[: 4 * ADDED]
    weakest = min(1.0, 1.0 / at_least)  # the others stand at 1
    for _ in range(STEPS):
        value, slope, scales = _best_within(gains[active], weakest)
        if value >= -SAME:
            behind = gains @ scales
            worse = np.flatnonzero(behind < -10 * SAME)
            if len(fresh := np.setdiff1d(worse[np.argsort(behind[worse])][:ADDED], active)):
                active = np.concatenate([active, fresh])
                continue
            return Nearest(1.0 / weakest, np.asarray(scales / weakest))
        if slope >= -1e-15 or (after := weakest - value / slope) <= 1e-12:
            return Nearest(np.inf, np.empty(0))
        weakest = after
    return Nearest(1.0 / weakest, np.asarray(scales / weakest))


def _best_within(gains: Floats, weakest: float) -> tuple[float, float, Floats]:
    """The largest lead over the closest rival with all scales between `weakest` and 1, its slope there, and the
    scales."""
    rivals, kinds = gains.shape
    done = linprog(
        np.append(np.zeros(kinds), -1.0),
        A_ub=np.hstack([-gains, np.ones((rivals, 1))]),
        b_ub=np.zeros(rivals),
        bounds=[(weakest, 1.0)] * kinds + [(None, None)],
        method="highs-ds",
        options={"presolve": False, "primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    return -done.fun, -float(done.lower.marginals[:kinds].sum()), done.x[:kinds].clip(weakest, 1.0)


def nearest_by_likelihood(apart: Floats, counts: Floats, start: Floats) -> Floats | None:
    """`[K]` the likeliest scales at which an option is among the best, if all have one log-normal prior.

    The scales are relative to their median. None where no search arrived.

    Args:
        apart: `[F - 1, K]` as above.
        counts: `[K]` as above.
        start: `[K]` scales that make it best, from `nearest_by_spread`.
    """
    gains = apart * counts
    most = gains.max(axis=0)
    gainers = [int(g) for g in np.argsort(-most, kind="stable")[:VALLEYS] if most[g] > SAME]
    level = np.log(start) - np.log(start).mean()
    starts = [level, *(np.where(np.arange(len(level)) == g, level + np.ptp(level), level) for g in gainers)]
    found: list[Floats] = []
    for begin in starts:
        active = np.argsort(gains.sum(axis=1))[:ADDED]
        for _ in range(10):
            logs = _minimised(gains[active], begin)
            if logs is None:
                break
            behind = _log_leads(gains, logs)
            if len(fresh := np.setdiff1d(np.flatnonzero(behind < -1e-6), active)):
                active = np.concatenate([active, fresh[:ADDED]])
                continue
            found.append(logs)
            break
    return np.exp(min(found, key=lambda logs: float(logs @ logs))) if found else None


def _log_leads(gains: Floats, logs: Floats) -> Floats:
    """`[A]` log of what is gained over what is lost against each rival; positive where the option leads."""
    scales = np.exp(logs)
    gained, lost = np.clip(gains, 0, None) @ scales, np.clip(-gains, 0, None) @ scales
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(lost == 0, 700.0, np.log(gained) - np.log(lost)).clip(-700.0, 700.0)


def _minimised(gains: Floats, begin: Floats) -> Floats | None:
    def slopes(logs: Floats) -> Floats:
        scales = np.exp(logs)
        up, down = np.clip(gains, 0, None) * scales, np.clip(-gains, 0, None) * scales
        return up / up.sum(axis=1, keepdims=True).clip(1e-300) - down / down.sum(axis=1, keepdims=True).clip(1e-300)

    done = minimize(
        lambda logs: 0.5 * float(logs @ logs),
        begin,
        jac=lambda logs: logs,
        constraints={"type": "ineq", "fun": lambda logs: _log_leads(gains, logs), "jac": slopes},
        method="SLSQP",
        options={"maxiter": 200, "ftol": 1e-12},
    )
    return done.x if done.success and (_log_leads(gains, done.x) > -1e-6).all() else None
