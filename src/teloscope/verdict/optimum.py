"""V*: the most that any agent can win of these values, by backward induction on state and memory.

    U_t(s, m) = G_t(s, m')    m' = m after seeing s at step t
    G_t(s, m) = max_a sum_k prob[s,a,k] U_{t+1}(next[s,a,k], m)        G_T(s, m) = the values' weighted sum

The memory holds what the modes need, for all values at once, so that the optimum takes their trade-offs into account:

    end(c)              none
    reach(c), never(c)  one bit: whether c has held; none where c never ends once it holds
    keep(c)             in the late window: how often c has failed

The optimal agent knows the state, the step and the context, including the context's noise and its future shove. So no
agent does better, and V* is the mean of the optima of the contexts.

Axis letters: `S` states, `A` actions, `M` memories.

Theory: A3, A5.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from teloscope.errors import BadStudy, NotExact
from teloscope.regimes import Regime, holds, late_window
from teloscope.regimes.regime import keep_count
from teloscope.values import Values
from teloscope.values.declared import NO_VALUES
from teloscope.worlds.table.arrays import Table
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import Context, World

MAX_CELLS = 1 << 21
"""Largest number of states x memories; above it V* is only bounded by 1."""


@dataclass(frozen=True)
class Optimum:
    """The most that can be won."""

    value: float
    """V*; an upper bound where not exact."""
    contexts: dict[str, float]
    """Context that counts -> its own optimum."""
    exact: bool
    note: str = ""
    """Why it is only a bound."""


def optimal_value(world: World, values: Values, contexts: Sequence[Context] | None = None) -> Optimum:
    """The most of these values that any agent can bring about.

    Args:
        world: any world; outside table worlds the result is only the upper bound 1.
        values: wants and avoids, with their weights.
        contexts: those of them that count are used; None: the contexts that the world records by default.

    Raises:
        BadStudy: no values, or no context that counts. BadRegime, NotFound: a value can't be read on the features.
    """
    counting = tuple(c for c in (world.recorded_contexts() if contexts is None else contexts) if c.counts)
    if not values or not counting:
        raise BadStudy(
            "No context counts, so nothing can be won. Add one that fixes no outcome." if values else NO_VALUES
        )
    return _optimum(world, values, counting)


@lru_cache(maxsize=16)
def _optimum(world: World, values: Values, counting: tuple[Context, ...]) -> Optimum:
    """The optimum, cached: every certificate needs it."""
    try:
        if not isinstance(world, TableWorld):
            raise NotExact(f"{world.name!r} can only be stepped")
        memory = Memory(world, values)
    except NotExact as reason:
        return Optimum(1.0, {c.name: 1.0 for c in counting}, exact=False, note=f"V* is at most 1: {reason}")
    found: dict[tuple[float, int | None], NDArray[np.float64]] = {}
    for context in counting:
        if (setting := (context.noise, context.shove_at)) not in found:
            found[setting] = _induce_backward(world, memory, *setting)
    table = world.table
    each = {c.name: float(found[c.noise, c.shove_at][table.starts[c.start]].mean()) for c in counting}
    return Optimum(float(np.mean(list(each.values()))), each, exact=True)


class _MemoryUpdate(NamedTuple):
    """How the memory changes when a state is observed."""

    after: NDArray[np.int32]
    """`[M, S]` the memory after the observation."""

    def back_up(self, ahead: NDArray[np.float64]) -> NDArray[np.float64]:
        """`[M, S]` values before a state is observed, from the values after it."""
        return np.take_along_axis(ahead, self.after, axis=0)


class Memory:
    """What must be remembered during an episode to compute its value at the end.

    Memories are numbered. The lowest digits are the bits of `ever_conditions`; above them stand the numbers of failures
    of `keep_conditions`. So the first `2^bits` memories are those without a failure.
    """

    def __init__(self, world: TableWorld, values: Values) -> None:
        """Raises: NotExact: states x memories are too many, or a value is more than a mode of one condition."""
        self.world, self.values = world, values
        if more := [str(r) for r in values.regimes() if not r.simple]:
            raise NotExact(f"the best for {', '.join(more)} isn't worked out, only for modes of one condition")
        self.held = {r.condition: holds(r.condition, world.table.features) for r in values.regimes()}
        self.ever_conditions = self._conditions(
            "reach", "never", needed=lambda c: not _is_absorbing(self.held[c], world.table)
        )
        self.keep_conditions = self._conditions("keep", needed=lambda c: True)
        self.allowed_failures = late_window(world.horizon) - keep_count(world.horizon)
        """Number of failures that a `keep` condition may have."""
        self.bits = 1 << len(self.ever_conditions)
        self.size = self.bits * (self.allowed_failures + 2) ** len(self.keep_conditions)
        cells = self.size * world.table.n_states
        if cells > MAX_CELLS:
            raise NotExact(
                f"{world.table.n_states:,} states of {world.name!r} and {self.size:,} memories of what has held before "
                f"are more than {MAX_CELLS:,} together"
            )
        self.early, self.late = self._update(late=False), self._update(late=True)

    def _conditions(self, *modes: str, needed: Callable[[str], bool]) -> list[str]:
        named = dict.fromkeys(r.condition for r in self.values.regimes() if r.mode in modes)
        return [condition for condition in named if needed(condition)]

    def _rows(self) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
        """Every memory in order: (bits, failures)."""
        failures = itertools.product(range(self.allowed_failures + 2), repeat=len(self.keep_conditions))
        bits = list(itertools.product((0, 1), repeat=len(self.ever_conditions)))
        return [(bit, failed) for failed in failures for bit in bits]

    def _update(self, late: bool) -> _MemoryUpdate:
        rows = self._rows() if late else self._rows()[: self.bits]
        after = np.zeros((len(rows), self.world.table.n_states), dtype=np.int32)
        for number, (bits, failed) in enumerate(rows):
            for condition, count in zip(self.keep_conditions, failed, strict=True):
                lost = np.minimum(count + (late & ~self.held[condition]), self.allowed_failures + 1)
                after[number] = after[number] * (self.allowed_failures + 2) + lost
            for condition, bit in zip(self.ever_conditions, bits, strict=True):
                after[number] = after[number] * 2 + (bit | self.held[condition])
        return _MemoryUpdate(after)

    def final_values(self) -> NDArray[np.float64]:
        """`[M, S]` value of an episode that ends in this state with this memory."""
        valued = (*self.values.wants, *self.values.avoids)
        total = sum(v.weight for v in valued)
        out = np.zeros((self.size, self.world.table.n_states))
        for place, value in enumerate(valued):
            came = self._came_about(value.regime)
            out += value.weight / total * (came if place < len(self.values.wants) else ~came)
        return out

    def _came_about(self, regime: Regime) -> NDArray[np.bool_]:
        """`[M, S]` whether the regime came about."""
        held = np.broadcast_to(self.held[regime.condition], (self.size, self.world.table.n_states))
        if regime.mode == "keep":
            place = self.keep_conditions.index(regime.condition)
            kept = np.array([failed[place] <= self.allowed_failures for _, failed in self._rows()])
            return np.broadcast_to(kept[:, None], held.shape)
        if regime.mode != "end" and regime.condition in self.ever_conditions:
            place = self.ever_conditions.index(regime.condition)
            held = np.broadcast_to(np.array([bool(bits[place]) for bits, _ in self._rows()])[:, None], held.shape)
        return ~held if regime.mode == "never" else held


def _is_absorbing(held: NDArray[np.bool_], table: Table) -> bool:
    """Whether a condition never ends once it holds. Then it needs no memory bit: it has held if it holds now."""
    moved = held[table.next] | (table.prob == 0)
    shoved = held[table.shoves] | (table.shoves < 0)
    return bool(moved[held].all() and shoved[held].all())


def _induce_backward(world: TableWorld, memory: Memory, noise: float, shove_at: int | None) -> NDArray[np.float64]:
    """`[S]` the most that can be won from each start state."""
    table, horizon = world.table, world.horizon
    moves, shoves = _transition_matrix(table), _shove_matrix(table)
    late = horizon + 1 - late_window(horizon)
    ahead = memory.final_values()
    for t in range(horizon, -1, -1):
        if t < horizon:
            ahead = _best_action_values(moves, ahead, table.n_actions, noise)
        ahead = memory.late.back_up(ahead) if t >= late else memory.early.back_up(ahead[: memory.bits])
        if t == shove_at:
            ahead = (shoves @ ahead.T).T
    return np.clip(ahead[0], 0.0, 1.0)


def _best_action_values(
    moves: sparse.csr_array, ahead: NDArray[np.float64], n_actions: int, noise: float
) -> NDArray[np.float64]:
    """`[M, S]` values of the best action; with probability `noise` the world replaces it by a uniform one."""
    values = (moves @ ahead.T).reshape(ahead.shape[1], n_actions, -1)
    best = values.max(axis=1)
    return ((1 - noise) * best + noise * values.mean(axis=1) if noise else best).T


def _transition_matrix(table: Table) -> sparse.csr_array:
    """`[S * A, S]` transition probabilities."""
    s, a, k = np.nonzero(table.prob)
    shape = (table.n_states * table.n_actions, table.n_states)
    return sparse.csr_array((table.prob[s, a, k], (s * table.n_actions + a, table.next[s, a, k])), shape=shape)


def _shove_matrix(table: Table) -> sparse.csr_array:
    """`[S, S]` probabilities of where a shove leads; a state without a target stays."""
    counts = (table.shoves >= 0).sum(axis=1)
    s, m = np.nonzero(table.shoves >= 0)
    still = np.flatnonzero(counts == 0)
    share = np.concatenate([1 / counts[s], np.ones(len(still))])
    of, to = np.concatenate([s, still]), np.concatenate([table.shoves[s, m], still])
    return sparse.csr_array((share, (of, to)), shape=(table.n_states, table.n_states))
