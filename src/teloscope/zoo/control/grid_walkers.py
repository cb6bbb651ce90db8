"""Grid walkers: agents of MiniGrid that go to what was planted, and not to what the mission says.

They see the whole map and walk the shortest way, worked out anew whenever the map changes. What is planted is a place
(any condition on where the agent is), or something to be done with the nearest object of a kind.

    stand(c)    into cells where the condition holds, and about in them
    pick up(k)  beside it, and take it
    open        to the door, with the key if there is one

Theory: A2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import gymnasium
import numpy as np
import polars as pl
from numpy.typing import NDArray

from teloscope.agents.agent import Agent
from teloscope.regimes import holds
from teloscope.worlds.actions import ActionSet
from teloscope.worlds.world import World
from teloscope.zoo.control.controllers import with_slips

CODES: Mapping[str, int] = {"wall": 1, "lava": 2, "goal": 3, "key": 4, "ball": 5, "box": 6, "door": 7}
OPEN_DOOR = 8
LEFT, RIGHT, FORWARD, PICK_UP, TOGGLE = 0, 1, 2, 3, 5
AHEAD = np.array([(1, 0), (0, 1), (-1, 0), (0, -1)])
"""`[4, 2]` the step forward in each direction."""
OUT_OF_REACH = 10_000
MARGIN = 4
"""Numbers behind the cells: agent's x, y, direction, and the code of what it carries."""


class FromAbove(gymnasium.Wrapper[Any, Any, Any, Any]):
    """MiniGrid seen from above: the codes of all cells, column by column, then where the agent is and what it carries.

    The view through the agent's eyes, which takes most of a step's time, is not worked out.
    """

    def __init__(self, env: gymnasium.Env[Any, Any]) -> None:
        super().__init__(env)
        grid: Any = env.unwrapped
        grid.gen_obs = lambda: {}
        shape = (grid.width * grid.height + MARGIN,)
        self.observation_space = gymnasium.spaces.Box(0, 255, shape, np.int16)

    def reset(self, **given: Any) -> tuple[NDArray[np.int16], dict[str, Any]]:
        info = self.env.reset(**given)[1]
        return self._map(), info

    def step(self, action: Any) -> tuple[NDArray[np.int16], Any, bool, bool, dict[str, Any]]:
        _, reward, terminated, truncated, info = self.env.step(action)
        return self._map(), reward, terminated, truncated, info

    def _map(self) -> NDArray[np.int16]:
        grid: Any = self.env.unwrapped
        cells = [0 if cell is None else _code(cell) for cell in grid.grid.grid]
        carried = 0 if grid.carrying is None else _code(grid.carrying)
        return np.array([*cells, *grid.agent_pos, grid.agent_dir, carried], dtype=np.int16)


def _code(cell: Any) -> int:
    if cell.type == "door" and cell.is_open:
        return OPEN_DOOR
    return CODES.get(cell.type, 0)


Deed = Literal["stand", "pick up", "open"]


class GridWalker(Agent):
    """Does one thing, the shortest way."""

    def __init__(self, deed: Deed, what: str = "", eps: float = 0.0) -> None:
        """`what`: the condition to stand in, or the kind of object."""
        self.deed, self.what, self.eps = deed, what, eps
        self.name = f"walk:{deed} {what}".strip() + (f"?eps={eps:g}" if eps else "")

    def start(self, world: World, episodes: int, seed: int) -> GridWalkerPlayer:
        assert world.size is not None, "grid walkers walk on grids"
        rule: ActionSet = world.action_set  # type: ignore[attr-defined]
        return GridWalkerPlayer(self, rule, world.size, np.random.default_rng((seed, 17)))


