"""What regimes read of states: every condition and every number, evaluated once. Theory: A2, A3."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from teloscope.regimes.language import CONDITION, NUMBER, compile_condition, holds, numbers_of
from teloscope.regimes.regime import Regime


def readings(
    regimes: Iterable[Regime], condition: Callable[[str], NDArray[Any]], number: Callable[[str], NDArray[Any]]
) -> dict[str, NDArray[Any]]:
    """What each expression that the regimes read comes to: every one asked for once.

    Args:
        regimes: any forms.
        condition: what a condition comes to.
        number: what a number comes to.
    """
    regimes = list(regimes)
    held = {text: condition(text) for text in dict.fromkeys(c for r in regimes for c in r.conditions)}
    return held | {text: number(text) for text in dict.fromkeys(f for r in regimes for f in r.numbers)}


def readings_in(frame: pl.DataFrame, regimes: Iterable[Regime]) -> dict[str, NDArray[Any]]:
    """Expression -> `[rows]` booleans of each condition, floats of each number that the regimes read.

    Args:
        frame: one row per state, one column per feature.
        regimes: any forms.

    Raises:
        BadRegime: a condition is not boolean, a number not numeric, or one of them undefined in some row. NotFound: an
            unknown feature or function.
    """
    return readings(regimes, lambda c: holds(c, frame), lambda f: numbers_of(f, frame))


def hits_among(
    regimes: Sequence[Regime], read: Mapping[str, NDArray[Any]], rows: NDArray[np.integer[Any]]
) -> NDArray[np.bool_]:
    """`[R, B]` which episodes are in which regimes.

    Args:
        regimes: `R` of them.
        read: what each expression comes to, row by row, as `readings_in` says.
        rows: `[B, T+1]` the row of each state of each episode, padded with the last up to the horizon.
    """
    lived = {expression: values[rows] for expression, values in read.items()}
    return np.array([r.achieved_by(lived.__getitem__) for r in regimes], dtype=np.bool_).reshape(-1, len(rows))


def features_of(regime: Regime, columns: Iterable[str]) -> list[str]:
    """Features that a regime speaks of, in order.

    Raises:
        BadRegime, NotFound: it can't be read on these columns.
    """
    known = list(columns)
    read = [(c, CONDITION) for c in regime.conditions] + [(f, NUMBER) for f in regime.numbers]
    return list(dict.fromkeys(name for e, kind in read for name in compile_condition(e, known, kind).features))
