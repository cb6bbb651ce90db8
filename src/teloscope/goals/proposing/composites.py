"""Goals of several parts: with a trigger, in sequence, in a cycle, or one of two by episode.

Each is a rule that says, at every step, which of two conditions is wanted:

    trigger    A where a condition that stays the same within an episode holds, B elsewhere
    sequence   A until it was first met, then B
    cycle      B after A was met last, A after B was met last
    mixture    A in some episodes, B in the others; an episode's own choices say which

Its gain is the sum of the gains of the condition that is wanted at each step (`wanting`). A rule is proposed where its
gain clearly exceeds that of the best single condition, and of every simpler rule. Candidates of a rule are those
conditions that predict stretches of the agent's choices well, though perhaps not their sum: who goes back and forth
acts against each of two places half of the time.

Axis letters: `C` conditions, `n` steps looked at, `N` episodes, `T` steps in an episode, `R` rules.

Theory: A2.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from teloscope.goals.proposing.candidates import Condition
from teloscope.goals.proposing.search import Wanted
from teloscope.goals.proposing.wanting import HABITUAL, KEEN, gains_of
from teloscope.goals.world_model import Choices, WorldModel
from teloscope.regimes.language import opposite

OVERALL, STRETCHES, CYCLED = 30, 60, 70
"""Conditions that rules are made of: those with the largest gains, those that predict stretches best; and of these,
those that cycles are made of."""
STRETCH = 8
"""Stretches in an episode."""
MARGIN, MARGIN_BITS = {"trigger": 0.15, "sequence": 0.15, "cycle": 0.15, "mixture": 0.5}, 25.0
"""What a rule must add over the best simpler one, relatively and absolutely: the price of searching among many. Which
episode belongs to which part of a mixture is chosen with the choices in view, so that it must add most."""
STARTS = 3
"""Sequences that begin with conditions on different features."""
REFINED = 2
"""Rounds in which each part is sought anew, given where it is wanted."""
LEAST_SHARE = 0.1
"""Each part of a rule must bring this share of its gain."""
STATIC = 0.98
"""Share of episodes within which a trigger must stay the same."""
UNDECIDED_PHASE = 0.5
"""How much steps before the first visit count for a cycle, where its phase can't be known."""
CROSSED = 0.25
"""Share of a mixture's gain that each part may gain in the other's episodes: beyond it, they are one goal."""
TOP_TRIGGERS = 60
"""Partitions that are looked at for a trigger."""


class Part(NamedTuple):
    """One condition of a rule, and where it is wanted."""

    condition: Condition
    trigger: str = ""
    """The condition that triggers it."""
    trigger_held: NDArray[np.bool_] | None = None
    """`[K]` abstract states in which the trigger holds."""
    share: float = 1.0
    """Share of the episodes in which it is wanted."""


class Rule(NamedTuple):
    """A goal of several parts."""

    kind: str
    """`trigger`, `sequence`, `cycle` or `mixture`; `single`: one condition, always."""
    parts: tuple[Part, ...]
    bits: float
    """Gain over habit, proposing half."""


def conditions_of(rule: Rule) -> list[Condition]:
    """The conditions of the regimes that say the rule."""
    parts = [part.condition for part in rule.parts]
    if rule.kind == "trigger":
        return [
            c._replace(form="given", before=part.trigger, before_held=part.trigger_held)
            for c, part in zip(parts, rule.parts, strict=True)
        ]
    if rule.kind == "mixture":
        return [c._replace(share=part.share) for c, part in zip(parts, rule.parts, strict=True)]
    form = "first" if rule.kind == "sequence" else "cycle"
    return [parts[1]._replace(form=form, before=parts[0].name, before_held=parts[0].held)]


class _Steps(NamedTuple):
    """The agent's proposing steps that are looked at."""

    gains: NDArray[np.float32]
    """`[C, n]` gains of each condition at each step."""
    episode: NDArray[np.int64]
    """`[n]`"""
    time: NDArray[np.int64]
    """`[n]`"""
    at: NDArray[np.int64]
    """`[n]` abstract states."""
    conditions: list[Condition]
    """`C` of them."""
    bits: NDArray[np.float64]
    """`[C]` their gains at the best eps."""
    path: NDArray[np.int32]
    """`[N, T+1]` abstract states of every ordinary episode of the agent."""
    visited: NDArray[np.int32]
    """Distinct abstract states in them."""


