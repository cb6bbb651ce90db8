"""Collecting episodes in table worlds: an actor's choices and the world's transitions are array lookups.

Theory: A1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from threading import Lock

import numpy as np
import polars as pl
from numpy.typing import NDArray

from teloscope.agents.agent import ActTrace, Agent, Player, act_traces_of, checked_policy
from teloscope.agents.references import IDLE, REPLAY, UNIFORM, ActionHistory, replay_actions
from teloscope.recordings.rollouts.action_choice import Chooser, Sampler, player_chooser, script_chooser
from teloscope.recordings.rollouts.batch import TIMES, Batch, actor_seed, episode_rows, idle_action
from teloscope.recordings.rollouts.table_rollout import Rollout, TableRunner
from teloscope.recordings.seeds import ACT, random_words, seed_word
from teloscope.recordings.storage.traces import traces_of_acts
from teloscope.schema import ACTION, AGENT, EPISODE, STATE, TIME
from teloscope.worlds.table.world import TableWorld


class TableCollector:
    """Plays in a table world."""

    shard = 16_384

    def __init__(self, world: TableWorld) -> None:
        self.world, self.runner = world, TableRunner(world)
        self._samplers: dict[str, Sampler | None] = {}
        self._asking = Lock()

    def play(self, actor: str, agent: Agent, habits: ActionHistory | None, batch: Batch) -> PlayedTableBatch:
        player = None
        if actor == AGENT and self._sampler(agent) is None:
            player = agent.start(self.world, len(batch.seeds), actor_seed(actor, batch))
        choose = (
            self._chooser(actor, agent, habits, batch) if player is None else self._player_chooser(agent, player, batch)
        )
        rollout = self.runner.roll(choose, batch.context, batch.seeds)
        return PlayedTableBatch(rollout, batch, act_traces_of(player))

    def can_run_in_parallel(self, actor: str, agent: Agent) -> bool:
        """Whether several batches may be played at once: not for a stepped agent, which may have memory."""
        return actor != AGENT or self._sampler(agent) is not None

    def _chooser(self, actor: str, agent: Agent, habits: ActionHistory | None, batch: Batch) -> Chooser:
        salt = seed_word("actor", actor)
        if actor == AGENT:
            sampler = self._sampler(agent)
            assert sampler is not None, "an agent without a policy is asked"
            return sampler.chooser(salt, batch.seeds)
        if actor == REPLAY:
            assert habits is not None, "action-matched references come after the agent"
            return script_chooser(
                replay_actions(habits, batch.index, batch.episodes, random_words(batch.seeds, 1, ACT))
            )
        return Sampler(self._weights(actor, habits)[None]).chooser(salt, batch.seeds)

    def _weights(self, actor: str, habits: ActionHistory | None) -> NDArray[np.float64]:
        """`[A]` the action frequencies of a reference that ignores the state."""
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

    def _player_chooser(self, agent: Agent, player: Player, batch: Batch) -> Chooser:
        """A chooser that steps the agent."""
        shown = np.arange(self.world.table.n_states) if agent.sees == "state" else self.runner.observations
        where = f"agent {agent.name!r} in world {self.world.name!r}, context {batch.context.name!r}"
        return player_chooser(player, self.world.table, shown, batch.episodes, where)


@dataclass(frozen=True)
class PlayedTableBatch:
    """A rollout in the columns of a shard."""

    rollout: Rollout
    batch: Batch
    act_traces: Sequence[ActTrace] | None = None
    """The trace of every action, from a player that keeps them."""

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
    def latents(self) -> pl.DataFrame | None:
        """None: latents are of stepped agents in stepped worlds."""

    @cached_property
    def traces(self) -> pl.DataFrame | None:
        """One row a line of the agent's traces."""
        return (
            None
            if self.act_traces is None
            else traces_of_acts(self.act_traces, self.batch.episodes, self.rollout.lengths)
        )
