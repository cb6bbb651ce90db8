"""Table worlds: a small world, written as plain Python, compiled once by reachability into arrays.

Theory: A1.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from teloscope.errors import BadWorld, NotFound
from teloscope.worlds.table.arrays import Table
from teloscope.worlds.table.authored import AuthoredWorld, State
from teloscope.worlds.table.compile import compile_table
from teloscope.worlds.table.texts import WorldTexts, compile_texts
from teloscope.worlds.world import Context, FeatureKind


class TableWorld(AuthoredWorld):
    """A world small enough to enumerate. Subclasses write the methods of `AuthoredWorld` as plain Python."""

    def observe(self, state: State) -> NDArray[np.float32]:
        """What the agent sees: by default the numeric features."""
        row = self.table.features.row(self.index(state), named=True)
        return np.asarray([v for v in row.values() if not isinstance(v, str)], dtype=np.float32)

    def foresee(self, state: State, action: str) -> list[tuple[float, str]]:
        """What an action may lead to, in words: the probability of each distinct sentence that `tell` gives.

        Raises:
            NotFound: no such action.
        """
        if action not in (self.actions or ()):
            raise NotFound("action", action, self.actions or (), f"It was asked of the world {self.name!r}.")
        return self.texts.foresee(self.table, self.index(state), (self.actions or ()).index(action))

    @cached_property
    def table(self) -> Table:
        """The compiled arrays."""
        return compile_table(self)

    @cached_property
    def texts(self) -> WorldTexts:
        """What `describe` and `tell` say everywhere, as indices into few distinct texts."""
        return compile_texts(self, self.table)

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
