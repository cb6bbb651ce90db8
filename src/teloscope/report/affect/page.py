"""The page of the battery: the verdict and its limits first, then traces, tests against controls, and what would lie.

It needs no script, so none may run; nothing is fetched.

Theory: E1-E7.
"""

from __future__ import annotations

from pathlib import Path

from teloscope.report.affect import figures
from teloscope.report.shared import formatting
from teloscope.report.shared.html import rendered, write_html
from teloscope.schema import AffectDocument, AffectTest

LEADS = {
    "affect": "An affect",
    "value": "A value estimate",
    "neither": "No affect",
    "undecided": "Undecided",
}
TONES = {"affect": "aligned", "value": "undecided", "neither": "undecided", "undecided": "undecided"}
CHIPS = {"present": "chip-yes", "absent": "chip-no", "undecided": "chip-open", "not assessable": ""}
GLOSSARY = {
    "candidate": "The few latents that are asked about: the slow channel, or directions that predict effort to come.",
    "valence": "The direction among them that colours judgement, + where prospects rose.",
    "arousal": "The direction among them that moves effort, apart from valence.",
    "mind": "One trained network. It is the unit of replication: steps and episodes are repetitions within it.",
    "bound": "The smallest effect that counts. It was set on planted subjects of the development split.",
    "control": "Something put in the candidate's place that should not have the property.",
    "F, dF": "Expected remaining fitness, by cloned rollouts of the frozen mind, and its surprise in a step.",
    "G, R": "Gain on losses over gain on gains: the mind's. Size of losses over size of gains: the world's.",
    "c, d'": "Signal detection: readiness to take others for foes (lower is readier); how well foes are told apart.",
}


def write_affect_page(document: AffectDocument, path: Path) -> Path:
    """Write the battery's page atomically.

    Raises:
        TeloscopeError: the file can't be written.
    """
    return write_html(render_affect(document), path)


def render_affect(document: AffectDocument) -> str:
    """The page as HTML."""
    told = formatting.sanitize_document(document)
    return rendered(
        "affect.html.jinja",
        "affect.css",
        {"num": number, "span": interval},
        d=told,
        lead=LEADS[told.verdict],
        tone=TONES[told.verdict],
        chips=CHIPS,
        figures=figures,
        battery=[t for t in told.tests if t.kind == "test"],
        criteria=[t for t in told.tests if t.kind == "criterion"],
        counts=counts(told.tests),
        glossary=GLOSSARY,
    )


def counts(tests: list[AffectTest]) -> dict[str, int]:
    """Decision -> how many of the ten tests."""
    battery = [t.decision for t in tests if t.kind == "test"]
    return {said: battery.count(said) for said in CHIPS if said in battery}


def number(value: float | None) -> str:
    """Three digits; a dash where there is none."""
    return "–" if value is None else f"{value:.3g}".replace("-", "−")


def interval(low: float | None, high: float | None) -> str:
    """`0.1 to 0.3`."""
    return "" if low is None or high is None else f"{number(low)} to {number(high)}"
