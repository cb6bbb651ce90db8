"""Table worlds with memory in their states: the last few observations are part of the state.

    state          (state of the plain world, observations in the `window` states before it, newest last)
    observation    a number for what the agent sees in a state; by default, states with one description share it

An agent that remembers a window of observations has a policy `[S, A]` on the states of this world, so exact rates
can be computed for it. Contexts, starts, shoves, noise, rewards and features are those of the plain world. A shove adds
nothing to the memory: the agent did not act in the state before it. Axis letters: `S` states of the plain world, `N`
states here, `W` window.

Theory: A1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from teloscope.errors import BadWorld, NotExact
from teloscope.worlds.table.arrays import Table
from teloscope.worlds.table.authored import Outcome, State
from teloscope.worlds.table.texts import WorldTexts
from teloscope.worlds.table.world import TableWorld

NOTHING = -1
"""The observation before the episode began."""


class MemoryState(NamedTuple):
    """A state of the plain world, and the observations that are remembered in it."""

    state: State
    history: tuple[int, ...] = ()
    """Observations in the states before, newest last; fewer than the window at first, and none after the end."""


class MemoryWorld(TableWorld):
    """A table world with memory in its states."""

    max_states = 100_000

    def __init__(self, plain: TableWorld, window: int, observation_ids: ArrayLike | None = None) -> None:
        """Args:
        plain: the world.
        window: how many states before the present one are remembered, 1 or more.
        observation_ids: `[S]` what is seen in each state, as a number; None: the number of its description.

        Raises:
            BadWorld: a window below 1, or not one observation for each state.
        """
        self.plain, self.window = plain, window
        ids = plain.texts.description if observation_ids is None else np.asarray(observation_ids, dtype=np.int32)
        if window < 1 or ids.shape != (plain.table.n_states,):
            raise BadWorld(
                f"A memory of {window} steps with sights of shape {ids.shape} was asked for in {plain.name!r}; "
                f"expected 1 step or more, and sights of shape ({plain.table.n_states},)."
            )
        self.observation_ids: NDArray[np.int32] = ids
        self.name = f"{plain.name}+memory:{window}"
        self.summary, self.source, self.task = plain.summary, plain.source, plain.task
        self.horizon, self.actions, self.idle, self.phrases = plain.horizon, plain.actions, plain.idle, plain.phrases
        self.contexts, self.values = plain.contexts, plain.values
        self.size, self.legend, self.shove_steps = plain.size, plain.legend, plain.shove_steps

    @cached_property
    def table(self) -> Table:
        """The compiled arrays; transitions stand in the order of the plain world's."""
        plain, rows = self.plain.table, self.rows
        states = tuple(
            MemoryState(plain.states[row], history)
            for row, history in zip(rows.tolist(), self._reachable.history, strict=True)
        )
        return replace(
            plain,
            next=self._reachable.next,
            prob=plain.prob[rows],
            reward=plain.reward[rows],
            hidden=plain.hidden[rows],
            terminal=plain.terminal[rows],
            states=states,
            features=plain.features[rows],
            starts=self._reachable.starts,
            shoves=self._reachable.shoves,
        )

    @property
    def rows(self) -> NDArray[np.intp]:
        """`[N]` row of each state in the plain world's table: `policy[rows]` is a policy here that doesn't remember."""
        return self._reachable.rows

    @cached_property
    def memory(self) -> NDArray[np.int32]:
        """`[N, W]` what is remembered in each state, newest last; `NOTHING` before the episode began."""
        out = np.full((len(self.rows), self.window), NOTHING, dtype=np.int32)
        for row, history in enumerate(self._reachable.history):
            out[row, self.window - len(history) :] = history
        return out

    @cached_property
    def texts(self) -> WorldTexts:
        plain = self.plain.texts
        return replace(plain, description=plain.description[self.rows], sentence=plain.sentence[self.rows])

    @cached_property
    def _reachable(self) -> _Reachable:
        return _Enumeration(self).run()

    def starts(self, start: str) -> list[MemoryState]:
        return [self.table.states[row] for row in self.table.starts[start]]

    def step(self, state: MemoryState, action: str) -> list[Outcome]:
        table, row = self.table, self.index(state)
        a = (self.actions or ()).index(action)
        return [
            Outcome(
                table.states[to],
                float(table.reward[row, a, k]),
                float(table.hidden[row, a, k]),
                bool(table.terminal[to]),
                float(table.prob[row, a, k]),
            )
            for k, to in enumerate(table.next[row, a].tolist())
            if table.prob[row, a, k] > 0
        ]

    def shove(self, state: MemoryState) -> list[MemoryState]:
        return [self.table.states[to] for to in self.table.shoves[self.index(state)] if to >= 0]

    def features(self, state: MemoryState) -> Mapping[str, float | bool | str]:
        return self.plain.features(state.state)

    def entities(self, state: MemoryState) -> Mapping[str, tuple[float, float]]:
        return self.plain.entities(state.state)

    def draw(self, state: MemoryState) -> list[str]:
        return self.plain.draw(state.state)

    def observe(self, state: MemoryState) -> NDArray[np.float32]:
        return self.plain.observe(state.state)

    def describe(self, state: MemoryState) -> str:
        return self.plain.describe(state.state)

    def tell(self, state: MemoryState, action: str, to: MemoryState) -> str:
        return self.plain.tell(state.state, action, to.state)

    def temptation(self, state: MemoryState, action: str, to: MemoryState) -> float | None:
        return self.plain.temptation(state.state, action, to.state)

    def exemplars(self) -> Mapping[str, Any]:
        return self.plain.exemplars()


