"""The answers in plain sentences, for readers who are no economists.

Theory: E0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from teloscope.welfare.robustness.support import Support
from teloscope.welfare.rules import RULES
from teloscope.welfare.scales.chances import NARROWEST

if TYPE_CHECKING:
    from teloscope.welfare.counting import Counted, Rival
    from teloscope.welfare.result import Welfare

NAMED = 4


def times(ratio: float) -> str:
    """`37`, `1.5`, `1,200`, `2.4e+06`: three digits, since no ratio here is surer."""
    if not np.isfinite(ratio):
        return "infinitely many"
    if ratio >= 1e6 or 0 < ratio < 1e-3:
        return f"{ratio:.2g}"
    return f"{float(f'{ratio:.3g}'):,.10g}"


def listed(names: Sequence[str], joint: str = "and") -> str:
    """`a`, `a and b`, `a, b, c, d and 3 more`."""
    if len(names) > NAMED:
        return ", ".join(names[:NAMED]) + f" {joint} {len(names) - NAMED} more"
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + f" {joint} " + names[-1] if names else "nobody"


def answers(result: Welfare) -> list[str]:
    """What holds, the weakest assumption first."""
    counted = result.counted[0]
    told = [_every_scaling(result), _some_scaling(result), *_equal_scales(result, counted)]
    if len(result.counted) > 1 and (other := _other_counting(result)):
        told.append(other)
    told += [_chances(result), *_rules(result), *_units(result), *_models(result)]
    return [text for text in told if text]


def _every_scaling(result: Welfare) -> str:
    dominance, u = result.setting.dominance, result.utilities
    total, left = len(u.options), len(dominance.front)
    if len(result.setting.rows) == 1:
        winners = [u.options[o] for o in dominance.front]
        if left == total:
            return f"All {total} options are the same to every being, so it does not matter which is taken."
        who = f"{winners[0]} is" if left == 1 else f"{listed(winners)} are the same to everyone and"
        be = " at least as good for every being as any other option" if left == 1 else " at least as good as any other"
        return (
            f"However strongly anybody feels, {who}{be}, and better for somebody than each. Nothing more "
            f"has to be assumed."
        )
    certain = " for certain" if dominance.depends else ""
    if left == total:
        return (
            f"None of the {total} options is dominated{certain}: whichever two are compared, somebody gains and "
            f"somebody "
            f"loses. So "
            "which is best depends on how strongly they feel, and behaviour does not show that."
        )
    lost = [u.options[o] for o in sorted(dominance.by)]
    one = len(lost) == 1
    differ = "" if left == len(result.setting.rows) else f" ({len(result.setting.rows)} that differ)"
    return (
        f"However strongly anybody feels, {listed(lost)} {'is' if one else 'are'} not the best: another option is at "
        f"least as good for everyone and better for somebody. That leaves {left} of {total}{differ}, and which of "
        f"them is best "
        "depends on how strongly they feel."
    )


def _some_scaling(result: Welfare) -> str:
    if len(result.setting.rows) == 1:
        return ""
    never = [result.setting.option(x) for x, s in enumerate(result.supports.found) if s.kind == "never"]
    tied = [result.setting.option(x) for x, s in enumerate(result.supports.found) if s.kind == "tied"]
    text = ""
    if never:
        be = "is" if len(never) == 1 else "are"
        text += (
            f"{listed(never)} {be} undominated, and yet best for no scales at all: whatever the strengths, one of the "
            "others has a larger sum (a different one for different strengths). "
        )
    if tied:
        text += f"{listed(tied)} can at most tie for the best. "
    won = sum(s.kind == "best" for s in result.supports.found)
    ties = "" if not tied else " alone"
    return text + f"For {won} of the {len(result.setting.rows)} there are scales that make it the best{ties}."


def unit_of(result: Welfare) -> str:
    """What counts alike at equal strength, as half a sentence."""
    if result.setting.unit == "range":
        return "if for everyone the step from the worst to the best of these options counts equally"
    return "if one unit of the given numbers counts equally for everyone"


def _equal_scales(result: Welfare, counted: Counted) -> list[str]:
    if len(result.setting.rows) == 1:
        return []
    leaders = [result.setting.option(x) for x in counted.leaders]
    each = "" if len(result.counted) == 1 else ", and every being counts once"
    if len(leaders) > 1:
        return [
            f"{listed(leaders)} tie {unit_of(result)}{each}. The smallest difference in strength decides between them."
        ]
    stands = counted.stands_until
    if np.isnan(stands):
        return [
            f"By ranks, {leaders[0]} comes first. Only orders are known of somebody who disagrees, so no ratio of "
            "strengths can be given at which the answer changes."
        ]
    return [
        f"{leaders[0]} is best {unit_of(result)}{each}. It stays the best as long as nobody feels more than "
        f"{times(stands)} times as strongly as anybody else."
    ]


def _other_counting(result: Welfare) -> str:
    totals, averages = result.counted
    if len(result.setting.rows) == 1:
        return ""
    names = [result.setting.option(x) for x in averages.leaders]
    if totals.leaders == averages.leaders:
        return (
            f"Numbers of beings do not decide: {listed(names)} is also best if every kind of being counts once, "
            f"however "
            f"many there are (then up to 1:{times(averages.stands_until)})."
        )
    return (
        f"Numbers of beings decide: if every kind of being counts once, however many there are, {listed(names)} is "
        "best "
        f"(up to 1:{times(averages.stands_until)})."
    )


def _chances(result: Welfare) -> str:
    if len(result.setting.rows) == 1:
        return ""
    told = []
    for chances in result.counted[0].priors:
        x = int(np.argmax(chances.best.share))
        told.append(f"{result.setting.option(x)} with {100 * chances.best.share[x]:.0f} % under {chances.prior.name}")
    ranks = (
        ""
        if not result.utilities.ordinal.any()
        else " (ranks stand for the numbers of those whose order is all we know)"
    )
    return f"If scales are drawn from a prior, most often best is {'; '.join(told)}{ranks}."


def _rules(result: Welfare) -> list[str]:
    u = result.utilities
    applied = [(rule, result.rules[rule.key].totals) for rule in RULES]
    valid = [(rule.name, told.winners) for rule, told in applied if told.refused is None]
    names: dict[str, list[str]] = {}
    for rule, winners in valid:
        for o in winners:
            names.setdefault(u.options[o], []).append(rule)
    if not names:
        return []
    first = max(names, key=lambda option: len(names[option]))
    if len(names[first]) == len(valid):
        return [f"All {len(valid)} rules that apply pick {first}."]
    others = {
        u.options[o]: None for _, winners in valid for o in winners if first not in [u.options[w] for w in winners]
    }
    return [
        f"{len(names[first])} of the {len(valid)} rules that apply pick {first}"
        + (", some of them as a tie" if any(len(w) > 1 for _, w in valid if first in [u.options[o] for o in w]) else "")
        + (f"; others pick {listed(list(others))}" if others else "")
        + ". Each rule assumes something that behaviour does not show."
    ]


def _units(result: Welfare) -> list[str]:
    told = []
    for prior, numeraires in result.numeraires:
        known = [n for n in numeraires if n.best]
        winners = {n.best for n in known}
        if len(winners) > 1:
            a = known[0]
            b = next(n for n in known if n.best != a.best)
            told.append(
                f"Do not take expected values here: under {prior} the largest expected sum has "
                f"{result.setting.option(a.best[0])} in the unit of {result.utilities.beings[a.being]}, but "
                f"{result.setting.option(b.best[0])} in the unit of {result.utilities.beings[b.being]}."
            )
    return told[:1]


def _models(result: Welfare) -> list[str]:
    if result.ranges is None:
        return []
    u, told = result.utilities, []
    widest = int(result.ranges.disagreement.argmax())
    told.append(
        f"The models of welfare ranges disagree {times(float(result.ranges.disagreement[widest]))}-fold about "
        f"{u.beings[widest]}. That is disagreement between models, which more data of the same sort would not shrink."
    )
    if len(result.setting.rows) > 1:
        picks: dict[str, int] = {}
        for chances in result.counted[0].ranges:
            name = result.setting.option(int(np.argmax(chances.best.share)))
            picks[name] = picks.get(name, 0) + 1
        total = sum(picks.values())
        shown = "; ".join(
            f"{name} under {n} of {total}" for name, n in sorted(picks.items(), key=lambda p: -p[1])[:NAMED]
        )
        told.append(f"Best by the published welfare ranges: {shown} models.")
    return told


def changes(result: Welfare) -> list[str]:
    """What would change the answer."""
    if len(result.setting.rows) == 1:
        return ["Nothing that is unknown about strength could change it. Another option might, or other utilities."]
    counted = result.counted[0]
    told = [rival_sentence(result, counted, rival) for rival in counted.rivals[:5]]
    told += _alone(result, counted)
    told += _widths(result, counted)
    if result.utilities.uncertain:
        told += _cells(result)
    return told


def rival_sentence(result: Welfare, counted: Counted, rival: Rival) -> str:
    """When a rival is better than the leader."""
    setting, x, y = result.setting, rival.x, counted.leaders[0]
    prefer, against = sides(result, x, y)
    here, there = setting.option(x), setting.option(y)
    if np.isnan(rival.ratio):
        return (
            f"{here} is better than {there} for {listed(prefer)}; only orders are known, so no ratio says "
            f"when that wins."
        )
    n = times(rival.ratio)
    if not np.isfinite(rival.ratio):
        return f"{here} is never better than {there}."
    if rival.ratio <= 1 + 1e-9:
        return (
            f"{here} and {there} are equally good at equal strength. For the first: {listed(prefer)}. For the second: "
            f"{listed(against)}."
        )
    if len(prefer) == len(against) == 1:
        text = (
            f"{here} is better than {there} if and only if the strength of {prefer[0]} is more than {n} times that of "
            f"{against[0]}"
        )
        return text + _as_groups(result, counted, x, y) + "."
    return (
        f"{here} is better than {there} if those who prefer it ({listed(prefer)}) feel more than {n} times as "
        f"strongly as "
        f"those who prefer {there} ({listed(against)}). While nobody feels more than {n} times as strongly as anybody "
        f"else, {there} is the better of the two."
    )


def _as_groups(result: Welfare, counted: Counted, x: int, y: int) -> str:
    """What a ratio between single beings is between their groups."""
    if len(result.counted) == 1 or counted.counting != "totals":
        return ""
    ratio = float(result.counted[1].ratios.needed[x, y])
    return f", one being against one; the groups as wholes: {times(ratio)} times"


def sides(result: Welfare, x: int, y: int) -> tuple[list[str], list[str]]:
    """The beings who prefer one undominated option to another, and those who prefer the other."""
    setting = result.setting
    apart = setting.values[x] - setting.values[y]
    prefer = [name for k in np.flatnonzero(apart > 0) for name in setting.kind_names(int(k))]
    against = [name for k in np.flatnonzero(apart < 0) for name in setting.kind_names(int(k))]
    return prefer, against


def _alone(result: Welfare, counted: Counted) -> list[str]:
    """The smallest change of a single kind's weight that changes the answer."""
    if len(result.setting.kinds) < 3 or np.isnan(counted.ratios.low).all():
        return []
    leader = counted.leaders[0]
    low, high = counted.ratios.low[leader], counted.ratios.high[leader]
    told = []
    if np.isfinite(high).any():
        k = int(np.nanargmin(high))
        told.append(
            f"One kind alone is enough: {listed(result.setting.kind_names(k))} feeling more than {times(high[k])} "
            f"times as "
            "strongly as all the others, who feel alike."
        )
    if (low > 0).any():
        k = int(np.nanargmax(low))
        told.append(
            f"Or {listed(result.setting.kind_names(k))} feeling less than {times(low[k])} times as strongly as all "
            f"the others."
        )
    return told


