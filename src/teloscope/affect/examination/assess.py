"""Runs the tests and criteria on evidence, decides by the declared rules, and gives a verdict on the candidate."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from teloscope.affect.battery_tests import TESTS
from teloscope.affect.battery_tests.declared import Declared
from teloscope.affect.criteria import CRITERIA
from teloscope.affect.criteria.adds import value_of
from teloscope.affect.evidence import Evidence, NotAssessable
from teloscope.affect.examination.controls import QUANTILE, RANDOM, control_effects
from teloscope.affect.statistics import Decision, Measure, decide, holm, increment, t_test
from teloscope.affect.statistics.decisions import ALPHA
from teloscope.affect.statistics.regression import explained

EVERYTHING = {**TESTS, **CRITERIA}
"""Name -> declared test or criterion."""
DECLARED_MINDS = 8
"""Minds that the declared power needs; with fewer, "absent" and "undecided" say little."""
VALUE_SHARE = 0.5
"""A candidate of whose valence the value explains at least this share may be called value."""


@dataclass(frozen=True)
class Found:
    """What a test measured of all minds."""

    test: Declared
    measures: list[Measure] = field(default_factory=list)
    controls: Mapping[str, np.ndarray] = field(default_factory=dict)
    """Control -> effects of the first measure."""
    reason: str = ""
    """Why it is not assessable; empty: it is."""


@dataclass(frozen=True)
class Outcome:
    """What a test says of a set of minds."""

    decision: Decision
    effects: tuple[float, ...] = ()
    """Mean over the minds, one a measure."""
    p: float = np.nan
    p_holm: float = np.nan
    beaten_by: tuple[str, ...] = ()
    """Controls that it had to exceed and did not."""


def find(
    evidence: Evidence,
    names: Iterable[str] = EVERYTHING,
    *,
    controls: bool = True,
    progress: Callable[[str], None] = lambda name: None,
) -> dict[str, Found]:
    """Run tests on all minds.

    Args:
        evidence: the subject's.
        names: which.
        controls: False: only those that decisions need.
        progress: told the name of each test when it begins.
    """
    found = {}
    for name in names:
        progress(name)
        test = EVERYTHING[name]
        try:
            measures = test.measure(evidence, evidence.axes)
            found[name] = Found(test, measures, control_effects(evidence, test, all_of_them=controls))
        except NotAssessable as why:
            found[name] = Found(test, reason=str(why))
    return found


def p_of(found: Found, minds: np.ndarray | slice = slice(None)) -> tuple[float, float]:
    """P values of "present" and of "absent" of a test, over some minds."""
    test, pairs = found.test, []
    for measure in found.measures:
        some = measure.of_minds(minds)
        effects = some.by_mind()
        above, below = t_test(effects, some.bound, some)
        if test.two_sided:
            under, over = t_test(-effects, some.bound, some)
            above, below = min(1.0, 2 * min(above, under)), max(below, over)
        pairs.append((above, below))
    above, below = (sorted(side) for side in zip(*pairs, strict=True))
    if test.at_least is None:
        return above[-1], min(1.0, len(pairs) * below[0])
    spare = len(pairs) - test.at_least
    return min(1.0, (spare + 1) * above[test.at_least - 1]), min(1.0, test.at_least * below[spare])


def conclude(found: Mapping[str, Found], minds: np.ndarray | slice = slice(None)) -> dict[str, Outcome]:
    """Decide every test for a set of minds, Holm over those that could be assessed."""
    p = {name: p_of(each, minds) for name, each in found.items() if not each.reason}
    adjusted = holm({name: above for name, (above, _) in p.items()})
    decisions = decide(p)
    outcomes = {}
    for name, each in found.items():
        if each.reason:
            outcomes[name] = Outcome("not assessable")
            continue
        means = tuple(float(np.nanmean(m.of_minds(minds).by_mind())) for m in each.measures)
        beaten = tuple(c for c in each.test.exceeds if c in each.controls and means[0] <= level(c, each.controls[c]))
        decision = decisions[name]
        if decision == "present" and beaten:
            decision = "undecided"
        outcomes[name] = Outcome(decision, means, p[name][0], adjusted[name], beaten)
    return outcomes


def level(control: str, effects: np.ndarray) -> float:
    """What a candidate must exceed: a quantile of random directions, else the control's mean."""
    effects = effects[np.isfinite(effects)]
    if not len(effects):
        return -np.inf
    return float(np.quantile(effects, QUANTILE) if control == RANDOM else effects.mean())


def gain_says(measure: Measure) -> str:
    """Whether the mind's gains differ: losses weigh more, gains weigh more, symmetric, or undecided.

    Args:
        measure: log G of the minds; its bound is what still counts as symmetric.
    """
    effects = measure.by_mind()
    if not np.isfinite(effects).any():
        return "undecided"
    (more, not_more), (less, not_less) = (t_test(sign * effects, measure.bound, measure) for sign in (1, -1))
    if more <= ALPHA / 2:
        return "losses weigh more"
    if less <= ALPHA / 2:
        return "gains weigh more"
    return "symmetric" if max(not_more, not_less) <= ALPHA else "undecided"


def value_share(evidence: Evidence) -> np.ndarray:
    """`[M]`: the share of valence's variance that the present value explains, cross-fitted; NaN without a value."""
    trace = evidence.alone()
    value = value_of(trace)
    if value is None:
        return np.full(len(trace.latents), np.nan)
    z = evidence.axes.valence.of(trace)
    return explained(increment(value[..., None][..., :0], value[..., None], z).sum(1))


def verdict(outcomes: Mapping[str, Outcome], shared: float) -> str:
    """affect, value, neither or undecided.

    affect: all five criteria are present. value: the value explains it, and that it adds something is absent. neither:
    some criterion is absent. undecided: anything else.

    Args:
        outcomes: of the criteria at least.
        shared: mean of `value_share` over the minds.
    """
    said = [outcomes[name].decision for name in CRITERIA]
    if all(decision == "present" for decision in said):
        return "affect"
    if shared >= VALUE_SHARE and outcomes["adds"].decision == "absent":
        return "value"
    return "neither" if "absent" in said else "undecided"
