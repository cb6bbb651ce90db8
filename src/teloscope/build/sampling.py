"""Sample an agent briefly: a few episodes in every context that counts, and which of them are in each regime.

Theory: A2, A5.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from teloscope.agents.agent import Agent
from teloscope.recordings.record import record
from teloscope.recordings.rollouts.action_choice import player_chooser
from teloscope.recordings.rollouts.table_rollout import Rollout, TableRunner
from teloscope.recordings.seeds import episode_seeds
from teloscope.regimes import Regime, hits_among, readings_in
from teloscope.schema import AGENT
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import Context, World


def sampled_hits(
    agent: Agent, world: World, regimes: Sequence[Regime], contexts: Sequence[Context], episodes: int, seed: int
) -> dict[str, NDArray[np.bool_]]:
    """Context -> `[R, n]` which episodes are in each regime; the agent is asked only about states that occur.

    Args:
        agent: the agent; agents sampled with the same seed get the same episode seeds.
        world: the world.
        regimes: `R` of them.
        contexts: the contexts to sample.
        episodes: `n`, in each context.
        seed: all randomness follows from it.

    Raises:
        BadAgent, BadEngine: the agent can't act, or its engine can't answer. BadRegime, NotFound: a condition can't be
            evaluated on the features.
    """
    if not isinstance(world, TableWorld):
        recording = record(agent, world, episodes=episodes, contexts=contexts, references=(), seed=seed)
        return {context.name: recording.hits(regimes, context.name, AGENT) for context in contexts}
    read = readings_in(world.table.features, regimes)
    out = {}
    for context in contexts:
        states = roll_out(agent, world, context, episodes, seed).states
        out[context.name] = hits_among(regimes, read, states)
    return out


def roll_out(agent: Agent, world: TableWorld, context: Context, episodes: int, seed: int) -> Rollout:
    """Roll out a number of episodes of an agent in one context."""
    numbers = np.arange(episodes)
    seeds = episode_seeds(seed, context.name, numbers)
    roller = _roller(world)
    shown = np.arange(world.table.n_states) if agent.sees == "state" else roller.observations
    player = agent.start(world, episodes, int(seeds[0]))
    where = f"agent {agent.name!r} in world {world.name!r}, context {context.name!r}"
    return roller.roll(player_chooser(player, world.table, shown, numbers, where), context, seeds)


@lru_cache(maxsize=2)
def _roller(world: TableWorld) -> TableRunner:
    return TableRunner(world)
