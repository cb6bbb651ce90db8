"""A comparison in a terminal: what can be said, what named rules pick, and what would change the answer.

Theory: E0.
"""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from teloscope.report.shared.formatting import sanitize, sanitize_document
from teloscope.report.shared.safe_console import SafeConsole
from teloscope.report.shared.terminal_parts import Section, listed, print_sections
from teloscope.report.welfare.page import lead
from teloscope.schema import WelfareDocument

NAMED = 3


def print_welfare(document: WelfareDocument, console: Console | None = None, page: Path | None = None) -> None:
    """Print a comparison.

    Args:
        document: the comparison.
        console: where to; the standard output by default.
        page: where the page was written, if it was.
    """
    console = console or SafeConsole()
    told = sanitize_document(document)
    console.print(Text.assemble((lead(told), "bold"), (f" · {len(told.beings)} beings, strengths unknown", "dim")))
    sections: list[Section] = [("What can be said, the weakest assumption first", listed(told.answers, numbered=True))]
    if told.n_undominated > 1:
        sections.append(("What named rules pick, each by its own assumption", _rules(told)))
    sections.append(("What would change the answer", listed(told.changes)))
    if told.notes:
        sections.append(("Notes", listed(told.notes)))
    print_sections(sections, console)
    console.print()
    if page is not None:
        console.print(Text.assemble(("Page: ", "bold"), sanitize(str(page))), soft_wrap=True)
    else:
        console.print(Text("The page with all figures: the same command with --out welfare.html", "dim"))


def _rules(d: WelfareDocument) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for name in ("rule", "picks", "assumes"):
        table.add_column(name, overflow="fold", no_wrap=name == "rule")
    for rule in d.rules:
        more = f" and {len(rule.winners) - NAMED} more" if len(rule.winners) > NAMED else ""
        picked = Text(", ".join(rule.winners[:NAMED]) + more + (" (tie)" if len(rule.winners) > 1 else ""), "bold")
        if len(d.counted) > 1 and rule.winners != rule.winners_averages and not rule.refused:
            picked.append(f"\nby kinds: {', '.join(rule.winners_averages[:NAMED])}", "not bold dim")
        assumes = Text(f"not applied: {rule.refused}" if rule.refused else rule.assumes, "dim")
        table.add_row(Text(rule.name), picked, assumes)
    return table
