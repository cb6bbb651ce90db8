"""Rule search: is there a goal of several parts that predicts the agent's choices clearly better than any simpler one?

Candidates for the parts of a rule are those conditions that predict some of the agent's choices well, though perhaps
not their sum, since who goes back and forth acts against each of two places half of the time: whole episodes, stretches
of them, or the way that leads into the condition. The best rule of each kind is settled, each part sought anew where it
is wanted, and accepted where it clearly exceeds the best simpler one: looked at where the two want different things, so
that a short first leg counts by how well it is explained, not by how long it is.

Axis letters: `C`, `D` conditions, `U` distinct choices, `n` steps looked at, `N` episodes, `T` steps in an episode,
`P` parts.

Theory: A2.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from teloscope.goals.proposing.candidates import Condition, parts_in, plainness
from teloscope.goals.proposing.rules import (
    Part,
    Rule,
    Trigger,
    Walk,
    first_met,
    gains_by_episode,
    last_met,
    next_met,
    part_taken,
    single,
)
from teloscope.goals.proposing.search import NEAR_TIE, Search, Wanted
from teloscope.goals.proposing.wanting import HABITUAL, gains_at
from teloscope.goals.world_model import Choices
from teloscope.regimes.language import opposite

OVERALL, STRETCHES, LEADING, EPISODES = 30, 50, 50, 50
"""Conditions that rules are made of: those with the largest gains, those that predict stretches best, those that
predict best what leads into them, and those that predict some whole episodes best."""
FEW_CHOICES = 3_000
"""Distinct choices up to which sequences are made of every condition."""
STRETCH = 8
"""Stretches in an episode."""
MARGIN = {"trigger": 0.25, "sequence": 0.35, "cycle": 0.25, "mixture": 0.45}
"""What a rule must add over the best simpler one, as a share of what it explains where the two differ."""
ADDING, LEAVING_OUT = 0.1, 0.15
"""And as a share of all that it explains; the latter where it mostly gains by wanting nothing in places."""
FITTED = 2.0
"""Factor of what a rule must add where moves are fitted: there a second condition also makes up for what is not."""
DIFFERENT = 0.05
"""Bits of a step from which on two goals want different things there."""
MARGIN_BITS = 25.0
"""And absolutely: the price of searching among many."""
STARTS = 3
"""Sequences that begin with conditions on different features."""
REFINED = 2
"""Rounds in which each part is sought anew, given where it is wanted."""
ALTERNATIVES = 4
"""Conditions that are tried for a part in each round, and pairs that are tried for a mixture."""
LEAST_SHARE = 0.1
"""Each part of a trigger, a cycle or a mixture must bring this share of its gain."""
LEAST_LEG = 0.02
"""Each part of a sequence."""
STATIC = 0.98
"""Share of episodes within which a trigger must stay the same, unless it is read at the start."""
UNDECIDED_PHASE = 0.5
"""How much steps before the first visit count for a cycle in the first look, where its phase can't be known."""
CROSSED = 0.25
"""Share of a trigger's or a mixture's gain that parts may gain where the other is wanted: beyond it, they are one."""
TOUCHING = {"sequence": 0.5, "cycle": 0.25, "mixture": 0.5}
"""Share of the states of the smaller of a rule's places that may be in both: beyond it, they are one goal."""
TRIGGERS = 80
"""Partitions that are looked at for a trigger."""


_PHASES = (np.greater, np.less, np.equal)
"""Of a cycle, by when each place was met last: the second is wanted, the first, or nobody knows."""


class Material(NamedTuple):
    """What rules are made of: conditions, and the agent's proposing steps."""

    conditions: list[Condition]
    """`C` of them."""
    gains: NDArray[np.float32]
    """`[C, n]` gains of each condition at each step."""
    every: list[Condition]
    """`D` that sequences are made of: all of them where distinct choices are few, else those above."""
    keen: NDArray[np.float32]
    """`[D, U]` their gains at each distinct choice."""
    cycled: list[int]
    """Which of the `C` cycles are made of: those that predict best what leads into them."""
    walk: Walk
    of_step: NDArray[np.int64]
    """`[n]` which distinct choice each step was."""
    visited: NDArray[np.int32]
    """Distinct abstract states that the agent was at."""


