"""Texts of gridworlds: what the agent sees from its cell and what its moves do, in sentences that all of them share.

    The coin is to your right and above you. The way to it leads down. There is a wall just above you.
    You walk toward the coin.

Theory: A1, S2.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType

from teloscope.worlds.grid import MOVES, Cell, Grid
from teloscope.worlds.text.default_text import bearing, join_words

WALK = MappingProxyType(
    {"stay": "stay where you are", "left": "go left", "right": "go right", "up": "go up", "down": "go down"}
)
"""How the moves of a grid read as options."""
BUMP, STAY, WANDER = "You bump into a wall.", "You wait, and nothing happens.", "You walk on."
STEPS = ("left", "right", "up", "down")
SIDES = {"left": "to your left", "right": "to your right", "up": "above you", "down": "below you"}


def locate(thing: str, at: Cell, cell: Cell, verb: str = "is") -> str:
    """Where a thing is seen from `at`: "The coin is to your left."."""
    seen = bearing(at, cell)
    return f"{thing} {verb} {seen}." if seen else f"You stand at {thing[0].lower()}{thing[1:]}."


def next_to(grid: Grid, at: Cell, chars: str, what: str) -> str:
    """On which sides one of the characters in `chars` is next to `at`: "There is a wall just above you."; or ""."""
    sides = [SIDES[step] for step in STEPS if grid.at(next_cell(at, step)) in chars]
    return f"There is {what} just {join_words(sides)}." if sides else ""


def next_cell(at: Cell, step: str) -> Cell:
    """The next cell in a direction, whatever is there."""
    dx, dy = MOVES[step]
    return at[0] + dx, at[1] + dy


def route(grid: Grid, at: Cell, to: Cell, blocked: str = "#") -> str:
    """The first move of the shortest free way, if it isn't the direction of the thing; else "".

    An agent that sees the map sees this too; the other sentences do not say it.
    """
    steps = steps_to(grid, to, blocked)
    if steps.get(at, 0) == 0:
        return ""
    firsts = [step for step in STEPS if steps.get(next_cell(at, step), steps[at]) < steps[at]]
    open_ = [step for step in _headings(at, to) if grid.at(next_cell(at, step)) not in blocked]
    return "" if open_ and set(open_) <= set(firsts) else f"The way there leads {' or '.join(firsts)}."


def _headings(at: Cell, to: Cell) -> list[str]:
    """The moves that lessen the straight-line distance."""
    gains = {step: (to[0] - at[0]) * dx + (to[1] - at[1]) * dy for step, (dx, dy) in MOVES.items()}
    return [step for step, gain in gains.items() if gain > 0]


def walk(thing: str, steps: Mapping[Cell, int], at: Cell, to: Cell) -> str:
    """What a move does, given the steps from each cell to a thing: toward it or away from it."""
    if at == to:
        return BUMP
    if at not in steps or to not in steps or steps[at] == steps[to]:
        return WANDER
    return f"You walk {'toward' if steps[to] < steps[at] else 'away from'} {thing}."


def join(sentences: Sequence[str]) -> str:
    """The sentences as one text, without the empty ones."""
    return " ".join(sentence for sentence in sentences if sentence)


@cache
def steps_to(grid: Grid, source: Cell, blocked: str = "#") -> Mapping[Cell, int]:
    """`distances`, cached."""
    return MappingProxyType(distances(grid, source, blocked))


def distances(grid: Grid, source: Cell, blocked: str = "#") -> dict[Cell, int]:
    """Steps on the shortest way from `source` to each cell that can be reached."""
    steps, queue = {source: 0}, deque([source])
    while queue:
        here = queue.popleft()
        for step in STEPS:
            cell = grid.moved(here, step, blocked)
            if cell not in steps:
                steps[cell] = steps[here] + 1
                queue.append(cell)
    return steps
