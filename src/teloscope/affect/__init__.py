"""The affect laboratory: a world of energy, minds that live in it, and what their latents do.

Theory: E0-E9. `battery` asks a subject; `Subject` is what it must offer. The world and the minds need JAX and its
libraries (pip install 'teloscope[affect]'); the battery does not.
"""

from teloscope.affect.run import Examined, battery
from teloscope.affect.subject import CONTEXTS, Description, Prospects, Step, Subject

__all__ = ["CONTEXTS", "Description", "Examined", "Prospects", "Step", "Subject", "battery"]
