"""The document of a comparison: what is printed as JSON and shown on the page.

Theory: E0.
"""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np

from teloscope.schema import (
    AloneDocument,
    BandDocument,
    BeingDocument,
    ChanceDocument,
    CountedDocument,
    NumeraireDocument,
    OptionDocument,
    PairDocument,
    PriorDocument,
    RatioDocument,
    RivalDocument,
    RuleDocument,
    TurnDocument,
    WelfareDocument,
)
from teloscope.welfare.counting import PAIRED
from teloscope.welfare.identified import identified
from teloscope.welfare.rules import RULES
from teloscope.welfare.sentences import answers, changes, sides
from teloscope.welfare.tables.utilities import Floats

if TYPE_CHECKING:
    from teloscope.welfare.counting import Chances, Counted, Rival
    from teloscope.welfare.result import Welfare

LISTED = 1_000
"""Options that the document lists; the dataframes have all."""
DRAWN = 100_000
"""Cells that the document holds for the figures."""
LEAST = 1e-9
"""Weights below this are left out."""


def tell(result: Welfare) -> WelfareDocument:
    """The document."""
    from teloscope import __version__

    u, dominance = result.utilities, result.setting.dominance
    picked: dict[str, list[str]] = {}
    for rule in RULES:
        for o in result.rules[rule.key].totals.winners:
            picked.setdefault(u.options[o], []).append(rule.name)
    options = _options(result)
    return WelfareDocument(
        unit=result.setting.unit,
        n_options=len(u.options),
        n_undominated=len(dominance.front),
        beings=_beings(result),
        options=options,
        listed=len(options),
        answers=answers(result),
        changes=changes(result),
        identified=identified(u, result.source),
        counted=[_counted(result, counted) for counted in result.counted],
        rules=_rules(result),
        picked=picked,
        never_picked=[u.options[o] for o in dominance.front if u.options[o] not in picked][:LISTED],
        numeraires=_numeraires(result),
        disagreement=_disagreement(result),
        notes=_notes(result, len(options)),
        seed=result.seed,
        versions={
            "teloscope": __version__,
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scipy": version("scipy"),
        },
    )


def _beings(result: Welfare) -> list[BeingDocument]:
    u = result.utilities
    kind_of = {b: kind for kind in result.setting.kinds for b in kind}
    return [
        BeingDocument(
            name=name,
            size=float(u.sizes[b]),
            zero=None if np.isnan(u.zeros[b]) else float(u.zeros[b]),
            ordinal=bool(u.ordinal[b]),
            constant=bool(u.constant[b]),
            like=[u.beings[o] for o in kind_of.get(b, ()) if o != b],
        )
        for b, name in enumerate(u.beings)
    ]


def _options(result: Welfare) -> list[OptionDocument]:
    dominance, u = result.setting.dominance, result.utilities
    place = {int(o): x for x, o in enumerate(result.setting.rows)}
    alike = {o: twins for twins in dominance.twins for o in twins}
    shares = dominance.shares
    drawn = min(len(u.options), LISTED) * len(u.beings) <= DRAWN
    told = []
    for o in [*(int(o) for o in dominance.front), *sorted(dominance.by)][:LISTED]:
        by = dominance.by.get(o, ()) or ((dominance.depends[o],) if o in dominance.depends else ())
        status = "dominated" if o in dominance.by else "depends" if o in dominance.depends else "undominated"
        x = place.get(alike.get(o, (o,))[0])
        support = None if x is None else result.supports.found[x]
        possibly = result.supports.possibly
        told.append(
            OptionDocument(
                name=u.options[o],
                status=status,
                by=[u.options[w] for w in by],
                dominators=dominance.counts.get(o, 0),
                in_ranges=[_rounded(v) for v in result.setting.scaled.value[o]] if drawn else [],
                same_as=[u.options[t] for t in alike.get(o, ()) if t != o],
                undominated_share=None if shares is None else float(shares[o]),
                support=support.kind if support else None,
                margin=float(support.margin) if support and np.isfinite(support.margin) else None,
                weights=_by_being(result, support.weights) if support else {},
                margin_exact=support.exact if support else True,
                possibly=possibly[x] if possibly is not None and x is not None else None,
            )
        )
    return told


