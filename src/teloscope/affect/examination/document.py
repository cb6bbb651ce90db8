"""The document of what the battery found: numbers, and sentences that may be quoted."""

from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING

import numpy as np

from teloscope.affect.battery_tests import TESTS
from teloscope.affect.battery_tests.change import gain_measure, size_ratios
from teloscope.affect.battery_tests.interpretation import judged
from teloscope.affect.battery_tests.regulate import mean_effect, paired
from teloscope.affect.criteria import CRITERIA
from teloscope.affect.evidence import START, STOP, Evidence, NotAssessable
from teloscope.affect.examination.assess import DECLARED_MINDS, EVERYTHING, Found, Outcome, gain_says, level
from teloscope.affect.statistics import Measure, bias, interval
from teloscope.affect.statistics.decisions import ALPHA, smallest_detectable
from teloscope.schema import (
    AffectCandidate,
    AffectComparison,
    AffectControl,
    AffectDocument,
    AffectDose,
    AffectGain,
    AffectMeasure,
    AffectTest,
    AffectTrace,
    AffectWorld,
)

if TYPE_CHECKING:
    from teloscope.affect.examination.run import Examined

DOSES = (-2.0, -1.0, 1.0, 2.0)
SHOWN_TRACES = 3


def tell(examined: Examined) -> AffectDocument:
    """The document."""
    evidence, choice = examined.evidence, examined.choice
    about, minds = evidence.subject.description, choice.tested
    assessed = sum(not found.reason for found in examined.found.values())
    names = _names(about.name, about.seeds)
    return AffectDocument(
        subject=about.name,
        verdict=examined.verdict,  # pyright: ignore[reportArgumentType]
        reasons=_reasons(examined),
        limits=_limits(examined),
        minds=len(minds),
        declared_minds=DECLARED_MINDS,
        detectable=_number(smallest_detectable(len(minds), assessed)) if assessed else None,
        diverged={names[i]: why for i, why in enumerate(about.diverged) if why},
        candidates=[
            AffectCandidate(name=name, score=score, chosen=name == choice.name)
            for name, score in (choice.scores or {choice.name: None}).items()
        ],
        two_axes=float(evidence.axes.two[minds].mean()),
        value_share=_number(examined.shared),
        tests=[_test(name, examined.found[name], examined.outcomes[name], minds) for name in examined.found],
        gain=_gain(evidence, minds),
        worlds=_worlds(evidence, minds),
        traces=_traces(evidence, minds, names),
        doses=_doses(evidence, minds),
        comparisons=[
            AffectComparison(
                name=name,
                verdict=each.verdict,  # pyright: ignore[reportArgumentType]
                decisions={test: outcome.decision for test, outcome in each.outcomes.items()},
            )
            for name, each in examined.comparisons.items()
        ],
        episodes=evidence.episodes,
        steps=evidence.steps,
        clones=evidence.clones,
        seed=evidence.seed,
        versions=versions(),
    )


def versions() -> dict[str, str]:
    """What the battery's numbers were computed with."""
    return {name: importlib.metadata.version(name) for name in ("teloscope", "numpy", "scipy")}


def _test(name: str, found: Found, outcome: Outcome, minds: np.ndarray) -> AffectTest:
    test = EVERYTHING[name]
    reason = found.reason
    if outcome.beaten_by and outcome.decision == "undecided" and outcome.p_holm <= ALPHA:
        reason = f"The effect does not exceed {' and '.join(outcome.beaten_by)}."
    return AffectTest(
        name=name,
        kind="test" if name in TESTS else "criterion",
        theory=test.theory,
        question=test.question,
        statistic=test.statistic,
        null=test.null,
        intervention=test.intervention,
        effect=test.effect,
        unit=test.unit,
        rule=test.rule,
        lies=list(test.lies),
        decision=outcome.decision,
        reason=reason,
        p=_number(outcome.p),
        p_holm=_number(outcome.p_holm),
        measures=[_measure(m.of_minds(minds)) for m in found.measures],
        controls=_controls(found, outcome),
    )


def _measure(measure: Measure) -> AffectMeasure:
    effects = measure.by_mind()
    low, high = interval(measure)
    return AffectMeasure(
        label=measure.label,
        effect=_number(float(np.nanmean(effects))) if np.isfinite(effects).any() else None,
        low=_number(low),
        high=_number(high),
        bound=measure.bound,
        by_mind=[_number(float(e)) for e in effects],
    )


def _controls(found: Found, outcome: Outcome) -> list[AffectControl]:
    told = []
    for name, effects in found.controls.items():
        effects = effects[np.isfinite(effects)]
        if len(effects):
            low, high = np.quantile(effects, [0.025, 0.975])
            told.append(
                AffectControl(
                    name=name,
                    effect=float(effects.mean()),
                    low=float(low),
                    high=float(high),
                    n=len(effects),
                    required=name in found.test.exceeds,
                    exceeded=bool(outcome.effects and outcome.effects[0] > level(name, effects)),
                )
            )
    return told


def _gain(evidence: Evidence, minds: np.ndarray) -> AffectGain:
    try:
        measure = gain_measure(evidence, evidence.axes.valence).of_minds(minds)
    except NotAssessable as why:
        return AffectGain(ratio=None, low=None, high=None, decision="not assessable", reason=str(why))
    effects = measure.by_mind()
    if not np.isfinite(effects).any():
        return AffectGain(
            ratio=None, low=None, high=None, decision="undecided", reason="No mind's gains are both positive."
        )
    low, high = interval(measure)
    said = gain_says(measure)
    ratio, low, high = (_number(float(np.exp(x))) for x in (np.nanmean(effects), low, high))
    return AffectGain(ratio=ratio, low=low, high=high, decision=said)  # pyright: ignore[reportArgumentType]


