"""Directions among latents: candidates for an affect, its two axes, erasure of a concept, and control directions."""

from teloscope.affect.latents.axes import Axes, Axis, find_axes
from teloscope.affect.latents.candidates import CANDIDATES, candidate
from teloscope.affect.latents.erasure import erase

__all__ = ["CANDIDATES", "Axes", "Axis", "candidate", "erase", "find_axes"]
