"""Nulls: what an agent's scaffold does without a mind, which is nothing that the agent gets credit for.

    uniform    every answer equally likely; where free replies are tabulated, one reply to each prompt by lot, and the
               mean of several such lots
    shuffled   the engine's own answers, dealt anew among the questions: its habits, but about nothing; the mean of
               several shuffles, since among few questions one may be right by luck

Shuffling means something where everything is asked at once, as it is when a policy is tabulated; an agent that is
stepped asks few questions at a time, often one, so in place of it the reference `marginal`, which acts as often in each
way as the agent does, stands in its certificate (see `measure`). An agent that has no engine and no scaffold is
compared with `random`, which takes every action equally often.

Theory: A5.
"""

from __future__ import annotations

from typing import Any

from teloscope.agents.agent import Agent
from teloscope.agents.habits import Random
from teloscope.worlds.world import World

LOTS = 5
"""Nulls of one kind, where lot decides."""


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

    if not tabulated:
        return {"uniform": [around(Uniform())]}
    lots = range(LOTS * seed, LOTS * (seed + 1))
    engine = given.engine.bound(world)
    return {
        "uniform": [around(Uniform(lot)) for lot in (lots if given.scaffold.decide == "text" else lots[:1])],
        "shuffled": [around(Shuffled(engine, lot)) for lot in lots],
    }