def _widths(result: Welfare, counted: Counted) -> list[str]:
    told, leader = [], result.setting.option(counted.leaders[0])
    for turn in counted.turns:
        if turn.minority is None:
            told.append(
                f"However wide a {turn.family} prior is made (up to {turn.width} {turn.widest:g}), {leader} stays best "
                "in at least half of the draws."
            )
            continue
        narrowest = turn.minority <= NARROWEST[turn.width] * 1.01
        wide = f"{turn.family}:{turn.width}={times(turn.minority)}"
        text = f"{leader} is best in less than half of the draws "
        text += (
            f"under any {turn.family} prior, however narrow" if narrowest else f"once the prior is as wide as {wide}"
        )
        if turn.overtaken is None:
            text += f"; no other option is clearly more often the best, up to {turn.width} {turn.widest:g}"
        else:
            text += (
                f"; from {turn.width}={times(turn.overtaken)} another is more often the best: "
                f"{result.setting.option(turn.by or 0)}"
            )
        told.append(text + ".")
    return told


def _cells(result: Welfare) -> list[str]:
    u, dominance = result.utilities, result.setting.dominance
    told = []
    if dominance.depends:
        names = [u.options[o] for o in sorted(dominance.depends)]
        told.append(f"Some cells are not known exactly. Depending on them, {listed(names)} may be dominated, or not.")
    for rule in RULES:
        possible = result.rules[rule.key].possible
        if possible is not None and set(possible) != set(result.rules[rule.key].totals.winners):
            names = [u.options[o] for o in possible]
            told.append(
                f"{rule.name}: depending on the cells that are not known exactly, it picks {listed(names, 'or')}."
            )
    return told


def support_words(support: Support) -> str:
    """A support in a word."""
    return {"best": "best for some scales", "tied": "at most tied", "never": "never best"}[support.kind]
