"""Goals: the regimes an agent steers into, with their evidence. Theory: A2."""

from teloscope.goals.find import Goals, find_goals, read_goals

__all__ = ["Goals", "find_goals", "read_goals"]
