"""Which episodes are in which regimes, for a few conditions, in every way, everywhere.

Theory: A2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from teloscope.goals.state_abstraction import AbstractStates
from teloscope.recordings.seeds import in_proposal_half
from teloscope.recordings.storage.recording import Recording
from teloscope.regimes.regime import achieved
from teloscope.schema import AGENT
from teloscope.worlds.world import Context

GOAL_MODES = ("keep", "end", "reach", "always")
"""The ways of being in a condition: three modes, and holding it at every step, which is `never` of its opposite."""


class Hits(NamedTuple):
    """Hits of `C` conditions in every way."""

    contexts: tuple[Context, ...]
    references: tuple[str, ...]
    agent: dict[str, NDArray[np.bool_]]
    """Context -> `[C, W, N]`, in the order of `GOAL_MODES`."""
    others: dict[str, NDArray[np.bool_]]
    """Context -> `[R, C, W, N]`."""
    split: dict[str, NDArray[np.bool_]]
    """Context -> `[N]` whether the episode belongs to the proposing half."""

    def ordinary(self) -> list[Context]:
        """Contexts that count for and against a goal: all but the outcome-fixing ones."""
        return [c for c in self.contexts if c.counts]

    def pair(
        self, context: str, condition: int, mode: int, confirm: bool | None = None
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """The agent's `[n]` and the references' `[R, n]` hits of one regime; of one half, if asked."""
        ours, theirs = self.agent[context][condition, mode], self.others[context][:, condition, mode]
        if confirm is None:
            return ours, theirs
        rows = self.split[context] != confirm
        return ours[rows], theirs[:, rows]


def hits_of(recording: Recording, abstract: AbstractStates, conditions: Sequence[NDArray[np.bool_]]) -> Hits:
    """Hits of conditions in every mode, for all actors; a condition is the `[K]` abstract states in which it holds."""
    agent, others, split = {}, {}, {}
    for context in recording.contexts:
        name = context.name
        agent[name] = _ways(abstract.spelled[name, AGENT], conditions)
        stacked = [_ways(abstract.spelled[name, r], conditions) for r in recording.references]
        others[name] = np.stack(stacked) if stacked else np.zeros((0, *agent[name].shape), dtype=np.bool_)
        split[name] = in_proposal_half(recording.seeds(name))
    return Hits(tuple(recording.contexts), tuple(recording.references), agent, others, split)


def _ways(spelled: NDArray[np.int32], conditions: Sequence[NDArray[np.bool_]]) -> NDArray[np.bool_]:
    """`[C, W, N]` hits of one actor in one context."""
    out = np.empty((len(conditions), len(GOAL_MODES), len(spelled)), dtype=np.bool_)
    for i, held in enumerate(conditions):
        states = held[spelled]
        for w, mode in enumerate(GOAL_MODES):
            out[i, w] = states.all(axis=1) if mode == "always" else achieved(mode, states)
    return out
