"""Text observations: a state as sentences, as a map, or as features. Each distinct text is kept once.

Theory: S2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from teloscope.errors import BadScaffold
from teloscope.scaffolds.scaffold import Show
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import World


class TextObservations(NamedTuple):
    """The text observation of every state of a table world."""

    texts: tuple[str, ...]
    """The distinct texts."""
    index: NDArray[np.int32]
    """`[S]` index of each state's text."""
    about: tuple[str, ...]
    """For each text, the world's description of the first non-terminal state that has it."""


def text_observations(world: TableWorld, show: Show) -> TextObservations:
    """The states of a table world as text.

    Raises:
        BadScaffold: `show` is "map", and the world draws no map.
    """
    if show == "plain":
        return TextObservations(world.texts.descriptions, world.texts.description, world.texts.descriptions)
    if show == "map":
        return _distinct(world, ["\n".join(_map_of(world, state)) for state in world.table.states])
    return _distinct(world, [features_text(row) for row in world.table.features.iter_rows(named=True)])


def stepped_text_observations(
    world: World, show: Show, descriptions: Sequence[str], features: Mapping[str, NDArray[Any]]
) -> list[str]:
    """`[B]` states of a stepped world as text.

    Raises:
        BadScaffold: `show` is "map".
    """
    if show == "plain":
        return list(descriptions)
    if show == "map":
        raise BadScaffold(f"The world {world.name!r} is stepped and draws no map for an agent; show it plain instead.")
    return [features_text(dict(zip(features, row, strict=True))) for row in zip(*features.values(), strict=True)]


def features_text(row: Mapping[str, Any]) -> str:
    """Feature names and values, one a line; booleans as yes and no, numbers with four digits."""
    return "\n".join(f"{name.replace('_', ' ')}: {_value(value)}" for name, value in row.items())


def _value(value: Any) -> str:
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    return f"{float(value):.4g}" if isinstance(value, int | float | np.number) else str(value)


def _map_of(world: TableWorld, state: Any) -> list[str]:
    rows = world.draw(state)
    if not rows:
        raise BadScaffold(f"The world {world.name!r} draws no map; show it plain or as features instead.")
    shown = {char for row in rows for char in row}
    key = ", ".join(f"{char} {what}" for char, what in world.legend.items() if char in shown and char.strip())
    return [*rows, f"({key})"] if key else rows


def _distinct(world: TableWorld, texts: Sequence[str]) -> TextObservations:
    rows: dict[str, int] = {}
    index = np.asarray([rows.setdefault(text, len(rows)) for text in texts], dtype=np.int32)
    living_first = np.argsort(world.table.terminal, kind="stable")
    first = living_first[np.unique(index[living_first], return_index=True)[1]]
    known = world.texts
    return TextObservations(tuple(rows), index, tuple(known.descriptions[i] for i in known.description[first]))
