"""Arenas: open table worlds made from a plan, in which goals of every form can be planted.

A plan says the size, the landmarks, the cue (a lamp or a colour, fixed for an episode), whether something moves by
itself, and the walls. Landmarks stand elsewhere in every layout, so that "the pole" and "the right side" come apart;
three contexts start in three layouts, one more is shoved, one is noisy.

Theory: A2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal, NamedTuple

import numpy as np

from teloscope.values import Values
from teloscope.worlds.table.authored import Outcome
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import Context

Cell = tuple[int, int]
MOVES: Mapping[str, Cell] = {"stay": (0, 0), "left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
LAYOUTS = ("a", "b", "c")
COLOURS = ("red", "green", "blue")
APART = 3
"""Steps between landmarks, at least."""
STROLL = 0.3
"""Chance that a wandering drone goes on, or back; else it stays."""


@dataclass(frozen=True)
class ArenaPlan:
    """From which an arena is made; small, hashable and picklable."""

    seed: int
    size: int
    landmarks: tuple[str, ...] = ("pole", "post")
    cue: Literal["none", "lamp", "colour"] = "none"
    drone: Literal["none", "loop", "stroll"] = "none"
    """What moves by itself: nothing, something on a round, or something that wanders along a line."""
    walls: Literal["none", "few", "strips"] = "none"
    """strips: walls divide the arena into three strips of unlike reach, between which nobody can walk."""
    horizon: int = 40
    layouts: int = 3
    """1: every context starts in the same layout."""

    @property
    def name(self) -> str:
        return f"arena-{self.seed}"


class ArenaState(NamedTuple):
    """Where the agent is, in which layout, under which cue, and how far the drone has come."""

    x: int
    y: int
    layout: int
    cue: int
    phase: int


class Layout(NamedTuple):
    """Where the landmarks stand, and the drone's path."""

    landmarks: tuple[Cell, ...]
    path: tuple[Cell, ...]


