"""Subjects for the battery: minds of the savanna, and networks of other libraries. Theory: E7."""

import teloscope.affect.extra  # noqa: F401  (before JAX is imported)
from teloscope.affect.subjects.oracle import remaining_fitness
from teloscope.affect.subjects.players import PlayerSubject
from teloscope.affect.subjects.savanna import SavannaSubject
from teloscope.affect.subjects.torch_module import HookedModule

__all__ = ["HookedModule", "PlayerSubject", "SavannaSubject", "remaining_fitness"]
