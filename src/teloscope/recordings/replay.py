"""Replaying known actions: with the seed they give the whole recording, references included.

An evaluation that ran elsewhere (in Inspect) has to keep only the actions of its agent in each episode.

Theory: A1, A2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from teloscope.agents.agent import Agent, Player, Sees
from teloscope.errors import BadRecording
from teloscope.recordings.record import record
from teloscope.recordings.storage.recording import Recording
from teloscope.worlds.world import World

Acts = Mapping[str, Mapping[int, Sequence[int]]]
"""Context -> number of the episode -> `[T]` indices of the actions."""


class ReplayAgent(Agent):
    """Repeats logged actions, episode by episode in the order of the recording."""

    sees: ClassVar[Sees] = "state"

    def __init__(self, name: str, digest: str, episodes: Sequence[Sequence[int]]) -> None:
        self.name, self._digest = name, digest
        self._left = [np.asarray(acts, np.int64) for acts in episodes]

    @property
    def digest(self) -> str:
        return self._digest

    def start(self, world: World, episodes: int, seed: int) -> Player:
        mine, self._left = self._left[:episodes], self._left[episodes:]
        return _ReplayPlayer(mine, self.name)


class _ReplayPlayer:
    """Plays the logged actions of a batch."""

    def __init__(self, acts: Sequence[NDArray[np.int64]], name: str) -> None:
        self.acts, self.name = acts, name

    def act(self, observations: Any, t: int, alive: NDArray[np.bool_]) -> NDArray[np.int64]:
        if any(on and t >= len(acts) for acts, on in zip(self.acts, alive, strict=True)):
            raise BadRecording(
                f"The acts of {self.name!r} end at step {t}, but the episode goes on: the world has changed since they "
                "were logged. Run the evaluation again."
            )
        return np.array([acts[t] if t < len(acts) else 0 for acts in self.acts])


def replay(
    world: World,
    acts: Acts,
    *,
    name: str,
    digest: str,
    seed: int,
    out: str | Path | None = None,
    references: Sequence[str] | None = None,
) -> Recording:
    """The recording of an agent that took these actions.

    Args:
        world: the world.
        acts: the actions. The same number of episodes is taken of every context: the first ones, up to
            where some context lacks one.
        name, digest: of the agent.
        seed: of the evaluation.
        out: as in `record`.
        references: as in `record`.

    Raises:
        BadRecording: some context has no first episode, or the acts don't lead through this world's episodes.
    """
    counts = {context: _complete_episodes(episodes) for context, episodes in acts.items()}
    if not counts or not min(counts.values()):
        missing = [context for context, count in counts.items() if not count]
        raise BadRecording(
            f"No whole round of episodes is there: {', '.join(missing) or 'every context'} lacks its first one. "
            "Evaluate without --limit, and mend what failed."
        )
    taken = min(counts.values())
    agent = ReplayAgent(name, digest, [acts[context][number] for context in acts for number in range(taken)])
    return record(agent, world, episodes=taken, contexts=list(acts), references=references, seed=seed, out=out)


def _complete_episodes(episodes: Mapping[int, Any]) -> int:
    """How many episodes there are from the first on, without a gap."""
    return next(number for number in range(len(episodes) + 1) if number not in episodes)
