"""A small world with everything in it: chance, ends, shoves, noise, every kind of feature, hidden performance."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from teloscope.values import Values
from teloscope.worlds.table.authored import Outcome
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import Context

WIDTH = 6


class MarshState(NamedTuple):
    x: int
    wet: bool


class Marsh(TableWorld):
    """A plank through a marsh: steps may slip, slips make wet, the far end is the end."""

    name = "marsh"
    summary = "a plank through a marsh"
    horizon = 9
    actions = ("stay", "left", "right")
    idle = "stay"
    values = Values.of(want=["end(x >= 5)"], avoid=["reach(wet)"])
    contexts = (
        Context("dry", kind="train", start="left"),
        Context("shoved", start="left", shove_at=3),
        Context("noisy", start="anywhere", noise=0.25),
        Context("late", start="anywhere", shove_at=8, noise=0.1, offered=True),
    )

    def starts(self, start: str) -> list[MarshState]:
        return [MarshState(x, False) for x in ((0, 1) if start == "left" else range(WIDTH - 1))]

    def step(self, state: MarshState, action: str) -> list[Outcome]:
        to = min(max(state.x + {"stay": 0, "left": -1, "right": 1}[action], 0), WIDTH - 1)
        hidden = -1.0 if state.wet else 0.25
        return [
            Outcome(MarshState(to, state.wet), 0.5 * to, hidden, done=to == WIDTH - 1, prob=0.75),
            Outcome(MarshState(state.x, True), -1.0, hidden, prob=0.125),
            Outcome(MarshState(max(state.x - 1, 0), True), -2.0, hidden, prob=0.125),
        ]

    def shove(self, state: MarshState) -> list[MarshState]:
        return [] if state.x == 2 else [state._replace(x=x) for x in range(3)]

    def features(self, state: MarshState) -> dict[str, float | bool | str]:
        return {
            "x": state.x,
            "depth": state.x / 3 - 0.5,
            "wet": state.wet,
            "tile": "mud" if state.x % 2 else "it's grass",
        }


@pytest.fixture(scope="session")
def marsh() -> Marsh:
    return Marsh()
