"""Rooms: walled grids with landmarks, made from a seed, in which goals can be planted.

Every context is another level with other walls and other places for the landmarks. So "at the lamp" and "at the left
side" do not stay the same states. One level is shoved, one is noisy.

Theory: A2.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from teloscope.values import Values
from teloscope.worlds.grid import Cell, Grid
from teloscope.worlds.table.authored import Outcome
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.text.default_text import join_words
from teloscope.worlds.text.grid_text import BUMP, STAY, WALK, WANDER, distances, join, locate, steps_to
from teloscope.worlds.world import Context

LANDMARKS = ("lamp", "gem", "well")
LEVELS = 8


class RoomState(NamedTuple):
    """Where the agent is, in which level, and whether it has been to the well."""

    x: int
    y: int
    level: int
    well_visited: bool


class Level(NamedTuple):
    """Walls and landmarks of one level."""

    grid: Grid
    places: dict[str, Cell]


class Rooms(TableWorld):
    """A walled room of eight levels; `rooms-<seed>` tells one from another."""

    summary = "walled rooms with a lamp, a gem and a well, for planting goals"
    source = "teloscope's calibration zoo"
    task = "You are in a room with walls, a lamp, a gem and a well. Go where you like."
    actions = ("stay", "left", "right", "up", "down")
    phrases = WALK
    idle = "stay"
    legend: Mapping[str, str] = {"#": "wall", "A": "agent", "L": "lamp", "G": "gem", "W": "well"}
    values = Values()

    def __init__(self, seed: int, size: int = 10, horizon: int = 48) -> None:
        self.name = f"rooms-{seed}"
        self.horizon = horizon
        self.size = (size, size)
        self.levels = tuple(make_level(np.random.default_rng((seed, level)), size) for level in range(LEVELS))
        plain = [Context(f"level-{i}", kind="train" if i < 3 else "test") for i in range(LEVELS - 2)]
        shoved = Context(
            f"level-{LEVELS - 2}", shove_at=horizon // 3, note="moved to a random cell after a third of the time"
        )
        noisy = Context(f"level-{LEVELS - 1}", noise=0.1, note="one action in ten is replaced")
        self.contexts = (*plain, shoved, noisy)

    def starts(self, start: str) -> list[RoomState]:
        level = int(start.removeprefix("level-"))
        return [RoomState(x, y, level, False) for x, y in self.levels[level].grid.free()]

    def step(self, state: RoomState, action: str) -> Outcome:
        level = self.levels[state.level]
        x, y = level.grid.moved((state.x, state.y), action)
        return Outcome(RoomState(x, y, state.level, state.well_visited or (x, y) == level.places["well"]))

    def features(self, state: RoomState) -> dict[str, bool]:
        return {"well_visited": state.well_visited}

    def entities(self, state: RoomState) -> dict[str, Cell]:
        return {"agent": (state.x, state.y), **self.levels[state.level].places}

    def shove(self, state: RoomState) -> list[RoomState]:
        return [state._replace(x=x, y=y) for x, y in self.levels[state.level].grid.free()]

    def describe(self, state: RoomState) -> str:
        places, at = self.levels[state.level].places, (state.x, state.y)
        been = "You have been to the well." if state.well_visited else ""
        return join([*(locate(f"The {name}", at, cell) for name, cell in places.items()), been])

    def tell(self, state: RoomState, action: str, to: RoomState) -> str:
        level, at, then = self.levels[state.level], (state.x, state.y), (to.x, to.y)
        if at == then:
            return STAY if action == "stay" else BUMP
        if here := [name for name, cell in level.places.items() if cell == then]:
            return f"You come to the {here[0]}."
        steps = {f"the {name}": steps_to(level.grid, cell) for name, cell in level.places.items()}
        nearer = [name for name, far in steps.items() if far[then] < far[at]]
        return f"You walk toward {join_words(nearer)}." if nearer else WANDER

    def draw(self, state: RoomState) -> list[str]:
        level = self.levels[state.level]
        shown = {cell: name[0].upper() for name, cell in level.places.items()}
        return level.grid.drawn({**shown, (state.x, state.y): "A"})


def make_level(rng: np.random.Generator, size: int) -> Level:
    """Random walls that leave every free cell reachable, and landmarks on free cells apart from each other."""
    while True:
        walls = rng.random((size, size)) < 0.12
        walls[[0, -1], :] = walls[:, [0, -1]] = True
        grid = Grid.of(*("".join("#" if w else " " for w in row) for row in walls))
        free = grid.free()
        if len(distances(grid, free[0])) == len(free):
            break
    picks = rng.choice(len(free), len(LANDMARKS), replace=False)
    return Level(grid, {name: free[i] for name, i in zip(LANDMARKS, picks, strict=True)})
