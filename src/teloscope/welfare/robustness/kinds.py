"""Beings who want the same: columns that differ in nothing but scale and zero are of one kind.

Between two beings of one kind no disagreement exists, so no ratio between them matters. One more being of a kind that
is there already therefore changes no ratio between kinds; it only changes how many beings share a kind's weight.

Theory: E0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from teloscope.welfare.tables.utilities import SAME, Utilities

Groups = tuple[tuple[int, ...], ...]


def find_kinds(scaled: Utilities) -> Groups:
    """Columns grouped by what they want; beings to whom all options are the same belong to none.

    Args:
        scaled: utilities in ranges (`in_ranges`), where beings of one kind have the same column.
    """
    columns = np.concatenate([scaled.value, scaled.low, scaled.high])
    if scaled.draws is not None:
        columns = np.concatenate([columns, scaled.draws.reshape(-1, len(scaled.beings))])
    # Equal columns cast equal shadows, so only neighbours have to be compared.
    shadow = np.random.default_rng(0).random(len(columns))
    cast = shadow @ columns
    groups: list[list[int]] = []
    for b in sorted(np.flatnonzero(scaled.informative).tolist(), key=lambda b: (cast[b], b)):
        for group in reversed(groups):
            if cast[b] - cast[group[0]] > SAME * len(columns):
                groups.append([b])
                break
            same_form = scaled.ordinal[b] == scaled.ordinal[group[0]]
            if same_form and np.abs(columns[:, b] - columns[:, group[0]]).max() <= SAME:
                group.append(b)
                break
        else:
            groups.append([b])
    return tuple(sorted(tuple(sorted(group)) for group in groups))


def first_of(kinds: Groups) -> NDArray[np.intp]:
    """`[K]` one being of each kind, who speaks for all."""
    return np.array([group[0] for group in kinds], dtype=np.intp)
