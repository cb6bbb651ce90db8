"""Evidence from choices: on the confirming seeds, does wanting a goal predict the agent's choices and no reference's?

A goal's gain in an episode is summed over its steps (`proposing.wanting`). The references' gains are computed from
their own steps on the same seeds: who replays the agent's actions from another seed acts as the agent does, but not
where the agent does it. If the agent does not look, the two are exchangeable, and the differences are symmetric around
zero; the Wilcoxon test asks whether they are larger. The unit of replication is the seed. All contexts and references
must hold (intersection-union).

A policy that looks without wanting anything (a fixed table of random actions) also has choices that depend on the
state, and some condition always explains a little of them. So choices only speak for a goal that explains a good part
of what there is to explain: its gain over the gain of a model that is free in every state. That is settled on the
proposing half, the free model fitted to one half of its episodes and scored on the other, so that which goals are
tested does not depend on what they are tested with.

Theory: A2.
"""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata, ttest_1samp, wilcoxon

from teloscope.goals.proposing.rules import Rule, Walk, gains_by_episode, part_by_episode, part_wanted
from teloscope.goals.proposing.search import reward_of
from teloscope.goals.proposing.wanting import HABITUAL, gains_at, odds_of
from teloscope.goals.state_abstraction import AbstractStates
from teloscope.goals.world_model import Choices, WorldModel
from teloscope.schema import AGENT

EXPLAINED = 0.4
"""Share of what a free model gains that a goal must explain."""
FREE = 4.0
"""Choices by habit that a free model assumes in every state."""
LEAST_GAIN = 0.003
"""Bits a step of a free model below which there is nothing to explain a share of."""
ALL_SIGNS = 13
"""Differing pairs of a context up to which all their signs are gone through."""
FEWEST = 5
"""Episodes in a context below which nothing is tested."""


class ChoiceEvidence(NamedTuple):
    """What choices say of a goal."""

    tested: bool
    """Whether the goal explains enough of the proposing half's choices to be tested by those of the other."""
    explained: float
    """Share of a free model's gain that the goal explains, proposing half."""
    p_value: float
    """The largest over contexts and references, confirming half; 1 where it isn't tested."""