def best_rule(search: Search, wanted: Wanted, triggers: Sequence[Condition], path: NDArray[np.int32]) -> Rule | None:
    """The rule that predicts the agent's choices clearly better than any single condition; None: there is none.

    Args:
        search: of conditions; knows the model and the agent's choices.
        wanted: conditions with their gains.
        triggers: conditions that may be triggers; none on numbers that were cut, whose every value is another start.
        path: `[N, T+1]` abstract states of the agent in all ordinary episodes, as the model's choices number them.
    """
    material = _material(search.model.choices, wanted, path, search.horizon)
    if material is None:
        return None
    order = wanted.order()
    best = single(wanted.conditions[order[0]], float(wanted.bits[order[0]]))
    found: Rule | None = None
    for rules in (_triggers(material, triggers), _sequences(material), _cycles(material), _mixtures(material)):
        settled = [_settled(search, material, rule, best) for rule in rules]
        apart = [rule for rule in settled if _apart(rule, material)]
        rule = max(apart, key=lambda r: r.bits, default=None)
        if rule is not None and _adds_enough(search, material, rule, best):
            best = found = rule
    return found


def _material(choices: Choices, wanted: Wanted, path: NDArray[np.int32], horizon: int) -> Material | None:
    """The steps and the conditions that rules are made of."""
    mine = np.flatnonzero(choices.proposing)
    whole = np.array([not c.form for c in wanted.conditions])
    if not len(mine) or not whole.any():
        return None
    episodes, episode = np.unique(choices.episode[mine], return_inverse=True)
    time, of_step = choices.time[mine], choices.of_step[mine]
    walk = Walk(episode, time, choices.at[mine], path[episodes])
    stretch = episode * (STRETCH + 1) + time * STRETCH // max(horizon, 1)
    _, number = np.unique(stretch, return_inverse=True)
    counted = sparse.csr_array((np.ones(len(mine), np.float32), (of_step, number)))
    counted.resize((wanted.keen.shape[1], int(number.max()) + 1))
    by_stretch = np.maximum(wanted.keen @ counted, 0).sum(axis=1)
    together = sparse.csr_array(
        (np.ones(len(mine), np.float32), (of_step, episode)), (wanted.keen.shape[1], len(episodes))
    )
    by_episode = np.maximum(wanted.keen @ together, 0).sum(axis=1)
    leading = np.array(
        [
            keen[of_step[_leads_in(c.held, walk)]].sum() if plain else 0.0
            for c, keen, plain in zip(wanted.conditions, wanted.keen, whole, strict=True)
        ]
    )

    def best(bits: NDArray[np.floating], most: int) -> list[int]:
        return [i for i in np.argsort(-np.where(whole, bits, -np.inf))[:most].tolist() if whole[i]]

    led = best(leading, LEADING)
    others = [*best(by_stretch, STRETCHES), *best(wanted.bits, OVERALL), *best(by_episode, EPISODES)]
    rows = list(dict.fromkeys([*others, *led]))
    every = np.flatnonzero(whole).tolist() if wanted.keen.shape[1] <= FEW_CHOICES else rows
    return Material(
        [wanted.conditions[i] for i in rows],
        wanted.keen[rows][:, of_step],
        [wanted.conditions[i] for i in every],
        wanted.keen[every],
        [rows.index(i) for i in led],
        walk,
        of_step,
        np.unique(walk.path),
    )


def _leads_in(held: NDArray[np.bool_], walk: Walk) -> NDArray[np.bool_]:
    """`[n]` steps on the way into a condition: nearer in time to when it next holds than to when it held last."""
    last, following = last_met(held, walk), next_met(held, walk)
    comes = (following > walk.time) & (following < walk.path.shape[1])
    return comes & (following - walk.time <= walk.time - last)


def _triggers(material: Material, conditions: Sequence[Condition]) -> list[Rule]:
    """The best partition of the episodes by what holds throughout them, and by what holds at their start."""
    path = material.walk.path
    static, started = [], []
    for condition in conditions:
        held = condition.held[path]
        if condition.parts or held[:, 0].all() or not held[:, 0].any():
            continue
        stays = (held == held[:, :1]).all(axis=1).mean() >= STATIC
        (static if stays else started).append(Trigger(condition.name, condition.held, not stays))
    return [rule for some in (static, started) for rule in _partition(material, some[:TRIGGERS])]


