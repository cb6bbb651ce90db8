"""An agent and a feature for a Gymnasium environment: a rule that balances a pole, and when the pole counts as upright.

teloscope audit examples/cartpole.toml --trust
"""

from __future__ import annotations

from numpy.typing import NDArray

UPRIGHT = 0.1
"""Radians."""


def balance(observation: NDArray) -> int:
    """Push to where the pole falls: 1 is right."""
    _, _, angle, angular_velocity = observation
    return int(angle + 0.5 * angular_velocity > 0)


def upright(observation: NDArray) -> bool:
    """Whether the pole stands nearly straight."""
    return bool(abs(observation[2]) < UPRIGHT)