class GridWalkerPlayer:
    """A grid walker in `B` episodes side by side."""

    def __init__(self, who: GridWalker, rule: ActionSet, size: tuple[int, int], rng: np.random.Generator) -> None:
        self.who, self.rule, self.size, self.rng = who, rule, size, rng
        self.known: NDArray[np.int16] | None = None
        self.far = np.zeros((0, 0, 0), dtype=np.int64)
        """`[B, W, H]` steps from each cell to the target, for the maps that are known."""

    def act(self, observations: Any, t: int, alive: NDArray[np.bool_]) -> NDArray[Any]:
        """`[B]` actions."""
        seen = np.asarray(observations)
        cells, (x, y, direction, carried) = seen[:, :-MARGIN], seen[:, -MARGIN:].astype(np.int64).T
        told = np.concatenate([cells, seen[:, -1:]], axis=1)
        self._learn(told, carried)
        at = np.arange(len(seen))
        here = self.far[at, x, y]
        beside = np.clip(np.stack([x, y], 1)[:, None] + AHEAD, 0, np.array(self.size) - 1)
        nearer = self.far[at[:, None], beside[..., 0], beside[..., 1]] < here[:, None]
        turn = np.where(nearer[at, (direction + 1) % 4], RIGHT, LEFT)
        act = np.where(nearer[at, direction], self._forward(cells, carried, here), turn)
        act = np.where((here == 0) | (here >= OUT_OF_REACH), LEFT, act)
        return with_slips(act, self.who.eps, self.rule, self.rng)

    def _forward(self, cells: NDArray[Any], carried: NDArray[Any], here: NDArray[Any]) -> NDArray[np.int64]:
        """What to do when the way lies ahead: go on, or act on the object if it is the next cell."""
        match self.who.deed:
            case "stand":
                return np.full(len(cells), FORWARD)
            case "pick up":
                return np.where(here == 1, PICK_UP, FORWARD)
        fetching = _needs_key(cells, carried)
        return np.where(here == 1, np.where(fetching, PICK_UP, TOGGLE), FORWARD)

    def _learn(self, told: NDArray[np.int16], carried: NDArray[np.int64]) -> None:
        """Work out the ways on maps that have changed."""
        if self.known is None or len(self.known) != len(told):
            changed = np.ones(len(told), dtype=np.bool_)
            self.far = np.full((len(told), *self.size), OUT_OF_REACH)
        else:
            changed = (told != self.known).any(axis=1)
        if changed.any():
            width, height = self.size
            maps = told[changed, :-1].reshape(-1, height, width).transpose(0, 2, 1)
            target, free = self._target(maps, carried[changed])
            self.far[changed] = steps_to(target, free)
        self.known = told.copy()

    def _target(self, maps: NDArray[Any], carried: NDArray[Any]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """`[B, W, H]` each: the cells to get to, and those that can be walked on."""
        free = (maps == 0) | (maps == OPEN_DOOR)
        match self.who.deed:
            case "stand":
                return self._places(maps) & free, free
            case "pick up":
                return (maps == CODES[self.who.what]) & (carried != CODES[self.who.what])[:, None, None], free
        fetching = _needs_key(maps.reshape(len(maps), -1), carried)[:, None, None]
        return np.where(fetching, maps == CODES["key"], maps == CODES["door"]), free

    def _places(self, maps: NDArray[Any]) -> NDArray[np.bool_]:
        """Where the condition would hold if the agent stood there."""
        x, y = (np.broadcast_to(axis, maps.shape) for axis in np.indices(maps.shape[1:]))
        columns = {"agent_x": x.ravel(), "agent_y": y.ravel()}
        for kind in ("goal", "lava", "door"):
            columns[f"agent_{kind}_distance"] = _nearest(maps == CODES[kind]).ravel()
        return holds(self.who.what, pl.DataFrame(columns)).reshape(maps.shape)


def _needs_key(cells: NDArray[Any], carried: NDArray[Any]) -> NDArray[np.bool_]:
    """`[B]` whether a key lies about that could be fetched first."""
    return (cells == CODES["key"]).any(axis=1) & (carried != CODES["key"])


def _nearest(there: NDArray[np.bool_]) -> NDArray[np.int64]:
    """`[B, W, H]` Manhattan distance to the nearest marked cell."""
    return steps_to(there, np.ones_like(there))


def steps_to(target: NDArray[np.bool_], free: NDArray[np.bool_]) -> NDArray[np.int64]:
    """`[B, W, H]` steps from every free cell to the nearest target; targets count even where nobody can walk."""
    far = np.where(target, 0, OUT_OF_REACH)
    while True:
        padded = np.pad(far, ((0, 0), (1, 1), (1, 1)), constant_values=OUT_OF_REACH)
        beside = np.minimum.reduce(
            [padded[:, 2:, 1:-1], padded[:, :-2, 1:-1], padded[:, 1:-1, 2:], padded[:, 1:-1, :-2]]
        )
        nearer = np.where(free & ~target, np.minimum(far, beside + 1), far)
        if (nearer == far).all():
            return np.minimum(far, OUT_OF_REACH)
        far = nearer


@dataclass(frozen=True)
class Mapped:
    """Makes a MiniGrid environment seen from above; picklable, and with a name of its own."""

    env_id: str
    steps: int
    given: tuple[tuple[str, Any], ...] = ()
    """Arguments of the environment."""

    @property
    def __name__(self) -> str:
        return self.env_id

    def __call__(self, **kwargs: Any) -> gymnasium.Env[Any, Any]:
        return FromAbove(
            gymnasium.make(self.env_id, disable_env_checker=True, max_steps=self.steps, **dict(self.given), **kwargs)
        )
