"""The page of a comparison: what holds at every scale first, then what each assumption adds, then what would change it.

It needs no script, so none may run; nothing is fetched.

Theory: E0.
"""

from __future__ import annotations

from pathlib import Path

from teloscope.report.shared import formatting
from teloscope.report.shared.html import rendered, write_html
from teloscope.report.welfare import figures
from teloscope.schema import CountedDocument, RuleDocument, WelfareDocument
from teloscope.welfare.sentences import times

SHOWN = 10
"""Options that a table of chances shows."""
GLOSSARY = {
    "being": "Whoever fares well or badly: a person, an animal, an agent. A column may stand for a group of equal "
    "ones.",
    "option": "What is chosen between.",
    "scale": "How strongly a being feels one unit of its own numbers. No choice that it makes shows it.",
    "equal strength": "All scales the same, in the unit that stands at the top of this page.",
    "dominated": "Another option is at least as good for every being and better for one. No scale makes it the best.",
    "switching ratio": "How many times as strongly those who prefer the one option must feel as those who prefer the "
    "other, so that the one becomes better.",
    "prior": "What is believed about scales before anything is seen. It is an assumption, not a finding.",
    "totals, averages": "Totals: every being counts once. Averages: every kind of being counts once, however many "
    "there "
    "are. How many there are is one question, how strongly each feels another.",
    "rule": "A way to pick one option that assumes something about scales or zeros.",
}


def write_welfare_page(document: WelfareDocument, path: Path) -> Path:
    """Write a comparison's page atomically.

    Raises:
        TeloscopeError: the file can't be written.
    """
    return write_html(render_welfare(document), path)


def render_welfare(document: WelfareDocument) -> str:
    """The page as HTML."""
    told = formatting.sanitize_document(document)
    tones = figures.colours(told)
    return rendered(
        "welfare.html.jinja",
        "welfare.css",
        {"times": _times, "chance": chance, "interval": interval},
        d=told,
        lead=lead(told),
        standfirst=told.answers[0],
        unit=unit(told),
        counted=told.counted,
        matrix=[matrix(counted) for counted in told.counted],
        tones=tones,
        legend=list({tone: name for name, tone in reversed(tones.items()) if tone != "tone-else"}.items())[::-1],
        figures=figures,
        rule_names={rule.name: rule for rule in told.rules},
        picks=picks,
        shown=SHOWN,
        units=_units(told),
        glossary=GLOSSARY,
    )


def lead(d: WelfareDocument) -> str:
    """The claim that needs no assumption, in a few words."""
    first = [option for option in d.options if option.status != "dominated"]
    if d.n_undominated == 1 or (first and len(first[0].same_as) == d.n_undominated - 1):
        return first[0].name if len(first[0].name) < 32 else "One option"
    return f"{d.n_undominated} of {d.n_options} remain"


def unit(d: WelfareDocument) -> str:
    """What counts alike at equal strength."""
    if d.unit == "range":
        return "everyone's step from the worst to the best of these options"
    return "one unit of the given numbers, for everyone"


def matrix(counted: CountedDocument) -> tuple[list[str], dict[tuple[str, str], float | None]]:
    """The options of the matrix of switching ratios, and its cells."""
    names = list(dict.fromkeys(ratio.option for ratio in counted.ratios))
    return names, {(ratio.option, ratio.over): ratio.ratio for ratio in counted.ratios}


def picks(rule: RuleDocument, option: str) -> str:
    """Whether a rule picks an option: counting beings, kinds, or both."""
    by_total, by_average = option in rule.winners, option in rule.winners_averages
    return "both" if by_total and by_average else "totals" if by_total else "averages" if by_average else ""


def chance(value: float) -> str:
    """`37 %`; near 0 and 1 with a decimal."""
    return formatting.percent(value)


def interval(error: float, exact: bool) -> str:
    """`± 0.4`, in points; nothing where the chance is exact."""
    return "exact" if exact else f"± {max(100 * error, 0.1):.1f}"


def _times(ratio: float | None) -> str:
    return "–" if ratio is None else times(ratio)


def _units(d: WelfareDocument) -> dict[str, dict[str, list[str]]]:
    """Prior -> what has the largest expected sum -> in whose unit."""
    told: dict[str, dict[str, list[str]]] = {}
    for n in d.numeraires:
        best = ", ".join(n.best[:3]) or "no finite mean"
        told.setdefault(n.prior, {}).setdefault(best, []).append(n.being)
    return told
