"""Collecting episodes in stepped worlds: `B` episodes in parallel; each step the actor chooses and the world moves.

Random draws follow from episode seed, step and stream, as in table worlds, so all actors of a context share noise and
forced actions. The actions that are recorded are those that the actor chose, not those that noise put in their place.

Axis letters: `B` episodes, `T` steps. Arrays here are `[T, B]`; data frames hold one episode after another.

Theory: A1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from teloscope.agents.agent import ActTrace, Agent, Player, SeenStates, Sees, act_traces_of
from teloscope.agents.callables import SubEnvFault
from teloscope.agents.references import IDLE, REPLAY, UNIFORM, ActionHistory, draw_allowed, replay_actions
from teloscope.errors import BadAgent, BadWorld, TeloscopeError, one_line
from teloscope.recordings import seeds as rng
from teloscope.recordings.rollouts.batch import Batch, actor_seed, episode_rows, idle_action
from teloscope.recordings.seeds import Words
from teloscope.recordings.storage.latents import latent_rows, latents_of_act
from teloscope.recordings.storage.traces import traces_of_acts
from teloscope.recordings.storage.wide_layout import wide_steps
from teloscope.schema import AGENT
from teloscope.worlds.actions import ActionSet
from teloscope.worlds.sub_envs import SteppedWorld, SubEnvs
from teloscope.worlds.world import Context, World

_INT64 = np.dtype(np.int64)

Act = Callable[[Any, int, NDArray[np.bool_]], Any]
"""(observations `[B, ...]`, step, alive `[B]`) -> actions `[B, ...]`: the `act` of a `Player`."""
MaskedAct = Callable[[int, "NDArray[np.bool_] | None"], NDArray[Any]]
"""(step, masks `[B, M]` or None) -> actions `[B, ...]`: how a reference chooses."""


@dataclass(frozen=True)
class Episodes:
    """`B` complete episodes; array entries after an episode's end have no meaning."""

    world: str
    batch: Batch
    lengths: NDArray[np.int64]
    """`[B]` steps taken."""
    terminated: NDArray[np.bool_]
    """`[B]` whether the world ended the episode, rather than the horizon or the world's own limit."""
    actions: NDArray[Any]
    """`[T, B, ...]` what the actor chose."""
    rewards: NDArray[np.float32]
    """`[T, B]` visible reward."""
    hidden: NDArray[np.float32] | None
    """`[T, B]` hidden performance; None: the same as the reward."""
    features: dict[str, NDArray[Any]]
    """Name -> `[T+1, B]`."""
    act_traces: Sequence[ActTrace] | None = None
    """The trace of every action, from a player that keeps them."""
    act_latents: Sequence[NDArray[np.float16]] | None = None
    """`[T]` of `[B, D]`: what made every action, where it was asked for."""
    who: str = ""
    """The agent, for messages."""

    @cached_property
    def visited(self) -> NDArray[np.bool_] | None:
        """`[B, T+1]` which states were visited; None where all episodes are of one length."""
        last = len(self.actions)
        return None if (self.lengths == last).all() else np.arange(last + 1) <= self.lengths[:, None]

    @cached_property
    def steps(self) -> pl.DataFrame:
        """One row per state visited, t = 0 to length; action null and reward 0 on the last.

        Made when asked for, and checked then: recording can do so while the next batch is played.

        Raises:
            BadWorld: a feature or reward is not finite.
        """
        return wide_steps(
            self.batch.episodes,
            self.lengths,
            self._rows(_with_last_row(self.actions)),
            self._rows(_with_last_row(self.rewards)),
            {name: self._rows(values) for name, values in self.features.items()},
            f"world {self.world!r} in context {self.batch.context.name!r}",
        )

    @cached_property
    def episodes(self) -> pl.DataFrame:
        """One row an episode."""
        returns = self._total(self.rewards)
        hidden = returns if self.hidden is None else self._total(self.hidden)
        return episode_rows(self.batch, self.lengths, self.terminated, returns, hidden)

    @cached_property
    def traces(self) -> pl.DataFrame | None:
        """One row a line of the agent's traces."""
        return None if self.act_traces is None else traces_of_acts(self.act_traces, self.batch.episodes, self.lengths)

    @cached_property
    def latents(self) -> pl.DataFrame | None:
        """One row an act of the agent's latents."""
        if self.act_latents is None:
            return None
        return latent_rows(self.act_latents, self.batch.episodes, self.lengths, self.who)

    def _rows(self, values: NDArray[Any]) -> NDArray[Any]:
        """`[rows, ...]` of visited states, episode by episode, from `[T+1, B, ...]`."""
        turned = by_episode(values)
        return turned.reshape(-1, *values.shape[2:]) if self.visited is None else turned[self.visited]

    def _total(self, paid: NDArray[np.float32]) -> NDArray[np.float64]:
        taken = np.arange(len(paid))[:, None] < self.lengths
        return paid.sum(axis=0, dtype=np.float64, where=taken)


