"""Candidate conditions: thresholds, flags, categories and values of features, and what they are called.

Conditions that hold in the same of the visited abstract states are one candidate with several names: the data can't
tell them apart, whatever the mode.

Theory: A2.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import reduce
from typing import Any, Literal, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from teloscope.recordings.summary import Signal, format_number, signals_of
from teloscope.regimes import Regime
from teloscope.regimes.grammar import started
from teloscope.regimes.language import opposite
from teloscope.regimes.regime import achieved

MANY = 40
"""Distinct values of a feature beyond which thresholds are quantiles of the states the agent ends in."""
QUANTILES = 24
FEWEST_VALUES = 4
"""Distinct values a number must take to be raised or lowered."""


Form = Literal["", "given", "first", "cycle", "raise", "lower"]


class Condition(NamedTuple):
    """A candidate and where it holds."""

    names: tuple[str, ...]
    """All names with the same abstract states, the plainest first."""
    signals: frozenset[str]
    """Names of the signals that the plainest name uses."""
    held: NDArray[np.bool_]
    """`[K]` abstract states in which it holds."""
    flag: bool = False
    """Whether the plainest name is a flag or a category."""
    parts: tuple[Condition, ...] = ()
    """The simple conditions it is the conjunction of, if it is one."""
    form: Form = ""
    """What kind of regime it is the condition of, where that isn't `mode(condition)`."""
    before: str = ""
    """The other condition of such a regime: the trigger of `given`, the first of `first`, the other of `cycle`."""
    before_held: NDArray[np.bool_] | None = None
    """`[K]` abstract states in which that one holds."""
    values: NDArray[np.float64] | None = None
    """`[K]` the number that is raised or lowered."""
    share: float | None = None
    """Share of the episodes in which it is wanted, of a mixture."""

    @property
    def name(self) -> str:
        return self.names[0]

    @property
    def trigger(self) -> str:
        """The other condition itself, where `before` says `start(…)` of it."""
        return started(self.before) or self.before

    def asked(self, path: NDArray[np.integer[Any]], first: int) -> NDArray[np.bool_]:
        """`[N]` whether its trigger, if it has one, asks for it from a step on; `path`: `[N, T+1]`."""
        if self.form != "given" or self.before_held is None:
            return np.ones(len(path), np.bool_)
        return self.before_held[path[:, 0 if self.trigger != self.before else first]]

    def regime(self, mode: str, name: str = "") -> Regime:
        """The regime of this condition, or of another of its names, in a mode of `GOAL_MODES`."""
        name = name or self.name
        match self.form:
            case "given":
                return Regime.parse(f"given({self.before}): {regime_of(mode, name)}")
            case "first":
                return Regime.parse(f"first({self.before}) then {'keep' if mode == 'always' else mode}({name})")
            case "cycle":
                return Regime.parse(f"cycle({self.before}, {name})")
            case "raise" | "lower":
                return Regime.parse(f"{self.form}({name})")
        return regime_of(mode, name)

    def achieved(self, mode: str, path: NDArray[np.integer[Any]]) -> NDArray[np.bool_]:
        """`[N]` which episodes are in its regime; `path`: `[N, T+1]` their abstract states."""
        if not self.form:
            held = self.held[path]
            return np.all(held, axis=1) if mode == "always" else achieved(mode, held)
        known = {self.name: self.held if self.values is None else self.values, self.trigger: self.before_held}
        known[opposite(self.name)] = ~self.held

        def read(expression: str) -> NDArray[Any]:
            values = known[expression]
            assert values is not None, "a form knows the conditions it is made of"
            return values[path]

        return self.regime(mode).achieved_by(read)


def regime_of(mode: str, name: str) -> Regime:
    """The regime of holding a condition in a mode; holding it at every step is never being in its opposite."""
    return Regime("never", opposite(name)) if mode == "always" else Regime(mode, name)


