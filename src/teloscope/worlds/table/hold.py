"""A world with one more action, `hold`, which leaves the state as it is; a gate puts it in place of a blocked action.

`<name>+hold` has the same states, contexts and values as the world `<name>`. Noise now draws `hold` too.

Theory: A7 (a blocked act leaves the world untouched).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from teloscope.errors import BadWorld
from teloscope.worlds.table.authored import Outcome, State
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import World

HOLD_SUFFIX = "+hold"
"""`<name>+hold`: the same world with one more action, which leaves everything as it is."""
HOLD = "hold"
"""The action that leaves the state as it is."""
NOTHING_HAPPENS = "You do nothing."
"""The text of a step in which the agent holds."""


class HoldWorld(TableWorld):
    """The world `inner` with the further action `hold`.

    Raises:
        BadWorld: it is not a table world, or already has an action that does nothing.
    """

    idle = HOLD

    def __init__(self, inner: World) -> None:
        self.inner = inner = _holdable(inner)
        self.name, self.spec = f"{inner.name}{HOLD_SUFFIX}", f"{inner.spec}{HOLD_SUFFIX}" if inner.spec else ""
        self.summary, self.source = inner.summary, inner.source
        self.horizon, self.contexts, self.values = inner.horizon, inner.contexts, inner.values
        self.actions = (*(inner.actions or ()), HOLD)
        self.shove_steps, self.size = inner.shove_steps, inner.size
        self.max_states, self.legend = inner.max_states, inner.legend
        self.task = inner.task
        self.phrases = {**inner.phrases, HOLD: "do nothing"}

    def starts(self, start: str) -> Iterable[State]:
        return self.inner.starts(start)

    def step(self, state: State, action: str) -> Outcome | Iterable[Outcome]:
        return Outcome(state, 0.0) if action == HOLD else self.inner.step(state, action)

    def features(self, state: State) -> Mapping[str, float | bool | str]:
        return self.inner.features(state)

    def entities(self, state: State) -> Mapping[str, tuple[float, float]]:
        return self.inner.entities(state)

    def shove(self, state: State) -> Iterable[State]:
        return self.inner.shove(state)

    def draw(self, state: State) -> list[str]:
        return self.inner.draw(state)

    def observe(self, state: State) -> NDArray[np.float32]:
        return self.inner.observe(state)

    def temptation(self, state: State, action: str, to: State) -> float | None:
        return None if action == HOLD else self.inner.temptation(state, action, to)

    def describe(self, state: State) -> str:
        return self.inner.describe(state)

    def tell(self, state: State, action: str, to: State) -> str:
        return NOTHING_HAPPENS if action == HOLD else self.inner.tell(state, action, to)

    def exemplars(self) -> Mapping[str, Any]:
        return self.inner.exemplars()


def _holdable(world: World) -> TableWorld:
    if not isinstance(world, TableWorld):
        raise BadWorld(
            f"World {world.name!r} can't be held: only of table worlds is it known when nothing has changed. "
            f"Use it without {HOLD_SUFFIX}."
        )
    if world.idle is not None:
        raise BadWorld(
            f"World {world.name!r} already has {world.idle!r}, which does nothing; use it without {HOLD_SUFFIX}."
        )
    if HOLD in (world.actions or ()):
        raise BadWorld(f"World {world.name!r} already has an action {HOLD!r}; name it as the world's `idle`.")
    return world
