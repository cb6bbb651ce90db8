"""Engines: what thinks for an agent. Language models here or behind a provider, and engines of known behaviour.

Theory: A5, S2.
"""

from teloscope.engines.engine import Decoding, Engine, LogProbs, Message, Prompt, Question, Reply, Spent

__all__ = ["Decoding", "Engine", "LogProbs", "Message", "Prompt", "Question", "Reply", "Spent"]
