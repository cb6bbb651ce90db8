"""Where the agent and its strongest reference spend the late window, by context: on the map, or by feature.

    occupancy(cell) = share of the states of the late window, over all episodes, in which the agent is there

Theory: A2 (what an agent consistently navigates into is compared with a reference that has no goal).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from teloscope.errors import TeloscopeError
from teloscope.regimes import Regime, compile_condition, holds
from teloscope.schema import AGENT, VerdictDocument
from teloscope.worlds import Context, TableWorld, World
from teloscope.worlds.sampled import SampledWorld

if TYPE_CHECKING:
    from teloscope.recordings import Recording

MOST_CELLS = 2500
"""A map with more cells is not drawn; its features are compared instead."""
MOST_START_STATES = 48
"""Largest number of start states that are averaged to show what the map looks like."""
Position = tuple[str, str]


@dataclass(frozen=True)
class Occupancy:
    """Shares of the late window in one context, on the map."""

    context: Context
    reference: str
    """The strongest reference here."""
    agent: NDArray[np.float64]
    """`[height, width]` share of time, sums to 1."""
    other: NDArray[np.float64]
    """`[height, width]` the same, of the reference."""
    layout: dict[tuple[int, int, str], float]
    """(x, y, character) -> share of the context's start states that show it there, without the agent itself."""

    @property
    def difference(self) -> NDArray[np.float64]:
        return self.agent - self.other


@dataclass(frozen=True)
class Quantiles:
    """A distribution in three numbers: its 10 %, 50 % and 90 % quantiles; a share of time is repeated three times."""

    low: float
    middle: float
    high: float


@dataclass(frozen=True)
class Shift:
    """How one feature's late distribution differs between the agent and the strongest reference."""

    label: str
    """The feature, or `feature = category` for the category that differs most."""
    is_share: bool
    """Whether the axis is a share of time instead of the feature's own unit."""
    agent: Quantiles
    other: Quantiles
    least: float
    most: float
    """Ends of the axis, over both."""
    distance: float
    """Largest gap between the two cumulative distributions, 0 to 1."""


@dataclass(frozen=True)
class ContextShifts:
    """The shifts of one context, largest first."""

    context: Context
    reference: str
    shifts: tuple[Shift, ...]


def strongest_reference(document: VerdictDocument, context: str) -> str | None:
    """The reference with the highest rate of the first goal (or first value) in a context; None without references."""
    for regime in (*document.goals, *document.values):
        for row in regime.contexts:
            if row.context == context and row.references:
                return max(row.references, key=lambda r: r.rate).name
    return document.frame.references[0] if document.frame.references else None


def late_values(recording: Recording, feature: str, context: str, actor: str) -> NDArray[Any]:
    """`[N * L]` a feature in every state of the late window; an episode that ended early stays in its last state."""
    return recording.column(feature, context, actor)[:, -recording.frame.late_window :].ravel()


def position_features(features: Iterable[str]) -> Position | None:
    """The two features that hold the agent's position; None if there are none."""
    known = set(features)
    return ("agent_x", "agent_y") if {"agent_x", "agent_y"} <= known else None


def map_size(world: World | None) -> tuple[int, int] | None:
    """Width and height of a world's map; None if it has none that can be drawn."""
    if world is None:
        return None
    size = world.size
    if isinstance(world, TableWorld):
        rows = world.draw(world.table.states[0])
        size = (len(rows[0]), len(rows)) if rows else None
    return size if size is not None and size[0] * size[1] <= MOST_CELLS else None


def occupancies(document: VerdictDocument, recording: Recording) -> list[Occupancy]:
    """One map for each context; empty if the world has no map or the agent no position."""
    size, position = map_size(recording.world), position_features(document.frame.features)
    if size is None or position is None:
        return []
    walls = known_walls(recording)
    found = []
    for context in recording.contexts:
        reference = strongest_reference(document, context.name)
        if reference is None:
            continue
        agent = occupancy(recording, context.name, AGENT, position, size)
        other = occupancy(recording, context.name, reference, position, size)
        found.append(Occupancy(context, reference, agent, other, start_layout(recording.world, context, walls)))
    return found


