"""Which further contexts could be recorded: those that a world has, and those that its starts allow.

Theory: A2.
"""

from __future__ import annotations

from teloscope.errors import TeloscopeError
from teloscope.recordings import Recording
from teloscope.worlds import Context, World

NOISE = 0.3
"""Of contexts made here."""
SHOVED_AFTER = 3
"""Contexts made here are shoved after this part of the horizon: a third."""
MOST = 8
"""Contexts made here, at most."""


def left_out(world: World, recording: Recording) -> list[Context]:
    """The world's contexts that were not recorded: offered, or left out; outcome-fixing ones tell no goals apart."""
    known = {c.name for c in recording.contexts}
    return [c for c in world.contexts if c.name not in known and c.counts]


def made_up(world: World, recording: Recording) -> list[Context]:
    """Recorded starts with a shove or with noise, where neither the world nor the recording has such a context."""
    known = {c.name: c for c in (*world.contexts, *recording.contexts)}
    shove_at = max(1, world.horizon // SHOVED_AFTER)
    found = []
    for start in dict.fromkeys(c.start for c in recording.contexts if c.counts):
        alike = [c for c in known.values() if c.start == start]
        if not any(c.shove_at is not None for c in alike):
            note = f"made by a probe: shoved at step {shove_at}"
            found.append(Context(f"{start} (shoved)", start=start, shove_at=shove_at, note=note))
        if not any(c.noise for c in alike):
            note = f"made by a probe: {NOISE:.0%} of the actions random"
            found.append(Context(f"{start} (noisy)", start=start, noise=NOISE, note=note))
    return [c for c in found if c.name not in known and _possible(c, world)][:MOST]


def _possible(context: Context, world: World) -> bool:
    try:
        world.check_context(context)
    except TeloscopeError:
        return False
    return True
