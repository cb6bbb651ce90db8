"""In how many set-ups was the agent seen? An aim shows in all of them, a rut of a fixed reaction in its own alone.

A set-up is what stays as it is for a whole episode, whoever acts: which of the world's starts it is, and the features
that no actor's episode changes (where the goal of a maze is, whether a lamp is on). Noise and shoves make no new
set-up. Nor do contexts whose episodes begin in the same states of a table.

Theory: A2 (consistently, that is in every context).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from teloscope.recordings.storage.recording import Recording
from teloscope.schema import AGENT
from teloscope.worlds.world import Context

ENOUGH = 3
"""Set-ups from which on getting somewhere in all of them is no rut: of 100 random reactions to one layout 15 were
called pursuit (development), of those to three layouts none."""


def set_ups(recording: Recording) -> int:
    """How many set-ups were recorded, fixed outcomes apart."""
    return sum(_within(recording, alike) for alike in _alike(recording))


def _alike(recording: Recording) -> list[list[Context]]:
    """Contexts that begin alike, together."""
    groups: list[tuple[set[str], set[int], list[Context]]] = []
    for context in (c for c in recording.contexts if c.counts):
        starts = {context.start}
        states: set[int] = set()
        if recording.manifest.layout == "table":
            states = set(recording.states(context.name, AGENT)[:, 0].tolist())
        same = [g for g in groups if g[0] & starts or g[1] & states]
        merged = (starts, states, [context])
        for group in same:
            groups.remove(group)
            merged = (merged[0] | group[0], merged[1] | group[1], [*group[2], *merged[2]])
        groups.append(merged)
    return [contexts for _, _, contexts in groups]


def _within(recording: Recording, contexts: Sequence[Context]) -> int:
    """Distinct values, among episodes that begin alike, of what stays as it is."""
    fixed: list[NDArray[np.int64]] = []
    for feature in recording.frame.features:
        whole = [recording.column(feature, c.name, a) for c in contexts for a in recording.actors]
        if all((values == values[:, :1]).all() for values in whole):
            starts = np.concatenate([values[:, 0] for values in whole])
            fixed.append(np.unique(starts, return_inverse=True)[1])
    return len(np.unique(np.stack(fixed, axis=1), axis=0)) if fixed else 1