def occupancy(
    recording: Recording, context: str, actor: str, position: Position, size: tuple[int, int]
) -> NDArray[np.float64]:
    """Shares of an actor's late window by cell, `[height, width]`."""
    x, y = (late_values(recording, name, context, actor) for name in position)
    return shares(x, y, size)


def shares(x: NDArray[Any], y: NDArray[Any], size: tuple[int, int]) -> NDArray[np.float64]:
    """Shares of positions `[N]` by cell, `[height, width]`; positions off the map are in no cell."""
    width, height = size
    column, row = (np.floor(v.astype(np.float64)).astype(np.int64) for v in (x, y))
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    cells = np.bincount((row * width + column)[inside], minlength=width * height)
    return (cells / max(len(x), 1)).reshape(height, width)


def start_layout(
    world: World | None, context: Context, walls: NDArray[np.bool_] | None
) -> dict[tuple[int, int, str], float]:
    """What is drawn in each cell at the start of an episode, as shares of the start states; else only the walls."""
    drawn = start_maps(world, context)
    if not drawn:
        return {} if walls is None else {(int(x), int(y), "#"): 1.0 for y, x in np.argwhere(walls)}
    legend: Mapping[str, str] = getattr(world, "legend", {})
    agents = {char for char, kind in legend.items() if "agent" in kind.lower()}
    seen: dict[tuple[int, int, str], float] = {}
    for rows in drawn:
        for y, line in enumerate(rows):
            for x, char in enumerate(line):
                if char not in agents:
                    seen[x, y, char] = seen.get((x, y, char), 0.0) + 1 / len(drawn)
    return seen


def start_maps(world: World | None, context: Context) -> list[list[str]]:
    """The maps that episodes of a context start from, at most `MOST_GROUNDS` of them; none where it can't be known."""
    if isinstance(world, TableWorld) and context.start in world.table.starts:
        rows = world.table.starts[context.start]
        return [world.draw(world.table.states[rows[i]]) for i in _evenly_spaced(len(rows))]
    if isinstance(world, SampledWorld):
        states = world.starts(context.start)
        return [world.draw(states, row) for row in _evenly_spaced(len(next(iter(states.values()))))]
    return []


def _evenly_spaced(count: int) -> list[int]:
    return np.linspace(0, count - 1, min(count, MOST_START_STATES)).astype(int).tolist()


def known_walls(recording: Recording) -> NDArray[np.bool_] | None:
    """`[height, width]` walls of a world that draws only one typical map; None if there is no such map.

    If an actor was inside one of these walls, the layout differs between episodes. Then only the border is certain.
    """
    size, position, drawn = map_size(recording.world), position_features(recording.frame.features), []
    if size is not None and position is not None:
        drawn = typical_map(recording.world)
    if size is None or position is None or (len(drawn), len(drawn[0]) if drawn else 0) != (size[1], size[0]):
        return None
    walls = np.array([[char == "#" for char in line] for line in drawn])
    visited = np.zeros_like(walls)
    for context in recording.contexts:
        for actor in recording.actors:
            x, y = (recording.column(name, context.name, actor).ravel() for name in position)
            visited |= shares(x, y, size) > 0
    if (walls & visited).any():
        walls[1:-1, 1:-1] = False
    return walls & ~visited


def typical_map(world: World | None) -> list[str]:
    """A map of a world that is not a table: the first start of its first context, or what the world says is typical."""
    if world is None or isinstance(world, TableWorld):
        return []
    if isinstance(world, SampledWorld):
        return next(iter(start_maps(world, world.contexts[0])), [])
    draw: Callable[[], list[str]] = getattr(world, "draw", list)
    return draw()