def _worlds(evidence: Evidence, minds: np.ndarray) -> list[AffectWorld]:
    try:
        ratios = size_ratios(evidence, evidence.axes.valence)
    except NotAssessable:
        return []
    told = []
    for context, (sizes, naive) in ratios.items():
        sizes, naive = sizes[minds], naive[minds]
        if np.isfinite(sizes).any():
            told.append(
                AffectWorld(
                    context=context,
                    size_ratio=float(np.exp(np.nanmean(sizes))),
                    naive=float(np.exp(np.nanmean(naive))),
                )
            )
    return told


def _traces(evidence: Evidence, minds: np.ndarray, names: list[str]) -> list[AffectTrace]:
    trace = evidence.alone()
    valence, arousal = evidence.axes.valence.of(trace), evidence.axes.arousal.of(trace)
    value = (
        (trace.value - np.nanmean(trace.value, (1, 2), keepdims=True))
        / np.maximum(np.nanstd(trace.value, (1, 2), keepdims=True), 1e-9)
        if trace.has("value")
        else np.full(trace.value.shape, np.nan)
    )
    told = []
    for mind in minds[:SHOWN_TRACES]:
        busiest = int(np.nanargmax(np.abs(np.nan_to_num(trace.event[mind])).sum(1)))
        told.append(
            AffectTrace(
                mind=names[mind],
                valence=_numbers(valence[mind, busiest], 0.0),
                arousal=_numbers(arousal[mind, busiest], 0.0),
                value=[_number(round(float(v), 3)) for v in value[mind, busiest]],
                effort=[_number(round(float(v), 3)) for v in trace.effort[mind, busiest]],
                events=[int(e) for e in np.nan_to_num(trace.event[mind, busiest])],
            )
        )
    return told


def _doses(evidence: Evidence, minds: np.ndarray) -> list[AffectDose]:
    """Effects of four levels of each axis against the undisturbed mind."""
    if not evidence.subject.description.settable:
        return []
    held, ordinary, told = slice(START, STOP), evidence.alone(), []
    for name in ("valence", "arousal"):
        axis = getattr(evidence.axes, name)
        for dose in DOSES:
            trace = evidence.displaced(axis, dose)
            unit = evidence.spread["effort"][..., None]
            moved = [("effort", paired(trace.effort[..., held], ordinary.effort[..., held], unit), mean_effect)]
            if trace.has("avoid") and trace.has("foe"):
                both = np.concatenate([judged(trace, held), judged(ordinary, held)], -1)
                moved.append(("criterion", both, lambda sums: bias(sums[..., :4]) - bias(sums[..., 4:])))
            for effector, moments, reduce in moved:
                measure = Measure(effector, moments, reduce, 0.0).of_minds(minds)
                low, high = interval(measure)
                effect = float(np.nanmean(measure.by_mind()))
                if np.isfinite([effect, low, high]).all():
                    found = {
                        "axis": name,
                        "effector": effector,
                        "level": dose,
                        "effect": effect,
                        "low": low,
                        "high": high,
                    }
                    told.append(AffectDose.model_validate(found))
    return told


def _reasons(examined: Examined) -> list[str]:
    """Why the verdict is what it is."""
    outcomes = examined.outcomes
    by_decision = {
        said: [name for name in CRITERIA if outcomes[name].decision == said]
        for said in ("present", "absent", "undecided", "not assessable")
    }
    told = [
        f"Of the five criteria that separate an affect from a value estimate, {said}: {', '.join(names)}."
        for said, names in by_decision.items()
        if names
    ]
    present = [name for name in TESTS if outcomes[name].decision == "present"]
    told.append(f"Of the ten tests {len(present)} are present{': ' + ', '.join(present) if present else ''}.")
    if np.isfinite(examined.shared):
        told.append(f"The present value explains {max(examined.shared, 0):.0%} of valence's variance.")
    return told


def _limits(examined: Examined) -> list[str]:
    """What may not be claimed."""
    choice, about = examined.choice, examined.evidence.subject.description
    minds, told = len(choice.tested), []
    if minds == 1:
        told.append(
            "One mind was tested. What is said holds for this mind; nothing may be claimed of minds trained in the "
            "same way, since the spread between training seeds is unknown."
        )
    elif minds < DECLARED_MINDS:
        told.append(
            f"{minds} minds were tested; the declared power needs {DECLARED_MINDS}. 'Present' may be claimed of minds "
            "trained in this way. 'Absent' and 'undecided' may come of too few minds: no claim that a property is "
            "lacking, and no verdict that rests on one."
        )
    if len(choice.chosen_on) and minds == 1:
        told.append("The candidate was chosen and tested on the same mind, though on other episodes.")
    if any(about.diverged):
        told.append(
            f"{sum(map(bool, about.diverged))} of {about.minds} minds were left out because their training diverged, "
            "by the rule that was declared before training."
        )
    lacking = [name for name, outcome in examined.outcomes.items() if outcome.decision == "not assessable"]
    if lacking:
        told.append(f"Not assessable with this subject: {', '.join(lacking)}.")
    told.append("Strength is not observable: nothing here says how strongly anything is felt, or whether it is felt.")
    return told


def _names(name: str, seeds: tuple[int, ...]) -> list[str]:
    return [f"{name}, seed {seed}" for seed in seeds]


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _numbers(values: np.ndarray, instead: float) -> list[float]:
    return [round(float(v), 3) if np.isfinite(v) else instead for v in values]
