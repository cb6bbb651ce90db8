"""Does it steer at all? A test that needs no name for what it steers toward. Theory: A2."""

from teloscope.goals.directedness.decide import directedness

__all__ = ["directedness"]