def _by_being(result: Welfare, weights: Floats, share: bool = True) -> dict[str, float]:
    """Being -> weight of its kind: divided among its beings, or the same for each."""
    told = {}
    for k, weight in enumerate(weights):
        names = result.setting.kind_names(k)
        if not share or weight > LEAST:
            told |= {name: _rounded(weight / (len(names) if share else 1)) for name in names}
    return told


def _rounded(number: float) -> float:
    return float(f"{number:.6g}")


def _finite(number: float) -> float | None:
    return float(number) if np.isfinite(number) else None


def _counted(result: Welfare, counted: Counted) -> CountedDocument:
    setting = result.setting
    shown = _shown(counted)
    return CountedDocument(
        counting=counted.counting,
        leader=[setting.option(x) for x in counted.leaders],
        stands_until=_finite(counted.stands_until),
        rivals=[_rival(result, counted, rival) for rival in counted.rivals],
        bands=_bands(result, counted),
        ratios=[
            RatioDocument(option=setting.option(x), over=setting.option(y), ratio=_finite(counted.ratios.needed[x, y]))
            for x in shown
            for y in shown
            if x != y
        ],
        priors=[_prior(result, chances) for chances in counted.priors],
        ranges=[_prior(result, chances) for chances in counted.ranges],
        turns=[
            TurnDocument(
                family=turn.family,
                width=turn.width,
                minority=turn.minority,
                overtaken=turn.overtaken,
                by=None if turn.by is None else setting.option(turn.by),
                widest=turn.widest,
            )
            for turn in counted.turns
        ],
    )


def _shown(counted: Counted) -> list[int]:
    """The options whose pairs are told: the leader, its nearest rivals, and what is likeliest to be best."""
    likely = np.argsort(-counted.priors[0].best.share, kind="stable")[:PAIRED]
    order = [*counted.leaders[:PAIRED], *(rival.x for rival in counted.rivals), *(int(x) for x in likely)]
    return list(dict.fromkeys(order))[:PAIRED]


def _rival(result: Welfare, counted: Counted, rival: Rival) -> RivalDocument:
    setting = result.setting
    prefer, against = sides(result, rival.x, counted.leaders[0])
    low, high = counted.ratios.low[rival.x], counted.ratios.high[rival.x]
    bounds = rival.bounds or (None, None)
    return RivalDocument(
        option=setting.option(rival.x),
        ratio=_finite(rival.ratio),
        ratio_low=None if bounds[0] is None else _finite(bounds[0]),
        ratio_high=None if bounds[1] is None else _finite(bounds[1]),
        prefer=prefer,
        against=against,
        ratio_best=_finite(rival.nearest.ratio),
        scales=_by_being(result, rival.nearest.scales, share=False),
        likeliest=_of_members(result, rival),
        alone=[
            AloneDocument(beings=setting.kind_names(int(k)), low=float(low[k]), high=_finite(high[k]))
            for k in np.flatnonzero(~np.isnan(low))
        ],
    )


def _of_members(result: Welfare, rival: Rival) -> dict[str, float]:
    if rival.likeliest is None:
        return {}
    names = [result.utilities.beings[b] for b in result.setting.members]
    return dict(zip(names, map(_rounded, rival.likeliest.tolist()), strict=True))


def _bands(result: Welfare, counted: Counted) -> list[BandDocument]:
    """Bands of every kind, from the smallest weight to the largest."""
    told = []
    for k in range(len(result.setting.kinds)):
        low, high = counted.ratios.low[:, k], counted.ratios.high[:, k]
        for x in sorted(np.flatnonzero(~np.isnan(low)), key=lambda x: (low[x], high[x])):
            told.append(
                BandDocument(
                    beings=result.setting.kind_names(k),
                    option=result.setting.option(int(x)),
                    low=float(low[x]),
                    high=_finite(high[x]),
                )
            )
    return told


