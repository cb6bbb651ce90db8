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
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from teloscope.errors import BadWorld, NotExact, NotFound, quoted
from teloscope.worlds.features import tabulate_features
from teloscope.worlds.told import Told, compile_told
from teloscope.worlds.wording import describe_features, tell_change
from teloscope.worlds.world import Context, FeatureKind, World

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

    def describe(self, state: State) -> str:
        """What is the case, in plain sentences, as somebody in the agent's place would see it."""
        return describe_features(self.features(state), self.entities(state))

    def tell(self, state: State, action: str, to: State) -> str:
        """What is seen to happen when an action leads from a state to another: one sentence without judgement.

        The same happening gives the same sentence, so that few of them cover the world.
        """
        return tell_change(self.features(state), self.features(to), self.entities(state), self.entities(to))

    def foresee(self, state: State, action: str) -> list[tuple[float, str]]:
        """What may be seen to happen: the probability of each distinct sentence that `tell` gives.

        Raises:
            NotFound: no such action.
        """
        if action not in (self.actions or ()):
            raise NotFound("action", action, self.actions or (), f"It was asked of the world {self.name!r}.")
        return self.told.foresee(self.table, self.index(state), (self.actions or ()).index(action))

    @cached_property
    def table(self) -> Table:
        """The compiled arrays."""
        return compile_table(self)

    @cached_property
    def told(self) -> Told:
        """What `describe` and `tell` say everywhere, as indices into few distinct texts."""
        return compile_told(self)

    def check_context(self, context: Context) -> None:
        super().check_context(context)
        if context.start not in self.table.starts:
            raise NotFound(
                "start",
                context.start,
                self.table.starts,
                f"Context {context.name!r} asks it of the world {self.name!r}, whose table is compiled from the starts "
                "of its own contexts. Use one of those, or add a context with this start to the world.",
            )
        if context.shove_at is not None and not self.table.shoves.size:
            raise BadWorld(
                f"Context {context.name!r} shoves at step {context.shove_at}, but the world {self.name!r} names no "
                "state that a shove may lead to. Leave `shove_at` out, or write the world's `shove`."
            )

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
        """Row of a state in the table: the one where the episode has ended if `done`, where both are reachable.

        Raises:
            BadWorld: the state can't be reached.
        """
        for key in ((state, done), (state, not done)):
            if key in self._index:
                return self._index[key]
        raise BadWorld(f"The state {state!r} can't be reached in the world {self.name!r}, so its table lacks it.")

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

    def __init__(self, world: TableWorld, actions: tuple[str, ...]) -> None:
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
                f"World {self.world.name!r}: starts({name!r}) raised {quoted(error)}. It is asked for every context's "
                "`start`, or its name."
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
            raise BadWorld(f"{where} raised {quoted(error)}.") from error
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
