"""Which values a table world's sentences speak of: whether what is told tells an event from everything else.

    tells(s, c)   among the transitions that are told as s, without those within c, the share that leads into c
    s speaks of c where this is more than a half

Theory: A1, A3.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from teloscope.regimes import Regime, holds
from teloscope.values import Values
from teloscope.worlds.table.world import TableWorld

MOSTLY = 0.5
"""Share of a sentence's transitions from which on it speaks of an event."""


class Spoken(NamedTuple):
    """How one value is told."""

    regime: Regime
    entered: int
    """Transitions into its condition."""
    telling: tuple[str, ...]
    """Sentences that speak of it: told mostly of transitions into its condition."""
    silent: tuple[str, ...]
    """Sentences that are told of such transitions too, but mostly of others."""
    share: float
    """Share of the transitions into its condition that is told by a sentence that speaks of it; 0 where there is
    none."""


def spoken(world: TableWorld, values: Values) -> list[Spoken]:
    """For each value of one condition, how it is told.

    Raises:
        BadRegime, NotFound: a condition can't be evaluated on the features.
    """
    return [_spoken(world, regime) for regime in values.regimes() if regime.simple]


def unspoken(world: TableWorld, values: Values) -> list[Regime]:
    """Values that some sentence ought to speak of and none does."""
    return [row.regime for row in spoken(world, values) if row.entered and not row.telling]


def _spoken(world: TableWorld, regime: Regime) -> Spoken:
    table, texts = world.table, world.texts
    held = holds(regime.condition, table.features)
    live = (table.prob > 0) & ~table.terminal[:, None, None]
    entering = live & held[table.next] & ~held[:, None, None]
    count = len(texts.sentences)
    into = np.bincount(texts.sentence[entering], minlength=count)
    told = np.bincount(texts.sentence[live & ~(held[table.next] & held[:, None, None])], minlength=count)
    speaks = into > MOSTLY * np.maximum(told, 1)
    entered = int(into.sum())
    return Spoken(
        regime,
        entered,
        tuple(texts.sentences[i] for i in np.flatnonzero(speaks)),
        tuple(texts.sentences[i] for i in np.flatnonzero((into > 0) & ~speaks)),
        float(into[speaks].sum() / entered) if entered else 0.0,
    )
