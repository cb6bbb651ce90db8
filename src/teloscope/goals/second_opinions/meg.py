"""Maximum-entropy goal-directedness: how much better than chance does pursuing a utility predict the decisions?

    MEG_U(pi) = max_beta E_pi sum_t gamma^t [log pi_beta(a | s) - log 1/A] = max_beta  beta <d, u> - V_{beta u}(start)
    MEG(pi)   = max_u    E_pi sum_t gamma^t [log pi_u(a | s)    - log 1/A] = max_u          <d, u> - V_u(start)

d are the agent's visits, V the soft value (see `soft_planning`), pi_u the soft plan for u: both problems are concave,
and the second is maximum-causal-entropy IRL, whose optimum is the measure. Results are in nats, per episode, and for a
utility of states

    0 <= MEG_U <= MEG <= ceiling = E_pi sum_t gamma^t KL(pi(. | s) || uniform)

MEG is 0 for an agent that chooses uniformly and for a utility that its decisions can't change. A known utility makes a
poor detector of goals in large worlds (a noisy agent takes detours that a soft plan would not), hence a second opinion.

Theory: A2. Source: MacDermott, Fox, Belardinelli, Everitt, Measuring Goal-Directedness, NeurIPS 2024, arXiv 2412.04758.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import root_scalar
from scipy.special import rel_entr

from teloscope.errors import BadWorld
from teloscope.goals.second_opinions.irl import fit
from teloscope.goals.second_opinions.soft_planning import Finite, Floats, Plan, Task, best_actions


class Meg(NamedTuple):
    """Goal-directedness of one agent, in nats per episode."""

    nats: float
    ceiling: float
    """What a perfect prediction of the agent's own decisions would score: relative entropy to uniform choice."""
    beta: float
    """How keenly a known utility is pursued: below 0 shunned, 0 ignored, infinite without fault. Unknown utility: 1."""
    utility: Floats
    """`[S]` (or `[S, A]`) the utility given, or the one found."""
    policy: Floats
    """`[S, A]` or `[H, S, A]` the soft plan that predicts the agent best."""
    residual: float
    """Largest remaining slope of the concave problem; 0 where the optimum is exact."""
    converged: bool


def known_utility(
    task: Task, policy: ArrayLike, utility: ArrayLike, *, signed: bool = True, beta_cap: float = math.inf
) -> Meg:
    """MEG of a policy for a known utility.

    An agent that reaches the largest (smallest) attainable utility has its maximum at beta = (-)infinity. The limit is
    then computed exactly, from the soft plan among optimal actions, and `beta` says so; with a finite `beta_cap` the
    value at the cap is returned instead.

    Args:
        task: dynamics, starts and clock.
        policy: `[S, A]`, or `[H, S, A]` where the horizon is finite.
        utility: `[S]` of states visited, or `[S, A]` of decisions.
        signed: whether an agent that shuns the utility is directed too (as in the paper), or scores 0.
        beta_cap: largest |beta| considered, per unit of utility.

    Raises:
        BadAgent: the policy is no distribution over actions.
        BadWorld: the utility has another shape, or is not finite.
        NotExact: a policy that depends on time in a discounted task.
    """
    policy, utility = task.check_policy(policy), _checked_utility(task, utility)
    centred = utility - utility.mean()  # a constant changes nothing but the rounding
    attained = task.visits(policy).utility(centred)
    best, worst = task.hard(centred).value, -task.hard(-centred).value
    toward = attained - task.visits(_uniform(task)).utility(centred)
    rounding = 1e-10 * (abs(best) + abs(worst))
    sign = math.copysign(1.0, toward)
    keen, shown = sign * centred, sign * attained
    if abs(toward) <= rounding or (toward < 0 and not signed):
        beta, plan = 0.0, task.soft(np.zeros_like(centred))
    elif abs((best if sign > 0 else -worst) - shown) > rounding:
        beta = _keenness(task, keen, shown, 1 / (best - worst), beta_cap)
        plan = task.soft(beta * keen)
    else:
        beta, plan = beta_cap, _keenest(task, keen) if math.isinf(beta_cap) else task.soft(beta_cap * keen)
    interior = beta == 0.0 or math.isinf(beta)
    return Meg(
        nats=max(0.0, -plan.value if interior else beta * shown - plan.value),
        ceiling=ceiling(task, policy),
        beta=sign * beta + 0.0,  # never -0
        utility=utility,
        policy=plan.policy,
        residual=0.0 if interior else abs(shown - task.visits(plan.policy).utility(keen)),
        converged=interior or beta < beta_cap,
    )