def _partition(material: Material, triggers: Sequence[Trigger]) -> list[Rule]:
    """The best of these triggers with the best condition on each side."""
    best: tuple[float, Trigger, int, int] | None = None
    total = material.gains.sum(axis=1)
    for trigger in triggers:
        within = material.gains[:, trigger.holds(material.walk)].sum(axis=1)
        outside = total - within
        one, two = int(within.argmax()), int(outside.argmax())
        gain = float(within[one] + outside[two])
        if one != two and (best is None or gain > best[0]):
            best = (gain, trigger, one, two)
    if best is None:
        return []
    gain, trigger, one, two = best
    inside = trigger.holds(material.walk)
    crossed = float(material.gains[one, ~inside].sum() + material.gains[two, inside].sum())
    if crossed > CROSSED * gain:
        return []
    other = Trigger(opposite(trigger.name), ~trigger.held, trigger.at_start)
    sides = (
        (one, trigger, float(material.gains[one, inside].sum())),
        (two, other, float(material.gains[two, ~inside].sum())),
    )
    parts = [
        Part(material.conditions[i], side, float(side.held[material.walk.path[:, 0]].mean()))
        for i, side, part in sides
        if part > LEAST_SHARE * gain
    ]
    return [Rule("trigger", tuple(parts), gain)] if parts else []


def _sequences(material: Material) -> list[Rule]:
    """First A, then B: the best few that begin differently."""
    walk, conditions, keen = material.walk, material.every, material.keen
    total = keen @ np.bincount(material.of_step, minlength=keen.shape[1]).astype(np.float32)
    found: list[tuple[float, int, int]] = []
    for one, condition in enumerate(conditions):
        after = first_met(condition.held[walk.path])[walk.episode] <= walk.time
        later = keen @ np.bincount(material.of_step[after], minlength=keen.shape[1]).astype(np.float32)
        two = int(later.argmax())
        first = float(total[one] - later[one])
        gain = first + float(later[two])
        if one != two and min(first, float(later[two])) > LEAST_LEG * gain:
            found.append((gain, one, two))
    rules, begun = [], set[frozenset[str]]()
    for gain, one, two in sorted(found, reverse=True):
        rule = Rule("sequence", (Part(conditions[one]), Part(conditions[two])), gain)
        if conditions[one].signals not in begun and _apart(rule, material):
            begun.add(conditions[one].signals)
            rules.append(rule)
        if len(rules) == STARTS:
            break
    return rules


def _cycles(material: Material) -> list[Rule]:
    """Back and forth between A and B."""
    rows = material.cycled
    last = {i: last_met(material.conditions[i].held, material.walk) for i in rows}
    touch = _touching("cycle", material.conditions, material)
    most = np.maximum(material.gains, 0).sum(axis=1) * (1 + 1e-3)
    best: tuple[float, int, int] | None = None
    for one, two in combinations(rows, 2):
        if touch[one, two] or (best is not None and most[one] + most[two] < best[0]):
            continue
        to_two, to_one, neither = (np.asarray(f(last[one], last[two]), np.float32) for f in _PHASES)
        forth, back = float(material.gains[two] @ to_two), float(material.gains[one] @ to_one)
        open_ = max(float(material.gains[one] @ neither), float(material.gains[two] @ neither))
        gain = forth + back + UNDECIDED_PHASE * open_
        if min(forth, back) > LEAST_SHARE * gain and (best is None or gain > best[0]):
            best = (gain, one, two)
    if best is None:
        return []
    gain, one, two = best
    return [Rule("cycle", (Part(material.conditions[one]), Part(material.conditions[two])), gain)]


def _mixtures(material: Material) -> list[Rule]:
    """One of two, by episode."""
    number = np.unique(material.walk.episode, return_inverse=True)[1]
    gathered = sparse.csr_array((np.ones(len(number), np.float32), (np.arange(len(number)), number)))
    by_episode = np.asarray(material.gains @ gathered)
    touch = _touching("mixture", material.conditions, material)
    pairs: list[tuple[float, int, int]] = []
    for one in range(len(material.conditions) - 1):
        mixed = (np.logaddexp2(by_episode[one], by_episode[one + 1 :]) - 1).sum(axis=1)
        mixed[touch[one, one + 1 :]] = -np.inf
        two = one + 1 + int(mixed.argmax())
        pairs.append((float(mixed[two - one - 1]), one, two))
    for gain, one, two in sorted(pairs, reverse=True)[:ALTERNATIVES]:
        first = by_episode[one] > by_episode[two]
        share = float(first.mean())
        crossed = by_episode[two, first].sum() + by_episode[one, ~first].sum()
        parts = (Part(material.conditions[one], share=share), Part(material.conditions[two], share=1 - share))
        rule = Rule("mixture", parts, gain)
        if crossed <= CROSSED * gain and min(share, 1 - share) >= LEAST_SHARE and _apart(rule, material):
            return [rule]
    return []


