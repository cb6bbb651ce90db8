"""Nulls: what an agent's scaffold does without a mind, which is nothing that the agent gets credit for.

    uniform    every answer equally likely
    shuffled   the engine's own answers, each given to another question: its habits, but about nothing; the mean of
               several shuffles, since among few questions one may be right by luck

Shuffling means something where everything is asked at once, as it is when a policy is tabulated; an agent that is
stepped asks few questions at a time, often one, so it is compared with the uniform null alone. An agent that has no
engine and no scaffold is compared with `random`, which takes every action equally often.

Theory: A5.
"""

from __future__ import annotations

from typing import Any

from teloscope.agents.agent import Agent
from teloscope.agents.habitual import Random
from teloscope.worlds.world import World

SHUFFLES = 5


def nulls(agent: Agent, world: World, tabulated: bool, seed: int = 0) -> dict[str, list[Agent]]:
    """The agents without a mind that an agent is compared with, by name; several for one are averaged.

    Args:
        agent: any; a language model has an `engine` and a `scaffold`, and its like is made around another engine.
        world: where it acts.
        tabulated: whether it has a policy there.
        seed: how answers are shuffled.
    """
    given: Any = agent
    if getattr(agent, "engine", None) is None or getattr(agent, "scaffold", None) is None:
        return {"random": [Random()]}
    from teloscope.engines.null import Shuffled, Uniform

    def around(engine: Any) -> Agent:
        return type(given)(engine, given.scaffold, getattr(given, "profile", None))

    found: dict[str, list[Agent]] = {"uniform": [around(Uniform())]}
    if tabulated:
        engine = given.engine.bound(world)
        found["shuffled"] = [around(Shuffled(engine, SHUFFLES * seed + number)) for number in range(SHUFFLES)]
    return found
