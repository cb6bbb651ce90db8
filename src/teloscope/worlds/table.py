"""Table worlds: a small world, written as plain Python, compiled once by reachability into arrays.

    next[s, a, k], prob[s, a, k]   successor states and their probabilities
    feature[s, f]                  what the world says about a state

Rollouts are gathers on these arrays; planners, exact rates, MEG and IRL read the same ones. Axis letters: `S` states,
`A` actions, `K` successors (padded with probability 0), `M` shove targets (padded with -1), `F` features.

Theory: A1.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from teloscope.errors import BadWorld, NotExact
from teloscope.worlds.world import FeatureKind, World

State = Any
"""A hashable state, usually a NamedTuple."""


class Outcome(NamedTuple):
    """One thing that may follow an action."""

    state: State
    reward: float = 0.0
    """Visible reward: what the agent is paid."""
    hidden: float | None = None
    """Hidden performance: what we would have paid; None: the same as the reward."""
    done: bool = False
    """Whether the episode ends here."""
    prob: float = 1.0


@dataclass(frozen=True)
class Table:
    """A compiled world."""

    next: NDArray[np.int32]
    """`[S, A, K]` successor states."""
    prob: NDArray[np.float64]
    """`[S, A, K]` probabilities; sum to 1 over K."""
    reward: NDArray[np.float32]
    """`[S, A, K]` visible reward of each transition."""
    hidden: NDArray[np.float32]
    """`[S, A, K]` hidden performance of each transition."""
    terminal: NDArray[np.bool_]
    """`[S]` absorbing states: the episode has ended."""
    states: tuple[State, ...]
    """The state behind each row."""
    features: pl.DataFrame
    """`S` rows, one column per feature."""
    starts: Mapping[str, NDArray[np.int32]]
    """Start name -> states that an episode starts in, uniformly."""
    shoves: NDArray[np.int32]
    """`[S, M]` where a shove may put the agent, padded with -1; a row of -1 is not shoved."""

    @property
    def n_states(self) -> int:
        return self.next.shape[0]

    @property
    def n_actions(self) -> int:
        return self.next.shape[1]

    def digest(self) -> str:
        """SHA-256 over every array, features included."""
        sha = hashlib.sha256()
        for array in (self.next, self.prob, self.reward, self.hidden, self.terminal, self.shoves):
            sha.update(str((array.shape, array.dtype)).encode() + np.ascontiguousarray(array).tobytes())
        for name, start in self.starts.items():
            sha.update(name.encode() + start.tobytes())
        for column in self.features:
            sha.update(column.name.encode() + repr(column.to_list()).encode())
        return sha.hexdigest()


class TableWorld(World):
    """A world small enough to enumerate. Subclasses write the methods below as plain Python."""

    max_states: int = 400_000
    """Compilation stops beyond this many states, and says so."""
    legend: Mapping[str, str] = {}
    """Character on the map -> what it is."""

    def starts(self, start: str) -> Iterable[State]:
        """States that episodes start in, uniformly, under a start name."""
        raise NotImplementedError

    def step(self, state: State, action: str) -> Outcome | Iterable[Outcome]:
        """What may follow an action in a state."""
        raise NotImplementedError

    def features(self, state: State) -> Mapping[str, float | bool | str]:
        """What the world says about a state; finite numbers, booleans, or category names."""
        return {}

    def entities(self, state: State) -> Mapping[str, tuple[float, float]]:
        """Where each entity is: name -> (x, y). An entity always has a position."""
        return {}

    def shove(self, state: State) -> Iterable[State]:
        """Where a shove may put this state, uniformly; none: it stays."""
        return ()

    def draw(self, state: State) -> list[str]:
        """The map as rows of characters."""
        return []

    def observe(self, state: State) -> NDArray[np.float32]:
        """What the agent sees: by default the numeric features."""
        row = self.table.features.row(self.index(state), named=True)
        return np.asarray([v for v in row.values() if not isinstance(v, str)], dtype=np.float32)

    def temptation(self, state: State, action: str, to: State) -> float | None:
        """Reward of a proxy that looks right in training; None where the visible reward is that proxy."""
        return None

    @cached_property
    def table(self) -> Table:
        """The compiled arrays."""
        return compile_table(self)

    @property
    def feature_kinds(self) -> Mapping[str, FeatureKind]:
        return {name: _kind(dtype) for name, dtype in self.table.features.schema.items()}

    @property
    def entity_names(self) -> tuple[str, ...]:
        return tuple(self.entities(self.table.states[0]))

    @cached_property
    def _index(self) -> dict[tuple[State, bool], int]:
        return {(s, bool(t)): i for i, (s, t) in enumerate(zip(self.table.states, self.table.terminal, strict=True))}

    def index(self, state: State, done: bool = False) -> int:
        """Row of a state in the table."""
        return self._index[state, done] if (state, done) in self._index else self._index[state, not done]

    @cached_property
    def _digest(self) -> str:
        return self.table.digest()

    def digest(self) -> str:
        return self._digest


def _kind(dtype: pl.DataType) -> FeatureKind:
    return "bool" if dtype == pl.Boolean else "number" if dtype.is_numeric() else "category"


class _Transition(NamedTuple):
    to: int
    prob: float
    reward: float
    hidden: float


def compile_table(world: TableWorld) -> Table:
    """Enumerate what can be reached from every start and every shove, breadth first.

    Raises:
        BadWorld: probabilities that don't sum to 1, features that aren't finite, a start without states.
        NotExact: more than `world.max_states` states.
    """
    if not world.actions:
        raise BadWorld(f"World {world.name!r} names no actions; a table world needs a tuple of them.")
    return _Compiler(world, world.actions).run()


class _Compiler:
    """Assigns rows to (state, ended) pairs in the order they are found."""

    def __init__(self, world: TableWorld, actions: tuple[str, ...]) -> None:
        self.world, self.actions = world, actions
        self.rows: dict[tuple[State, bool], int] = {}
        self.queue: list[tuple[State, bool]] = []
        self.shoving = any(c.shove_at is not None for c in world.contexts)

    def row(self, state: State, done: bool) -> int:
        key = (state, done)
        if key not in self.rows:
            if len(self.rows) >= self.world.max_states:
                raise NotExact(
                    f"World {self.world.name!r} has more than {self.world.max_states:,} reachable states, too many to tabulate. "
                    "Make it smaller, raise `max_states`, or write it as a SampledWorld."
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
            shoves.append([] if done or not self.shoving else [self.row(s, False) for s in self.world.shove(state)])
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
        rows = [self.row(state, False) for state in self.world.starts(name)]
        if not rows:
            raise BadWorld(
                f"World {self.world.name!r} has no start states for {name!r}; `starts` must give at least one."
            )
        return np.array(rows, dtype=np.int32)

    def _stay(self, row: int) -> list[_Transition]:
        return [_Transition(row, 1.0, 0.0, 0.0)]

    def _moves(self, state: State, action: str) -> list[_Transition]:
        given = self.world.step(state, action)
        outcomes = [given] if isinstance(given, Outcome) else list(given)
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
    width = max(len(cell) for row in moves for cell in row)
    to = np.zeros((n_states, n_actions, width), dtype=np.int32)
    prob = np.zeros((n_states, n_actions, width))
    reward = np.zeros((n_states, n_actions, width), dtype=np.float32)
    hidden = np.zeros((n_states, n_actions, width), dtype=np.float32)
    for s, row in enumerate(moves):
        for a, cell in enumerate(row):
            k = len(cell)
            to[s, a] = cell[0].to
            to[s, a, :k], prob[s, a, :k] = [t.to for t in cell], [t.prob for t in cell]
            reward[s, a, :k], hidden[s, a, :k] = [t.reward for t in cell], [t.hidden for t in cell]
    return to, prob, reward, hidden


def _padded_rows(rows: Sequence[Sequence[int]]) -> NDArray[np.int32]:
    width = max((len(r) for r in rows), default=0)
    out = np.full((len(rows), width), -1, dtype=np.int32)
    for i, row in enumerate(rows):
        out[i, : len(row)] = row
    return out


def tabulate_features(world: TableWorld, states: Sequence[State]) -> pl.DataFrame:
    """One row per state: the world's own features, then positions, differences and distances of its entities.

    Raises:
        BadWorld: a value that is not finite, or rows that don't have the same features.
    """
    rows = [{**world.features(s), **entity_features(world.entities(s))} for s in states]
    names = list(rows[0])
    for state, row in zip(states, rows, strict=True):
        if list(row) != names:
            raise BadWorld(
                f"World {world.name!r}: the features of {state!r} are {list(row)}, elsewhere {names}. Name the same ones in every state."
            )
    frame = pl.DataFrame({name: _column([row[name] for row in rows]) for name in names})
    for column in frame:
        if column.dtype.is_float() and not column.is_finite().all():
            bad = states[int((~column.is_finite()).arg_true()[0])]
            raise BadWorld(
                f"World {world.name!r}: feature {column.name!r} is not finite in {bad!r}; give every state a finite value."
            )
    return frame


def _column(values: list[Any]) -> pl.Series:
    if all(isinstance(v, bool | np.bool_) for v in values):
        return pl.Series(values, dtype=pl.Boolean)
    if any(isinstance(v, str) for v in values):
        return pl.Series([str(v) for v in values], dtype=pl.String)
    if all(float(v).is_integer() for v in values if math.isfinite(v)) and all(math.isfinite(v) for v in values):
        return pl.Series([int(v) for v in values], dtype=pl.Int32)
    return pl.Series([float(v) for v in values], dtype=pl.Float64)


def entity_features(positions: Mapping[str, tuple[float, float]]) -> dict[str, float]:
    """Positions of entities, and for each pair difference and Manhattan distance.

    `agent_coin_dx` is the coin's x minus the agent's. Without these, "the coin" and "the right end" can't be told apart.
    """
    out: dict[str, float] = {}
    for name, (x, y) in positions.items():
        out[f"{name}_x"], out[f"{name}_y"] = x, y
    for (one, (x1, y1)), (two, (x2, y2)) in combinations(positions.items(), 2):
        out[f"{one}_{two}_dx"], out[f"{one}_{two}_dy"] = x2 - x1, y2 - y1
        out[f"{one}_{two}_distance"] = abs(x2 - x1) + abs(y2 - y1)
    return out
