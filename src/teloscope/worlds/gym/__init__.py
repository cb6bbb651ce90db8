"""Gymnasium environments as worlds, with named features. Theory: A1."""

from teloscope.worlds.gym.world import GymWorld

__all__ = ["GymWorld"]
