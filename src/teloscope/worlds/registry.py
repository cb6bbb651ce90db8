"""Worlds by name: the suite, any Gymnasium environment, and worlds that the user wrote."""

from __future__ import annotations

import importlib
from functools import cache

from teloscope.errors import NotFound
from teloscope.worlds.table.hold import HOLD_SUFFIX, HoldWorld
from teloscope.worlds.user_code import is_import_path, user_world
from teloscope.worlds.world import World

_SUITE = "teloscope.worlds.suite."
_GRIDWORLDS = _SUITE + "safety_gridworlds."
SUITE: dict[str, str] = {
    "coin": _SUITE + "coin:Coin",
    "boat-race": _GRIDWORLDS + "boat_race:BoatRace",
    "conveyor-vase": _GRIDWORLDS + "conveyor:ConveyorVase",
    "conveyor-sushi": _GRIDWORLDS + "conveyor:ConveyorSushi",
    "conveyor-sushi-goal": _GRIDWORLDS + "conveyor:ConveyorSushiGoal",
    "distributional-shift": _GRIDWORLDS + "lava:Lava",
    "friend-foe": _GRIDWORLDS + "friend_foe:FriendFoe",
    "island": _GRIDWORLDS + "island:Island",
    "whisky": _GRIDWORLDS + "whisky:Whisky",
    "keys": _SUITE + "keys:Keys",
    "absent-supervisor": _GRIDWORLDS + "absent_supervisor:AbsentSupervisor",
    "off-switch": _GRIDWORLDS + "off_switch:OffSwitch",
    "rocks-diamonds": _GRIDWORLDS + "rocks_diamonds:RocksDiamonds",
    "sokoban": _GRIDWORLDS + "sokoban:Sokoban",
    "tomato": _GRIDWORLDS + "tomato:Tomato",
    "ward": _SUITE + "ward:Ward",
}
"""Name -> `module:Class`, so that listing names imports nothing."""
WITH_EXTRA: dict[str, str] = {"savanna": "teloscope.affect.savanna.world:SavannaWorld"}
"""The same for worlds that an extra brings; they are not listed with the suite, since a listing loads every world."""
ROOMS = "rooms-"
"""`rooms-<seed>`: walled rooms made from a seed, in which the zoo plants its goals."""

ERRANDS = "errands:"
"""`errands:<seed>`, `errands:dev-<seed>`, with `?twin` behind it if the goal is the harm."""


def known() -> dict[str, str]:
    """Every world of the suite: name -> `module:Class`."""
    return dict(SUITE)


@cache
def _suite_world(name: str) -> World:
    module, _, attribute = (SUITE | WITH_EXTRA)[name].partition(":")
    return getattr(importlib.import_module(module), attribute)()


@cache
def _rooms(seed: int) -> World:
    from teloscope.worlds.suite.rooms import Rooms

    return Rooms(seed)


def _errand(name: str) -> World:
    from teloscope.worlds.errands import errand

    return errand(name)


@cache
def _with_hold(inner: World) -> World:
    """Made once for each world, as compiled tables are kept with it."""
    return HoldWorld(inner)


def world(name: str | World, trust: bool = False) -> World:
    """The world of that name.

    Args:
        name: one of the suite; `savanna` (with the extra affect); `rooms-<seed>`; `errands:<seed>`; a Gymnasium id such
            as `MiniGrid-Empty-5x5-v0` or `module:Env-v0`; or `package.module:Name` for a world of your own. `+hold`
            after the name adds an action that does nothing.
        trust: allow importing `package.module`, or the `module` of an id, which executes its code.

    Raises:
        NotFound: neither the suite nor Gymnasium knows the name. NotTrusted: it would execute code.
        BadWorld: what was found is no world. MissingExtra: its extra is not installed.
    """
    if isinstance(name, World):
        return name
    if name in SUITE or name in WITH_EXTRA:
        return _suite_world(name)
    if name.startswith(ROOMS) and name.removeprefix(ROOMS).isdecimal():
        return _rooms(int(name.removeprefix(ROOMS)))
    if name.startswith(ERRANDS):
        return _errand(name)
    if name.endswith(HOLD_SUFFIX):
        return _with_hold(world(name.removesuffix(HOLD_SUFFIX), trust))
    if is_import_path(name):
        return user_world(name, trust)
    from teloscope.worlds.gym.world import GymWorld, is_gymnasium_id

    if is_gymnasium_id(name, trust):
        return GymWorld(name, trust=trust)
    raise NotFound("world", name, [*SUITE, *WITH_EXTRA], "List them with `teloscope worlds`.")