class _Reachable(NamedTuple):
    """The states that can be reached, each with what is remembered in it."""

    rows: NDArray[np.intp]
    history: list[tuple[int, ...]]
    next: NDArray[np.int32]
    shoves: NDArray[np.int32]
    starts: Mapping[str, NDArray[np.int32]]


class _Enumeration:
    """Numbers (plain row, history) in the order they are found, breadth first."""

    def __init__(self, world: MemoryWorld) -> None:
        self.world, self.plain = world, world.plain.table
        self.ended, self.observation_ids = self.plain.terminal.tolist(), world.observation_ids.tolist()
        self.numbers: dict[tuple[int, tuple[int, ...]], int] = {}
        self.queue: list[tuple[int, tuple[int, ...]]] = []

    def number(self, row: int, history: tuple[int, ...]) -> int:
        key = (row, () if self.ended[row] else history)
        if key not in self.numbers:
            if len(self.queue) >= self.world.max_states:
                raise NotExact(
                    f"With a memory of {self.world.window} the {self.plain.n_states:,} states of "
                    f"{self.world.plain.name!r} become more than {self.world.max_states:,}, too many to tabulate, so "
                    "rates are sampled. Remember less, or record more episodes for narrower intervals."
                )
            self.numbers[key] = len(self.queue)
            self.queue.append(key)
        return self.numbers[key]

    def run(self) -> _Reachable:
        starts = {
            name: np.array([self.number(row, ()) for row in rows.tolist()], dtype=np.int32)
            for name, rows in self.plain.starts.items()
        }
        moves: list[list[list[int]]] = []
        shoves: list[list[int]] = []
        at = 0
        while at < len(self.queue):  # the queue grows as successors are found
            row, history = self.queue[at]
            after = (*history, self.observation_ids[row])[-self.world.window :]
            moves.append([[self.number(to, after) for to in cell] for cell in self.plain.next[row].tolist()])
            shoves.append([self.number(to, history) if to >= 0 else -1 for to in self.plain.shoves[row].tolist()])
            at += 1
        return _Reachable(
            rows=np.array([row for row, _ in self.queue], dtype=np.intp),
            history=[history for _, history in self.queue],
            next=np.array(moves, dtype=np.int32),
            shoves=np.array(shoves, dtype=np.int32).reshape(len(self.queue), self.plain.shoves.shape[1]),
            starts=starts,
        )
