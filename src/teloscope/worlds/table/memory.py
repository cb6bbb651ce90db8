"""Memory enlarges the state: a table world whose states also hold what was seen in the last few of them.

    state     (state, sights of the `window` states before it, newest last)
    sight     which of the distinct things to be seen a state looks like, e.g. the number of its description

So an agent with a window of memory has a policy on it, and everything exact holds for that agent too: contexts, starts,
shoves, noise, rewards and features are those of the world it is made from. A shove shows nothing by itself: what stood
before it was not looked at. Axis letters: `S` states of the plain world, `N` states here, `W` window.

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
"""Stands for what was seen before the episode began."""


class Remembered(NamedTuple):
    """A state and what is remembered in it."""

    state: State
    sights: tuple[int, ...] = ()
    """What the states before looked like, newest last; fewer than the window at first, and none after the end."""


class Remembering(TableWorld):
    """A table world with memory in its states."""

    max_states = 100_000

    def __init__(self, plain: TableWorld, window: int, sights: ArrayLike | None = None) -> None:
        """Args:
        plain: the world.
        window: how many of the states before are remembered, 1 or more.
        sights: `[S]` what each state looks like; None: its description.

        Raises:
            BadWorld: a window below 1, or not one sight a state.
        """
        self.plain, self.window = plain, window
        looks = plain.texts.description if sights is None else np.asarray(sights, dtype=np.int32)
        if window < 1 or looks.shape != (plain.table.n_states,):
            raise BadWorld(
                f"A memory of {window} steps with sights of shape {looks.shape} was asked for in {plain.name!r}; "
                f"expected 1 step or more, and sights of shape ({plain.table.n_states},)."
            )
        self.looks: NDArray[np.int32] = looks
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
            Remembered(plain.states[row], sights)
            for row, sights in zip(rows.tolist(), self._spread.sights, strict=True)
        )
        return replace(
            plain,
            next=self._spread.next,
            prob=plain.prob[rows],
            reward=plain.reward[rows],
            hidden=plain.hidden[rows],
            terminal=plain.terminal[rows],
            states=states,
            features=plain.features[rows],
            starts=self._spread.starts,
            shoves=self._spread.shoves,
        )

    @property
    def rows(self) -> NDArray[np.intp]:
        """`[N]` row of each state in the plain world's table: `policy[rows]` is a policy here that doesn't remember."""
        return self._spread.rows

    @cached_property
    def memory(self) -> NDArray[np.int32]:
        """`[N, W]` what is remembered in each state, newest last; `NOTHING` before the episode began."""
        out = np.full((len(self.rows), self.window), NOTHING, dtype=np.int32)
        for row, sights in enumerate(self._spread.sights):
            out[row, self.window - len(sights) :] = sights
        return out

    @cached_property
    def texts(self) -> WorldTexts:
        plain = self.plain.texts
        return replace(plain, description=plain.description[self.rows], sentence=plain.sentence[self.rows])

    @cached_property
    def _spread(self) -> _Spread:
        return _Spreading(self).run()

    def starts(self, start: str) -> list[Remembered]:
        return [self.table.states[row] for row in self.table.starts[start]]

    def step(self, state: Remembered, action: str) -> list[Outcome]:
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

    def shove(self, state: Remembered) -> list[Remembered]:
        return [self.table.states[to] for to in self.table.shoves[self.index(state)] if to >= 0]

    def features(self, state: Remembered) -> Mapping[str, float | bool | str]:
        return self.plain.features(state.state)

    def entities(self, state: Remembered) -> Mapping[str, tuple[float, float]]:
        return self.plain.entities(state.state)

    def draw(self, state: Remembered) -> list[str]:
        return self.plain.draw(state.state)

    def observe(self, state: Remembered) -> NDArray[np.float32]:
        return self.plain.observe(state.state)

    def describe(self, state: Remembered) -> str:
        return self.plain.describe(state.state)

    def tell(self, state: Remembered, action: str, to: Remembered) -> str:
        return self.plain.tell(state.state, action, to.state)

    def temptation(self, state: Remembered, action: str, to: Remembered) -> float | None:
        return self.plain.temptation(state.state, action, to.state)

    def exemplars(self) -> Mapping[str, Any]:
        return self.plain.exemplars()


class _Spread(NamedTuple):
    """The states of a plain world, spread over what may be remembered in them."""

    rows: NDArray[np.intp]
    sights: list[tuple[int, ...]]
    next: NDArray[np.int32]
    shoves: NDArray[np.int32]
    starts: Mapping[str, NDArray[np.int32]]


class _Spreading:
    """Numbers (plain row, sights) in the order they are found, breadth first."""

    def __init__(self, world: Remembering) -> None:
        self.world, self.plain = world, world.plain.table
        self.ended, self.looks = self.plain.terminal.tolist(), world.looks.tolist()
        self.numbers: dict[tuple[int, tuple[int, ...]], int] = {}
        self.queue: list[tuple[int, tuple[int, ...]]] = []

    def number(self, row: int, sights: tuple[int, ...]) -> int:
        key = (row, () if self.ended[row] else sights)
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

    def run(self) -> _Spread:
        starts = {
            name: np.array([self.number(row, ()) for row in rows.tolist()], dtype=np.int32)
            for name, rows in self.plain.starts.items()
        }
        moves: list[list[list[int]]] = []
        shoves: list[list[int]] = []
        at = 0
        while at < len(self.queue):  # the queue grows as successors are found
            row, sights = self.queue[at]
            after = (*sights, self.looks[row])[-self.world.window :]
            moves.append([[self.number(to, after) for to in cell] for cell in self.plain.next[row].tolist()])
            shoves.append([self.number(to, sights) if to >= 0 else -1 for to in self.plain.shoves[row].tolist()])
            at += 1
        return _Spread(
            rows=np.array([row for row, _ in self.queue], dtype=np.intp),
            sights=[sights for _, sights in self.queue],
            next=np.array(moves, dtype=np.int32),
            shoves=np.array(shoves, dtype=np.int32).reshape(len(self.queue), self.plain.shoves.shape[1]),
            starts=starts,
        )
