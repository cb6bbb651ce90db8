"""A table world under a policy: a Markov chain whose distribution is carried forward step by step.

    m_0 = starts        m_{t+1} = P_t m_t        P_t[s', s] = sum_{a, k: next[s, a, k] = s'} pi_t[s, a] prob[s, a, k]

Noise mixes uniform actions into the policy. A shove, just before acting, spreads a state's mass over its targets; the
state before the shove is not visited. Axis letters: `S` states, `A` actions, `C` contexts.

Theory: A1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import groupby
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from teloscope.agents.agent import Policy
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import Context

CELLS = 1 << 24
"""Probability masses held in memory at once, at most; further contexts are computed in the next round."""

Mass = NDArray[np.float64]
"""`[S, C, ...]` masses: state by state and context by context, for as many cases as the other axes say."""


class Accumulator(Protocol):
    """Accumulates a result along the distribution; it may have masses of its own that are propagated too."""

    @property
    def masses(self) -> list[Mass]:
        """Moved and shoved like the distribution itself."""
        ...

    @masses.setter
    def masses(self, moved: list[Mass]) -> None: ...

    def visit(self, t: int, mass: Mass) -> None:
        """Take note of the states at step `t`, distributed as `mass [S, C]`."""
        ...

    def result(self) -> NDArray[np.float64]:
        """`[C, ...]` the result, after the last visit."""
        ...


class MarkovChain:
    """A table world under one policy."""

    def __init__(self, world: TableWorld, policy: Policy) -> None:
        self.world, self.table = world, world.table
        weights = np.maximum(np.asarray(policy, dtype=np.float64), 0.0)
        self.policy = weights / weights.sum(axis=-1, keepdims=True)

    def executed(self, t: int, noise: float) -> NDArray[np.float64]:
        """`[S, A]` probabilities with which actions are carried out at step `t`."""
        chosen = self.policy[t] if self.policy.ndim == 3 else self.policy
        return (1 - noise) * chosen + noise / self.table.n_actions if noise else chosen

    def accumulate(
        self, contexts: Sequence[Context], accumulator: Callable[[Sequence[Context]], Accumulator], cases: int
    ) -> dict[str, Any]:
        """Propagate the distribution in every context; contexts with the same noise are computed together.

        Args:
            contexts: the contexts to compute.
            accumulator: makes one for the contexts that are computed together.
            cases: masses per state and context, as a measure of memory.

        Returns:
            Context name -> its row of what the accumulators found.
        """
        most = max(1, CELLS // (self.table.n_states * cases))
        out = {}
        for noise, alike in groupby(sorted(contexts, key=lambda c: c.noise), key=lambda c: c.noise):
            for group in _chunks(list(alike), most):
                found = self._propagate(group, noise, accumulator(group))
                out |= {context.name: row for context, row in zip(group, found, strict=True)}
        return {context.name: out[context.name] for context in contexts}

    def _propagate(self, group: Sequence[Context], noise: float, accumulator: Accumulator) -> NDArray[np.float64]:
        mass = self._start_distribution(group)
        for t, matrix in enumerate(self._matrices(noise)):
            for i, context in enumerate(group):
                if context.shove_at == t:
                    for carried in (mass, *accumulator.masses):
                        carried[:, i] = _apply(self._shove, carried[:, i])
            accumulator.visit(t, mass)
            mass, *accumulator.masses = (_apply(matrix, carried) for carried in (mass, *accumulator.masses))
        accumulator.visit(self.world.horizon, mass)
        return accumulator.result()

    def _start_distribution(self, group: Sequence[Context]) -> Mass:
        mass = np.zeros((self.table.n_states, len(group)))
        for i, context in enumerate(group):
            starts = self.table.starts[context.start]
            np.add.at(mass[:, i], starts, 1 / len(starts))
        return mass

    def _matrices(self, noise: float) -> Iterator[sparse.csr_array]:
        """`[S', S]` transition matrix of every step; it is made again only where the policy changes."""
        before: NDArray[np.float64] | None = None
        matrix = sparse.csr_array((0, 0))
        for t in range(self.world.horizon):
            acts = self.executed(t, noise)
            if before is None or (self.policy.ndim == 3 and not np.array_equal(acts, before)):
                matrix, before = self._dynamics @ _action_matrix(acts), acts
            yield matrix

    @cached_property
    def _dynamics(self) -> sparse.csr_array:
        """`[S', S * A]` where each state and action leads."""
        s, a, k = np.nonzero(self.table.prob)
        n, actions = self.table.n_states, self.table.n_actions
        return sparse.csr_array(
            (self.table.prob[s, a, k], (self.table.next[s, a, k], s * actions + a)), shape=(n, n * actions)
        )

    @cached_property
    def _shove(self) -> sparse.csr_array:
        """`[S', S]` where a shove leads; what has no target stays."""
        shoves = self.table.shoves
        counts = (shoves >= 0).sum(axis=1)
        s, m = np.nonzero(shoves >= 0)
        still = np.flatnonzero(counts == 0)
        to, of = np.concatenate([shoves[s, m], still]), np.concatenate([s, still])
        share = np.concatenate([1 / counts[s], np.ones(len(still))])
        return sparse.csr_array((share, (to, of)), shape=(len(shoves), len(shoves)))


def _action_matrix(acts: NDArray[np.float64]) -> sparse.csr_array:
    """`[S * A, S]` probability of each action in its state."""
    n, actions = acts.shape
    flat = acts.reshape(-1)
    cells = np.flatnonzero(flat)
    return sparse.csr_array((flat[cells], (cells, cells // actions)), shape=(n * actions, n))


def _apply(matrix: sparse.csr_array, mass: Mass) -> Mass:
    return (matrix @ mass.reshape(len(mass), -1)).reshape(mass.shape)


def _chunks(contexts: Sequence[Context], most: int) -> Iterator[Sequence[Context]]:
    return (contexts[i : i + most] for i in range(0, len(contexts), most))
