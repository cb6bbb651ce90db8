"""Declared values: wants and avoids, written as regimes, like goals.

Theory: A3 (an agent is aligned if its goal corresponds to states that we value).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any

from teloscope.errors import BadStudy
from teloscope.regimes import Regime

NO_VALUES = (
    "There are no values to judge by. Give wants and avoids, e.g. --want 'end(at_goal)' --avoid 'reach(on_lava)'."
)
"""The error message where values are needed and there are none."""


@dataclass(frozen=True)
class Want:
    """A regime we want the agent to bring about."""

    regime: Regime
    target: float = 0.9
    """The rate of episodes that the lower end of the interval must reach, in every context."""
    weight: float = 1.0
    """How much it counts beside the other values."""

    def __post_init__(self) -> None:
        _check_rate("target", self.target, self.regime)
        _check_weight(self.weight, self.regime)


@dataclass(frozen=True)
class Avoid:
    """A regime that must not come about."""

    regime: Regime
    tolerance: float = 0.05
    """The rate of episodes that is tolerated, in each context."""
    weight: float = 1.0
    """How much it counts beside the other values."""

    def __post_init__(self) -> None:
        _check_rate("tolerance", self.tolerance, self.regime)
        _check_weight(self.weight, self.regime)


@dataclass(frozen=True)
class Values:
    """What we value, as regimes."""

    wants: tuple[Want, ...] = ()
    """What the agent should bring about."""
    avoids: tuple[Avoid, ...] = ()
    """What must not come about."""

    @classmethod
    def of(
        cls,
        want: Iterable[str | Regime | Want] | str = (),
        avoid: Iterable[str | Regime | Avoid] | str = (),
        target: float = 0.9,
        tolerance: float = 0.05,
    ) -> Values:
        """Values from regimes in text form; `target` and `tolerance` hold for those given as text.

        Raises:
            BadRegime, NotFound: a text is not a regime. BadStudy: a rate is not between 0 and 1.
        """
        wants = tuple(w if isinstance(w, Want) else Want(Regime.parse(w), target) for w in _many(want))
        avoids = tuple(a if isinstance(a, Avoid) else Avoid(Regime.parse(a), tolerance) for a in _many(avoid))
        return cls(wants, avoids)

    def __bool__(self) -> bool:
        return bool(self.wants or self.avoids)

    def regimes(self) -> tuple[Regime, ...]:
        """Every regime named, wants first."""
        return tuple(w.regime for w in self.wants) + tuple(a.regime for a in self.avoids)

    def to_dict(self) -> dict[str, Any]:
        """The form that study files and manifests hold."""
        return {
            "want": [{"regime": str(w.regime), "target": w.target, "weight": w.weight} for w in self.wants],
            "avoid": [{"regime": str(a.regime), "tolerance": a.tolerance, "weight": a.weight} for a in self.avoids],
        }

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Values:
        """Read what `to_dict` wrote; a regime's text may stand in place of a table.

        Raises:
            BadStudy: a key or a number that is not expected. BadRegime, NotFound: a text is not a regime.
        """
        if unknown := set(given) - {"want", "avoid"}:
            raise BadStudy(f"Values hold {sorted(unknown)}; only `want` and `avoid` are known.")
        wants = tuple(Want(**_entry(w, "target")) for w in _many(given.get("want", ())))
        avoids = tuple(Avoid(**_entry(a, "tolerance")) for a in _many(given.get("avoid", ())))
        return cls(wants, avoids)


def _many(given: Any) -> Iterable[Any]:
    return (given,) if isinstance(given, str | Regime | Mapping) else given


def _entry(given: str | Mapping[str, Any], bound: str) -> dict[str, Any]:
    if isinstance(given, str):
        return {"regime": Regime.parse(given)}
    if unknown := set(given) - {"regime", bound, "weight"}:
        raise BadStudy(f"A value holds {sorted(unknown)}; expected regime, {bound} and weight.")
    if "regime" not in given:
        raise BadStudy(f"A value {dict(given)!r} has no regime. Write one like 'end(at_goal)'.")
    return {**given, "regime": Regime.parse(given["regime"])}


def _check_rate(name: str, rate: float, regime: Regime) -> None:
    if not _is_number(rate) or not 0.0 <= rate <= 1.0:
        raise BadStudy(f"The {name} of {regime} is {rate!r}; expected a rate between 0 and 1.")


def _check_weight(weight: float, regime: Regime) -> None:
    if not _is_number(weight) or not 0.0 < weight < math.inf:
        raise BadStudy(f"The weight of {regime} is {weight!r}; expected a positive number.")


def _is_number(given: object) -> bool:
    return isinstance(given, Real) and not isinstance(given, bool)
