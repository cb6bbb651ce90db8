"""Features of the states of a table: those that the world defines, and those computed from positions of entities.

Theory: A1, A2.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import combinations
from numbers import Real
from typing import Any

import numpy as np
import polars as pl

from teloscope.errors import BadWorld, one_line
from teloscope.schema import ACTION, EPISODE, REWARD, STATE, TIME
from teloscope.worlds.table.authored import AuthoredWorld, State

RESERVED = ("context", "actor", EPISODE, TIME, ACTION, STATE, REWARD)
"""Names of recordings' own columns, which no feature may bear."""


def tabulate_features(world: AuthoredWorld, states: Sequence[State]) -> pl.DataFrame:
    """One row per state: the world's own features, then positions, differences and distances of its entities.

    Raises:
        BadWorld: no features, one under a reserved name, values that are not finite numbers, booleans or texts, or
            states that don't have the same features.
    """
    rows = [_features(world, state) for state in states]
    names = list(rows[0])
    if not names:
        raise BadWorld(f"World {world.name!r} names no features, so no regime can be said of it; write its `features`.")
    if taken := sorted(set(names) & set(RESERVED)):
        raise BadWorld(
            f"World {world.name!r} has a feature {taken[0]!r}, which recordings use already; call it otherwise."
        )
    for state, row in zip(states, rows, strict=True):
        if list(row) != names:
            raise BadWorld(
                f"World {world.name!r}: the features of {state!r} are {list(row)}, elsewhere {names}. "
                "Name the same ones in every state, in the same order."
            )
    return pl.DataFrame({name: _column(world, name, states, [row[name] for row in rows]) for name in names})


def _features(world: AuthoredWorld, state: State) -> dict[str, Any]:
    try:
        own, placed = dict(world.features(state)), entity_features(world.entities(state))
    except Exception as error:
        raise BadWorld(f"World {world.name!r}: the features of {state!r} raised {one_line(error)}.") from error
    if twins := own.keys() & placed.keys():
        raise BadWorld(
            f"World {world.name!r}: the feature {min(twins)!r} comes from its `entities` already; "
            "leave it out of `features`, or call it otherwise."
        )
    return own | placed


def _column(world: AuthoredWorld, name: str, states: Sequence[State], values: list[Any]) -> pl.Series:
    """The values of a feature, one a state: booleans, texts, whole numbers, or else numbers."""
    kinds = set(map(type, values))
    if kinds == {bool}:
        return pl.Series(values, dtype=pl.Boolean)
    if kinds <= {int, float} and (plain := _plain_numbers(values)) is not None:
        return plain
    if all(isinstance(v, bool | np.bool_) for v in values):
        return pl.Series(values, dtype=pl.Boolean)
    if all(isinstance(v, str) for v in values):
        return pl.Series(values, dtype=pl.String)
    for state, value in zip(states, values, strict=True):
        if not isinstance(value, Real | np.bool_) or not math.isfinite(value):
            raise BadWorld(
                f"World {world.name!r}: feature {name!r} is {value!r} in {state!r}; expected a finite number, or a "
                "boolean or a text in every state."
            )
    if all(float(v).is_integer() and abs(v) < 2**31 for v in values):
        return pl.Series([int(v) for v in values], dtype=pl.Int32)
    return pl.Series([float(v) for v in values], dtype=pl.Float64)


def _plain_numbers(values: list[float]) -> pl.Series | None:
    """The same for Python's own numbers, all at once; None where one is not finite."""
    try:
        numbers = np.array(values, dtype=np.float64)
    except OverflowError:
        return None
    if not np.isfinite(numbers).all():
        return None
    whole = (numbers == np.floor(numbers)) & (np.abs(numbers) < 2**31)
    return pl.Series(numbers.astype(np.int32) if whole.all() else numbers)


def entity_features(positions: Mapping[str, tuple[float, float]]) -> dict[str, float]:
    """Positions of entities, and for each pair difference and Manhattan distance.

    `agent_coin_dx` is the coin's x minus the agent's. Without such features no condition tells "at the coin" from
    "at the right end".
    """
    numbers: list[float] = []
    for x, y in positions.values():
        numbers += (x, y)
    for (x1, y1), (x2, y2) in combinations(positions.values(), 2):
        dx, dy = x2 - x1, y2 - y1
        numbers += (dx, dy, abs(dx) + abs(dy))
    return dict(zip(_entity_names(tuple(positions)), numbers, strict=True))


@lru_cache(maxsize=256)
def _entity_names(entities: tuple[str, ...]) -> tuple[str, ...]:
    """Names of the features that `entity_features` gives, in its order."""
    own = [f"{name}_{axis}" for name in entities for axis in "xy"]
    pairs = combinations(entities, 2)
    return (*own, *(f"{one}_{two}_{what}" for one, two in pairs for what in ("dx", "dy", "distance")))
