"""A certificate, and what came of computing it again, in a terminal.

Everything foreign is put into `Text`, never into markup.

Theory: A3.
"""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from teloscope.report.shared.formatting import cleaned, measured, plural, sentence, shown
from teloscope.report.shared.terminal_parts import STYLES
from teloscope.schema import CertificateDocument, SteeringDocument, ValueDocument, VerificationDocument

LISTED = 12
"""Differences that are shown; the JSON form has all."""


def print_certificate(document: CertificateDocument, console: Console | None = None) -> None:
    """Print what is certified: of whom, the verdict, the worst rates, and steering."""
    console = console or Console()
    told = cleaned(document)
    style, sense = STYLES[told.verdict], f" ({told.sense})" if told.sense else ""
    console.print(
        Text.assemble((told.verdict, f"bold {style}"), (sense, style), f": {told.agent.name} in {told.world}")
    )
    console.print(Text(sentence(told.why), style="dim"))
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("value", "", "at worst"):
        table.add_column(column)
    for valued in told.values:
        table.add_row(f"{valued.kind} ", Text(valued.regime), _worst(valued))
    console.print(table)
    console.print(Text(_steering(told.steering)))
    console.print(Text(f"frame {told.frame.hash[:12]} · certificate {told.sha256[:12]}", style="dim"))


def print_verification(
    document: VerificationDocument, certificate: CertificateDocument, console: Console | None = None
) -> None:
    """Print whether a certificate holds, and if not, where it doesn't."""
    console = console or Console()
    print_certificate(certificate, console)
    console.print()
    fresh = f", and its bounds on {plural(document.fresh, 'fresh episode')} a context" if document.fresh else ""
    if document.holds:
        console.print(Text.assemble(("holds", "bold green"), f": computed again, nothing differs{fresh}"))
        return
    told = f": {plural(len(document.differences), 'field')} differ{'s' if len(document.differences) == 1 else ''}"
    console.print(Text.assemble(("does not hold", "bold red"), told))
    for difference in document.differences[:LISTED]:
        line = f"  {difference.field}: claimed {_short(difference.claimed)}, found {_short(difference.found)}"
        console.print(Text(shown(line)), soft_wrap=True)
    if (more := len(document.differences) - LISTED) > 0:
        console.print(Text(f"  and {more} more; --json shows all", style="dim"))


def _worst(valued: ValueDocument) -> str:
    counting = [rate for rate in valued.contexts if rate.kind != "fixing"]
    worst = min(counting, key=lambda r: r.low) if valued.kind == "want" else max(counting, key=lambda r: r.high)
    return f"{measured(worst)} in {worst.context}"


def _steering(steering: SteeringDocument) -> str:
    parts = f"V {steering.v:.3f}, null {steering.v_null:.3f}, best {steering.v_best:.3f}"
    if steering.j is None:
        return f"J is undefined: nothing can be won here ({parts})"
    bound = "" if steering.best_exact else "≥ " if steering.j >= 0 else "≤ "
    low, high = steering.j_low, steering.j_high
    interval = ""
    if high is not None and (low is None or low < high):
        interval = f" (at most {high:.3f})" if low is None else f" ({low:.3f} to {high:.3f})"
    return f"J {bound}{steering.j:.3f}{interval}: {parts}"


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
