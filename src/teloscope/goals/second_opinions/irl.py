"""Maximum-causal-entropy inverse reinforcement learning: which reward makes these visits the most plausible?

    max_w  <d, r> - V_r(start) - ridge/2 |w|^2,   r = F w,   gradient  F' (d - d_r) - ridge w

d are the demonstrated visits, V_r the soft value and d_r the visits of the soft plan for r. The problem is concave, its
gradient exact, its solution (with a ridge) unique: L-BFGS runs to a tolerance, not for a number of epochs. Where the
dynamics are deterministic this is MaxEnt-IRL.

A recovered reward is not a recovered goal: rewards that differ by a potential explain visits equally well.
`best_regime` turns a reward into an opinion on candidate conditions, to be compared with teloscope's own goals.

Theory: A2. Source: Ziebart 2010 (MCE); Ziebart, Maas, Bagnell and Dey 2008 (MaxEnt).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize

from teloscope.errors import BadRecording
from teloscope.goals.second_opinions.soft_planning import Dynamics, Finite, Floats, Task


class Recovery(NamedTuple):
    """A reward, and how well it explains the visits it was recovered from."""

    reward: Floats
    """`[S]` reward of being in each state."""
    weights: Floats
    """`[F]` weight of each feature; the reward itself where features are one-hot states."""
    policy: Floats
    """`[H, S, A]` (finite horizon) or `[S, A]` (discounted): the soft plan for the reward."""
    visits: Floats
    """`[S]` expected visits of that policy."""
    occupancy_error: float
    """Largest difference between demonstrated and recovered visits, as a share of all visits."""
    log_likelihood: float
    """<d, r> - V_r: nats by which the plan predicts the demonstrated decisions better than uniform choice does."""
    converged: bool
    """Whether the largest component of the gradient fell below the tolerance."""
    iterations: int
    evaluations: int
    """Soft plans computed on the way."""
    seconds: float


def demonstrated(
    episodes: Sequence[ArrayLike] | NDArray[np.integer], n_states: int, horizon: int
) -> tuple[Floats, Floats]:
    """Start distribution `[S]` and mean visits per episode `[S]` of recorded episodes.

    Args:
        episodes: state ids of each episode, in order, the last one included. One that ended early stays in its last
            state up to the horizon.
        n_states: number of states of the table.
        horizon: decisions an episode has; visits sum to horizon + 1.

    Raises:
        BadRecording: no episode, an empty one, one longer than the horizon, or a foreign state.
    """
    paths = [np.asarray(episode, dtype=np.int64) for episode in episodes]
    lengths = np.array([len(path) for path in paths])
    if not paths or lengths.min() < 1 or lengths.max() > horizon + 1:
        raise BadRecording(
            f"{len(paths)} episodes of {lengths.min() if paths else 0} to {lengths.max() if paths else 0} states; "
            f"expected at least one, each of 1 to {horizon + 1} states (horizon {horizon})."
        )
    states = np.concatenate(paths)
    if states.min() < 0 or states.max() >= n_states:
        raise BadRecording(
            f"State ids from {states.min()} to {states.max()}; expected 0 to {n_states - 1}. Another world's?"
        )
    last = np.array([path[-1] for path in paths])
    visits = np.bincount(states, minlength=n_states) + np.bincount(last, horizon + 1 - lengths, minlength=n_states)
    start = np.bincount([path[0] for path in paths], minlength=n_states)
    return start / len(paths), visits / len(paths)


def recover(
    dynamics: Dynamics,
    episodes: Sequence[ArrayLike] | NDArray[np.integer],
    horizon: int,
    *,
    features: ArrayLike | None = None,
    ridge: float = 1e-2,
    tolerance: float = 1e-6,
) -> Recovery:
    """The reward behind recorded episodes, with their own starts. Arguments as in `demonstrated` and `fit`."""
    start, visits = demonstrated(episodes, dynamics.n_states, horizon)
    return fit(Finite(dynamics, start, horizon), visits, features=features, ridge=ridge, tolerance=tolerance)


def fit(
    task: Task,
    visits: Floats,
    *,
    features: ArrayLike | None = None,
    ridge: float = 1e-2,
    tolerance: float = 1e-6,
    max_iterations: int = 10_000,
) -> Recovery:
    """The reward whose soft plan visits states as often as demonstrated.

    Args:
        task: dynamics, starts and clock.
        visits: `[S]` demonstrated visits (`task.visits(policy).states`, or from `demonstrated`).
        features: `[S, F]` what the reward may depend on; None: any reward of states.
        ridge: weight of |w|^2 / 2, a Gaussian prior of variance 1 / (ridge * episodes). Sampled visits under chance
            dynamics are not exactly attainable: with ridge 0 the weights would then grow without end.
        tolerance: largest component of the gradient (in visits per episode) at which to stop. Much below 1e-7 the
            gains drown in rounding, and `converged` says so.
        max_iterations: of L-BFGS, as a safety net; `converged` says whether it was needed.
    """
    began = time.perf_counter()
    basis = None if features is None else np.asarray(features, dtype=np.float64)
    dual = _Dual(task, visits, basis, ridge)
    weights, iterations = dual.optimum(tolerance, max_iterations)
    reward = dual.reward(weights)
    plan = task.soft(reward, dual.values)
    explained = task.visits(plan.policy).states
    return Recovery(
        reward=reward,
        weights=weights,
        policy=plan.policy,
        visits=explained,
        occupancy_error=float(np.abs(visits - explained).max() / visits.sum()),
        log_likelihood=float(visits @ reward) - plan.value,
        converged=dual.steepest <= tolerance,
        iterations=iterations,
        evaluations=dual.evaluations,
        seconds=time.perf_counter() - began,
    )


def best_regime(reward: Floats, occupancy: Floats, candidates: NDArray[np.bool_]) -> Floats:
    """How well each candidate condition sums up a recovered reward: `[C]` scores in [-1, 1], the best is the argmax.

    The score is the correlation of the condition with the reward over visits: only where the agent goes do the data say
    anything about the reward. (Differences of means, and correlations over states, recover fewer planted goals.) A
    condition that holds at every visit, or at none, says nothing and scores -1.

    Args:
        reward: `[S]` recovered reward.
        occupancy: `[S]` demonstrated visits, of any scale.
        candidates: `[C, S]` where each condition holds.
    """
    weight = occupancy / occupancy.sum()
    share = candidates @ weight
    centred = reward - weight @ reward
    spread = share * (1 - share) * (weight @ centred**2)
    telling = spread > 1e-15 * (1 + np.abs(reward).max()) ** 2
    return np.where(telling, candidates @ (weight * centred) / np.sqrt(np.where(telling, spread, 1.0)), -1.0)


class _Dual:
    """The negated dual and its gradient; keeps the last values as the next plan's guess."""

    def __init__(self, task: Task, visits: Floats, basis: Floats | None, ridge: float) -> None:
        self.task, self.visits, self.basis, self.ridge = task, visits, basis, ridge
        self.values: Floats | None = None
        self.steepest = np.inf
        """Largest component of the last gradient."""
        self.evaluations = 0

    def reward(self, weights: Floats) -> Floats:
        return weights if self.basis is None else self.basis @ weights

    def __call__(self, weights: Floats) -> tuple[float, Floats]:
        reward = self.reward(weights)
        plan = self.task.soft(reward, self.values)
        missing = self.visits - self.task.visits(plan.policy).states
        slope = (missing if self.basis is None else self.basis.T @ missing) - self.ridge * weights
        value = float(self.visits @ reward) - plan.value - self.ridge / 2 * float(weights @ weights)
        self.values, self.steepest = plan.values, float(np.abs(slope).max())
        self.evaluations += 1
        return -value, -slope

    def optimum(self, tolerance: float, max_iterations: int) -> tuple[Floats, int]:
        """Weights at which no component of the gradient exceeds the tolerance, and the iterations it took.

        Curvature grows with visits, which span orders of magnitude: weights are optimised in units that even it out.
        """
        power = self.visits if self.basis is None else (self.basis**2).T @ self.visits
        unit = 1 / np.sqrt(power + self.ridge + 1e-3)

        def scaled(weights: Floats) -> tuple[float, Floats]:
            value, slope = self(unit * weights)
            return value, unit * slope

        def stop_when_flat(_: Floats) -> None:
            if self.steepest <= tolerance:
                raise StopIteration

        options = {"maxiter": max_iterations, "maxfun": 2 * max_iterations, "maxcor": 30, "ftol": 0.0, "gtol": 0.0}
        begin = np.zeros(len(unit))
        found = minimize(scaled, begin, jac=True, method="L-BFGS-B", callback=stop_when_flat, options=options)
        weights = unit * found.x
        self(weights)  # the line search may have looked further: values and slope are those of the answer
        return weights, int(found.nit)
