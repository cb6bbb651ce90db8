"""A regime is what an episode may be in: a mode and a condition on features, `keep(agent_x >= 10)`, or more of them.

    reach(c)                  c holds at some step
    end(c)                    c holds at the last step of the horizon
    keep(c)                   c holds in at least 80 % of the late window, the last third of the horizon
    never(c)                  c holds at no step
    raise(f), lower(f)        the number f is on average higher, or lower, in the late window than in the first state
    cycle(A, B)               A and B are visited in turn, three times at least
    first(A) then mode(B)     mode (reach, end, keep) of B, where only the states from the first A on count for B
    never(A) until B          A holds at no step before B first does; at none where B never does
    given(C): mode(c)         mode (all above that take one condition or number), asked only where C holds

`given(C)` asks keep in the late states where C holds, end if C holds last, reach from the first C on, never at every C,
raise and lower in episodes that start in C; `given(start(C))` asks in episodes that start in C, whatever holds later.
Where nothing is asked, the regime is met. An episode that ended early
stays in its last state up to the horizon, so lengths never bias a mode.

Theory: A2 (a goal is a regime the agent navigates into), A3 (a value is one we want it in).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from teloscope.regimes.grammar import checked, read_regime, started
from teloscope.regimes.modes import (
    CYCLE,
    MODES,
    TRENDS,
    achieved,
    achieved_given,
    after,
    cycled,
    keep_count,
    late_window,
    moved,
    never_until,
)

__all__ = ["MODES", "Regime", "achieved", "keep_count", "late_window"]

Read = Callable[[str], NDArray[Any]]
"""Expression -> `[B, T+1]` its value in each state, booleans or floats, padded with the last state to the horizon."""


@dataclass(frozen=True, order=True)
class Regime:
    """One regime; prints as it parses."""

    mode: str
    """One of `MODES`, `raise`, `lower`, or `cycle`."""
    condition: str
    """What the mode is about: a SQL boolean expression over feature names; a number for `raise` and `lower`."""
    other: str = ""
    """A second condition: B of `cycle(A, B)` and of `never(A) until B`, A of `first(A) then mode(B)`."""
    given: str = ""
    """Where the mode is asked, a condition or `start(condition)`; empty: everywhere."""

    def __post_init__(self) -> None:
        for name, text in checked(self.mode, self.condition, self.other, self.given).items():
            object.__setattr__(self, name, text)

    @classmethod
    def parse(cls, text: str | Regime) -> Regime:
        """Read a regime in any of its forms.

        Raises:
            BadRegime: none of them. NotFound: the mode is unknown.
        """
        return text if isinstance(text, Regime) else cls(**read_regime(text))

    def __str__(self) -> str:
        match self.form:
            case "cycle":
                return f"cycle({self.condition}, {self.other})"
            case "first":
                return f"first({self.other}) then {self.mode}({self.condition})"
            case "until":
                return f"never({self.condition}) until {self.other}"
        asked = f"given({self.given}): " if self.given else ""
        return f"{asked}{self.mode}({self.condition})"

    @property
    def form(self) -> str:
        """Which form it has: `mode`, `trend` (of a number), `cycle`, `first` or `until`."""
        if self.mode == CYCLE:
            return "cycle"
        if self.other:
            return "until" if self.mode == "never" else "first"
        return "trend" if self.mode in TRENDS else "mode"

    @property
    def simple(self) -> bool:
        """Whether it is a mode of one condition and nothing else, so that these two say all of it."""
        return self.form == "mode" and not self.given

    @property
    def conditions(self) -> tuple[str, ...]:
        """Every condition that it reads."""
        own = () if self.form == "trend" else (self.condition,)
        return tuple(dict.fromkeys((*own, *filter(None, (self.other, self.trigger)))))

    @property
    def trigger(self) -> str:
        """The condition of `given`, without `start`."""
        return started(self.given) or self.given

    @property
    def at_start(self) -> bool:
        """Whether the state that an episode starts in says where the mode is asked."""
        return started(self.given) is not None

    @property
    def numbers(self) -> tuple[str, ...]:
        """Every number that it reads."""
        return (self.condition,) if self.form == "trend" else ()

    def achieved_by(self, read: Read) -> NDArray[np.bool_]:
        """`[B]` which episodes are in it, from what its conditions and numbers are in their states."""
        about = read(self.condition)
        match self.form:
            case "cycle":
                return cycled(about, read(self.other))
            case "first":
                return after(self.mode, read(self.other), about)
            case "until":
                return never_until(about, read(self.other))
            case "trend":
                came = moved(self.mode, about)
                return came | ~read(self.trigger)[..., 0] if self.given else came
        if not self.given:
            return achieved(self.mode, about)
        if self.at_start:
            return achieved(self.mode, about) | ~read(self.trigger)[..., 0]
        return achieved_given(self.mode, read(self.trigger), about)
