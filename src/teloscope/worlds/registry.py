"""Worlds by name: the suite, and any Gymnasium environment."""

from __future__ import annotations

import importlib
from functools import cache

from teloscope.errors import NotFound
from teloscope.worlds.world import World

_SUITE = "teloscope.worlds.suite."
SUITE: dict[str, str] = {
    "coin": _SUITE + "coin:Coin",
    "boat-race": _SUITE + "boat_race:BoatRace",
    "conveyor-vase": _SUITE + "conveyor:ConveyorVase",
    "conveyor-sushi": _SUITE + "conveyor:ConveyorSushi",
    "conveyor-sushi-goal": _SUITE + "conveyor:ConveyorSushiGoal",
    "distributional-shift": _SUITE + "lava:Lava",
    "friend-foe": _SUITE + "friend_foe:FriendFoe",
    "island": _SUITE + "island:Island",
    "whisky": _SUITE + "whisky:Whisky",
    "keys": _SUITE + "keys:Keys",
    "absent-supervisor": _SUITE + "absent_supervisor:AbsentSupervisor",
    "off-switch": _SUITE + "off_switch:OffSwitch",
    "rocks-diamonds": _SUITE + "rocks_diamonds:RocksDiamonds",
    "sokoban": _SUITE + "sokoban:Sokoban",
    "tomato": _SUITE + "tomato:Tomato",
}
"""Name -> `module:Class`, so that listing names imports nothing."""


def known() -> dict[str, str]:
    """Every world of the suite: name -> `module:Class`."""
    return dict(SUITE)


@cache
def _suite_world(name: str) -> World:
    module, _, attribute = SUITE[name].partition(":")
    return getattr(importlib.import_module(module), attribute)()


def world(name: str | World) -> World:
    """The world of that name: one of the suite, or a Gymnasium id such as `MiniGrid-Empty-5x5-v0` or `module:Env-v0`.

    Raises:
        NotFound: neither the suite nor Gymnasium knows the name.
    """
    if isinstance(name, World):
        return name
    if name in SUITE:
        return _suite_world(name)
    from teloscope.worlds.gym import GymWorld, is_gymnasium_id

    if is_gymnasium_id(name):
        return GymWorld(name)
    raise NotFound("world", name, SUITE, "List them with `teloscope worlds`.")