def by_episode(values: NDArray[Any]) -> NDArray[Any]:
    """`[B, T, ...]` from `[T, B, ...]`, in one copy: it releases the GIL, so the next batch can be played."""
    return np.ascontiguousarray(values.swapaxes(0, 1))


def _with_last_row(values: NDArray[Any]) -> NDArray[Any]:
    return np.concatenate([values, np.zeros((1, *values.shape[1:]), values.dtype)])


class SteppedCollector:
    """Plays batches in one world that is stepped; see `collector.Collector`."""

    def __init__(self, world: World, latents: bool = False) -> None:
        self.keeps_latents = latents
        if not hasattr(world, "sub_envs"):
            raise BadWorld(
                f"World {world.name!r} is neither a table nor can it be stepped; write it as a TableWorld, "
                "SampledWorld or GymWorld."
            )
        self.world: SteppedWorld = world  # type: ignore[assignment]
        self.named: World = world
        self.shard = self.world.block

    def play(self, actor: str, agent: Agent, habits: ActionHistory | None, batch: Batch) -> Episodes:
        """Play a batch; its data frames are made on first access."""
        if actor != AGENT:
            reference = ReferencePlayer(self.world.action_set, self._act(actor, habits, batch), actor, batch)
            return play(self.world, reference.act, batch, f"Reference {actor!r}", masked=reference)
        player = agent.start(self.named, len(batch.seeds), actor_seed(actor, batch))
        masked = player if hasattr(player, "action_masks") else None
        who = f"Agent {agent.name!r}"
        keeper = _LatentsKeeper(player, who) if self.keeps_latents else None
        played = play(self.world, keeper.act if keeper else player.act, batch, who, agent.sees, masked)
        return replace(
            played, act_traces=act_traces_of(player), act_latents=keeper.latents if keeper else None, who=who
        )

    def _act(self, actor: str, habits: ActionHistory | None, batch: Batch) -> MaskedAct:
        salted = rng.mix64(batch.seeds ^ rng.seed_word("actor", actor))
        actions = self.world.action_set
        if actor == UNIFORM:
            return lambda t, masks: actions.uniform(uniform_draws(salted, t, rng.ACT, actions.draws), masks)
        if actor == IDLE:
            still = np.full(len(salted), idle_action(self.named), dtype=np.int64)
            return lambda t, masks: still
        assert habits is not None, "action-matched references come after the agent"
        if actor == REPLAY:
            script = replay_actions(habits, batch.index, batch.episodes, rng.random_words(batch.seeds, 1, rng.ACT))
            return lambda t, masks: script[:, t]
        taken = habits.all_actions()  # marginal: any of the agent's actions, equally likely
        counted = None if actions.count is None else habits.frequencies(actions.count)

        def marginal(t: int, masks: NDArray[np.bool_] | None) -> NDArray[Any]:
            draws = rng.uniforms(salted, t, rng.ACT)
            if masks is None or counted is None:
                return taken[(draws * len(taken)).astype(np.intp)]
            return draw_allowed(counted, masks, draws)

        return marginal


class _LatentsKeeper:
    """Lets a player act, and keeps the latents that made each action."""

    def __init__(self, player: Player, who: str) -> None:
        self.player, self.who = player, who
        self.latents: list[NDArray[np.float16]] = []

    def act(self, observations: Any, t: int, alive: NDArray[np.bool_]) -> NDArray[Any]:
        """Actions `[B, ...]`, as the player chooses them."""
        actions = self.player.act(observations, t, alive)
        self.latents.append(latents_of_act(self.player, len(alive), alive, self.who))
        return actions


class ReferencePlayer:
    """A reference; an action that the world's mask forbids is replaced by a uniform one that it allows."""

    def __init__(self, actions: ActionSet, choose: MaskedAct, actor: str, batch: Batch) -> None:
        self.actions, self.choose = actions, choose
        self.seeds = rng.mix64(batch.seeds ^ rng.seed_word("actor", f"{actor}, what the mask allows"))
        self.action_masks: NDArray[np.bool_] | None = None
        """`[B, M]` what is allowed now, set before every act; None: everything."""

    def act(self, observations: Any, t: int, alive: NDArray[np.bool_]) -> NDArray[Any]:
        """Actions `[B, ...]`, whatever the observations are."""
        chosen = self.choose(t, self.action_masks)
        if self.action_masks is None or (fine := self.actions.allowed(chosen, self.action_masks)).all():
            return chosen
        other = self.actions.uniform(
            uniform_draws(self.seeds, t, rng.ACT, self.actions.draws), self.action_masks
        ).astype(chosen.dtype)
        return np.where(fine.reshape(-1, *[1] * (chosen.ndim - 1)), chosen, other)


