"""Stages: where an actor plays a batch of episodes and what happened comes back as two tables.

A stage for table worlds gathers from arrays; the stage for all other worlds (`stepping.py`) calls `step`.

Theory: A1.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from teloscope.agents.agent import Agent
from teloscope.agents.references import IDLE, MARGINAL, REPLAY, UNIFORM, Habits, replayed
from teloscope.errors import BadAgent, BadWorld
from teloscope.recordings.rollout import Chooser, Roller, Rollout, by_player, by_policy, by_script
from teloscope.recordings.seeds import ACT, Words, seed_word, words
from teloscope.schema import AGENT
from teloscope.worlds.table import TableWorld
from teloscope.worlds.world import Context, World


class Batch(NamedTuple):
    """Which episodes are played."""

    context: Context
    index: int
    """Position of the context in the frame."""
    episodes: NDArray[np.int64]
    """`[B]` indices within the context."""
    seeds: Words
    """`[B]`"""


class Played(Protocol):
    """What happened, in the columns of a shard's two files; a stage may make them only when they are asked for."""

    @property
    def steps(self) -> pl.DataFrame:
        """One row per state visited."""
        ...

    @property
    def episodes(self) -> pl.DataFrame:
        """One row an episode."""
        ...


class PlayedTable(NamedTuple):
    """A rollout's shard."""

    steps: pl.DataFrame
    episodes: pl.DataFrame


class Stage(Protocol):
    """Plays batches in one world."""

    shard: int
    """Episodes in a shard."""

    def play(self, actor: str, agent: Agent, habits: Habits | None, batch: Batch) -> Played:
        """Play a batch.

        Args:
            actor: `agent`, or the name of a reference.
            agent: the audited agent; it acts only where the actor is `agent`.
            habits: what the agent did in every context, for the action-matched references.
            batch: the episodes.
        """
        ...


def stage_for(world: World) -> Stage:
    """The stage that fits a world."""
    if isinstance(world, TableWorld):
        return TableStage(world)
    from teloscope.recordings.stepping import SteppedStage

    return SteppedStage(world)


class TableStage:
    """Plays in a table world."""

    shard = 16_384

    def __init__(self, world: TableWorld) -> None:
        self.world, self.roller = world, Roller(world)
        self._policies: dict[str, Any] = {}

    def play(self, actor: str, agent: Agent, habits: Habits | None, batch: Batch) -> Played:
        choose = self._chooser(actor, agent, habits, batch)
        return played(self.roller.roll(choose, batch.context, batch.seeds), batch)

    def _chooser(self, actor: str, agent: Agent, habits: Habits | None, batch: Batch) -> Chooser:
        salt = seed_word("actor", actor)
        n_states, n_actions = self.world.table.n_states, self.world.table.n_actions
        if actor == AGENT:
            policy = self._policy(agent)
            if policy is None:
                player = agent.start(self.world, len(batch.seeds), int(batch.seeds[0] ^ salt))
                return by_player(player, self.roller, agent.name)
            return by_policy(policy, salt, batch.seeds)
        if actor == UNIFORM:
            weights = np.full(n_actions, 1 / n_actions)
        elif actor == IDLE:
            weights = np.eye(n_actions)[idle_action(self.world)]
        else:
            assert habits is not None, "action-matched references come after the agent"
            if actor == REPLAY:
                return by_script(replayed(habits, batch.index, batch.episodes, words(batch.seeds, 1, ACT)))
            weights = habits.frequencies(n_actions)
        return by_policy(np.broadcast_to(weights, (n_states, n_actions)), salt, batch.seeds)

    def _policy(self, agent: Agent) -> Any:
        """The agent's policy, asked for once."""
        key = agent.digest
        if key not in self._policies:
            self._policies = {key: agent.policy(self.world)}
        return self._policies[key]


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
    known = (UNIFORM, MARGINAL, REPLAY, IDLE)
    if asked is None:
        return known if world.idle is not None else known[:3]
    for name in asked:
        if name not in known:
            raise BadAgent(f"Reference {name!r} is not known; expected some of {', '.join(known)}.")
    if IDLE in asked:
        idle_action(world)
    return tuple(n for n in known if n in asked)


def played(rollout: Rollout, batch: Batch) -> Played:
    """A rollout in the columns of a shard."""
    horizon = rollout.actions.shape[1]
    lengths = rollout.lengths.astype(np.int64)
    visited = np.arange(horizon + 1) <= lengths[:, None]
    rows = lengths + 1
    ends = np.cumsum(rows)
    times = np.arange(ends[-1]) - np.repeat(ends - rows, rows)
    actions = np.zeros((len(lengths), horizon + 1), dtype=np.uint8)
    actions[:, :-1] = rollout.actions
    last = np.zeros(ends[-1], dtype=np.bool_)
    last[ends - 1] = True
    steps = pl.DataFrame(
        {
            "episode": np.repeat(batch.episodes.astype(np.uint32), rows),
            "t": times.astype(np.uint16 if horizon < 1 << 16 else np.uint32),
            "action": actions[visited],
            "state": rollout.states[visited],
        }
    ).with_columns(action=pl.when(pl.Series(last)).then(None).otherwise(pl.col("action")))
    return PlayedTable(steps, episode_rows(batch, lengths, rollout.terminated, rollout.returns, rollout.hidden))


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
