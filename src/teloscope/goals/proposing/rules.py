"""Rules: goals of several parts. At every step a rule says which of its conditions is wanted.

    trigger    A where a condition holds, B elsewhere
    sequence   A until it was first met, then B
    cycle      B after A was met last, A after B was met last
    mixture    A in some episodes, B in the others
    single     one condition, always

A rule's gain is the sum of the gains of the condition that is wanted at each step (`wanting`). Where the part can't be
known (which episode of a mixture it is, what a cycle begins with), an episode's own choices say which, at a bit an
episode.

Axis letters: `n` steps looked at, `N` episodes, `T` steps in an episode, `P` parts.

Theory: A2.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from teloscope.goals.proposing.candidates import Condition

BY_CHOICE, NONE_WANTED = -1, -2
"""Instead of a part's number: an episode's choices say which, and no part is wanted."""


class Trigger(NamedTuple):
    """What decides which part of a rule is wanted."""

    name: str
    """A condition."""
    held: NDArray[np.bool_]
    """`[K]` abstract states in which it holds."""
    at_start: bool = False
    """Whether the state that the episode began in decides, rather than the one it is in."""

    def holds(self, walk: Walk) -> NDArray[np.bool_]:
        """`[n]` at which steps."""
        return self.held[walk.path[:, 0]][walk.episode] if self.at_start else self.held[walk.at]

    @property
    def text(self) -> str:
        """As a regime says it after `given`."""
        return f"start({self.name})" if self.at_start else self.name


class Part(NamedTuple):
    """One condition of a rule, and where it is wanted."""

    condition: Condition
    trigger: Trigger | None = None
    share: float = 1.0
    """Share of the episodes in which it is wanted."""


class Rule(NamedTuple):
    """A goal of several parts."""

    kind: str
    """`trigger`, `sequence`, `cycle`, `mixture` or `single`."""
    parts: tuple[Part, ...]
    bits: float
    """Gain over habit, proposing half."""


class Walk(NamedTuple):
    """Steps of one actor, and the episodes that they are of."""

    episode: NDArray[np.int64]
    """`[n]`"""
    time: NDArray[np.int64]
    """`[n]`"""
    at: NDArray[np.int64]
    """`[n]` abstract states."""
    path: NDArray[np.int32]
    """`[N, T+1]` abstract states of all episodes."""


def single(condition: Condition, bits: float = 0.0) -> Rule:
    """One condition as a rule."""
    return Rule("single", (Part(condition),), bits)


def conditions_of(rule: Rule) -> list[Condition]:
    """The conditions of the regimes that say the rule."""
    parts = [part.condition for part in rule.parts]
    if rule.kind == "trigger":
        triggers = [part.trigger for part in rule.parts]
        return [
            c._replace(form="given", before=t.text, before_held=t.held)
            for c, t in zip(parts, triggers, strict=True)
            if t is not None
        ]
    if rule.kind == "mixture":
        return [c._replace(share=part.share) for c, part in zip(parts, rule.parts, strict=True)]
    if rule.kind == "single":
        return parts
    form = "first" if rule.kind == "sequence" else "cycle"
    return [parts[1]._replace(form=form, before=parts[0].name, before_held=parts[0].held)]


def part_wanted(rule: Rule, walk: Walk) -> NDArray[np.int64]:
    """`[n]` number of the part that is wanted at each step, or `BY_CHOICE`, or `NONE_WANTED`."""
    if rule.kind == "trigger":
        wanted = np.full(len(walk.at), NONE_WANTED)
        for number, part in enumerate(rule.parts):
            assert part.trigger is not None
            wanted[part.trigger.holds(walk)] = number
        return wanted
    if rule.kind == "sequence":
        return (first_met(rule.parts[0].condition.held[walk.path])[walk.episode] <= walk.time).astype(np.int64)
    if rule.kind == "cycle":
        one, two = (last_met(part.condition.held, walk) for part in rule.parts)
        return np.where(one > two, 1, np.where(two > one, 0, BY_CHOICE))
    return np.full(len(walk.at), BY_CHOICE if rule.kind == "mixture" else 0)


def gains_by_episode(rule: Rule, gains: NDArray[np.floating[Any]], walk: Walk) -> NDArray[np.float64]:
    """`[N]` a rule's gain in every episode, from the `[P, n]` gains of its parts at every step."""
    wanted, count = part_wanted(rule, walk), len(walk.path)
    each = np.sum([np.where(wanted == number, part, 0) for number, part in enumerate(gains)], axis=0)
    total = np.bincount(walk.episode, each, count).astype(np.float64)
    if (open_ := wanted == BY_CHOICE).any():
        one, two = _totals(gains, open_, walk)
        total += np.where(np.bincount(walk.episode[open_], minlength=count) > 0, np.logaddexp2(one, two) - 1, 0)
    return total


def part_by_episode(rule: Rule, number: int, gains: NDArray[np.floating[Any]], walk: Walk) -> NDArray[np.float64]:
    """`[N]` what one part of a trigger or a mixture adds in every episode to the gain of the other."""
    if rule.kind == "mixture":
        alone = np.bincount(walk.episode, gains[1 - number], len(walk.path))
        return gains_by_episode(rule, gains, walk) - alone
    mine = np.where(part_wanted(rule, walk) == number, gains[number], 0)
    return np.bincount(walk.episode, mine, len(walk.path)).astype(np.float64)


def part_taken(rule: Rule, gains: NDArray[np.floating[Any]], walk: Walk) -> NDArray[np.int64]:
    """`[n]` as `part_wanted`, but where an episode's choices say which, the part that they say."""
    wanted = part_wanted(rule, walk)
    if (open_ := wanted == BY_CHOICE).any():
        one, two = _totals(gains, open_, walk)
        wanted = np.where(open_, (two > one)[walk.episode].astype(np.int64), wanted)
    return wanted


def _totals(gains: NDArray[np.floating[Any]], rows: NDArray[np.bool_], walk: Walk) -> list[NDArray[np.float64]]:
    """`[N]` for each part: its gain in every episode, at some of the steps."""
    return [np.bincount(walk.episode[rows], part[rows], len(walk.path)).astype(np.float64) for part in gains]


def first_met(held: NDArray[np.bool_]) -> NDArray[np.int64]:
    """`[N]` the first step at which a condition holds; beyond the end where it never does. `held`: `[N, T+1]`."""
    return np.where(held.any(axis=1), held.argmax(axis=1), held.shape[1])


def last_met(held: NDArray[np.bool_], walk: Walk) -> NDArray[np.int64]:
    """`[n]` the last step so far at which a condition held; -1 before the first. `held`: `[K]`."""
    inside = held[walk.path].ravel()
    last = np.maximum.accumulate(np.where(inside, np.arange(len(inside), dtype=np.int32), np.int32(-1)))
    begins = walk.episode * walk.path.shape[1]
    return np.maximum(last[begins + walk.time] - begins, -1)


def next_met(held: NDArray[np.bool_], walk: Walk) -> NDArray[np.int64]:
    """`[n]` the next step from here on at which a condition holds; beyond the horizon where there is none."""
    inside = held[walk.path].ravel()
    following = np.where(inside, np.arange(len(inside), dtype=np.int32), np.int32(len(inside)))[::-1]
    following = np.minimum.accumulate(following)[::-1]
    begins = walk.episode * walk.path.shape[1]
    return np.minimum(following[begins + walk.time] - begins, walk.path.shape[1])
