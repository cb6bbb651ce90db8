"""Every undominated option's support: which scaling makes it best. Drawn scales prove most; programmes settle the rest.

Where there are many options, weights are first looked for by playing the game of the programme for all of them at once
(multiplicative weights: the weight of those grows who prefer the option to its strongest rival). Whatever weights come
out are checked, so they prove what they show; what they do not prove is left to the programme.

Theory: E0. Source: Freund and Schapire 1999.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from teloscope.welfare.robustness.setting import Setting
from teloscope.welfare.robustness.support import Kind, Support, find_support, witnessed
from teloscope.welfare.scales.priors import LogUniform
from teloscope.welfare.scales.sampling import logs_of, replicates_for, weights_of
from teloscope.welfare.tables.utilities import Floats

PROGRAMMES = 100
"""Up to so many undominated options, the largest margin of each is worked out; of more, only of those that no drawn
scales
make best."""
ROUNDS, PROVED = 400, 1e-6
"""Rounds of the game, and the lead that ends it for an option."""
LONG = 100
"""Options from which on it takes long enough to tell how far it got."""
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Supports:
    """Support of each undominated option."""

    found: tuple[Support, ...]
    """`F`, at the middle of uncertain cells."""
    possibly: tuple[Kind, ...] | None
    """`F`, with the uncertain cells at their best for the option and their worst for the others."""


def find_supports(setting: Setting, seed: int, progress: Progress | None = None) -> Supports:
    """Which scaling makes each undominated option best."""
    values, ordinal = setting.values, setting.ordinal
    options = len(values)
    witnesses = {} if ordinal.any() or options < 2 else _witnesses(values, seed)
    winners = np.array(sorted(witnesses, key=lambda x: -witnesses[x][0]), dtype=np.intp)
    if options > PROGRAMMES and not ordinal.any():
        witnesses |= _played(values, [x for x in range(options) if x not in witnesses])
    found = []
    for x in range(options):
        if progress is not None and options >= LONG:
            progress(x + 1, options, "weights that make an option best")
        proved = witnessed(values, x, witnesses[x][1]) if x in witnesses and options > PROGRAMMES else None
        found.append(proved or find_support(values, ordinal, x, winners))
    if not setting.utilities.uncertain:
        return Supports(tuple(found), None)
    highs, lows = setting.highs, setting.lows
    possibly: tuple[Kind, ...] = tuple(find_support(highs, ordinal, x, winners, lows).kind for x in range(options))
    return Supports(tuple(found), possibly)


def _witnesses(values: Floats, seed: int) -> dict[int, tuple[float, Floats]]:
    """Option -> its largest lead over the drawn scales, and these."""
    told: dict[int, tuple[float, Floats]] = {}
    for logs in logs_of(LogUniform(1000.0), values.shape[1], seed, replicates_for(values.shape[1])):
        weights = weights_of(logs, np.ones(values.shape[1]))
        weights = weights / weights.sum(axis=1, keepdims=True)
        totals = weights @ values.T
        two = np.partition(totals, -2, axis=1)[:, -2:]
        lead, winner = two[:, 1] - two[:, 0], totals.argmax(axis=1)
        for n in np.lexsort((-lead, winner)):
            x = int(winner[n])
            if x not in told or lead[n] > told[x][0]:
                told[x] = (float(lead[n]), weights[n])
    return told


def _played(values: Floats, options: list[int]) -> dict[int, tuple[float, Floats]]:
    """Option -> its lead and the weights, for those that the game finds weights for."""
    told: dict[int, tuple[float, Floats]] = {}
    left = np.array(options, dtype=np.intp)
    logs = np.zeros((len(left), values.shape[1]))
    for step in range(1, ROUNDS + 1):
        if not len(left):
            break
        weights = np.exp(logs - logs.max(axis=1, keepdims=True))
        weights /= weights.sum(axis=1, keepdims=True)
        totals = weights @ values.T
        own = totals[np.arange(len(left)), left].copy()
        totals[np.arange(len(left)), left] = -np.inf
        rival = totals.argmax(axis=1)
        lead = own - totals[np.arange(len(left)), rival]
        won = lead > PROVED
        told |= {int(left[i]): (float(lead[i]), weights[i]) for i in np.flatnonzero(won)}
        logs = logs[~won] + np.sqrt(np.log(values.shape[1] + 1) / step) * (values[left] - values[rival])[~won]
        left = left[~won]
    return told
