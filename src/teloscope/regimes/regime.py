"""A regime is a mode and a condition on features: `keep(agent_x >= 10)`.

    reach(c)  c holds at some step
    end(c)    c holds at the last step of the horizon
    keep(c)   c holds in at least 80 % of the late window, the last third of the horizon
    never(c)  c holds at no step

An episode that ended early stays in its last state up to the horizon, so lengths never bias a mode.

Theory: A2 (a goal is a regime the agent navigates into), A3 (a value is one we want it in).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from teloscope.errors import BadRegime, NotFound
from teloscope.regimes.quoting import balanced, squeezed

MODES = ("reach", "end", "keep", "never")
KEEP_SHARE = 0.8
"""Share of the late window in which a kept condition must hold."""

_FORM = re.compile(r"\s*([A-Za-z_]\w*)\s*\((.*)\)\s*\Z", re.DOTALL)


@dataclass(frozen=True, order=True)
class Regime:
    """One regime; prints as it parses."""

    mode: str
    """One of `MODES`."""
    condition: str
    """A SQL boolean expression over feature names."""

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise NotFound("mode", self.mode, MODES, "A regime reads like `keep(agent_x >= 10)`.")
        object.__setattr__(self, "condition", squeezed(self.condition))
        if not self.condition:
            raise BadRegime(
                f"The regime {self.mode}() has no condition. Write one over features, e.g. {self.mode}(at_goal)."
            )

    @classmethod
    def parse(cls, text: str | Regime) -> Regime:
        """Read `mode(condition)`.

        Raises:
            BadRegime: not of that form. NotFound: the mode is unknown.
        """
        if isinstance(text, Regime):
            return text
        form = _FORM.match(text)
        if form is None or not balanced(form.group(2)):
            raise BadRegime(
                f"{text!r} is not a regime. Write `mode(condition)`, e.g. keep(agent_x >= 10); "
                f"modes: {', '.join(MODES)}."
            )
        return cls(form.group(1), form.group(2))

    def __str__(self) -> str:
        return f"{self.mode}({self.condition})"


def late_window(horizon: int) -> int:
    """Number of states in the late window: the last third of the horizon, at least one."""
    return max(1, math.ceil(horizon / 3))


def keep_count(horizon: int) -> int:
    """How many states of the late window must satisfy a kept condition."""
    return math.ceil(KEEP_SHARE * late_window(horizon) - 1e-9)


def achieved(mode: str, held: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which episodes are in the regime.

    Args:
        mode: one of `MODES`.
        held: `[B, T+1]` whether the condition held in each state, padded with the last state up to the horizon.

    Returns:
        `[B]` booleans.

    Raises:
        NotFound: the mode is unknown.
    """
    horizon = held.shape[-1] - 1
    match mode:
        case "reach":
            return np.any(held, axis=-1)
        case "never":
            return np.all(~held, axis=-1)
        case "end":
            return held[..., -1]
        case "keep":
            return np.count_nonzero(held[..., -late_window(horizon) :], axis=-1) >= keep_count(horizon)
    raise NotFound("mode", mode, MODES, "A regime reads like `keep(agent_x >= 10)`.")
