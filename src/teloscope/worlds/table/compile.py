"""Compile a table world: enumerate its states by reachability, and write down every transition.

Theory: A1.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from teloscope.errors import BadWorld, NotExact, one_line
from teloscope.worlds.table.arrays import Table
from teloscope.worlds.table.authored import AuthoredWorld, Outcome, State
from teloscope.worlds.table.features import tabulate_features


class _Transition(NamedTuple):
    to: int
    prob: float
    reward: float
    hidden: float


def compile_table(world: AuthoredWorld) -> Table:
    """Enumerate the states that can be reached from every start and every shove, breadth first.

    Raises:
        BadWorld: no actions or contexts, probabilities that don't sum to 1, rewards or features that aren't finite, a
            start without states. NotExact: more than `world.max_states` states.
    """
    if not world.actions:
        raise BadWorld(f"World {world.name!r} names no actions; a table world needs a tuple of them.")
    if len(set(world.actions)) < len(world.actions):
        raise BadWorld(f"World {world.name!r} names an action twice: {world.actions}. Give each its own name.")
    if not world.contexts:
        raise BadWorld(f"World {world.name!r} has no contexts; name at least one, e.g. Context('train', kind='train').")
    return _Compiler(world, world.actions).run()


class _Compiler:
    """Assigns rows to (state, ended) pairs in the order they are found."""

    def __init__(self, world: AuthoredWorld, actions: tuple[str, ...]) -> None:
        self.world, self.actions = world, actions
        self.rows: dict[tuple[State, bool], int] = {}
        self.queue: list[tuple[State, bool]] = []

    def row(self, state: State, done: bool) -> int:
        key = (state, bool(done))
        try:
            known = key in self.rows
        except TypeError:
            raise BadWorld(
                f"World {self.world.name!r}: the state {state!r} can't be hashed; use a NamedTuple of numbers, texts "
                "and tuples."
            ) from None
        if not known:
            if len(self.rows) >= self.world.max_states:
                raise NotExact(
                    f"World {self.world.name!r} has more than {self.world.max_states:,} reachable states, too many to "
                    "tabulate. Make it smaller, raise `max_states`, or write it as a SampledWorld."
                )
            self.rows[key] = len(self.queue)
            self.queue.append(key)
        return self.rows[key]

    def run(self) -> Table:
        starts = {c.start: self._start(c.start) for c in self.world.contexts}
        moves: list[list[list[_Transition]]] = []
        shoves: list[list[int]] = []
        at = 0
        while at < len(self.queue):  # the queue grows as successors are found
            state, done = self.queue[at]
            moves.append(
                [self._stay(at)] * len(self.actions) if done else [self._moves(state, a) for a in self.actions]
            )
            shoves.append([] if done else [self.row(s, False) for s in self.world.shove(state)])
            at += 1
        states = tuple(state for state, _ in self.queue)
        return Table(
            *_padded(moves),
            terminal=np.array([done for _, done in self.queue], dtype=np.bool_),
            states=states,
            features=tabulate_features(self.world, states),
            starts=starts,
            shoves=_padded_rows(shoves),
        )

    def _start(self, name: str) -> NDArray[np.int32]:
        try:
            states = list(self.world.starts(name))
        except Exception as error:
            raise BadWorld(
                f"World {self.world.name!r}: starts({name!r}) raised {one_line(error)}. It is asked for every "
                "context's `start`, or its name."
            ) from error
        rows = [self.row(state, False) for state in states]
        if not rows:
            raise BadWorld(
                f"World {self.world.name!r} has no start states for {name!r}; `starts` must give at least one."
            )
        return np.array(rows, dtype=np.int32)

    def _stay(self, row: int) -> list[_Transition]:
        return [_Transition(row, 1.0, 0.0, 0.0)]

    def _moves(self, state: State, action: str) -> list[_Transition]:
        outcomes = self._outcomes(state, action)
        if len(outcomes) == 1 and (only := outcomes[0]).prob == 1.0:
            hidden = only.reward if only.hidden is None else only.hidden
            return [_Transition(self.row(only.state, only.done), only.prob, only.reward, hidden)]
        total = math.fsum(o.prob for o in outcomes)
        if not math.isclose(total, 1.0, abs_tol=1e-9) or any(o.prob < 0 for o in outcomes):
            raise BadWorld(
                f"World {self.world.name!r}: the outcomes of {action!r} in {state!r} have probabilities "
                f"{[o.prob for o in outcomes]}, sum {total}; expected non-negative ones that sum to 1."
            )
        merged: dict[int, _Transition] = {}
        for o in outcomes:
            if o.prob > 0:
                self._merge(merged, self.row(o.state, o.done), o)
        return list(merged.values())

    def _outcomes(self, state: State, action: str) -> list[Outcome]:
        where = f"World {self.world.name!r}: step({state!r}, {action!r})"
        try:
            given = self.world.step(state, action)
            outcomes = [given] if isinstance(given, Outcome) or not isinstance(given, Iterable) else list(given)
        except Exception as error:
            raise BadWorld(f"{where} raised {one_line(error)}.") from error
        for outcome in outcomes:
            if not isinstance(outcome, Outcome):
                raise BadWorld(f"{where} gives {given!r}; expected an Outcome, or some with their probabilities.")
            if not math.isfinite(outcome.reward) or not math.isfinite(outcome.hidden or 0.0):
                raise BadWorld(f"{where} pays {outcome.reward} (hidden: {outcome.hidden}); expected finite numbers.")
        return outcomes

    def _merge(self, merged: dict[int, _Transition], to: int, o: Outcome) -> None:
        """Outcomes into one state become one transition, with their expected reward."""
        hidden = o.reward if o.hidden is None else o.hidden
        old = merged.get(to)
        if old is None:
            merged[to] = _Transition(to, o.prob, o.reward, hidden)
            return
        prob = old.prob + o.prob
        share = o.prob / prob
        merged[to] = _Transition(to, prob, _mix(old.reward, o.reward, share), _mix(old.hidden, hidden, share))


def _mix(old: float, new: float, share: float) -> float:
    return old + share * (new - old)


def _padded(moves: Sequence[Sequence[Sequence[_Transition]]]) -> tuple[NDArray[Any], ...]:
    """`next, prob, reward, hidden` as `[S, A, K]` arrays; padding repeats the first successor with probability 0."""
    n_states, n_actions = len(moves), len(moves[0])
    cells = [cell for row in moves for cell in row]
    sizes = np.array([len(cell) for cell in cells])
    place = np.arange(sizes.max()) < sizes[:, None]  # [S * A, K], row by row as the transitions stand in `every`
    every = [transition for cell in cells for transition in cell]
    to = np.repeat(np.array([cell[0].to for cell in cells], dtype=np.int32)[:, None], place.shape[1], axis=1)
    prob = np.zeros(place.shape)
    reward, hidden = np.zeros(place.shape, dtype=np.float32), np.zeros(place.shape, dtype=np.float32)
    for number, array in enumerate((to, prob, reward, hidden)):
        array[place] = [transition[number] for transition in every]
    return tuple(array.reshape(n_states, n_actions, -1) for array in (to, prob, reward, hidden))


def _padded_rows(rows: Sequence[Sequence[int]]) -> NDArray[np.int32]:
    width = max((len(r) for r in rows), default=0)
    out = np.full((len(rows), width), -1, dtype=np.int32)
    for i, row in enumerate(rows):
        out[i, : len(row)] = row
    return out
