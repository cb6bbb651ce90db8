"""MiniGrid features: positions of the agent and of each kind of object, what is carried, and the map as characters.

A carried object has the agent's position. An object that has gone (opened, eaten) keeps its last position, so that
every feature is finite in every state. Where there are several objects of a kind, the nearest to the agent counts.

Source: the public attributes of MiniGrid environments (`agent_pos`, `agent_dir`, `grid`, `carrying`, `mission`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium

from teloscope.worlds.table.features import entity_features
from teloscope.worlds.world import FeatureKind

Position = tuple[float, float]

KINDS = ("goal", "lava", "key", "door", "ball", "box")
"""Objects that become entities; walls and floors don't."""
ACTIONS = ("left", "right", "forward", "pickup", "drop", "toggle", "done")
IDLE = "done"
"""Does nothing, except in missions that end by it."""
LEGEND: Mapping[str, str] = {
    "#": "wall",
    " ": "floor",
    "A": "agent",
    "G": "goal",
    "~": "lava",
    "K": "key",
    "D": "door",
    "O": "ball",
    "B": "box",
    "?": "other",
}
NOWHERE: Position = (-1.0, -1.0)
"""Position of a kind that an episode doesn't have at all; a feature `<kind>_present` says so."""
_CHARACTER = {kind: char for char, kind in LEGEND.items()}


def is_minigrid(env: gymnasium.Env[Any, Any]) -> bool:
    """Whether this is a MiniGrid environment, under its wrappers; imports nothing."""
    return any(
        c.__module__.startswith("minigrid.") and c.__name__ == "MiniGridEnv" for c in type(env.unwrapped).__mro__
    )


class GridReader:
    """Reads the features of one sub-environment's grid, and remembers the last position of each kind of object."""

    def __init__(
        self, env: gymnasium.Env[Any, Any], kinds: tuple[str, ...] = KINDS, sometimes_absent: tuple[str, ...] = ()
    ) -> None:
        self.grid: Any = env.unwrapped
        self.kinds = kinds
        self.sometimes_absent = sometimes_absent
        """Kinds that some episodes lack, so that their presence is a feature too."""
        self.last: dict[str, Position] = {}

    def restart(self) -> None:
        """Forget the episode before."""
        self.last.clear()

    def objects(self) -> dict[str, list[Position]]:
        """Every object of every kind on the map now; what is carried counts as where the agent is."""
        width = self.grid.width
        found: dict[str, list[Position]] = {}
        for at, cell in enumerate(self.grid.grid.grid):
            if cell is not None and cell.type != "wall":
                found.setdefault(cell.type, []).append((float(at % width), float(at // width)))
        if self.grid.carrying is not None:
            found.setdefault(self.grid.carrying.type, []).append(self.agent)
        return found

    @property
    def agent(self) -> Position:
        x, y = self.grid.agent_pos
        return float(x), float(y)

    def entities(self) -> dict[str, Position]:
        """Name -> position of the agent and the nearest object of each kind."""
        here, seen = self.agent, self.objects()
        for kind in self.kinds:
            if places := seen.get(kind):
                self.last[kind] = min(places, key=lambda p: abs(p[0] - here[0]) + abs(p[1] - here[1]))
        return {"agent": here} | {kind: self.last.get(kind, NOWHERE) for kind in self.kinds}

    def features(self) -> dict[str, float | bool | str]:
        """The features of the state as it stands."""
        positions = self.entities()
        x, y = self.grid.agent_pos
        under = self.grid.grid.get(int(x), int(y))
        out: dict[str, float | bool | str] = {
            **entity_features(positions),
            "agent_direction": int(self.grid.agent_dir),
            "at_goal": under is not None and under.type == "goal",
            "on_lava": under is not None and under.type == "lava",
            "carrying": "nothing" if self.grid.carrying is None else str(self.grid.carrying.type),
            "mission": str(self.grid.mission),
        }
        if "door" in self.kinds:
            out["door_open"] = any(c is not None and c.type == "door" and c.is_open for c in self.grid.grid.grid)
        return out | {f"{kind}_present": kind in self.last for kind in self.sometimes_absent}

    def draw(self, agent: bool = True) -> list[str]:
        """The map as rows of characters; see `LEGEND`."""
        cells, width = self.grid.grid.grid, self.grid.width
        chars = [" " if c is None or c.type == "floor" else _CHARACTER.get(c.type, "?") for c in cells]
        if agent:
            x, y = self.agent
            chars[int(y) * width + int(x)] = "A"
        return ["".join(chars[row : row + width]) for row in range(0, len(chars), width)]


def feature_kind(value: float | bool | str) -> FeatureKind:
    """Kind of a value that `GridReader.features` gave."""
    return "bool" if isinstance(value, bool) else "category" if isinstance(value, str) else "number"
