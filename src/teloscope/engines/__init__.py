"""Engines: what thinks for an agent. Language models, local or behind a provider, and engines of known behaviour.

Theory: A5, S2.
"""

from teloscope.engines.engine import Decoding, Engine, LogProbs, Message, Prompt, Question, Reply, Spent
from teloscope.engines.registry import ENGINES, engine

__all__ = [
    "ENGINES",
    "Decoding",
    "Engine",
    "LogProbs",
    "Message",
    "Prompt",
    "Question",
    "Reply",
    "Spent",
    "engine",
]