class Arena(TableWorld):
    """An arena made from a plan."""

    summary = "an open arena with landmarks, for planting goals of every form"
    source = "teloscope's calibration zoo"
    actions = tuple(MOVES)
    idle = "stay"
    values = Values()

    def __init__(self, plan: ArenaPlan) -> None:
        self.plan, self.name, self.horizon = plan, plan.name, plan.horizon
        self.size = (plan.size, plan.size)
        rng = np.random.default_rng((plan.seed, 11))
        self.free = free_cells(plan, rng)
        self.layouts = tuple(self._layout(rng) for _ in LAYOUTS)
        self.contexts = (
            Context("a", kind="train"),
            *(Context(name) for name in LAYOUTS[1 : plan.layouts]),
            Context("shoved", start="a", shove_at=plan.horizon // 3),
            Context("noisy", start=LAYOUTS[:2][plan.layouts > 1], noise=0.1),
        )

    def _layout(self, rng: np.random.Generator) -> Layout:
        cells = sorted(self.free)
        while True:
            chosen = [cells[i] for i in rng.choice(len(cells), len(self.plan.landmarks), replace=False)]
            gaps = [abs(a[0] - b[0]) + abs(a[1] - b[1]) for i, a in enumerate(chosen) for b in chosen[:i]]
            if min(gaps, default=APART) >= APART:
                return Layout(tuple(chosen), self._path(rng))

    def _path(self, rng: np.random.Generator) -> tuple[Cell, ...]:
        """The drone's cells in order; walls are no hindrance to it."""
        size = self.plan.size
        if self.plan.drone == "none":
            return ()
        if self.plan.drone == "stroll":
            across, row, first = rng.random() < 0.5, int(rng.integers(size)), int(rng.integers(size - 5))
            return tuple((i, row) if across else (row, i) for i in range(first, first + 6))
        x, y = (int(v) for v in rng.integers(0, size - 2, 2))
        ring = [(x, y), (x + 1, y), (x + 2, y), (x + 2, y + 1), (x + 2, y + 2), (x + 1, y + 2), (x, y + 2), (x, y + 1)]
        return tuple(ring if rng.random() < 0.5 else ring[::-1])

    @cached_property
    def cues(self) -> int:
        return {"none": 1, "lamp": 2, "colour": len(COLOURS)}[self.plan.cue]

    def starts(self, start: str) -> list[ArenaState]:
        layout = LAYOUTS.index(start)
        phases = max(len(self.layouts[layout].path), 1)
        return [
            ArenaState(x, y, layout, cue, phase)
            for x, y in sorted(self.free)
            for cue in range(self.cues)
            for phase in range(phases)
        ]

    def step(self, state: ArenaState, action: str) -> list[Outcome]:
        dx, dy = MOVES[action]
        x, y = (state.x + dx, state.y + dy) if (state.x + dx, state.y + dy) in self.free else (state.x, state.y)
        moved = state._replace(x=x, y=y)
        last = len(self.layouts[state.layout].path) - 1
        match self.plan.drone:
            case "none":
                return [Outcome(moved)]
            case "loop":
                return [Outcome(moved._replace(phase=(state.phase + 1) % (last + 1)))]
        return [
            Outcome(moved._replace(phase=min(max(state.phase + by, 0), last)), prob=prob)
            for by, prob in ((-1, STROLL), (0, 1 - 2 * STROLL), (1, STROLL))
        ]

    def features(self, state: ArenaState) -> dict[str, bool | str]:
        match self.plan.cue:
            case "none":
                return {}
            case "lamp":
                return {"lamp": bool(state.cue)}
        return {"colour": COLOURS[state.cue]}

    def entities(self, state: ArenaState) -> dict[str, Cell]:
        layout = self.layouts[state.layout]
        drone = {"drone": layout.path[state.phase]} if layout.path else {}
        named = dict(zip(self.plan.landmarks, layout.landmarks, strict=True))
        return {"agent": (state.x, state.y)} | named | drone

    def shove(self, state: ArenaState) -> list[ArenaState]:
        return [state._replace(x=x, y=y) for x, y in sorted(self.free)]

    def draw(self, state: ArenaState) -> list[str]:
        shown = {cell: name[0].upper() for name, cell in self.entities(state).items() if name != "agent"}
        shown[state.x, state.y] = "A"
        size = range(self.plan.size)
        return ["".join(shown.get((x, y), " " if (x, y) in self.free else "#") for x in size) for y in size]


def free_cells(plan: ArenaPlan, rng: np.random.Generator) -> frozenset[Cell]:
    """The cells one can stand on."""
    size = plan.size
    if plan.walls == "strips":
        thirds = [(0, size // 3 - 1), (size // 4, size // 2 + 1), (size // 2, size - 1)]
        rows = np.array_split(np.arange(size), 3)
        order = rng.permutation(3)
        return frozenset(
            (x, int(y))
            for strip, which in zip(rows, order, strict=True)
            for y in (strip[:-1] if len(strip) > 1 and strip[-1] < size - 1 else strip)
            for x in range(thirds[which][0], thirds[which][1] + 1)
        )
    cells = {(x, y) for x in range(size) for y in range(size)}
    if plan.walls == "none":
        return frozenset(cells)
    while True:
        blocked = {(int(x), int(y)) for x, y in rng.integers(1, size - 1, (size - 2, 2))}
        if _joined(cells - blocked):
            return frozenset(cells - blocked)


def _joined(cells: set[Cell]) -> bool:
    """Whether every cell can be walked to from any other."""
    seen, queue = set(), [next(iter(cells))]
    while queue:
        x, y = queue.pop()
        if (x, y) in cells and (x, y) not in seen:
            seen.add((x, y))
            queue += [(x + dx, y + dy) for dx, dy in MOVES.values()]
    return len(seen) == len(cells)


@lru_cache(maxsize=4)
def arena(plan: ArenaPlan) -> Arena:
    """The arena of a plan; animals of one arena come one after another, so few are kept."""
    return Arena(plan)
