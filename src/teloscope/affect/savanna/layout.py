"""Where things stand: the observation's columns, the numbers of the actions, the uniform draws of a step.

Theory: E3, E9 (an action says how much energy to spend, and on what).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

PATCHES, OTHERS = 6, 4
"""Patches of food, and other beings."""
TARGETS = PATCHES + OTHERS
EFFORTS = (0.0, 0.25, 0.5, 1.0)
DIRECTIONS = ("approach", "avoid")
CALM = TARGETS * len(DIRECTIONS) * len(EFFORTS)
"""The number of the action that damps a mind's slow channel, at a price in energy: 80."""
ACTIONS = CALM + 1
"""Actions are numbered (target * 2 + direction) * 4 + effort, and 80 is calm."""

_COLUMNS = {
    "felt": 3,
    "feels": 3,
    "patch_distance": PATCHES,
    "patch_food": PATCHES,
    "other_distance": OTHERS,
    "cue": OTHERS,
    "in_sight": OTHERS,
    "arrived": OTHERS,
    "season": 2,
    "told": 1,
    "born": 1,
    "effort": 1,
    "elapsed": 1,
}
"""Part of the observation -> its columns, in order."""
FELT_ORDER = ("energy", "fatigue", "damage")
"""The order of the columns of `felt` and `feels`."""


def _slices() -> dict[str, slice]:
    ends, slices = 0, {}
    for name, width in _COLUMNS.items():
        slices[name] = slice(ends, ends + width)
        ends += width
    return slices


OBSERVATION = _slices()
"""Part of the observation -> where it stands."""
OBSERVED = sum(_COLUMNS.values())
"""Numbers in an observation: 40."""

STEP_DRAWS, START_DRAWS = 14, 32
"""Uniform draws that a step, and a start, take."""


class Choice(NamedTuple):
    """An action, taken apart; every field has the action's shape."""

    target: jax.Array
    """0 … 5 patches, 6 … 9 others; -1 for calm."""
    avoids: jax.Array
    """bool: away from the target."""
    effort: jax.Array
    """0, 1/4, 1/2 or 1."""
    calms: jax.Array
    """bool"""


def choice_of(action: ArrayLike) -> Choice:
    """What an action's number means. `action`: int, of any shape, 0 … 80."""
    action = jnp.asarray(action)
    calms = action == CALM
    effort = jnp.asarray(EFFORTS, jnp.float32)[action % len(EFFORTS)]
    target = action // (len(EFFORTS) * len(DIRECTIONS))
    return Choice(
        target=jnp.where(calms, -1, target),
        avoids=(action // len(EFFORTS)) % len(DIRECTIONS) == 1,
        effort=jnp.where(calms, 0.0, effort),
        calms=calms,
    )


def action_number(target: Any, avoids: Any, effort: Any) -> Any:
    """The number of an action, of numbers or of arrays; `effort` is the index into `EFFORTS`."""
    return (target * len(DIRECTIONS) + avoids) * len(EFFORTS) + effort


def action_names() -> tuple[str, ...]:
    """The name of every action, in order: `approach_patch_0_rest` … `avoid_other_3_full`, `calm`."""
    targets = [f"patch_{i}" for i in range(PATCHES)] + [f"other_{i}" for i in range(OTHERS)]
    efforts = ("rest", "quarter", "half", "full")
    return (*(f"{d}_{target}_{e}" for target in targets for d in DIRECTIONS for e in efforts), "calm")