def unknown_utility(
    task: Task,
    policy: ArrayLike,
    *,
    features: ArrayLike | None = None,
    tolerance: float = 1e-6,
    max_iterations: int = 10_000,
) -> Meg:
    """MEG of a policy over all utilities of states (or of their features).

    The optimum may lie at infinity (a deterministic agent is predicted ever better by ever larger utilities): the value
    then still converges, from below, and `residual` bounds what is left.

    Args:
        task: dynamics, starts and clock.
        policy: `[S, A]`, or `[H, S, A]` where the horizon is finite.
        features: `[S, F]` what the utility may depend on; None: any utility of states.
        tolerance: largest difference in expected visits (or features) at which the optimum counts as found.
        max_iterations: safety net of the optimiser; `converged` says whether it was needed.

    Raises:
        BadAgent: the policy is no distribution over actions.
        NotExact: a policy that depends on time in a discounted task.
    """
    policy = task.check_policy(policy)
    visits = task.visits(policy).states
    found = fit(task, visits, features=features, ridge=0.0, tolerance=tolerance, max_iterations=max_iterations)
    residual = found.occupancy_error * float(visits.sum())
    return Meg(
        nats=max(0.0, found.log_likelihood),
        ceiling=ceiling(task, policy),
        beta=1.0,
        utility=found.reward,
        policy=found.policy,
        residual=residual,
        converged=found.converged,
    )


def ceiling(task: Task, policy: ArrayLike) -> float:
    """E_pi sum_t gamma^t KL(pi(. | s) || uniform), in nats: no utility can explain more of a policy's decisions."""
    policy = task.check_policy(policy)
    surprise = rel_entr(policy, 1 / task.dynamics.n_actions).sum(axis=-1)
    if policy.ndim == 2:
        return float(task.visits(policy).actions.sum(axis=1) @ surprise)
    total, now = 0.0, task.start
    for step, cost in zip(policy, surprise, strict=True):
        total += float(now @ cost)
        now = task.dynamics.flow(now[:, None] * step)
    return total


def _keenness(task: Task, utility: Floats, attained: float, scale: float, cap: float) -> float:
    """The beta > 0 at which the soft plan attains the agent's expected utility, or the cap."""
    values = None

    def slope(beta: float) -> float:
        nonlocal values
        plan = task.soft(beta * utility, values)
        values = plan.values
        return attained - task.visits(plan.policy).utility(utility)

    beta = min(scale, cap)
    while (rising := slope(beta) > 0) and beta < cap:
        beta = min(2 * beta, cap)
    if rising:
        return beta
    return float(root_scalar(slope, bracket=(0.0, beta), method="brentq", xtol=1e-300, rtol=1e-13).root)


def _keenest(task: Task, utility: Floats) -> Plan:
    """The limit of soft plans as beta grows: the least relative entropy that optimal actions allow."""
    return task.soft(np.zeros(task.dynamics.n_states), allowed=best_actions(task.hard(utility).q))


def _uniform(task: Task) -> Floats:
    each = task.dynamics.prob.shape[:2]
    shape = (task.horizon, *each) if isinstance(task, Finite) else each
    return np.full(shape, 1 / each[1])


def _checked_utility(task: Task, utility: ArrayLike) -> Floats:
    utility = np.asarray(utility, dtype=np.float64)
    each = task.dynamics.prob.shape[:2]
    if utility.shape not in (each[:1], each) or not np.isfinite(utility).all():
        raise BadWorld(
            f"Utility of shape {utility.shape}, {np.isfinite(utility).mean():.0%} finite; expected finite numbers of "
            f"shape {each[:1]} (states) or {each} (decisions)."
        )
    return utility