def best_rule(
    model: WorldModel,
    wanted: Wanted,
    simple: Sequence[Condition],
    path: NDArray[np.int32],
    horizon: int,
    again: Callable[[WorldModel], Wanted],
) -> Rule | None:
    """The rule that predicts the agent's choices clearly better than any single condition; None: there is none.

    Args:
        model: the world as recorded, and the agent's choices.
        wanted: conditions with their gains.
        simple: conditions that may be triggers.
        path: `[N, T+1]` abstract states of the agent in all ordinary episodes, as `model.choices` numbers them.
        horizon: steps in an episode.
        again: searches conditions anew, for a model that counts only some of the agent's steps.
    """
    steps = _steps(model.choices, wanted, path, horizon)
    if steps is None:
        return None
    best: Rule | None = None
    least = max(float(steps.bits.max()), 0.0)
    for rules in (_trigger(steps, simple), _sequences(steps), _cycle(steps), _mixture(steps)):
        found = [_settled(model, steps, rule, least, again, horizon) for rule in rules]
        rule = max((r for r in found if _apart(r, steps)), key=lambda rule: rule.bits, default=None)
        if rule is not None and rule.bits > least * (1 + MARGIN[rule.kind]) + MARGIN_BITS:
            best, least = rule, rule.bits
    return best


def _steps(choices: Choices, wanted: Wanted, path: NDArray[np.int32], horizon: int) -> _Steps | None:
    """The steps and the conditions that rules are made of."""
    mine = np.flatnonzero(choices.proposing)
    if not len(mine) or not wanted.conditions:
        return None
    episode, time = choices.episode[mine], choices.time[mine]
    stretch = episode * (STRETCH + 1) + time * STRETCH // max(horizon, 1)
    _, number = np.unique(stretch, return_inverse=True)
    counted = sparse.csr_array((np.ones(len(mine), np.float32), (choices.of_step[mine], number)))
    counted.resize((wanted.keen.shape[1], int(number.max()) + 1))
    by_stretch = np.maximum(wanted.keen @ counted, 0).sum(axis=1)
    whole = np.array([not c.form for c in wanted.conditions])
    by_stretch = np.where(whole, by_stretch, -np.inf)
    overall = np.where(whole, wanted.bits, -np.inf)
    best = [*np.argsort(-by_stretch)[:STRETCHES].tolist(), *np.argsort(-overall)[:OVERALL].tolist()]
    chosen = list(dict.fromkeys(best))
    return _Steps(
        wanted.keen[chosen][:, choices.of_step[mine]],
        episode,
        time,
        choices.at[mine],
        [wanted.conditions[i] for i in chosen],
        wanted.bits[chosen],
        path,
        np.unique(path),
    )


def _trigger(steps: _Steps, simple: Sequence[Condition]) -> list[Rule]:
    """The partition of episodes by something that stays the same within them."""
    best: tuple[float, Condition, int, int] | None = None
    total = steps.gains.sum(axis=1)
    triggers = [c for c in simple if not c.parts and _static(c.held[steps.path])][:TOP_TRIGGERS]
    for condition in triggers:
        inside = condition.held[steps.at]
        within = steps.gains[:, inside].sum(axis=1)
        outside = total - within
        one, two = int(within.argmax()), int(outside.argmax())
        gain = float(within[one] + outside[two])
        if one != two and (best is None or gain > best[0]):
            best = (gain, condition, one, two)
    if best is None:
        return []
    gain, condition, one, two = best
    inside = condition.held[steps.at]
    gains = (float(steps.gains[one, inside].sum()), float(steps.gains[two, ~inside].sum()))
    parts = [
        Part(steps.conditions[i], name, held, float(held[steps.path[:, 0]].mean()))
        for i, name, held, part in (
            (one, condition.name, condition.held, gains[0]),
            (two, opposite(condition.name), ~condition.held, gains[1]),
        )
        if part > LEAST_SHARE * gain
    ]
    return [Rule("trigger", tuple(parts), gain)] if parts else []


def _static(held: NDArray[np.bool_]) -> bool:
    """Whether a condition stays the same within episodes, but not across them."""
    first = held[:, 0]
    return bool(first.any() and not first.all() and (held == first[:, None]).all(axis=1).mean() >= STATIC)


def _sequences(steps: _Steps) -> list[Rule]:
    """First A, then B: the best few that begin differently."""
    total = steps.gains.sum(axis=1)
    found: list[tuple[float, int, int]] = []
    for one, condition in enumerate(steps.conditions):
        after = _first(condition.held[steps.path])[steps.episode] <= steps.time
        later = steps.gains[:, after].sum(axis=1)
        two = int(later.argmax())
        first = float(total[one] - later[one])
        gain = first + float(later[two])
        if one != two and min(first, float(later[two])) > LEAST_SHARE * gain:
            found.append((gain, one, two))
    rules, begun = [], set[frozenset[str]]()
    for gain, one, two in sorted(found, reverse=True):
        if steps.conditions[one].signals not in begun and len(rules) < STARTS:
            begun.add(steps.conditions[one].signals)
            rules.append(Rule("sequence", (Part(steps.conditions[one]), Part(steps.conditions[two])), gain))
    return rules