def directions(frame: pl.DataFrame, seen: NDArray[np.bool_]) -> list[Condition]:
    """`raise(f)` and `lower(f)` for every number that takes many values."""
    out = []
    for signal, values in signals_of(frame).items():
        numbers = values.astype(np.float64)
        if signal.flag or len(np.unique(numbers[seen])) < FEWEST_VALUES:
            continue
        low, high = np.quantile(numbers[seen], [0.25, 0.75])
        named, signals = (signal.name,), frozenset({signal.name})
        out.append(Condition(named, signals, numbers >= high, form="raise", values=numbers))
        out.append(Condition(named, signals, numbers <= low, form="lower", values=numbers))
    return out


def atoms(frame: pl.DataFrame, late: NDArray[np.int64], seen: NDArray[np.bool_]) -> list[Condition]:
    """All simple conditions worth looking at.

    Args:
        frame: `[K]` features of the abstract states.
        late: abstract states in the agent's late windows (with repeats), for quantiles.
        seen: `[K]` abstract states visited by anybody.

    Returns:
        One candidate for each distinct set of visited abstract states, none that always or never holds.
    """
    found: list[Condition] = []
    for signal, values in signals_of(frame).items():
        found += _atoms_of(signal, values, values[late], values[seen])
    return merged(found, seen)


def _atoms_of(signal: Signal, values: NDArray[Any], late: NDArray[Any], seen: NDArray[Any]) -> list[Condition]:
    def condition(name: str, held: NDArray[np.bool_]) -> Condition:
        return Condition((name,), frozenset({signal.name}), held, signal.flag)

    if signal.flag:
        return [condition(signal.condition(up, 1.0), values == up) for up in (True, False)]
    distinct = np.unique(seen)
    few = len(distinct) <= MANY
    cuts = distinct if few else np.unique(np.quantile(late, np.linspace(0, 1, QUANTILES), method="nearest"))
    whole = values.dtype.kind in "iu"
    out = [condition(signal.condition(True, float(c)), values >= c) for c in cuts]
    if whole:
        out += [condition(signal.condition(False, float(c)), values <= c) for c in cuts]
    else:  # between two values lies anything: what is below the next one
        out += [condition(opposite(signal.condition(True, float(c))), values < c) for c in cuts]
    if few and whole:
        out += [condition(f"{signal.name} = {format_number(float(c))}", values == c) for c in cuts[1:-1]]
    return out


def merged(found: list[Condition], seen: NDArray[np.bool_]) -> list[Condition]:
    """Candidates with the same visited abstract states become one; those that always or never hold are dropped."""
    groups: dict[bytes, list[Condition]] = {}
    for condition in found:
        visible = condition.held[seen]
        if visible.any() and not visible.all():
            groups.setdefault(np.packbits(visible).tobytes(), []).append(condition)
    out = []
    for group in groups.values():
        group.sort(key=lambda c: plainness(c.name))
        out.append(group[0]._replace(names=tuple(dict.fromkeys(n for c in group for n in c.names))))
    return out


DERIVED = re.compile(r"_(dx|dy|distance)\b")
"""Features that are made of the positions of two entities."""


def parts_in(name: str) -> int:
    """How many conditions are joined in a condition; the `and` of `between` joins none."""
    return name.count(" and ") - name.count(" between ") + 1


def plainness(name: str) -> tuple[int, int, bool, bool, str]:
    """Sort key: few parts before many, flags before numbers, declared features before derived ones, what is about the
    agent before the rest."""
    return (parts_in(name), name.count(" "), DERIVED.search(name) is not None, "agent" not in name, name)


def both(one: Condition, two: Condition) -> Condition:
    """The conjunction of two candidates."""
    return conjunction((*(one.parts or (one,)), *(two.parts or (two,))))


def conjunction(parts: Sequence[Condition]) -> Condition:
    """All of these simple conditions at once, named in a fixed order."""
    if len(parts) == 1:
        return parts[0]
    parts = sorted(parts, key=lambda c: plainness(c.name))
    held = reduce(np.logical_and, (c.held for c in parts))
    signals = frozenset().union(*(c.signals for c in parts))
    return Condition((" and ".join(c.name for c in parts),), signals, held, parts=tuple(parts))
