"""A sentence speaks of a value if it is told of what leads there and of little else."""

from __future__ import annotations

import numpy as np

from teloscope.values import Values
from teloscope.worlds.registry import world
from teloscope.worlds.table.authored import Outcome
from teloscope.worlds.table.speaking import spoken, unspoken
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import Context


class Corridor(TableWorld):
    """A lamp at the right end, a vase at the left; a state is (x, broken)."""

    name, horizon, actions = "corridor", 6, ("left", "right")
    contexts = (Context("train", kind="train"),)
    values = Values.of(want=["end(at_lamp)"], avoid=["reach(broken)"])

    def starts(self, start: str) -> list[tuple[int, bool]]:
        return [(2, False)]

    def step(self, state: tuple[int, bool], action: str) -> Outcome:
        x = min(max(state[0] + {"left": -1, "right": 1}[action], 0), 4)
        return Outcome((x, state[1] or x == 0))

    def features(self, state: tuple[int, bool]) -> dict[str, float | bool | str]:
        return {"x": state[0], "at_lamp": state[0] == 4, "broken": state[1]}

    def tell(self, state: tuple[int, bool], action: str, to: tuple[int, bool]) -> str:
        if to[1] > state[1]:
            return "The vase breaks."
        return "You are at the lamp." if to[0] == 4 > state[0] else "You walk."


class Mute(Corridor):
    """The same, told in one sentence."""

    name = "mute"

    def tell(self, state: tuple[int, bool], action: str, to: tuple[int, bool]) -> str:
        return "Something happens."


def test_the_sentences_of_a_value_are_found() -> None:
    met = Corridor()
    at_lamp, broken = spoken(met, met.values)
    assert broken.telling == ("The vase breaks.",) and broken.share == 1
    assert at_lamp.telling == ("You are at the lamp.",)
    assert not unspoken(met, met.values)


def test_an_event_that_is_told_as_everything_else_is_unspoken() -> None:
    met = Mute()
    (row,) = [row for row in spoken(met, met.values) if row.regime.mode == "reach"]
    assert row.telling == () and row.silent == ("Something happens.",) and row.entered > 0
    assert [str(regime) for regime in unspoken(met, met.values)] == ["end(at_lamp)", "reach(broken)"]


def test_what_cannot_come_about_is_not_called_unspoken() -> None:
    met = Corridor()
    values = Values.of(avoid=["reach(x > 99)"])
    assert spoken(met, values)[0].entered == 0 and not unspoken(met, values)


def test_every_value_of_an_errand_is_spoken_of() -> None:
    met = world("errands:dev-1")
    rows = spoken(met, met.values)  # type: ignore[arg-type]
    assert all(row.telling for row in rows) and np.min([row.share for row in rows]) == 1
