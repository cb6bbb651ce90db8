"""Soft (maximum causal entropy) planning on tables: what MEG and IRL have in common.

    V(s) = log 1/A sum_a exp q(s, a)          q(s, a) = u(s) + gamma sum_s' P(s' | s, a) V(s')
    pi(a | s) = 1/A exp(q(s, a) - V(s))

Entropy is counted relative to the uniform policy (nats), so that utility 0 gives the uniform policy and a decision that
changes nothing counts for nothing. An ended episode therefore stays in its last state, as everywhere in teloscope, and
its remaining decisions weigh 0.

A *task* is a table with starts and a clock: `Discounted` (forever, weight gamma^t) or `Finite` (`horizon` decisions,
`horizon` + 1 states). Utilities are `[S]`, of each state visited (the last included), or `[S, A]`, of each decision.

Theory: A2. Source: Ziebart 2010, Modeling Purposeful Adaptive Behavior with the Principle of Maximum Causal Entropy.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.sparse.linalg import SuperLU, splu

from teloscope.errors import BadAgent, BadWorld, NotExact, NotFound

if TYPE_CHECKING:
    from teloscope.worlds.table.arrays import Table

Floats = NDArray[np.float64]


class Visits(NamedTuple):
    """How often an agent is expected to be where and to do what (discounted, where the task is)."""

    states: Floats
    """`[S]` visits of each state; with a finite horizon they sum to horizon + 1."""
    actions: Floats
    """`[S, A]` decisions; with a finite horizon they sum to horizon."""

    def utility(self, utility: Floats) -> float:
        """Expected utility, of states `[S]` or of decisions `[S, A]`."""
        return float(np.vdot(self.states if utility.ndim == 1 else self.actions, utility))


class Plan(NamedTuple):
    """The best policy under utility minus relative entropy (soft), or under utility alone (hard)."""

    value: float
    """Value at the starts; in a soft plan utility minus relative entropy, in nats."""
    values: Floats
    """`[S]` value of each state (at t = 0 where the horizon is finite)."""
    q: Floats
    """`[S, A]`, or `[H, S, A]` where the horizon is finite: value of each action."""
    policy: Floats
    """Shaped like `q`: probability of each action."""


@dataclass(frozen=True)
class Dynamics:
    """Where actions lead."""

    successors: NDArray[np.int32]
    """`[S, A, K]` states that may follow."""
    prob: Floats
    """`[S, A, K]` their probabilities; sum to 1 over K."""

    def __post_init__(self) -> None:
        if self.successors.ndim != 3 or self.successors.shape != self.prob.shape:
            raise BadWorld(
                f"Successors of shape {self.successors.shape} with probabilities of shape {self.prob.shape}; "
                "expected one shape [S, A, K] for both."
            )
        astray = np.abs(self.prob.sum(axis=2) - 1).max(initial=0)
        if not astray <= 1e-6 or self.prob.min(initial=0) < 0:
            raise BadWorld(
                f"Transition probabilities miss a distribution by {astray:.3g}; expected values >= 0 that sum to 1 "
                "over the successors of every state and action."
            )

    @classmethod
    def of(cls, table: Table) -> Dynamics:
        """The dynamics of a compiled world; terminal states stay where they are."""
        stays = np.arange(table.n_states, dtype=np.int32)[:, None, None]
        return cls(np.where(table.terminal[:, None, None], stays, table.next), table.prob)

    @classmethod
    def dense(cls, transition: ArrayLike) -> Dynamics:
        """Dynamics from probabilities `[S, A, S]`."""
        prob = np.asarray(transition, dtype=np.float64)
        width = max(int((prob > 0).sum(axis=2).max(initial=1)), 1)
        successors = np.argsort(-prob, axis=2, kind="stable")[:, :, :width].astype(np.int32)
        return cls(successors, np.take_along_axis(prob, successors, axis=2))

    @property
    def n_states(self) -> int:
        return self.prob.shape[0]

    @property
    def n_actions(self) -> int:
        return self.prob.shape[1]

    @cached_property
    def matrix(self) -> sparse.csr_array:
        """`[S * A, S]`, a row for each state and action."""
        rows = np.repeat(np.arange(self.n_states * self.n_actions), self.prob.shape[2])
        shape = (self.n_states * self.n_actions, self.n_states)
        return sparse.csr_array((self.prob.ravel(), (rows, self.successors.ravel())), shape=shape)

    @cached_property
    def transposed(self) -> sparse.csr_array:
        """`[S, S * A]`: what flows into each state."""
        return self.matrix.T.tocsr()

    def expected(self, values: Floats) -> Floats:
        """`[S, A]` expectation of `values [S]` after each action."""
        return (self.matrix @ values).reshape(self.n_states, self.n_actions)

    def flow(self, decisions: Floats) -> Floats:
        """`[S]` where `decisions [S, A]` lead."""
        return self.transposed @ decisions.ravel()

    def factor(self, policy: Floats, gamma: float) -> SuperLU:
        """LU factors of I - gamma P_policy: one factorisation for values and, transposed, for visits."""
        n_states = self.n_states
        pattern = self._pattern
        weights = np.concatenate([np.ones(n_states), (policy[:, :, None] * self.prob * -gamma).ravel()])
        data = np.bincount(pattern.entry, weights, minlength=len(pattern.rows))
        return splu(sparse.csc_array((data, pattern.rows, pattern.columns), shape=(n_states, n_states)))

    @cached_property
    def _pattern(self) -> _Pattern:
        """Which entries of I - gamma P_policy may differ from 0, column by column; the same for every policy."""
        n_states = self.n_states
        diagonal = np.arange(n_states)
        rows = np.broadcast_to(diagonal[:, None, None], self.prob.shape).ravel()
        entries, entry = np.unique(
            np.concatenate([diagonal * (n_states + 1), self.successors.ravel().astype(np.int64) * n_states + rows]),
            return_inverse=True,
        )
        ends = np.searchsorted(entries, np.arange(n_states + 1) * n_states)
        return _Pattern(entry, (entries % n_states).astype(np.int32), ends.astype(np.int32))


class _Pattern(NamedTuple):
    """Compressed sparse columns without their numbers."""

    entry: NDArray[np.intp]
    """Where each term, the diagonal first and then every transition, is added."""
    rows: NDArray[np.int32]
    columns: NDArray[np.int32]
    """`[S + 1]` where each column begins."""


@dataclass(frozen=True)
class Discounted:
    """An endless task in which step t weighs gamma^t."""

    dynamics: Dynamics
    start: Floats
    """`[S]` probability that an episode starts in each state."""
    gamma: float = 0.9

    def __post_init__(self) -> None:
        _check_start(self.start, self.dynamics.n_states)
        if not 0 <= self.gamma < 1:
            raise BadWorld(f"Discount factor {self.gamma}; expected 0 <= gamma < 1. Undiscounted, give a horizon.")

    def soft(self, utility: Floats, guess: Floats | None = None, allowed: NDArray[np.bool_] | None = None) -> Plan:
        """The soft plan, by Newton's method on the Bellman equation (monotone from the first step on).

        Args:
            utility: `[S]` or `[S, A]`.
            guess: `[S]` values to start from; the optimum does not depend on it.
            allowed: `[S, A]` actions the policy may take; the others keep probability 0.
        """
        dynamics, gamma = self.dynamics, self.gamma
        each, barred = _each_decision(utility), _barred(allowed)
        values = np.zeros(dynamics.n_states) if guess is None else guess
        for _ in range(200):
            q = each + gamma * dynamics.expected(values) + barred
            target, policy = soft_maximum(q)
            residual = target - values
            # Rounding grows with the values' size; below this a further step would only move noise.
            if np.abs(residual).max() <= 1e-13 * (1 + np.abs(target).max()):
                return Plan(float(self.start @ target), target, q, policy)
            values = values + dynamics.factor(policy, gamma).solve(residual)
        return Plan(float(self.start @ target), target, q, policy)

    def hard(self, utility: Floats) -> Plan:
        """An optimal plan, by policy iteration; ties go to the first action."""
        each = _each_decision(utility) + np.zeros(self.dynamics.prob.shape[:2])
        rows, best = np.arange(len(each)), each.argmax(axis=1)
        while True:
            policy = np.zeros_like(each)
            policy[rows, best] = 1.0
            values = self.dynamics.factor(policy, self.gamma).solve(each[rows, best])
            q = each + self.gamma * self.dynamics.expected(values)
            # An action is changed only for a real gain: ties would otherwise turn in circles.
            gains = q.max(axis=1) > q[rows, best] + 1e-12 * (1 + np.abs(values).max())
            if not gains.any():
                return Plan(float(self.start @ values), values, q, _first_best(q))
            best = np.where(gains, q.argmax(axis=1), best)

    def visits(self, policy: Floats) -> Visits:
        """Discounted visits of a policy `[S, A]`."""
        states = self.dynamics.factor(policy, self.gamma).solve(self.start, trans="T")
        return Visits(states, states[:, None] * policy)

    def check_policy(self, policy: ArrayLike) -> Floats:
        """The policy as floats.

        Raises:
            BadAgent: it is no distribution over actions.
            NotExact: it depends on time, which this task has not.
        """
        policy = np.asarray(policy, dtype=np.float64)
        if policy.ndim == 3:
            raise NotExact(
                f"A policy of shape {policy.shape} depends on time, and a discounted task never ends; "
                "expected [S, A]. Give a horizon instead of gamma."
            )
        return _checked(policy, self.dynamics.prob.shape[:2])


@dataclass(frozen=True)
class Finite:
    """A task of `horizon` decisions, hence `horizon` + 1 states."""

    dynamics: Dynamics
    start: Floats
    """`[S]` probability that an episode starts in each state."""
    horizon: int

    def __post_init__(self) -> None:
        _check_start(self.start, self.dynamics.n_states)
        if self.horizon < 1:
            raise BadWorld(f"Horizon {self.horizon}; expected at least one decision.")

    def soft(self, utility: Floats, guess: Floats | None = None, allowed: NDArray[np.bool_] | None = None) -> Plan:
        """The soft plan, by backward induction; `guess` is not needed, `allowed` is `[H, S, A]`."""
        q, policy = self._empty(), self._empty()
        each, values = _each_decision(utility), self._last(utility)
        for t in reversed(range(self.horizon)):
            q[t] = each + self.dynamics.expected(values) + _barred(None if allowed is None else allowed[t])
            values, policy[t] = soft_maximum(q[t])
        return Plan(float(self.start @ values), values, q, policy)

    def hard(self, utility: Floats) -> Plan:
        """An optimal plan, by backward induction; ties go to the first action."""
        q = self._empty()
        each, values = _each_decision(utility), self._last(utility)
        for t in reversed(range(self.horizon)):
            q[t] = each + self.dynamics.expected(values)
            values = q[t].max(axis=1)
        return Plan(float(self.start @ values), values, q, _first_best(q))

    def visits(self, policy: Floats) -> Visits:
        """Visits of a policy `[S, A]` or `[H, S, A]`."""
        now = self.start
        states, actions = now.copy(), np.zeros(self.dynamics.prob.shape[:2])
        for t in range(self.horizon):
            decisions = now[:, None] * (policy if policy.ndim == 2 else policy[t])
            now = self.dynamics.flow(decisions)
            states += now
            actions += decisions
        return Visits(states, actions)

    def check_policy(self, policy: ArrayLike) -> Floats:
        """The policy as floats, `[S, A]` or `[H, S, A]`.

        Raises:
            BadAgent: it is no distribution over actions.
        """
        policy, each = np.asarray(policy, dtype=np.float64), self.dynamics.prob.shape[:2]
        return _checked(policy, each if policy.ndim == 2 else (self.horizon, *each))

    def _empty(self) -> Floats:
        return np.empty((self.horizon, *self.dynamics.prob.shape[:2]))

    def _last(self, utility: Floats) -> Floats:
        """`[S]` utility of the state in which the episode stops: a utility of decisions has none there."""
        return utility if utility.ndim == 1 else np.zeros(self.dynamics.n_states)


Task = Discounted | Finite


def soft_maximum(q: Floats) -> tuple[Floats, Floats]:
    """Values `[S]` = log mean exp over actions of `q [S, A]`, and the policy `[S, A]` that attains them."""
    top = q.max(axis=1, keepdims=True)
    weights = np.exp(q - top)
    total = weights.sum(axis=1, keepdims=True)
    return (top + np.log(total / q.shape[1]))[:, 0], weights / total


def task(
    table: Table, start: NDArray[np.integer] | str, *, horizon: int | None = None, gamma: float | None = None
) -> Task:
    """A task on a compiled world.

    Args:
        table: the compiled world.
        start: state ids, or the name of one of the table's starts; uniform over them.
        horizon: decisions an episode has; or
        gamma: discount factor. Exactly one of the two.

    Raises:
        NotFound: the table has no start of that name.
        BadWorld: neither or both of horizon and gamma.
    """
    if isinstance(start, str) and start not in table.starts:
        raise NotFound("start", start, table.starts)
    ids = np.asarray(table.starts[start] if isinstance(start, str) else start)
    where = np.bincount(ids, minlength=table.n_states) / len(ids)
    if horizon is not None and gamma is None:
        return Finite(Dynamics.of(table), where, horizon)
    if gamma is not None and horizon is None:
        return Discounted(Dynamics.of(table), where, gamma)
    raise BadWorld(f"horizon={horizon} and gamma={gamma}; expected exactly one of them.")


def best_actions(q: Floats) -> NDArray[np.bool_]:
    """Which actions are optimal by `q [..., S, A]`: equal to the largest but for rounding."""
    return q >= q.max(axis=-1, keepdims=True) - 1e-10 * (1 + np.abs(q).max())


def _first_best(q: Floats) -> Floats:
    """The deterministic optimal policy; of tied actions the first, whatever the rounding."""
    return (np.arange(q.shape[-1]) == best_actions(q).argmax(axis=-1)[..., None]).astype(np.float64)


def _each_decision(utility: Floats) -> Floats:
    return utility[:, None] if utility.ndim == 1 else utility


def _barred(allowed: NDArray[np.bool_] | None) -> Floats | float:
    return 0.0 if allowed is None else np.where(allowed, 0.0, -np.inf)


def _check_start(start: Floats, n_states: int) -> None:
    if start.shape != (n_states,) or start.min(initial=0) < 0 or abs(start.sum() - 1) > 1e-6:
        raise BadWorld(
            f"Start distribution of shape {start.shape} and sum {start.sum():.6g}; expected {n_states} probabilities "
            "that sum to 1."
        )


def _checked(policy: Floats, shape: tuple[int, ...]) -> Floats:
    if policy.shape != shape:
        raise BadAgent(f"Policy of shape {policy.shape}; expected {shape}: one probability per state and action.")
    astray = np.abs(policy.sum(axis=-1) - 1).max(initial=0)
    if not astray <= 1e-5 or policy.min(initial=0) < 0:  # float32 softmax rows sum to 1 within 1e-6
        raise BadAgent(f"Policy rows miss a distribution by {astray:.3g}; expected probabilities that sum to 1.")
    return policy
