"""Table worlds: small worlds, written as plain Python and compiled into arrays. Theory: A1."""

from teloscope.worlds.table.arrays import Table
from teloscope.worlds.table.authored import Outcome
from teloscope.worlds.table.world import TableWorld

__all__ = ["Outcome", "Table", "TableWorld"]