def uniform_draws(seeds: Words, t: int, stream: int, count: int) -> NDArray[np.float64]:
    """`[B, count]` uniform numbers at a step of a stream."""
    return np.stack([rng.uniforms(rng.mix64(seeds + np.uint64(i)), t, stream) for i in range(count)], axis=1)


class _ForcedActions:
    """Actions that replace the chosen ones: noise, and shoves in worlds whose state can't be replaced."""

    def __init__(self, world: SteppedWorld, context: Context, seeds: Words) -> None:
        self.actions, self.noise, self.seeds = world.action_set, context.noise, seeds
        self.shove_at = context.shove_at
        steps = world.shove_steps
        self.by_world = self.shove_at if steps == 0 else None
        """The step at which the world itself replaces the state."""
        self.forced = range(0) if self.shove_at is None else range(self.shove_at, self.shove_at + steps)
        self.inactive = not self.noise and not len(self.forced)
        """Whether nothing is ever replaced."""

    def executed(self, chosen: NDArray[Any], t: int, masks: NDArray[np.bool_] | None = None) -> NDArray[Any]:
        """`[B, ...]` the actions that the world executes; forced ones keep to the masks `[B, M]`."""
        if t in self.forced:
            return self.actions.uniform(uniform_draws(self.seeds, t, rng.SHOVE, self.actions.draws), masks).astype(
                chosen.dtype
            )
        if not self.noise:
            return chosen
        slips = rng.uniforms(self.seeds, t, rng.NOISE) < self.noise
        draws = uniform_draws(rng.mix64(self.seeds), t, rng.NOISE, self.actions.draws)
        other = self.actions.uniform(draws, masks).astype(chosen.dtype)
        return np.where(slips.reshape(-1, *[1] * (chosen.ndim - 1)), other, chosen)


def play(
    world: SteppedWorld,
    act: Act,
    batch: Batch,
    who: str = "The agent",
    sees: Sees = "observation",
    masked: Any = None,
) -> Episodes:
    """Play one batch of episodes to their ends.

    Args:
        world: the world.
        act: the actor.
        batch: at most `world.block` episodes.
        who: the actor's name, for messages.
        sees: what it is given: observations, or states as `SeenStates`.
        masked: what has the attribute `action_masks`, which is set before every act.

    Raises:
        BadAgent: it raises, hangs, or chooses an illegal action. BadWorld: it raises, or a feature is not finite.
    """
    return _Run(world, act, batch, who, sees, masked).all()


