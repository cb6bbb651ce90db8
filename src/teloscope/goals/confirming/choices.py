"""Evidence from choices: on the confirming seeds, does wanting a goal predict the agent's choices and no reference's?

A goal's gain in an episode is summed over its steps (`proposing.wanting`). The references' gains are computed from
their own steps on the same seeds: who replays the agent's actions from another seed acts as the agent does, but not
where the agent does it. If the agent does not look, the two are exchangeable, and the differences are symmetric around
zero; the Wilcoxon test asks whether they are larger. The unit of replication is the seed. All contexts and references
must hold (intersection-union).

A policy that looks without wanting anything (a fixed table of random actions) also has choices that depend on the
state, and some condition always explains a little of them. So the goal must also explain a good part of what there is
to explain: its gain over the gain of a model that is free in every state, fitted to the proposing half.

Theory: A2.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import wilcoxon

from teloscope.goals.proposing.composites import Rule, gains_by_episode
from teloscope.goals.proposing.search import reward_of
from teloscope.goals.proposing.wanting import gains_of
from teloscope.goals.state_abstraction import AbstractStates
from teloscope.goals.world_model import Choices, WorldModel
from teloscope.schema import AGENT

EXPLAINED = 0.4
"""Share of what a free model gains that a goal must explain."""
FREE = 4.0
"""Choices by habit that a free model assumes in every state."""
LEAST_GAIN = 0.003
"""Bits a step of a free model below which there is nothing to explain a share of."""
FEWEST = 5
"""Episodes in a context below which nothing is tested."""


class ChoiceEvidence(NamedTuple):
    """What the choices of the confirming half say of a goal."""

    p_value: float
    """The largest over contexts and references; 1 where the goal explains too little."""
    explained: float
    """Share of a free model's gain that the goal explains."""
    bits: float
    """Gain a step over habit."""


def choice_evidence(
    model: WorldModel, rule: Rule, abstract: AbstractStates, contexts: list[str], horizon: int
) -> ChoiceEvidence:
    """Evidence for a rule, or for a single condition as a rule of one part.

    Args:
        model: the world as recorded in the proposing half, and everybody's choices.
        rule: the goal.
        abstract: the recording in abstract states.
        contexts: names of the ordinary contexts.
        horizon: steps in an episode.
    """
    rewards = np.stack([reward_of(part.condition)[model.abstract] for part in rule.parts])
    mine = gains_of(model, rewards, horizon)
    proposed = model.choices.proposing
    eps = int(
        np.argmax(
            [_by_episode(rule, gains, model.choices, proposed, abstract, AGENT, contexts).sum() for gains in mine]
        )
    )
    ours = _by_episode(rule, mine[eps], model.choices, ~proposed, abstract, AGENT, contexts)
    steps = max(int((~proposed).sum()), 1)
    free = _free_gain(model) / steps
    bits = float(ours.sum()) / steps
    explained = bits / free if free > LEAST_GAIN else 1.0
    if explained < EXPLAINED or bits <= 0 or not model.references:
        return ChoiceEvidence(1.0, explained, bits)
    p_value = 0.0
    looked = np.zeros(len(ours), np.bool_)
    looked[model.choices.episode[~proposed]] = True
    for name, choices in model.references.items():
        theirs = _by_episode(
            rule,
            gains_of(model, rewards, horizon, choices)[eps],
            choices,
            ~choices.proposing,
            abstract,
            name,
            contexts,
        )
        if len(theirs) != len(ours):
            return ChoiceEvidence(1.0, explained, bits)
        at = 0
        for context in contexts:
            here = slice(at, at + model.episodes[context])
            at += model.episodes[context]
            p_value = max(p_value, _larger(ours[here][looked[here]], theirs[here][looked[here]]))
    return ChoiceEvidence(p_value, explained, bits)


def _by_episode(
    rule: Rule,
    gains: NDArray[np.float32],
    choices: Choices,
    rows: NDArray[np.bool_],
    abstract: AbstractStates,
    actor: str,
    contexts: list[str],
) -> NDArray[np.float64]:
    """`[N]` gain in every episode; `rows`: `[n]` which steps count."""
    path = np.concatenate([abstract.spelled[context, actor] for context in contexts])
    of_step = choices.of_step[rows]
    return gains_by_episode(rule, gains[:, of_step], choices.episode[rows], choices.time[rows], choices.at[rows], path)


def _larger(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> float:
    """P-value of the paired differences being symmetric around zero, against larger ones."""
    difference = ours - theirs
    if len(difference) < FEWEST or not difference.any():
        return 1.0
    return float(wilcoxon(difference, alternative="greater", zero_method="pratt")[1])  # type: ignore[index]


def _free_gain(model: WorldModel) -> float:
    """Bits over habit, confirming half, of a model that is free in every state."""
    choices = model.choices
    counts = np.zeros((model.size, model.n_actions))
    for near, weight in zip(choices.near.T, choices.weight.T, strict=True):
        np.add.at(counts, (near, choices.action), weight * choices.count)
    free = (counts + FREE * model.prior) / (counts.sum(axis=1, keepdims=True) + FREE)
    chance = sum(
        weight * free[near, choices.action] for near, weight in zip(choices.near.T, choices.weight.T, strict=True)
    )
    gain = np.log2(chance / model.prior[choices.action])
    return float(gain[choices.of_step[~choices.proposing]].sum())
