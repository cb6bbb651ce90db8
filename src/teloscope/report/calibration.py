"""Print a calibration in a terminal: teloscope's own error rates, each beside the bound that it must hold."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from teloscope.report.shared.formatting import sanitize_document
from teloscope.report.shared.safe_console import SafeConsole
from teloscope.report.shared.terminal_parts import Section, item, print_sections
from teloscope.schema import CalibratedRate, CalibrationDocument


def print_calibration(document: CalibrationDocument, console: Console | None = None) -> None:
    """Print teloscope's own error rates, each beside the bound that it must hold."""
    console = console or SafeConsole()
    document = sanitize_document(document)
    verdict = (
        Text("every bound holds", style="bold green") if document.passed else Text("some bound fails", style="bold red")
    )
    part = "a part of the zoo" if document.quick else "the whole zoo"
    console.print(Text.assemble(("Calibration: ", "bold"), verdict, (f" · {part}, {document.split} split", "dim")))
    sections: list[Section] = []
    for zoo, title in (("rooms", "Rates"), ("control", "Rates in the control zoo")):
        rates = [r for r in document.rates if r.zoo == zoo]
        if rates:
            sections.append((title, _rates_table([r for r in rates if not r.group])))
        if parts := [r for r in rates if r.group]:
            sections.append((f"{title}, part by part", _rates_table(parts)))
    if document.measurements:
        sections.append(("Known values", _known_values_table(document)))
    if document.comparisons:
        sections.append(("Second opinion on the same trajectories", _comparisons_table(document)))
    if document.left_out:
        sections.append(("Left out", Group(*(item("·", "", Text(reason)) for reason in document.left_out))))
    if document.misses:
        sections.append(("Judged wrongly", Group(*(item("·", "", Text(miss)) for miss in document.misses))))
    print_sections(sections, console)


def _rates_table(rates: Sequence[CalibratedRate]) -> Table:
    table = _columns("rate", "measured", "interval", "bound", "")
    for rate in rates:
        bound = (
            f"≥ {rate.at_least:.0%}"
            if rate.at_least is not None
            else f"≤ {rate.at_most:.0%}"
            if rate.at_most is not None
            else ""
        )
        mark = Text("✓", style="green") if rate.holds else Text("✗", style="red")
        table.add_row(
            Text(rate.name),
            f"{rate.rate:.1%} ({rate.hits} of {rate.n})",
            f"{rate.low:.1%}–{rate.high:.1%}",
            bound,
            mark if bound else "",
        )
    return table


def _known_values_table(document: CalibrationDocument) -> Table:
    table = _columns("value", "measured", "known", "within", "")
    for m in document.measurements:
        mark = Text("✓", style="green") if m.holds else Text("✗", style="red")
        table.add_row(Text(m.name), f"{m.value:.4f} {m.unit}", f"{m.expected:.4f}", f"{m.tolerance:g}", mark)
    return table


def _comparisons_table(document: CalibrationDocument) -> Table:
    table = _columns("noise", "teloscope", "time", "MCE-IRL", "time")
    for c in document.comparisons:
        table.add_row(
            f"{c.noise:g}",
            f"{c.recovered} of {c.n}",
            f"{c.seconds:.2f} s",
            f"{c.others_recovered} of {c.n}",
            f"{c.others_seconds:.2f} s",
        )
    return table


def _columns(*names: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in names:
        table.add_column(name)
    return table
