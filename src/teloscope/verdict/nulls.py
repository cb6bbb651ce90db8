"""Nulls: what an agent's scaffold does without a mind, which is nothing that the agent gets credit for.

    uniform    every answer equally likely
    shuffled   the engine's own answers, dealt among the questions anew: as telling as its habits, but about nothing

An agent that has no engine and no scaffold is compared with `random`, which takes every action equally often.

Theory: A5.
"""

from __future__ import annotations

from typing import Any

from teloscope.agents.agent import Agent
from teloscope.agents.habitual import Random


def nulls(agent: Agent, seed: int = 0) -> dict[str, Agent]:
    """The agents without a mind that an agent is compared with, by name.

    Args:
        agent: any; a language model has an `engine` and a `scaffold`, and its like is made around another engine.
        seed: how answers are shuffled.
    """
    given: Any = agent
    if getattr(agent, "engine", None) is None or getattr(agent, "scaffold", None) is None:
        return {"random": Random()}
    from teloscope.engines.null import Shuffled, Uniform

    def with_engine(engine: Any) -> Agent:
        return type(given)(engine, given.scaffold, getattr(given, "profile", None))

    return {"uniform": with_engine(Uniform()), "shuffled": with_engine(Shuffled(given.engine, seed))}