class _Run:
    """One batch under way."""

    def __init__(self, world: SteppedWorld, act: Act, batch: Batch, who: str, sees: Sees, masked: Any) -> None:
        self.masked = masked
        self.world, self.act, self.batch, self.who, self.sees = world, act, batch, who, sees
        count, horizon = len(batch.seeds), world.horizon
        self.rule: ActionSet = world.action_set
        self.rule_count = self.rule.count
        self.sub_envs: SubEnvs = world.sub_envs(count, batch.context)
        self.forced_actions = _ForcedActions(world, batch.context, batch.seeds)
        self.alive = np.ones(count, np.bool_)
        self.all_alive = True
        self.lengths = np.full(count, horizon, np.int64)
        self.terminated = np.zeros(count, np.bool_)
        self.actions = np.empty((horizon, count, *self.rule.shape), self.rule.dtype)
        self.rewards = np.empty((horizon, count), np.float32)
        self.hidden: NDArray[np.float32] | None = None
        self.t = -1

    def all(self) -> Episodes:
        """Step until every episode has ended."""
        try:
            observations = self.sub_envs.reset(self.batch.seeds)
            for t in range(self.world.horizon):
                self.t = t
                observations = self._step(observations, t)
                if observations is None:
                    break
        except TeloscopeError as error:
            self._refuse_infinite()
            kind = next((k for k in (BadAgent, BadWorld) if isinstance(error, k)), None)
            raise (
                error if kind is None else kind(f"{error} [{self._where(getattr(error, 'sub_env', None))}]")
            ) from error
        except Exception as error:
            self._refuse_infinite()
            raise BadWorld(
                f"World {self.world.name!r} raised {type(error).__name__}: {error} [{self._where()}]. What was "
                "recorded before stays."
            ) from error
        return self._episodes(self.t + 1)

    def _episodes(self, last: int) -> Episodes:
        """What has been played in the first `last` steps."""
        hidden = None if self.hidden is None else self.hidden[:last]
        lengths = np.minimum(self.lengths, last)
        return Episodes(
            self.world.name,
            self.batch,
            lengths,
            self.terminated,
            self.actions[:last],
            self.rewards[:last],
            hidden,
            self.sub_envs.features(last),
        )

    def _refuse_infinite(self) -> None:
        """After an error, report first a feature that is not finite, since it may be the cause."""
        if self.t >= 0:
            _ = self._episodes(self.t).steps

    def _step(self, observations: Any, t: int) -> Any:
        """The next observations, or None when every episode has ended."""
        if t == self.forced_actions.by_world:
            observations = self.sub_envs.shove(t)
        masks = self.sub_envs.action_masks
        if self.masked is not None:
            self.masked.action_masks = masks
        chosen = self._ask_actor(observations if self.sees == "observation" else self._seen_states(t), t)
        self.actions[t] = chosen
        moved = self.sub_envs.step(
            chosen if self.forced_actions.inactive else self.forced_actions.executed(chosen, t, masks), self.alive, t
        )
        self.rewards[t] = moved.reward
        if moved.hidden is not None:
            self._write_hidden(moved.hidden, t)
        ended = moved.terminated | moved.truncated
        if np.count_nonzero(ended):
            now = ended & self.alive
            self.lengths[now] = t + 1
            self.terminated |= now & moved.terminated
            self.alive = self.alive & ~ended  # a new array: players may keep the old one
            self.all_alive = False
            if not self.alive.any():
                return None
        return moved.observations

    def _seen_states(self, t: int) -> SeenStates:
        """The states at step `t`, for an actor that sees states."""
        features = {name: column[t] for name, column in self.sub_envs.features(t).items()}
        return SeenStates(self.world.describe_sub_envs(self.sub_envs, t), features)

    def _ask_actor(self, observations: Any, t: int) -> NDArray[Any]:
        """`[B, ...]` legal actions; sub-environments that have ended get any."""
        try:
            actions = np.asarray(self.act(observations, t, self.alive))
        except TeloscopeError:
            raise
        except Exception as error:
            raise BadAgent(
                f"{self.who} raised {one_line(error)}. Mend it; recording again goes on from there."
            ) from error
        if not self._plainly_legal(actions):
            actions = _as_stored(actions, self.rule, len(self.alive))
            self._refuse_illegal(actions)
        return actions if self.all_alive else _legal_everywhere(actions, self.alive)

    def _plainly_legal(self, actions: NDArray[Any]) -> bool:
        """Whether all are legal action numbers; one reduction suffices, since a negative number reads as a huge one."""
        if self.rule_count is None or actions.dtype is not _INT64 or actions.shape != self.alive.shape:
            return False
        return bool(np.maximum.reduce(actions.view(np.uint64)) < self.rule_count)

    def _refuse_illegal(self, actions: NDArray[Any]) -> None:
        sub_env = self.rule.illegal(actions, self.alive)
        if sub_env is not None:
            whole = actions.shape[:1] == self.alive.shape
            got = repr(actions.tolist()[sub_env]) if whole else f"an array of shape {actions.shape}"
            raise SubEnvFault(f"{self.who} chose {got}; legal is {self.rule.describe()}.", sub_env)

    def _write_hidden(self, hidden: NDArray[Any], t: int) -> None:
        if self.hidden is None:
            self.hidden = np.zeros_like(self.rewards)
        self.hidden[t] = hidden

    def _where(self, sub_env: int | None = None) -> str:
        numbers = self.batch.episodes if sub_env is None else self.batch.episodes[sub_env : sub_env + 1]
        which = f"episode {numbers[0]}" if len(numbers) == 1 else f"episodes {numbers[0]} to {numbers[-1]}"
        return f"context {self.batch.context.name!r}, {which}, t={max(self.t, 0)}"


def _as_stored(actions: NDArray[Any], rule: ActionSet, sub_envs: int) -> NDArray[Any]:
    """Actions in the form they are stored and checked in, where that changes nothing about them."""
    if actions.size == sub_envs * rule.draws and actions.shape[:1] == (sub_envs,):
        actions = actions.reshape(sub_envs, *rule.shape)
    if rule.dtype.kind == "f":
        return actions.astype(np.float32) if actions.dtype.kind in "iuf" else actions
    if actions.dtype.kind == "b" or (
        actions.dtype.kind == "f" and np.isfinite(actions).all() and (actions == np.floor(actions)).all()
    ):
        return actions.astype(np.int64)
    return actions.astype(np.int64) if actions.dtype.kind in "iu" else actions


def _legal_everywhere(actions: NDArray[Any], alive: NDArray[np.bool_]) -> NDArray[Any]:
    """Sub-environments that have ended repeat the action of a living one: vector environments check them all."""
    actions = actions.copy()
    actions[~alive] = actions[int(np.argmax(alive))]
    return actions
