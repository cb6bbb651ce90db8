"""Collectors: they let an actor play a batch of episodes and give the result as tables.

Theory: A1.
"""

from __future__ import annotations

from typing import Protocol

from teloscope.agents.agent import Agent
from teloscope.agents.references import ActionHistory
from teloscope.errors import BadStudy
from teloscope.recordings.rollouts.batch import Batch, PlayedBatch
from teloscope.recordings.rollouts.stepped_collector import SteppedCollector
from teloscope.recordings.rollouts.table_collector import TableCollector
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import World


class Collector(Protocol):
    """Plays batches in one world."""

    shard: int
    """Episodes in a shard."""

    def play(self, actor: str, agent: Agent, habits: ActionHistory | None, batch: Batch) -> PlayedBatch:
        """Play a batch.

        Args:
            actor: `agent`, or the name of a reference.
            agent: the audited agent; it acts only where the actor is `agent`.
            habits: what the agent did in every context, for the action-matched references.
            batch: the episodes.
        """
        ...


def collector_for(world: World, latents: bool = False) -> Collector:
    """The collector for a world.

    Args:
        world: the world.
        latents: whether it keeps the agent's latents.

    Raises:
        BadStudy: latents in a table world, where an agent is a table of probabilities.
    """
    if not isinstance(world, TableWorld):
        return SteppedCollector(world, latents)
    if latents:
        raise BadStudy(
            f"Latents were asked for in {world.name!r}, a table world, where agents are read as tables. Record a "
            "network in a world that is stepped, such as the savanna or a Gymnasium environment."
        )
    return TableCollector(world)