def goal_cells(regime: str, position: Position, size: tuple[int, int]) -> NDArray[np.bool_] | None:
    """`[height, width]` where a regime's condition holds; None unless it is one condition on the position alone."""
    try:
        parsed = Regime.parse(regime)
        if not parsed.simple:
            return None
        condition = parsed.condition
        x, y = (grid.ravel() for grid in np.meshgrid(np.arange(size[0]), np.arange(size[1])))
        cells = pl.DataFrame({position[0]: x, position[1]: y})
        if not compile_condition(condition, cells.columns).features:
            return None
        return holds(condition, cells).reshape(size[1], size[0])
    except TeloscopeError:
        return None


def feature_shifts(document: VerdictDocument, recording: Recording, most: int = 6) -> list[ContextShifts]:
    """The features that shift most, the same ones in every context."""
    found: list[tuple[Context, str, dict[str, Shift]]] = []
    for context in recording.contexts:
        reference = strongest_reference(document, context.name)
        if reference is not None:
            found.append((context, reference, _shifts(recording, context.name, reference)))
    by_context = [shifts for _, _, shifts in found]
    names = _most_shifted(by_context, most)
    ends = {name: _ends([shifts[name] for shifts in by_context if name in shifts]) for name in names}
    return [
        ContextShifts(c, r, tuple(replace(shifts[n], least=ends[n][0], most=ends[n][1]) for n in names if n in shifts))
        for c, r, shifts in found
    ]


def _ends(shifts: Sequence[Shift]) -> tuple[float, float]:
    """One axis for a feature in every context."""
    return min(s.least for s in shifts), max(s.most for s in shifts)


def _shifts(recording: Recording, context: str, reference: str) -> dict[str, Shift]:
    made = {}
    for name, kind in recording.frame.features.items():
        agent, other = (late_values(recording, name, context, actor) for actor in (AGENT, reference))
        if len(agent) and len(other):
            made[name] = number_shift(name, agent, other) if kind == "number" else share_shift(name, kind, agent, other)
    return {name: shift for name, shift in made.items() if shift is not None}


def share_shift(name: str, kind: str, agent: NDArray[Any], other: NDArray[Any]) -> Shift:
    """The shift of a boolean's share of time, or of the category whose share differs most."""
    categories = (
        [True] if kind == "bool" else np.unique(np.concatenate([agent.astype(str), other.astype(str)])).tolist()
    )
    if kind != "bool":
        agent, other = agent.astype(str), other.astype(str)
    shares = {
        category: (float(np.mean(agent == category)), float(np.mean(other == category))) for category in categories
    }
    category, (p, q) = max(shares.items(), key=lambda item: abs(item[1][0] - item[1][1]))
    label = name if kind == "bool" else f"{name} = {category}"
    return Shift(label, True, Quantiles(p, p, p), Quantiles(q, q, q), 0.0, 1.0, abs(p - q))


def number_shift(name: str, agent: NDArray[Any], other: NDArray[Any]) -> Shift | None:
    """The shift of a number; None if all values are equal, or one is not finite."""
    one, two = agent.astype(np.float64), other.astype(np.float64)
    least, most = float(min(one.min(), two.min())), float(max(one.max(), two.max()))
    if not (math.isfinite(least) and math.isfinite(most)) or least == most:
        return None
    return Shift(name, False, _quantiles(one), _quantiles(two), least, most, largest_gap(one, two))


def _quantiles(values: NDArray[np.float64]) -> Quantiles:
    low, middle, high = np.quantile(values, (0.1, 0.5, 0.9), method="inverted_cdf").tolist()
    return Quantiles(low, middle, high)


def largest_gap(one: NDArray[np.float64], two: NDArray[np.float64]) -> float:
    """Kolmogorov-Smirnov distance of two samples."""
    values = np.unique(np.concatenate([one, two]))
    below = [np.searchsorted(np.sort(sample), values, side="right") / len(sample) for sample in (one, two)]
    return float(np.abs(below[0] - below[1]).max())


def _most_shifted(by_context: Sequence[dict[str, Shift]], most: int) -> list[str]:
    total: dict[str, float] = {}
    for shifts in by_context:
        for name, shift in shifts.items():
            total[name] = total.get(name, 0.0) + shift.distance
    return sorted(total, key=lambda name: (-total[name], name))[:most]
