"""Worlds: environments with named features of their state. Theory: A1."""

from teloscope.worlds.registry import known, world
from teloscope.worlds.table.arrays import Table
from teloscope.worlds.table.authored import Outcome
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import Context, World

__all__ = ["Context", "Outcome", "Table", "TableWorld", "World", "known", "world"]