def _apart(rule: Rule, steps: _Steps) -> bool:
    """Whether the parts of a sequence or a cycle are apart."""
    parts = [part.condition for part in rule.parts]
    return rule.kind not in ("sequence", "cycle") or not _overlap(parts[0], parts[1], steps)


def _overlap(one: Condition, two: Condition, steps: _Steps) -> bool:
    """Whether the agent is ever in both at once: then the second is no further goal, but more of the first."""
    return bool((one.held & two.held)[steps.visited].any())


def _first(held: NDArray[np.bool_]) -> NDArray[np.int64]:
    """`[N]` the first step at which a condition holds; beyond the end where it never does."""
    return np.where(held.any(axis=1), held.argmax(axis=1), held.shape[1])


def _cycle(steps: _Steps) -> list[Rule]:
    """Back and forth between A and B."""
    rows = range(min(CYCLED, len(steps.conditions)))
    last = [_last(steps.conditions[i].held[steps.path])[steps.episode, steps.time] for i in rows]
    best: tuple[float, int, int] | None = None
    for one, two in combinations(rows, 2):
        if _overlap(steps.conditions[one], steps.conditions[two], steps):
            continue
        to_two, to_one = last[one] > last[two], last[two] > last[one]
        neither = ~to_two & ~to_one
        forth, back = float(steps.gains[two, to_two].sum()), float(steps.gains[one, to_one].sum())
        open_ = max(float(steps.gains[one, neither].sum()), float(steps.gains[two, neither].sum()))
        gain = forth + back + UNDECIDED_PHASE * open_
        if min(forth, back) > LEAST_SHARE * gain and (best is None or gain > best[0]):
            best = (gain, one, two)
    if best is None:
        return []
    gain, one, two = best
    return [Rule("cycle", (Part(steps.conditions[one]), Part(steps.conditions[two])), gain)]


def _last(held: NDArray[np.bool_]) -> NDArray[np.int16]:
    """`[N, T+1]` the last step so far at which a condition held; -1 before the first."""
    time = np.arange(held.shape[1], dtype=np.int16)
    return np.maximum.accumulate(np.where(held, time, np.int16(-1)), axis=1)


def _mixture(steps: _Steps) -> list[Rule]:
    """One of two, by episode."""
    number = np.unique(steps.episode, return_inverse=True)[1]
    gathered = sparse.csr_array((np.ones(len(number), np.float32), (np.arange(len(number)), number)))
    by_episode = np.asarray(steps.gains @ gathered)
    best: tuple[float, int, int] | None = None
    for one in range(len(steps.conditions) - 1):
        mixed = (np.logaddexp2(by_episode[one], by_episode[one + 1 :]) - 1).sum(axis=1)
        two = one + 1 + int(mixed.argmax())
        if best is None or mixed[two - one - 1] > best[0]:
            best = (float(mixed[two - one - 1]), one, two)
    if best is None:
        return []
    gain, one, two = best
    first = by_episode[one] > by_episode[two]
    share = float(first.mean())
    crossed = by_episode[two, first].sum() + by_episode[one, ~first].sum()
    if crossed > CROSSED * gain:
        return []
    parts = (Part(steps.conditions[one], share=share), Part(steps.conditions[two], share=1 - share))
    if min(share, 1 - share) < LEAST_SHARE:
        return []
    return [Rule("mixture", parts, gain)]


def _settled(
    model: WorldModel,
    steps: _Steps,
    rule: Rule,
    least: float,
    again: Callable[[WorldModel], Wanted],
    horizon: int,
) -> Rule:
    """The rule at its best eps; refined while that helps, if it is within reach of what it must exceed."""
    rule = rule._replace(bits=_refitted(model, steps, rule, horizon))
    if rule.bits < least * (1 + MARGIN[rule.kind] / 2):  # refining adds less than a wrong rule lacks
        return rule
    for _ in range(REFINED):
        better = _refined(model, steps, rule, again, horizon)
        if better.bits <= rule.bits:
            break
        rule = better
    return rule