def _prior(result: Welfare, chances: Chances) -> PriorDocument:
    setting, best = result.setting, chances.best
    order = [int(x) for x in np.argsort(-best.share, kind="stable")]
    told = [
        ChanceDocument(option=setting.option(x), chance=float(best.share[x]), error=float(best.error[x]))
        for x in order[:LISTED]
    ]
    return PriorDocument(
        name=chances.prior.name,
        about=chances.prior.about,
        source=getattr(chances.prior, "source", ""),
        exact=chances.exact,
        best=setting.option(order[0]),
        chances=told,
        pairs=_pairs(result, chances),
    )


def _pairs(result: Welfare, chances: Chances) -> list[PairDocument]:
    if chances.pairs is None:
        return []
    share, error = chances.pairs
    names = [result.setting.option(x) for x in chances.shown]
    return [
        PairDocument(option=names[i], over=names[j], chance=float(share[i, j]), error=float(error[i, j]))
        for i in range(len(names))
        for j in range(len(names))
        if i != j
    ]


def _rules(result: Welfare) -> list[RuleDocument]:
    u = result.utilities
    told = []
    for rule in RULES:
        found = result.rules[rule.key]
        shares = found.shares
        told.append(
            RuleDocument(
                key=rule.key,
                name=rule.name,
                assumes=rule.assumes,
                source=rule.source,
                refused=found.totals.refused,
                winners=[u.options[o] for o in found.totals.winners],
                winners_averages=[u.options[o] for o in found.averages.winners],
                possible=None if found.possible is None else [u.options[o] for o in found.possible],
                possible_exact=rule.monotone,
                shares=None if shares is None else {u.options[o]: float(shares[o]) for o in np.flatnonzero(shares)},
            )
        )
    return told


def _numeraires(result: Welfare) -> list[NumeraireDocument]:
    return [
        NumeraireDocument(
            prior=name, being=result.utilities.beings[n.being], best=[result.setting.option(x) for x in n.best]
        )
        for name, numeraires in result.numeraires
        for n in numeraires
    ]


def _disagreement(result: Welfare) -> dict[str, float]:
    if result.ranges is None:
        return {}
    return dict(zip(result.utilities.beings, map(float, result.ranges.disagreement), strict=True))


def _notes(result: Welfare, listed: int) -> list[str]:
    u, setting = result.utilities, result.setting
    told = list(u.notes)
    if setting.dominance.twins:
        names = [", ".join(u.options[o] for o in twins) for twins in setting.dominance.twins[:3]]
        told.append(f"The same to every being, so they share their answers: {'; '.join(names)}.")
    if any(len(kind) > 1 for kind in setting.kinds):
        groups = ["; ".join(", ".join(setting.kind_names(k)) for k, kind in enumerate(setting.kinds) if len(kind) > 1)]
        told.append(
            f"Beings who want the same, whatever their scales, are taken together where ratios are told: {groups[0]}."
        )
    if setting.unit == "range":
        told.append(
            "Ratios of strength need a unit. Here everyone's unit is the distance between its worst and its best "
            "option "
            "in this table; adding an option that is worse or better than all before changes that unit. With --unit "
            "given, the numbers themselves are the unit."
        )
    else:
        told.append("Ratios of strength are for one unit of the given numbers, which are read as comparable units.")
    if result.ranges is not None and result.ranges.left_out:
        told.append(f"Models of welfare ranges that lack a being are left out: {'; '.join(result.ranges.left_out)}.")
    if len(u.options) > listed:
        told.append(f"This document lists {listed:,} of {len(u.options):,} options; `.options()` in Python has all.")
    if not all(s.exact for s in result.supports.found):
        told.append(
            "With so many options, weights that make one the best were found by drawing scales where that was enough; "
            "their "
            "margins are lower bounds."
        )
    return told
