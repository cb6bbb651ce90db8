"""Agents: what acts in a world. Theory: A1, A2."""

from teloscope.agents.agent import Agent, Player
from teloscope.agents.planner import Planner
from teloscope.agents.registry import agent

__all__ = ["Agent", "Planner", "Player", "agent"]
