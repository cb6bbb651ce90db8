"""The contexts that could be recorded next: the world's own, and new ones made from its starts.

Theory: A2.
"""

from __future__ import annotations

from teloscope.errors import TeloscopeError
from teloscope.recordings import Recording
from teloscope.worlds import Context, World

NOISE = 0.3
"""Noise of the contexts made here."""
SHOVE_FRACTION = 3
"""Contexts made here are shoved at the horizon divided by this: after a third."""
MAX_CONTEXTS = 8
"""Largest number of contexts made here."""


def unrecorded_contexts(world: World, recording: Recording) -> list[Context]:
    """The world's contexts that were not recorded, without outcome-fixing ones, which distinguish no goals."""
    known = {c.name for c in recording.contexts}
    return [c for c in world.contexts if c.name not in known and c.counts]


def generated_contexts(world: World, recording: Recording) -> list[Context]:
    """Recorded starts with a shove or with noise, where neither the world nor the recording has such a context."""
    known = {c.name: c for c in (*world.contexts, *recording.contexts)}
    shove_at = max(1, world.horizon // SHOVE_FRACTION)
    found = []
    for start in dict.fromkeys(c.start for c in recording.contexts if c.counts):
        alike = [c for c in known.values() if c.start == start]
        if not any(c.shove_at is not None for c in alike):
            note = f"made by a probe: shoved at step {shove_at}"
            found.append(Context(f"{start} (shoved)", start=start, shove_at=shove_at, note=note))
        if not any(c.noise for c in alike):
            note = f"made by a probe: {NOISE:.0%} of the actions random"
            found.append(Context(f"{start} (noisy)", start=start, noise=NOISE, note=note))
    return [c for c in found if c.name not in known and _is_possible(c, world)][:MAX_CONTEXTS]


def _is_possible(context: Context, world: World) -> bool:
    try:
        world.check_context(context)
    except TeloscopeError:
        return False
    return True
