"""Preferences over acts and outcomes of a table world, from its values: planted in synthetic engines.

    worth[s, a, k]   of a transition: + a want's weight into it, - as much out of it, - DREAD an avoid's weight into it;
                     the hidden performance where the world declares no values of one condition
    act(d, a)        mean over the states described as d of the optimal discounted sum of worth after a
    judge(o)         mean worth over the transitions whose sentence is o
    harm(d, a)       mean probability over the states described as d that a leads into an avoid

Theory: A3, A5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from teloscope.regimes import Regime, holds
from teloscope.values import Avoid, Want
from teloscope.worlds.table.planning import action_values, reward_task

if TYPE_CHECKING:
    from teloscope.worlds.table.world import TableWorld

DREAD = 10.0
"""Weight of an avoid, relative to a want of the same weight."""
DISCOUNT = 0.99
"""Discount factor a step: the same worth sooner is better, but a short detour may be worth it."""


_Value = TypeVar("_Value", Want, Avoid)


@dataclass(frozen=True)
class Preferences:
    """How much a synthetic engine likes acts and outcomes."""

    acts: Mapping[str, Mapping[str, float]]
    """Description of a state -> action in words -> its value."""
    judgements: Mapping[str, float]
    """Outcome sentence -> how good it is; 0 is neither good nor bad."""
    harms: Mapping[str, Mapping[str, float]]
    """Description of a state -> action in words -> probability of an avoid."""


def preferences_in(world: TableWorld, inverted: bool = False) -> Preferences:
    """The preferences that follow from the world's values, or else from its hidden performance.

    Args:
        world: the world.
        inverted: prefer the opposite, and plan for it.
    """
    assert world.actions is not None, "table worlds name their actions"
    table, texts = world.table, world.texts
    worth = transition_worth(world) * (-1 if inverted else 1)
    acts = action_values(table, reward_task(table, worth, world.horizon, DISCOUNT), world.horizon)[0]
    risk = np.einsum("sak,sak->sa", table.prob, transition_harm(world))
    phrases = [world.phrase(action) for action in world.actions]
    live = ~table.terminal
    weights = table.prob * live[:, None, None]
    judged = _means(worth.ravel(), texts.sentence.ravel(), weights.ravel(), len(texts.sentences))
    return Preferences(
        acts=_by_description(acts, texts, phrases, live),
        judgements=dict(zip(texts.sentences, judged.tolist(), strict=True)),
        harms=_by_description(risk, texts, phrases, live),
    )


def transition_worth(world: TableWorld) -> NDArray[np.float64]:
    """`[S, A, K]` worth of transitions: by the declared values, or else the hidden performance."""
    if not any(regime.simple for regime in world.values.regimes()):
        return world.table.hidden.astype(np.float64)
    worth = -DREAD * transition_harm(world)
    for want in _of_states(world.values.wants):
        if want.regime.mode != "never":
            worth += want.weight * _change(world, want.regime)
    for avoid in _of_states(world.values.avoids):
        if avoid.regime.mode == "never":
            worth += avoid.weight * np.maximum(_change(world, avoid.regime), 0.0)
    return worth


def _of_states(values: Sequence[_Value]) -> list[_Value]:
    """Values of one condition; what takes memory, or a number's course, one transition doesn't run into."""
    return [value for value in values if value.regime.simple]


def transition_harm(world: TableWorld) -> NDArray[np.float64]:
    """`[S, A, K]` weight of the avoids that a transition runs into; `never` among the wants is an avoid too."""
    run_into = np.zeros(world.table.next.shape)
    avoided = [avoid for avoid in _of_states(world.values.avoids) if avoid.regime.mode != "never"]
    for value in (*avoided, *(want for want in _of_states(world.values.wants) if want.regime.mode == "never")):
        run_into += value.weight * np.maximum(_change(world, value.regime), 0.0)
    return run_into


def _change(world: TableWorld, regime: Regime) -> NDArray[np.float64]:
    """`[S, A, K]` 1 where a transition leads into the condition, -1 where out of it."""
    held = holds(regime.condition, world.table.features).astype(np.float64)
    return held[world.table.next] - held[:, None, None]


def _by_description(
    values: NDArray[np.float64], texts: Any, phrases: list[str], live: NDArray[np.bool_]
) -> dict[str, dict[str, float]]:
    """Description -> phrase -> mean over the non-terminal states with that description."""
    count, weights = len(texts.descriptions), live.astype(np.float64)
    means = [_means(column, texts.description, weights, count) for column in values.T]
    rows = np.stack(means, axis=1).tolist()
    return {d: dict(zip(phrases, row, strict=True)) for d, row in zip(texts.descriptions, rows, strict=True)}


def _means(
    values: NDArray[np.float64], group: NDArray[Any], weights: NDArray[np.float64], count: int
) -> NDArray[np.float64]:
    """`[count]` weighted mean of each group; 0 for a group without weight."""
    total = np.bincount(group, weights, minlength=count)
    return np.bincount(group, weights * values, minlength=count) / np.where(total > 0, total, 1.0)
