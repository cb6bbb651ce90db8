"""A batch of episodes, before and after an actor has played it.

Theory: A1.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from teloscope.agents.references import IDLE, REFERENCES
from teloscope.errors import BadAgent, BadWorld
from teloscope.recordings.seeds import Words, seed_word
from teloscope.worlds.world import Context, World

TIMES = np.uint16
"""Type of the column `t`."""


class Batch(NamedTuple):
    """Which episodes are played."""

    context: Context
    index: int
    """Position of the context in the frame."""
    episodes: NDArray[np.int64]
    """`[B]` indices within the context."""
    seeds: Words
    """`[B]`"""


class PlayedBatch(Protocol):
    """A played batch as the tables of a shard's files; each is made on first access."""

    @cached_property
    def steps(self) -> pl.DataFrame:
        """One row per state visited."""
        ...

    @cached_property
    def episodes(self) -> pl.DataFrame:
        """One row an episode."""
        ...

    @cached_property
    def traces(self) -> pl.DataFrame | None:
        """The actor's traces, one row a line; None if it keeps none."""
        ...

    @cached_property
    def latents(self) -> pl.DataFrame | None:
        """The actor's latents, one row an act; None if they were not asked for."""
        ...


def episode_rows(
    batch: Batch, lengths: NDArray[Any], terminated: NDArray[np.bool_], returns: NDArray[Any], hidden: NDArray[Any]
) -> pl.DataFrame:
    """The episodes table of a shard."""
    return pl.DataFrame(
        {
            "episode": batch.episodes.astype(np.uint32),
            "seed": batch.seeds,
            "length": np.asarray(lengths, dtype=np.uint32),
            "terminated": terminated,
            "return": np.asarray(returns, dtype=np.float64),
            "hidden": np.asarray(hidden, dtype=np.float64),
        }
    )


def actor_seed(actor: str, batch: Batch) -> int:
    """The seed of an actor's own random draws in a batch."""
    return int(batch.seeds[0] ^ seed_word("actor", actor))


def idle_action(world: World) -> int:
    """Index of the action that does nothing.

    Raises:
        BadWorld: there is none.
    """
    if world.idle is None or world.actions is None:
        raise BadWorld(
            f"World {world.name!r} has no action that does nothing, so the reference 'idle' can't act in it. Leave it "
            "out of the references."
        )
    return world.actions.index(world.idle)


def references_for(world: World, asked: tuple[str, ...] | None) -> tuple[str, ...]:
    """The references to record: those asked for, or all that the world allows.

    Raises:
        BadAgent: an unknown reference. BadWorld: `idle` where nothing does nothing.
    """
    if asked is None:
        return REFERENCES if world.idle is not None else tuple(name for name in REFERENCES if name != IDLE)
    for name in asked:
        if name not in REFERENCES:
            raise BadAgent(f"Reference {name!r} is not known; expected some of {', '.join(REFERENCES)}.")
    if IDLE in asked:
        idle_action(world)
    return tuple(name for name in REFERENCES if name in asked)
