"""The battery in a terminal: the verdict, each test in a line, and what may not be claimed; and its calibration."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from teloscope.report.affect.page import LEADS
from teloscope.report.shared.formatting import p_value, sanitize, sanitize_document
from teloscope.report.shared.safe_console import SafeConsole
from teloscope.report.shared.terminal_parts import Section, listed, print_sections
from teloscope.schema import AffectCalibrationDocument, AffectDocument, AffectTest, PlantedRate

STYLES = {"present": "green", "absent": "red", "undecided": "yellow", "not assessable": "dim"}


def print_affect(document: AffectDocument, console: Console | None = None, page: Path | None = None) -> None:
    """Print what the battery found.

    Args:
        document: the battery's.
        console: where to; the standard output by default.
        page: where the page was written, if it was.
    """
    console = console or SafeConsole()
    d = sanitize_document(document)
    minds = f"{d.minds} mind{'' if d.minds == 1 else 's'}"
    console.print(Text.assemble((LEADS[d.verdict], "bold"), (f" · {d.subject}, {minds} tested", "dim")))
    sections: list[Section] = [
        ("Why", listed(d.reasons)),
        ("Five criteria of an affect", _tests([t for t in d.tests if t.kind == "criterion"])),
        ("Ten tests", _tests([t for t in d.tests if t.kind == "test"])),
        ("What may not be claimed", listed(d.limits)),
    ]
    print_sections(sections, console)
    console.print()
    if page is not None:
        console.print(Text.assemble(("Page: ", "bold"), sanitize(str(page))), soft_wrap=True)


def print_affect_calibration(d: AffectCalibrationDocument, console: Console | None = None) -> None:
    """Print how often each test errs on planted subjects."""
    console = console or SafeConsole()
    said = "every bound holds" if d.passed else "some bound does not hold"
    console.print(Text.assemble((f"{said[0].upper()}{said[1:]}", "bold"), (f" · {d.split} split", "dim")))
    table = _table("test", "power", "95 %", "false alarms", "95 %", "")
    for name in dict.fromkeys(rate.test for rate in d.rates):
        has, lacks = (
            next((r for r in d.rates if r.test == name and r.side == side), None) for side in ("has", "lacks")
        )
        holds = all(r.holds for r in (has, lacks) if r)
        table.add_row(
            name, *_rate(has), *_rate(lacks), Text("holds" if holds else "missed", "green" if holds else "red")
        )
    verdicts = _table("kind", "called", "expected", "share", "95 %")
    for v in d.verdicts:
        called = ", ".join(f"{name} {n}" for name, n in v.called.items())
        verdicts.add_row(v.kind, called, v.expected, f"{v.rate:.3f}", f"{v.low:.3f} to {v.high:.3f}")
    traps = _table("kind, world", "size ratio R", "naive asymmetry", "fooled by it", "G", "G != 1 claimed")
    for t in d.traps:
        name = f"{t.kind}, {t.context}"
        traps.add_row(
            name, f"{t.size_ratio:.2f}", f"{t.naive:.2f}", f"{t.fooled:.2f}", f"{t.ratio:.2f}", f"{t.claimed:.2f}"
        )
    about = f"Planted subjects, {d.subjects} of each kind, {d.minds} minds each"
    print_sections([(about, table), ("What they were called", verdicts), ("The trap of sudden losses", traps)], console)
    console.print()


def _rate(rate: PlantedRate | None) -> tuple[str, str]:
    if rate is None:
        return "–", ""
    return f"{rate.present}/{rate.n}", f"{rate.low:.3f} to {rate.high:.3f}"


def _table(*names: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for name in names:
        table.add_column(name)
    return table


def _tests(tests: list[AffectTest]) -> Table:
    table = _table("test", "says", "effect", "95 %", "p")
    for t in tests:
        said = Text(t.decision, STYLES[t.decision])
        if not t.measures:
            table.add_row(t.name, said, Text(t.reason, "dim"), "", "")
            continue
        m = t.measures[0]
        effect = "–" if m.effect is None else f"{m.effect:.3g}"
        spread = "" if m.low is None or m.high is None else f"{m.low:.3g} to {m.high:.3g}"
        p = "" if t.p_holm is None else p_value(t.p_holm)
        table.add_row(t.name, said, effect, spread, p)
    return table
