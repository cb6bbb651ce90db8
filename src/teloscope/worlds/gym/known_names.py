"""Names of observation entries and actions in well-known Gymnasium environments, so that goals can be read.

Source: the environments' own documentation in Gymnasium (classic control, Box2D, toy text). Overridden by the `names`,
`actions` and `idle` of a `GymWorld`.
"""

from __future__ import annotations

from typing import NamedTuple


class Names(NamedTuple):
    """Names of an environment's observation entries and actions."""

    observations: tuple[str, ...]
    actions: tuple[str, ...] | None = None
    idle: str | None = None


_LANDER = ("x", "y", "x_velocity", "y_velocity", "angle", "angular_velocity", "left_leg_contact", "right_leg_contact")
_COMPASS = ("left", "down", "right", "up")

KNOWN: dict[str, Names] = {
    "CartPole": Names(
        ("cart_position", "cart_velocity", "pole_angle", "pole_angular_velocity"), ("push_left", "push_right")
    ),
    "MountainCar": Names(("position", "velocity"), ("push_left", "coast", "push_right"), "coast"),
    "MountainCarContinuous": Names(("position", "velocity")),
    "Pendulum": Names(("angle_cos", "angle_sin", "angular_velocity")),
    "Acrobot": Names(
        ("angle_1_cos", "angle_1_sin", "angle_2_cos", "angle_2_sin", "angular_velocity_1", "angular_velocity_2"),
        ("torque_negative", "no_torque", "torque_positive"),
        "no_torque",
    ),
    "LunarLander": Names(_LANDER, ("nothing", "left_engine", "main_engine", "right_engine"), "nothing"),
    "LunarLanderContinuous": Names(_LANDER),
    "FrozenLake": Names(("tile",), _COMPASS),
    "FrozenLake8x8": Names(("tile",), _COMPASS),
    "CliffWalking": Names(("tile",), ("up", "right", "down", "left")),
    "Taxi": Names(("state",), ("south", "north", "east", "west", "pickup", "dropoff")),
    "Blackjack": Names(("player_sum", "dealer_card", "usable_ace"), ("stick", "hit")),
}


def known_names(spec_name: str | None) -> Names | None:
    """Names for an environment by its id without namespace and version (`CartPole`), or None."""
    return KNOWN.get(spec_name or "")