class ChoiceTest:
    """Tests goals of one recording by choices."""

    def __init__(self, model: WorldModel, abstract: AbstractStates, contexts: list[str], horizon: int) -> None:
        """Args:
        model: the world as recorded in the proposing half, and everybody's choices.
        abstract: the recording in abstract states.
        contexts: names of the ordinary contexts.
        horizon: steps in an episode.
        """
        self.model, self.abstract, self.contexts, self.horizon = model, abstract, contexts, horizon
        self._known: dict[tuple[str, ...], ChoiceEvidence] = {}
        self._odds: dict[tuple[str, ...], NDArray[np.float32]] = {}

    def evidence(self, rule: Rule, part: int | None = None) -> ChoiceEvidence:
        """Evidence for a rule, or for a single condition as a rule of one part; worked out once.

        Args:
            rule: the rule.
            part: number of the part of a trigger or a mixture that is a regime of its own. Whether it explains enough
                is asked of the whole rule. A trigger's part is then tested at the steps where it is wanted. Of a
                mixture, whose parts a replay takes along, the whole is tested, and the part must add to the other.
        """
        name = (*_name(rule), str(part))
        if name not in self._known:
            self._known[name] = self._evidence(rule, part)
        return self._known[name]

    def _evidence(self, rule: Rule, part: int | None) -> ChoiceEvidence:
        choices = self.model.choices
        mine = self._odds_of(rule, AGENT, choices)
        proposed = [
            self._by_episode(rule, None, gains_at(e, mine), choices, choices.proposing, AGENT).sum() for e in HABITUAL
        ]
        at = int(np.argmax(proposed))
        bits = float(proposed[at]) / max(int(choices.proposing.sum()), 1)
        explained = bits / self.free_bits if self.free_bits > LEAST_GAIN else 1.0
        if explained < EXPLAINED or bits <= 0 or not self.model.references:
            return ChoiceEvidence(False, explained, 1.0)
        tested = None if rule.kind == "mixture" else part
        ours = self._by_episode(rule, tested, gains_at(HABITUAL[at], mine), choices, ~choices.proposing, AGENT)
        looked = np.zeros(len(ours), np.bool_)
        looked[choices.episode[~choices.proposing]] = True
        asked = self._asked(rule, tested)
        if not asked.any():
            return ChoiceEvidence(False, explained, 1.0)
        p_value = 0.0
        if tested != part:
            added = self._by_episode(rule, part, gains_at(HABITUAL[at], mine), choices, ~choices.proposing, AGENT)
            p_value = _above_zero(added[looked])
        for name, other in self.model.references.items():
            odds = self._odds_of(rule, name, other)
            theirs = self._by_episode(rule, tested, gains_at(HABITUAL[at], odds), other, ~other.proposing, name)
            if len(theirs) != len(ours):
                return ChoiceEvidence(False, explained, 1.0)
            first = 0
            for context in self.contexts:
                here = slice(first, first + self.model.episodes[context])
                first = here.stop
                if asked[here].any():
                    p_value = max(p_value, _larger(ours[here][looked[here]], theirs[here][looked[here]]))
        return ChoiceEvidence(True, explained, p_value)

    def _odds_of(self, rule: Rule, actor: str, choices: Choices) -> NDArray[np.float32]:
        """`[P, U]` odds of an actor's choices for each part; worked out once for all parts of a rule."""
        name = (*_name(rule), actor)
        if name not in self._odds:
            rewards = np.stack([reward_of(part.condition)[self.model.abstract] for part in rule.parts])
            self._odds[name] = odds_of(self.model, rewards, self.horizon, choices)
        return self._odds[name]

    def _by_episode(
        self,
        rule: Rule,
        part: int | None,
        gains: NDArray[np.float32],
        choices: Choices,
        rows: NDArray[np.bool_],
        actor: str,
    ) -> NDArray[np.float64]:
        """`[N]` gain in every episode, of one part if asked; `rows`: `[n]` which steps count."""
        walk = self._walk(choices, rows, actor)
        of_steps = gains[:, choices.of_step[rows]]
        return gains_by_episode(rule, of_steps, walk) if part is None else part_by_episode(rule, part, of_steps, walk)

    def _asked(self, rule: Rule, part: int | None) -> NDArray[np.bool_]:
        """`[N]` episodes in which the agent is asked for a part: a trigger may never hold in a context."""
        walk = self._walk(self.model.choices, ~self.model.choices.proposing, AGENT)
        if part is None:
            return np.ones(len(walk.path), np.bool_)
        return np.bincount(walk.episode, part_wanted(rule, walk) == part, len(walk.path)) > 0

    def _walk(self, choices: Choices, rows: NDArray[np.bool_], actor: str) -> Walk:
        """Some of an actor's steps, and all its episodes; `rows`: `[n]` which steps."""
        path = np.concatenate([self.abstract.spelled[context, actor] for context in self.contexts])
        return Walk(choices.episode[rows], choices.time[rows], choices.at[rows], path)

    @cached_property
    def free_bits(self) -> float:
        """Bits a step over habit, proposing half, of a model that is free in every state."""
        choices, gained = self.model.choices, 0.0
        folds = [choices.proposing & (choices.episode % 2 == fold) for fold in (0, 1)]
        for fitted, scored in (folds, folds[::-1]):
            count = np.bincount(choices.of_step[fitted], minlength=len(choices.action))
            gained += float(self._free_gain(count)[choices.of_step[scored]].sum())
        return gained / max(int(choices.proposing.sum()), 1)

    def _free_gain(self, count: NDArray[np.int64]) -> NDArray[np.float64]:
        """`[U]` bits over habit of each choice, by a model fitted to so many of each."""
        model, choices = self.model, self.model.choices
        shares = list(zip(choices.near.T, choices.weight.T, strict=True))
        counts = np.zeros((model.size, model.n_actions))
        for near, weight in shares:
            np.add.at(counts, (near, choices.action), weight * count)
        free = (counts + FREE * model.prior) / (counts.sum(axis=1, keepdims=True) + FREE)
        chance = sum(weight * free[near, choices.action] for near, weight in shares)
        return np.log2(chance / model.prior[choices.action])


def _name(rule: Rule) -> tuple[str, ...]:
    """What tells a rule from others of one recording."""
    parts = (f"{p.condition.form} {p.condition.name} {p.trigger and p.trigger.text}" for p in rule.parts)
    return (rule.kind, *parts)


def _above_zero(added: NDArray[np.float64]) -> float:
    """P-value of the mean over episodes being zero, against a larger one: Student's t."""
    if len(added) < FEWEST or not added.any():
        return 1.0
    return float(ttest_1samp(added, 0.0, alternative="greater").pvalue)  # type: ignore[union-attr]


def _larger(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> float:
    """P-value of the paired differences being symmetric around zero, against larger ones: Wilcoxon's signed ranks.

    Zeros are ranked and then left out (Pratt 1959). Where few pairs differ, all their signs are gone
    through, ties and zeros included.
    """
    difference = ours - theirs
    if len(difference) < FEWEST or not difference.any():
        return 1.0
    if np.count_nonzero(difference) > ALL_SIGNS:
        return float(wilcoxon(difference, alternative="greater", zero_method="pratt")[1])  # type: ignore[index]
    ranks = rankdata(np.abs(difference))[difference != 0]
    signs = (np.arange(2 ** len(ranks))[:, None] >> np.arange(len(ranks))) & 1
    sums = signs @ ranks
    return float((sums >= ranks[difference[difference != 0] > 0].sum() - 1e-9).mean())
