"""Scaffolds: prompting and parsing that make an agent of an engine, in an enumerable grammar; profiles and the gate.

Theory: A5, A7, S2.
"""

from teloscope.scaffolds.scaffold import FAMILIES, PRESETS, Scaffold

__all__ = ["FAMILIES", "PRESETS", "Scaffold"]
