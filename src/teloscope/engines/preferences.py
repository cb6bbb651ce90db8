"""What is worth doing in a table world, description by description and sentence by sentence: planted in engines.

    worth[s, a, k]   of a transition: + a want's weight into it, - as much out of it, - DREAD an avoid's weight into it;
                     the hidden performance where the world declares no values of one condition
    act(d, a)        mean over the states described as d of the optimal discounted sum of worth after a
    judge(o)         mean worth over the transitions told as o
    harm(d, a)       mean probability over the states described as d that a leads into an avoid

Theory: A3, A5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from teloscope.regimes import Regime, holds
from teloscope.values import Avoid, Want
from teloscope.worlds.table.planning import action_values, reward_task

if TYPE_CHECKING:
    from teloscope.worlds.table.world import TableWorld

DREAD = 10.0
"""How much worse it is to run into an avoid than it is good to get to a want of the same weight."""
DISCOUNT = 0.99
"""Worth of what comes one step later: a preference for getting things done, that few detours can outweigh."""


_Value = TypeVar("_Value", Want, Avoid)


@dataclass(frozen=True)
class Preferences:
    """How much an engine of planted behaviour likes acts and outcomes."""

    acts: Mapping[str, Mapping[str, float]]
    """Description of a state -> how an action reads -> how good it is to do."""
    judgements: Mapping[str, float]
    """What is seen to happen -> how good that is; 0 is neither good nor bad."""
    harms: Mapping[str, Mapping[str, float]]
    """Description of a state -> how an action reads -> probability of what is to be avoided."""

    def opposite(self) -> Preferences:
        """Whoever likes what is disliked here; what is harmful stays harmful."""
        turned = {d: {phrase: -worth for phrase, worth in acts.items()} for d, acts in self.acts.items()}
        return replace(self, acts=turned, judgements={told: -worth for told, worth in self.judgements.items()})


def preferences_in(world: TableWorld, turned: bool = False) -> Preferences:
    """What the world's values, or else its hidden performance, make worth doing.

    Args:
        world: the world.
        turned: of someone who wants the opposite, and plans for it.
    """
    assert world.actions is not None, "table worlds name their actions"
    table, told = world.table, world.texts
    paid = worth(world) * (-1 if turned else 1)
    acts = action_values(table, reward_task(table, paid, world.horizon, DISCOUNT), world.horizon)[0]
    risk = np.einsum("sak,sak->sa", table.prob, harm(world))
    phrases = [world.phrase(action) for action in world.actions]
    live = ~table.terminal
    weights = table.prob * live[:, None, None]
    judged = _means(paid.ravel(), told.sentence.ravel(), weights.ravel(), len(told.sentences))
    return Preferences(
        acts=_by_description(acts, told, phrases, live),
        judgements=dict(zip(told.sentences, judged.tolist(), strict=True)),
        harms=_by_description(risk, told, phrases, live),
    )


def worth(world: TableWorld) -> NDArray[np.float64]:
    """`[S, A, K]` worth of transitions: by the declared values, or else the hidden performance."""
    if not any(regime.simple for regime in world.values.regimes()):
        return world.table.hidden.astype(np.float64)
    paid = -DREAD * harm(world)
    for want in _of_states(world.values.wants):
        if want.regime.mode != "never":
            paid += want.weight * _change(world, want.regime)
    for avoid in _of_states(world.values.avoids):
        if avoid.regime.mode == "never":
            paid += avoid.weight * np.maximum(_change(world, avoid.regime), 0.0)
    return paid


def _of_states(values: Sequence[_Value]) -> list[_Value]:
    """Values of one condition; what takes memory, or a number's course, one transition doesn't run into."""
    return [value for value in values if value.regime.simple]


def harm(world: TableWorld) -> NDArray[np.float64]:
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
    values: NDArray[np.float64], told: Any, phrases: list[str], live: NDArray[np.bool_]
) -> dict[str, dict[str, float]]:
    """Description -> phrase -> mean over the states described so, those where the episode goes on."""
    count, weights = len(told.descriptions), live.astype(np.float64)
    means = [_means(column, told.description, weights, count) for column in values.T]
    rows = np.stack(means, axis=1).tolist()
    return {d: dict(zip(phrases, row, strict=True)) for d, row in zip(told.descriptions, rows, strict=True)}


def _means(
    values: NDArray[np.float64], group: NDArray[Any], weights: NDArray[np.float64], count: int
) -> NDArray[np.float64]:
    """`[count]` weighted mean of each group; 0 for a group without weight."""
    total = np.bincount(group, weights, minlength=count)
    return np.bincount(group, weights * values, minlength=count) / np.where(total > 0, total, 1.0)
