"""Moves between recorded states of continuous worlds, fitted to everybody's recorded steps.

From each of a sample of recorded states, the change under each action is fitted by weighted linear regression on the
nearest recorded steps, followed for some steps so that inertia shows, and shared among the sampled states nearest to
where it ends. Sharing is an averager, so value iteration on these moves converges.

Axis letters: `n` recorded steps, `F` features, `S` sampled states, `A` actions, `J` near states.

Theory: A2. Source: Atkeson, Moore & Schaal 1997, "Locally weighted learning for control"; Gordon 1995, "Stable function
approximation in dynamic programming".
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.spatial import KDTree

SAMPLED = 1_000
"""States sampled: half from the agent's steps, half from everybody's."""
ENDED = 150
"""Further states, at most, in which episodes ended early; nobody leaves them."""
FITTED = 60_000
"""Recorded steps that moves are fitted to, at most."""
NEIGHBOURS, NEAR = 60, 3
"""Recorded steps that a move is fitted to, and sampled states that a place is shared among."""
LONGEST = 12
"""Steps that a move is followed for, at most."""
BINS = 5
"""Bins of a continuous action of one dimension."""
CENTRES = 8
"""Centres that continuous actions of several dimensions are binned to."""
RIDGE = 1e-3
Array = NDArray[np.float64]


class BinnedActions:
    """Actions as numbers 0 to A-1, and as columns of a regression."""

    def __init__(self, actions: NDArray[Any], rng: np.random.Generator) -> None:
        """Args:
        actions: `[n, ...]` of everybody.
        rng: for choosing centres.
        """
        self.discrete = actions.ndim == 1 and actions.dtype.kind in "iu"
        flat = self._flat(actions)
        if self.discrete:
            self.typical = np.arange(int(flat.max(initial=0)) + 1, dtype=np.float64)[:, None]
        elif flat.shape[1] == 1:
            edges = np.linspace(flat.min(), flat.max(), BINS + 1)
            self.typical = ((edges[1:] + edges[:-1]) / 2)[:, None]
        else:
            self.typical = np.unique(flat[rng.choice(len(flat), min(CENTRES, len(flat)), replace=False)], axis=0)
        self.tree = KDTree(self.typical)

    @property
    def count(self) -> int:
        return len(self.typical)

    def _flat(self, actions: NDArray[Any]) -> Array:
        return actions.reshape(len(actions), -1).astype(np.float64)

    def number(self, actions: NDArray[Any]) -> NDArray[np.int64]:
        """`[n]` which action each is, or is nearest to."""
        return np.asarray(self.tree.query(self._flat(actions))[1], dtype=np.int64)

    def columns(self, actions: NDArray[Any]) -> Array:
        """`[n, d]` as a regression reads them: one column an action but the first, or the action's own numbers."""
        flat = self._flat(actions)
        return np.eye(self.count)[flat[:, 0].astype(np.int64)][:, 1:] if self.discrete else flat

    @property
    def typical_columns(self) -> Array:
        """`[A, d]` one row an action."""
        return np.eye(self.count)[:, 1:] if self.discrete else self.typical


class Moves(NamedTuple):
    """Where each action leads from each sampled state."""

    places: Array
    """`[S, F]` the sampled states; the last `ended` are those in which episodes ended."""
    ended: int
    successors: sparse.csr_array
    """`[(S - ended) A, S]` chances; rows by state, then by action."""
    steps: int
    """Steps that a move lasts."""


def fit_moves(at: Array, to: Array, actions: BinnedActions, columns: Array, sampled: Array, ended: Array) -> Moves:
    """Fit moves to recorded steps.

    Args:
        at, to: `[n, F]` scaled features before and after each step.
        actions: the actions.
        columns: `[n, d]` the action of each step, as `BinnedActions.columns`.
        sampled: `[s, F]` states that moves begin in.
        ended: `[e, F]` states in which episodes ended early.
    """
    places = np.concatenate([sampled, ended])
    local = _LocalMoves(sampled, at, to - at, columns)
    steps = _move_steps(sampled, to - at)
    low, high = to.min(axis=0), to.max(axis=0)
    tree = KDTree(places)
    near, weight = [], []
    for action in actions.typical_columns:
        place = sampled
        for _ in range(steps):
            place = np.clip(local.followed(place, action), low, high)
        indices, weights = shared_among(tree, place, NEAR + 1)
        near.append(indices)
        weight.append(weights)
    columns_of = np.stack(near, axis=1).reshape(-1)  # state by state, then action by action
    values = np.stack(weight, axis=1).reshape(-1)
    rows = np.repeat(np.arange(len(sampled) * actions.count), near[0].shape[1])
    shape = (len(sampled) * actions.count, len(places))
    return Moves(places, len(ended), sparse.csr_array(sparse.coo_array((values, (rows, columns_of)), shape)), steps)


class _LocalMoves:
    """A linear change of place around each sampled state: `[1, action, place - state] @ weights`."""

    def __init__(self, states: Array, at: Array, change: Array, columns: Array) -> None:
        self.states, self.tree = states, KDTree(states)
        count = min(NEIGHBOURS, len(at))
        distance, near = KDTree(at).query(states, k=count)
        distance, near = distance.reshape(-1, count), near.reshape(-1, count)
        reach = distance[:, -1:] * 0.6 + 1e-9
        weight = np.exp(-((distance / reach) ** 2))
        terms = np.concatenate([np.ones((*near.shape, 1)), columns[near], at[near] - states[:, None]], axis=2)
        gram = np.einsum("ski,sk,skj->sij", terms, weight, terms) + RIDGE * np.eye(terms.shape[2])
        self.weights = np.linalg.solve(gram, np.einsum("ski,sk,skf->sif", terms, weight, change[near]))

    def followed(self, places: Array, action: Array) -> Array:
        """`[S, F]` one step on."""
        nearest = self.tree.query(places)[1]
        acted = np.broadcast_to(action, (len(places), len(action)))
        terms = np.concatenate([np.ones((len(places), 1)), acted, places - self.states[nearest]], axis=1)
        return places + np.einsum("si,sif->sf", terms, self.weights[nearest])


def _move_steps(states: Array, change: Array) -> int:
    """So many steps that a move goes about as far as sampled states lie apart."""
    apart = np.median(KDTree(states).query(states, k=2)[0][:, 1]) if len(states) > 1 else 0.0
    each = np.median(np.linalg.norm(change, axis=1))
    return int(np.clip(round(float(apart / max(each, 1e-9))), 1, LONGEST))


def shared_among(tree: KDTree, places: Array, count: int) -> tuple[NDArray[np.int64], Array]:
    """`[n, J]` the nearest states, and how much each counts by its distance."""
    count = min(count, tree.n)
    distance, near = tree.query(places, k=count)
    distance, near = distance.reshape(-1, count), near.reshape(-1, count)
    weight = 1 / (distance + 0.05 * distance.mean() + 1e-6) ** 2
    return near.astype(np.int64), weight / weight.sum(axis=1, keepdims=True)
