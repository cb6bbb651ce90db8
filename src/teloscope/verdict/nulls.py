"""Nulls: the same scaffold around an engine that does not use the prompt. What a null wins is no credit to the agent.

    uniform    every answer is equally likely. Where free replies are tabulated, each prompt gets one random reply, and
               several such draws are averaged
    shuffled   the engine's own answers, permuted among the questions: the same answer frequencies without the content.
               Several permutations are averaged, because among few questions one may be right by luck

A permutation needs all questions at once, as when a policy is tabulated. An agent that is stepped asks few questions at
a time, often one. Its certificate therefore uses the reference `marginal`, which has the agent's action frequencies,
instead of `shuffled` (see `measure`). An agent without an engine and a scaffold is compared with `random`, which takes
every action equally often.

Theory: A5.
"""

from __future__ import annotations

from typing import Any

from teloscope.agents.agent import Agent
from teloscope.agents.habits import Random
from teloscope.worlds.world import World

DRAWS = 5
"""Random nulls of one kind, which are averaged."""


def null_agents(agent: Agent, world: World, tabulated: bool, seed: int = 0) -> dict[str, list[Agent]]:
    """The nulls that an agent is compared with, by name; several of one name are averaged.

    Args:
        agent: any agent. For one with an `engine` and a `scaffold`, a null is the same scaffold with another engine.
        world: where it acts.
        tabulated: whether it has a policy there.
        seed: of the random draws.
    """
    given: Any = agent
    if getattr(agent, "engine", None) is None or getattr(agent, "scaffold", None) is None:
        return {"random": [Random()]}
    from teloscope.engines.null import Shuffled, Uniform

    def with_engine(engine: Any) -> Agent:
        return type(given)(engine, given.scaffold, getattr(given, "profile", None))

    if not tabulated:
        return {"uniform": [with_engine(Uniform())]}
    draws = range(DRAWS * seed, DRAWS * (seed + 1))
    engine = given.engine.bound(world)
    return {
        "uniform": [with_engine(Uniform(draw)) for draw in (draws if given.scaffold.decide == "text" else draws[:1])],
        "shuffled": [with_engine(Shuffled(engine, draw)) for draw in draws],
    }