def _apart(rule: Rule, material: Material) -> bool:
    """Whether the parts of a rule that may not touch are apart."""
    if rule.kind not in TOUCHING:
        return True
    return not _touching(rule.kind, [part.condition for part in rule.parts], material)[0, 1]


def _touching(kind: str, conditions: Sequence[Condition], material: Material) -> NDArray[np.bool_]:
    """`[C, C]` which places are nearly one: then, in a rule of this kind, the second is no further goal."""
    inside = np.stack([c.held[material.visited] for c in conditions]).astype(np.float32)
    size = inside.sum(axis=1)
    return inside @ inside.T > TOUCHING[kind] * np.minimum(size[:, None], size)


def _adds_enough(search: Search, material: Material, rule: Rule, simpler: Rule) -> bool:
    """Whether a rule clearly exceeds a simpler one where the two want different things."""
    ours, theirs = (_by_step(search, material, r) for r in (rule, simpler))
    differ = np.abs(ours - theirs) > DIFFERENT
    explained, added = float(ours[differ].sum()), float((ours - theirs)[differ].sum())
    needed = max(MARGIN[rule.kind] * explained, (ADDING if explained > added / 2 else LEAVING_OUT) * rule.bits)
    needed *= FITTED if search.ranges.cut else 1
    return min(added, rule.bits - simpler.bits) > max(MARGIN_BITS, needed)


def _by_step(search: Search, material: Material, rule: Rule) -> NDArray[np.float64]:
    """`[n]` gain of the part that is wanted at each step."""
    gains = search.wanted([part.condition for part in rule.parts]).keen[:, material.of_step]
    taken = part_taken(rule, gains, material.walk)
    return np.where(taken >= 0, gains[np.maximum(taken, 0), np.arange(len(taken))], 0)


def _settled(search: Search, material: Material, rule: Rule, simpler: Rule) -> Rule:
    """The rule at its best eps; refined while that helps, if it is within reach of what it must exceed."""
    rule = rule._replace(bits=_refitted(search, material, rule))
    if rule.bits < simpler.bits * (1 + ADDING / 2):  # refining adds less than a wrong rule lacks
        return rule
    for _ in range(REFINED):
        better = _refined(search, material, rule)
        if better is rule:
            break
        rule = better
    return rule


def _refined(search: Search, material: Material, rule: Rule) -> Rule:
    """The rule with each part sought anew among all conditions, given the steps at which it is wanted."""
    for i, part in enumerate(rule.parts):
        gains = search.wanted([p.condition for p in rule.parts]).keen[:, material.of_step]
        here = part_taken(rule, gains, material.walk) == i
        count = np.bincount(material.of_step[here], minlength=len(search.model.choices.action))
        found = search(count.astype(np.float64))
        for best in [c for c in (found.conditions[j] for j in found.ranked()) if not c.form][:ALTERNATIVES]:
            parts = (*rule.parts[:i], part._replace(condition=best), *rule.parts[i + 1 :])
            other = rule._replace(parts=parts)
            other = other._replace(bits=_refitted(search, material, other))
            if _preferred(other, rule):
                rule = other
    return rule


def _preferred(one: Rule, other: Rule) -> bool:
    """Whether a rule explains more than another; among near-ties, whether it is plainer."""
    if abs(one.bits - other.bits) > NEAR_TIE * abs(other.bits):
        return one.bits > other.bits
    plain = [[(parts_in(p.condition.name), *plainness(p.condition.name)) for p in rule.parts] for rule in (one, other)]
    return plain[0] < plain[1]


def _refitted(search: Search, material: Material, rule: Rule) -> float:
    """The rule's gain at the best eps, as single conditions are fitted too."""
    odds = search.odds([part.condition for part in rule.parts])[:, material.of_step]
    return max(float(gains_by_episode(rule, gains_at(eps, odds), material.walk).sum()) for eps in HABITUAL)
