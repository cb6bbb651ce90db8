"""In how many set-ups was the agent seen? Ends that it has in all of them are no mere ruts of one layout.

Contexts with one start are one set-up: noise and shoves make no new one. Nor do contexts of a table in which somebody,
agent or reference, was ever in the same state: they are one place with several entrances. A feature that stays as it is
for a whole episode makes none either: it may change nothing (of 100 random reactions that did not even see such a
feature, 31 were called pursuit while it counted).

Theory: A2 (consistently, that is in every context).
"""

from __future__ import annotations

import numpy as np

from teloscope.recordings.storage.recording import Recording
from teloscope.worlds.world import Context

ENOUGH = 3
"""Set-ups from which on getting somewhere in all of them is no rut."""


def set_ups(recording: Recording) -> int:
    """How many set-ups were recorded, fixed outcomes apart."""
    groups: list[tuple[set[str], set[int]]] = []
    for context in (c for c in recording.contexts if c.counts):
        starts, states = {context.start}, _visited(recording, context)
        for group in [g for g in groups if g[0] & starts or g[1] & states]:
            groups.remove(group)
            starts, states = starts | group[0], states | group[1]
        groups.append((starts, states))
    return len(groups)


def _visited(recording: Recording, context: Context) -> set[int]:
    """States of a table that anybody was in; none elsewhere, where states don't recur."""
    if recording.manifest.layout != "table":
        return set()
    return {int(s) for actor in recording.actors for s in np.unique(recording.states(context.name, actor))}
