"""One episode of a world as one sample of an Inspect task: the agent acts, and the transcript shows every step.

The sample's metadata name the context and the episode. Everything that happens follows from these, the seed and the
acts. So the episodes are those that `teloscope record` would record, and a log needs to hold the acts only.

Theory: A1, A7. Source: Inspect 0.3 (UK AI Security Institute).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from anyio import from_thread, lowlevel, to_thread
from inspect_ai.log import transcript
from inspect_ai.model import ChatMessage, ChatMessageAssistant, ChatMessageUser
from numpy.typing import NDArray

from teloscope.agents.agent import Agent, Player, Sees, act_traces_of
from teloscope.errors import TeloscopeError
from teloscope.recordings.rollouts.batch import Batch
from teloscope.recordings.rollouts.collector import collector_for
from teloscope.recordings.seeds import episode_seeds
from teloscope.scaffolds.trace import Trace
from teloscope.schema import ACTION, AGENT, STATE
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import World

SOURCE = "teloscope"
"""The source of the info events in a transcript."""
OnAct = Callable[[int, Trace], None]
"""Called with (step, trace) after each act."""


class Episode(NamedTuple):
    """The episode that a sample stands for."""

    context: str
    number: int
    seed: int
    """Of the whole evaluation, as in `teloscope record --seed`."""

    @classmethod
    def of(cls, metadata: Mapping[str, Any]) -> Episode:
        """The episode that a sample's metadata name."""
        return cls(str(metadata["context"]), int(metadata["episode"]), int(metadata["seed"]))

    def batch(self, world: World) -> Batch:
        """The batch that holds only this episode."""
        numbers = np.array([self.number], np.int64)
        names = [c.name for c in world.contexts]
        seeds = episode_seeds(self.seed, self.context, numbers)
        return Batch(world.context(self.context), names.index(self.context), numbers, seeds)


@dataclass(frozen=True)
class PlayedEpisode:
    """What happened in one episode."""

    acts: list[int]
    """`[T]` indices of the actions."""
    features: pl.DataFrame
    """`T + 1` rows: the features of every state visited."""
    states: list[int] | None
    """`[T + 1]` their ids, in a table world."""
    terminated: bool


async def play(agent: Agent, world: World, episode: Episode, stepped: bool = False) -> PlayedEpisode:
    """Play one episode, in a thread beside Inspect's event loop.

    Args:
        agent: the agent that acts.
        world: the world.
        episode: which episode.
        stepped: step the agent even if it could give a policy, so that it is asked only about the states it reaches.

    Raises:
        BadAgent, BadEngine, BadWorld: as when recording.
    """

    def on_act(t: int, trace: Trace) -> None:
        from_thread.run_sync(show_in_transcript, t, trace)

    def run() -> PlayedEpisode:
        batch = episode.batch(world)
        rollout = collector_for(world).play(AGENT, _TracedAgent(agent, on_act, stepped), None, batch)
        played = _played_episode(world, rollout.steps, bool(rollout.episodes["terminated"][0]))
        if played.states is not None and not stepped and isinstance(world, TableWorld):
            for t, trace in enumerate(agent.traces(world, played.states[:-1]) or ()):
                on_act(t, trace)
        return played

    try:
        return await to_thread.run_sync(run)
    except TeloscopeError:
        await lowlevel.checkpoint()  # where Inspect has cancelled the sample, this is where it ends
        raise


def _played_episode(world: World, steps: pl.DataFrame, terminated: bool) -> PlayedEpisode:
    acts = [int(a) for a in steps[ACTION].drop_nulls()]
    if isinstance(world, TableWorld):
        states = [int(s) for s in steps[STATE]]
        return PlayedEpisode(acts, world.table.features[states], states, terminated)
    return PlayedEpisode(acts, steps.select(list(world.feature_kinds)), None, terminated)


def show_in_transcript(t: int, trace: Trace) -> None:
    """Add one step to Inspect's transcript."""
    step: dict[str, Any] = {"step": t}
    for line in trace:
        step[line.kind] = f"{step[line.kind]}\n{line.text}" if line.kind in step else line.text
    transcript().info(step, source=SOURCE)


def conversation(world: World, played: PlayedEpisode) -> list[ChatMessage]:
    """The episode as chat messages: each state in words, then the action."""
    messages: list[ChatMessage] = []
    for text, act in zip(state_texts(world, played), [*played.acts, None], strict=True):
        messages.append(ChatMessageUser(content=text))
        if act is not None:
            action = (world.actions or ())[act]
            messages.append(ChatMessageAssistant(content=world.phrase(action)))
    return messages


def state_texts(world: World, played: PlayedEpisode) -> list[str]:
    """`[T + 1]` each state in plain sentences; its features where the world has no sentences."""
    if isinstance(world, TableWorld) and played.states is not None:
        texts = world.texts
        return [texts.descriptions[texts.description[state]] for state in played.states]
    return [
        ", ".join(f"{name} {value}" for name, value in row.items()) for row in played.features.iter_rows(named=True)
    ]


class _TracedAgent(Agent):
    """An agent that reports the trace of each act as it happens."""

    def __init__(self, agent: Agent, on_act: OnAct, stepped: bool) -> None:
        self.agent, self.on_act, self.stepped, self.name = agent, on_act, stepped, agent.name

    @property
    def sees(self) -> Sees:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self.agent.sees

    @cached_property
    def digest(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self.agent.digest

    def policy(self, world: TableWorld) -> NDArray[Any] | None:
        return None if self.stepped else self.agent.policy(world)

    def start(self, world: World, episodes: int, seed: int) -> Player:
        return _TracedPlayer(self.agent.start(world, episodes, seed), self.on_act)


class _TracedPlayer:
    """Reports the player's new traces after every step."""

    def __init__(self, player: Player, on_act: OnAct) -> None:
        self.player, self.on_act = player, on_act
        self.reported = 0

    def act(self, observations: Any, t: int, alive: NDArray[np.bool_]) -> NDArray[Any]:
        acts = self.player.act(observations, t, alive)
        traces = act_traces_of(self.player) or ()
        for _, step, trace in traces[self.reported :]:
            self.on_act(step, trace)
        self.reported = len(traces)
        return acts
