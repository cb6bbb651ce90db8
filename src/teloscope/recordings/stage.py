"""Stages: where an actor plays a batch of episodes and what happened comes back as two tables.

A stage for table worlds gathers from arrays; the stage for all other worlds (`stepping.py`) calls `step`.

Theory: A1.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import Any, NamedTuple, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from teloscope.agents.agent import Agent, Player, checked_policy
from teloscope.agents.references import IDLE, REFERENCES, REPLAY, UNIFORM, Habits, replayed
from teloscope.errors import BadAgent, BadWorld
from teloscope.recordings.choosing import Chooser, Sampler, by_player, by_script
from teloscope.recordings.rollout import Roller, Rollout
from teloscope.recordings.seeds import ACT, Words, seed_word, words
from teloscope.recordings.traces import Heard, traces_of_acts
from teloscope.schema import ACTION, AGENT, EPISODE, STATE, TIME
from teloscope.worlds.table import TableWorld
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


class Played(Protocol):
    """What happened, in the columns of a shard's files; made when they are asked for."""

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
        """How the actor came to its acts, one row a line; None if it doesn't tell."""
        ...


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
        self._samplers: dict[str, Sampler | None] = {}
        self._asking = Lock()

    def play(self, actor: str, agent: Agent, habits: Habits | None, batch: Batch) -> PlayedTable:
        player = None
        if actor == AGENT and self._sampler(agent) is None:
            player = agent.start(self.world, len(batch.seeds), actor_seed(actor, batch))
        choose = self._chooser(actor, agent, habits, batch) if player is None else self._asked(agent, player, batch)
        rollout = self.roller.roll(choose, batch.context, batch.seeds)
        return PlayedTable(rollout, batch, getattr(player, "heard", None))

    def side_by_side(self, actor: str, agent: Agent) -> bool:
        """Whether several batches may be played at once; an agent that is stepped may remember, and acts alone."""
        return actor != AGENT or self._sampler(agent) is not None

    def _chooser(self, actor: str, agent: Agent, habits: Habits | None, batch: Batch) -> Chooser:
        salt = seed_word("actor", actor)
        if actor == AGENT:
            sampler = self._sampler(agent)
            assert sampler is not None, "an agent without a policy is asked"
            return sampler.chooser(salt, batch.seeds)
        if actor == REPLAY:
            assert habits is not None, "action-matched references come after the agent"
            return by_script(replayed(habits, batch.index, batch.episodes, words(batch.seeds, 1, ACT)))
        return Sampler(self._weights(actor, habits)[None]).chooser(salt, batch.seeds)

    def _weights(self, actor: str, habits: Habits | None) -> NDArray[np.float64]:
        """`[A]` the action frequencies of a reference that doesn't look."""
        n_actions = self.world.table.n_actions
        if actor == UNIFORM:
            return np.full(n_actions, 1 / n_actions)
        if actor == IDLE:
            return np.eye(n_actions)[idle_action(self.world)]
        assert habits is not None, "action-matched references come after the agent"
        return habits.frequencies(n_actions)

    def _sampler(self, agent: Agent) -> Sampler | None:
        """The agent's policy, asked for once; None if it must be stepped."""
        with self._asking:
            if agent.digest not in self._samplers:
                policy = agent.policy(self.world)
                checked = None if policy is None else checked_policy(policy, self.world, agent.name)
                self._samplers = {agent.digest: None if checked is None else Sampler(checked)}
            return self._samplers[agent.digest]

    def _asked(self, agent: Agent, player: Player, batch: Batch) -> Chooser:
        """A chooser that steps the agent."""
        shown = np.arange(self.world.table.n_states) if agent.sees == "state" else self.roller.observations
        where = f"agent {agent.name!r} in world {self.world.name!r}, context {batch.context.name!r}"
        return by_player(player, self.world.table, shown, batch.episodes, where)


def actor_seed(actor: str, batch: Batch) -> int:
    """What an actor's own chances in a batch follow from."""
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


@dataclass(frozen=True)
class PlayedTable:
    """A rollout in the columns of a shard."""

    rollout: Rollout
    batch: Batch
    heard: Heard | None = None
    """The trace of every act, from a player that tells."""

    @cached_property
    def steps(self) -> pl.DataFrame:
        """One row per state visited, t = 0 to length; action null on the last."""
        horizon = self.rollout.actions.shape[1]
        rows = self.rollout.lengths.astype(np.int64) + 1
        ends = np.cumsum(rows)
        visited = None if (rows == horizon + 1).all() else np.arange(horizon + 1) < rows[:, None]
        actions = np.zeros((len(rows), horizon + 1), dtype=np.uint8)
        actions[:, :-1] = self.rollout.actions
        times = np.broadcast_to(np.arange(horizon + 1, dtype=TIMES), actions.shape)
        taken = np.ones(ends[-1], dtype=np.bool_)
        taken[ends - 1] = False
        columns = {TIME: times, ACTION: actions, STATE: self.rollout.states}
        steps = pl.DataFrame(
            {
                EPISODE: np.repeat(self.batch.episodes.astype(np.uint32), rows),
                **{name: v.reshape(-1) if visited is None else v[visited] for name, v in columns.items()},
            }
        )
        return steps.with_columns(pl.when(pl.Series(taken)).then(ACTION).alias(ACTION))

    @cached_property
    def episodes(self) -> pl.DataFrame:
        """One row an episode."""
        r = self.rollout
        return episode_rows(self.batch, r.lengths, r.terminated, r.returns, r.hidden)

    @cached_property
    def traces(self) -> pl.DataFrame | None:
        """One row a line of the agent's traces."""
        return None if self.heard is None else traces_of_acts(self.heard, self.batch.episodes, self.rollout.lengths)


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