def _refined(model: WorldModel, steps: _Steps, rule: Rule, again: Callable[[WorldModel], Wanted], horizon: int) -> Rule:
    """The rule with each part sought anew among all conditions, given the steps at which it is wanted."""
    mine = np.flatnonzero(model.choices.proposing)
    for i, part in enumerate(rule.parts):
        counted = np.zeros(len(model.choices.of_step), np.bool_)
        counted[mine] = _where_wanted(rule, steps, _gains_of(model, steps, rule, horizon))[i]
        found = again(model.counting(counted))
        best = next(found.conditions[i] for i in found.ranked() if not found.conditions[i].form)
        parts = (*rule.parts[:i], part._replace(condition=best), *rule.parts[i + 1 :])
        other = rule._replace(parts=parts)
        other = other._replace(bits=_refitted(model, steps, other, horizon))
        if other.bits > rule.bits:
            rule = other
    return rule


def _where_wanted(rule: Rule, steps: _Steps, gains: NDArray[np.float32]) -> list[NDArray[np.bool_]]:
    """`[n]` for each part: the steps at which it is wanted. `gains`: `[parts, n]`."""
    if rule.kind == "trigger":
        return [part.trigger_held[steps.at] for part in rule.parts if part.trigger_held is not None]
    if rule.kind == "sequence":
        after = _first(rule.parts[0].condition.held[steps.path])[steps.episode] <= steps.time
        return [~after, after]
    if rule.kind == "cycle":
        one, two = (_last(p.condition.held[steps.path])[steps.episode, steps.time] for p in rule.parts)
        return [two > one, one > two]
    number = np.unique(steps.episode, return_inverse=True)[1]
    first = (np.bincount(number, gains[0]) > np.bincount(number, gains[1]))[number]
    return [first, ~first]


def _gains_of(model: WorldModel, steps: _Steps, rule: Rule, horizon: int) -> NDArray[np.float32]:
    """`[parts, n]` gains of the parts at every step, of an actor that seldom acts by habit."""
    held = np.stack([part.condition.held[model.abstract] for part in rule.parts]).astype(np.float32)
    mine = np.flatnonzero(model.choices.proposing)
    return gains_of(model, held, horizon)[HABITUAL.index(KEEN)][:, model.choices.of_step[mine]]


def _refitted(model: WorldModel, steps: _Steps, rule: Rule, horizon: int) -> float:
    """The rule's gain at the best eps, as single conditions are fitted too."""
    held = np.stack([part.condition.held[model.abstract] for part in rule.parts]).astype(np.float32)
    every = gains_of(model, held, horizon)
    mine = np.flatnonzero(model.choices.proposing)
    gains = every[:, :, model.choices.of_step[mine]]
    return float(max(_gain(rule, steps, gains[e]) for e in range(len(gains))))


def _gain(rule: Rule, steps: _Steps, gains: NDArray[np.float32]) -> float:
    """The rule's gain from its parts' gains at every step, `[parts, n]`."""
    return float(gains_by_episode(rule, gains, steps.episode, steps.time, steps.at, steps.path).sum())


def gains_by_episode(
    rule: Rule,
    gains: NDArray[np.float32],
    episode: NDArray[np.int64],
    time: NDArray[np.int64],
    at: NDArray[np.int64],
    path: NDArray[np.int32],
) -> NDArray[np.float64]:
    """`[N]` a rule's gain in every episode of an actor.

    Args:
        rule: the rule.
        gains: `[parts, n]` gains of its parts at every step that is looked at.
        episode, time, at: `[n]` of each step.
        path: `[N, T+1]` abstract states of the actor's episodes.
    """
    count = len(path)
    if rule.kind == "mixture":
        both = [np.bincount(episode, part, count) for part in gains]
        return np.where(np.bincount(episode, minlength=count) > 0, np.logaddexp2(both[0], both[1]) - 1, 0)
    if rule.kind == "trigger":
        held = [part.trigger_held for part in rule.parts if part.trigger_held is not None]
        each = np.sum([np.where(mask[at], part, 0) for mask, part in zip(held, gains, strict=True)], axis=0)
    elif rule.kind == "sequence":
        after = _first(rule.parts[0].condition.held[path])[episode] <= time
        each = np.where(after, gains[1], gains[0])
    elif rule.kind == "cycle":
        one, two = (_last(part.condition.held[path])[episode, time] for part in rule.parts)
        undecided = UNDECIDED_PHASE * np.maximum(gains[0], gains[1])
        each = np.where(one > two, gains[1], np.where(two > one, gains[0], undecided))
    else:
        each = gains[0]
    return np.bincount(episode, each, count).astype(np.float64)
