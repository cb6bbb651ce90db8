"""Print a certificate and its verification in a terminal.

Text from outside is put into `Text`, never into markup.

Theory: A3.
"""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from teloscope.report.shared.formatting import plural, rate_and_interval, sanitize, sanitize_document, sentence
from teloscope.report.shared.safe_console import SafeConsole
from teloscope.report.shared.terminal_parts import STYLES
from teloscope.schema import CertificateDocument, SteeringDocument, ValueDocument, VerificationDocument

LISTED = 12
"""Largest number of differences shown; the JSON form has all."""


def print_certificate(document: CertificateDocument, console: Console | None = None) -> None:
    """Print a certificate: agent, verdict, worst rates, and steering."""
    console = console or SafeConsole()
    safe = sanitize_document(document)
    style, sense = STYLES[safe.verdict], f" ({safe.sense})" if safe.sense else ""
    console.print(
        Text.assemble((safe.verdict, f"bold {style}"), (sense, style), f": {safe.agent.name} in {safe.world}")
    )
    console.print(Text(sentence(safe.why), style="dim"))
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("value", "", "at worst"):
        table.add_column(column)
    for valued in safe.values:
        table.add_row(f"{valued.kind} ", Text(valued.regime), _worst_rate(valued))
    console.print(table)
    console.print(Text(_steering_line(safe.steering)))
    console.print(Text(f"frame {safe.frame.hash[:12]} · certificate {safe.sha256[:12]}", style="dim"))


def print_verification(
    document: VerificationDocument, certificate: CertificateDocument, console: Console | None = None
) -> None:
    """Print whether a certificate holds, and if not, which fields differ."""
    console = console or SafeConsole()
    for text in document.weaker:
        console.print(Text.assemble(("weak", "bold yellow"), f": {sanitize(text)}"))
    print_certificate(certificate, console)
    console.print()
    fresh = f", and its bounds on {plural(document.fresh, 'fresh episode')} a context" if document.fresh else ""
    fresh += f" (seed {document.fresh_seed})" if document.fresh_seed is not None else ""
    if document.holds:
        console.print(Text.assemble(("holds", "bold green"), f": computed again, nothing differs{fresh}"))
    else:
        _print_differences(document, console)
    console.print("\nWhoever certified could still have chosen:")
    for text in document.open_choices:
        console.print(Text(f"  · {sanitize(text)}"))


def _print_differences(document: VerificationDocument, console: Console) -> None:
    told = f": {plural(len(document.differences), 'field')} differ{'s' if len(document.differences) == 1 else ''}"
    console.print(Text.assemble(("does not hold", "bold red"), told))
    for difference in document.differences[:LISTED]:
        line = f"  {difference.field}: claimed {_shorten(difference.claimed)}, found {_shorten(difference.found)}"
        console.print(Text(sanitize(line)), soft_wrap=True)
    if (more := len(document.differences) - LISTED) > 0:
        console.print(Text(f"  and {more} more; --json shows all", style="dim"))


def _worst_rate(valued: ValueDocument) -> str:
    counting = [rate for rate in valued.contexts if rate.kind != "fixing"]
    worst = min(counting, key=lambda r: r.low) if valued.kind == "want" else max(counting, key=lambda r: r.high)
    return f"{rate_and_interval(worst)} in {worst.context}"


def _steering_line(steering: SteeringDocument) -> str:
    parts = f"V {steering.v:.3f}, null {steering.v_null:.3f}, best {steering.v_best:.3f}"
    if steering.j is None:
        return f"J is undefined: nothing can be won here ({parts})"
    bound = "" if steering.best_exact else "≥ " if steering.j >= 0 else "≤ "
    low, high = steering.j_low, steering.j_high
    interval = ""
    if high is not None and (low is None or low < high):
        interval = f" (at most {high:.3f})" if low is None else f" ({low:.3f} to {high:.3f})"
    return f"J {bound}{steering.j:.3f}{interval}: {parts}"


def _shorten(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
