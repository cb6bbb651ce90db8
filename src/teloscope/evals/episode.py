"""An episode of a world as the work on one sample: the agent acts, and Inspect's transcript shows every step.

The sample's metadata say which context and episode it is; all that happens follows from them, the study's seed and the
acts. So the episodes are those that `teloscope record` would have recorded, and the acts are all that a log must hold.

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

from teloscope.agents.agent import Agent, Player, Sees
from teloscope.errors import TeloscopeError
from teloscope.recordings.rollouts.batch import Batch
from teloscope.recordings.rollouts.collector import collector_for
from teloscope.recordings.seeds import episode_seeds
from teloscope.scaffolds.trace import Trace
from teloscope.schema import ACTION, AGENT, STATE
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import World

SOURCE = "teloscope"
"""Whose the info events in a transcript are."""
Tell = Callable[[int, Trace], None]
"""Told (step, how the agent came to its act), as it happens."""


class Episode(NamedTuple):
    """Which episode a sample is."""

    context: str
    number: int
    seed: int
    """Of the whole evaluation, as in `teloscope record --seed`."""

    @classmethod
    def of(cls, metadata: Mapping[str, Any]) -> Episode:
        """As the sample's metadata say."""
        return cls(str(metadata["context"]), int(metadata["episode"]), int(metadata["seed"]))

    def batch(self, world: World) -> Batch:
        """The batch that holds only this episode."""
        numbers = np.array([self.number], np.int64)
        names = [c.name for c in world.contexts]
        seeds = episode_seeds(self.seed, self.context, numbers)
        return Batch(world.context(self.context), names.index(self.context), numbers, seeds)


@dataclass(frozen=True)
class Lived:
    """What happened in one episode."""

    acts: list[int]
    """`[T]` indices of the actions."""
    features: pl.DataFrame
    """`T + 1` rows: the features of every state visited."""
    states: list[int] | None
    """`[T + 1]` their ids, in a table world."""
    terminated: bool


async def play(agent: Agent, world: World, episode: Episode, asks: bool = False) -> Lived:
    """Play one episode, in a thread beside Inspect's event loop.

    Args:
        agent: who acts.
        world: where.
        episode: which.
        asks: step the agent even if it could say beforehand what it would do everywhere, and ask only what is met.

    Raises:
        BadAgent, BadEngine, BadWorld: as when recording.
    """

    def tell(t: int, trace: Trace) -> None:
        from_thread.run_sync(show, t, trace)

    def run() -> Lived:
        batch = episode.batch(world)
        played = collector_for(world).play(AGENT, _Watched(agent, tell, asks), None, batch)
        lived = _lived(world, played.steps, bool(played.episodes["terminated"][0]))
        if lived.states is not None and not asks and isinstance(world, TableWorld):
            for t, trace in enumerate(agent.traces(world, lived.states[:-1]) or ()):
                tell(t, trace)
        return lived

    try:
        return await to_thread.run_sync(run)
    except TeloscopeError:
        await lowlevel.checkpoint()  # where Inspect has cancelled the sample, this is where it ends
        raise


def _lived(world: World, steps: pl.DataFrame, terminated: bool) -> Lived:
    acts = [int(a) for a in steps[ACTION].drop_nulls()]
    if isinstance(world, TableWorld):
        states = [int(s) for s in steps[STATE]]
        return Lived(acts, world.table.features[states], states, terminated)
    return Lived(acts, steps.select(list(world.feature_kinds)), None, terminated)


def show(t: int, trace: Trace) -> None:
    """One step in Inspect's transcript."""
    told: dict[str, Any] = {"step": t}
    for line in trace:
        told[line.kind] = f"{told[line.kind]}\n{line.text}" if line.kind in told else line.text
    transcript().info(told, source=SOURCE)


def conversation(world: World, lived: Lived) -> list[ChatMessage]:
    """The episode as turns: what was the case, what was done."""
    messages: list[ChatMessage] = []
    for told, act in zip(described(world, lived), [*lived.acts, None], strict=True):
        messages.append(ChatMessageUser(content=told))
        if act is not None:
            named = (world.actions or ())[act]
            messages.append(ChatMessageAssistant(content=world.phrase(named)))
    return messages


def described(world: World, lived: Lived) -> list[str]:
    """`[T + 1]` every state in plain sentences; its features where the world has none for it."""
    if isinstance(world, TableWorld) and lived.states is not None:
        told = world.texts
        return [told.descriptions[told.description[state]] for state in lived.states]
    return [", ".join(f"{name} {value}" for name, value in row.items()) for row in lived.features.iter_rows(named=True)]


class _Watched(Agent):
    """An agent whose acts are told as they come."""

    def __init__(self, agent: Agent, tell: Tell, asks: bool) -> None:
        self.agent, self.tell, self.asks, self.name = agent, tell, asks, agent.name

    @property
    def sees(self) -> Sees:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self.agent.sees

    @cached_property
    def digest(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self.agent.digest

    def policy(self, world: TableWorld) -> NDArray[Any] | None:
        return None if self.asks else self.agent.policy(world)

    def start(self, world: World, episodes: int, seed: int) -> Player:
        return _WatchedPlayer(self.agent.start(world, episodes, seed), self.tell)


class _WatchedPlayer:
    """Passes on what the player heard, step by step."""

    def __init__(self, player: Player, tell: Tell) -> None:
        self.player, self.tell = player, tell
        self.told = 0

    def act(self, observations: Any, t: int, alive: NDArray[np.bool_]) -> NDArray[Any]:
        acts = self.player.act(observations, t, alive)
        heard = getattr(self.player, "heard", ())
        for _, step, trace in heard[self.told :]:
            self.tell(step, trace)
        self.told = len(heard)
        return acts
