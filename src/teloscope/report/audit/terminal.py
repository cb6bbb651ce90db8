"""Print a verdict in a terminal: verdict, reasons, next steps, goals, and rates by context.

Text from outside is put into `Text`, never into markup, so that a name such as `[red]` is shown and not obeyed.
"""

from __future__ import annotations

from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from teloscope.report.shared.formatting import (
    agreement,
    bits,
    bits_range,
    has_its_numbers,
    opinion,
    p_value,
    percent,
    plural,
    sanitize,
    sanitize_document,
    sentence,
    span,
    value_bound,
)
from teloscope.report.shared.glossary import MEND_TITLE, SECOND_OPINIONS, TONES, summary
from teloscope.report.shared.safe_console import SafeConsole
from teloscope.report.shared.terminal_parts import SIGNS, STYLES, WIDEST, Section, item, print_sections
from teloscope.schema import (
    ContextRate,
    GoalDocument,
    GoalsDocument,
    OpinionDocument,
    Reason,
    ValueDocument,
    VerdictDocument,
)

STATUS_STYLES = {"pursued": "bold", "yes": "green", "no": "red", "open": "yellow"}
BAR = 12
"""Characters of a full bar."""
MOST_REGIMES = 1
"""Goals whose rates are shown by context; the page shows all."""


def print_verdict(document: VerdictDocument, console: Console | None = None, page: Path | str | None = None) -> None:
    """Print a verdict.

    Args:
        document: the verdict.
        console: where to; the standard output by default.
        page: where the page was written, if it was.
    """
    console = console or SafeConsole()
    safe = sanitize_document(document)
    console.print(_lead(safe), width=min(console.width, WIDEST))
    print_sections(_sections(safe), console)
    if page is not None:
        console.print()
        console.print(Text.assemble(("Report: ", "bold"), sanitize(str(page))), soft_wrap=True)


def print_goals(document: GoalsDocument, console: Console | None = None) -> None:
    """Print the goals of a recording, before any values judge them."""
    console = console or SafeConsole()
    safe = sanitize_document(document)
    looked = f"{plural(safe.candidates, 'candidate')} in the proposing half, {safe.confirmed_of} taken to confirmation"
    console.print(Text.assemble((f"{safe.agent.name} in {safe.frame.world}", "bold"), (f" · {looked}", "dim")))
    print_sections(_about_goals(safe.goals) + _notes(safe.notes), console)


def _about_goals(goals: list[GoalDocument]) -> list[Section]:
    if not goals:
        return [("Goals", Text("none was confirmed", style="dim"))]
    return [("Goals", _goals(goals)), *((f"Goal {g.regime}", _rates(g)) for g in goals[:MOST_REGIMES])]


def _notes(notes: list[str]) -> list[Section]:
    return [("Notes", Group(*(item("·", "", Text(sentence(note))) for note in notes)))] if notes else []


def _lead(d: VerdictDocument) -> RenderableType:
    style = STYLES[d.verdict]
    title = Text.assemble((d.verdict, f"bold {style}"), (f" ({d.sense})" if d.sense else "", style))
    frame = d.frame
    size = f"{plural(len(frame.contexts), 'context')} × {plural(frame.episodes, 'episode')}"
    size += f", {plural(len(frame.references), 'reference')}"
    lines = [
        Text(summary(d)),
        Text(f"{d.agent.name} in {frame.world} · {size} · frame {frame.hash[:12]}", style="dim"),
    ]
    return Panel(Group(*lines), title=title, title_align="left", border_style=style, padding=(0, 1))


def _sections(d: VerdictDocument) -> list[Section]:
    found: list[Section] = []
    if d.reasons:
        found.append(("Why", _reasons(d.reasons)))
    if d.mend:
        found.append((MEND_TITLE[d.verdict], Group(*(item("→", "", Text(sentence(step))) for step in d.mend))))
    for value in d.values:
        kept = {"yes": "kept", "no": "not kept", "open": "open"}[value.satisfied]
        found.append((f"{value.kind.capitalize()} {value.regime}, {value_bound(value)}: {kept}", _rates(value)))
    return found + _about_goals(d.goals) + _opinions(d.second_opinions) + _notes(d.notes)


def _opinions(opinions: list[OpinionDocument]) -> list[Section]:
    """One row for each second opinion, then one explanation for each method."""
    if not opinions:
        return []
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=False)
    for justify in ("left", "left", "right", "left"):
        table.add_column(justify=justify, overflow="fold")
    for said in opinions:
        table.add_row(Text(said.name), Text(said.regime or ""), Text(opinion(said)), Text(agreement(said)))
    notes = {said.note: item("·", "", Text(f"{said.name}: {sentence(said.note)}", style="dim")) for said in opinions}
    source = Text(f"{SECOND_OPINIONS}. From {sentence(opinions[0].source)}", style="dim")
    return [("Second opinions", Group(table, source, *notes.values()))]


def _reasons(reasons: list[Reason]) -> RenderableType:
    return Group(*(item(*_sign(reason), _reason(reason)) for reason in reasons))


def _sign(reason: Reason) -> tuple[str, str]:
    return SIGNS.get(TONES.get(reason.kind, ""), ("·", ""))


def _reason(r: Reason) -> Text:
    line = Text(sentence(r.text))
    if r.rate is not None and r.low is not None and r.high is not None and not has_its_numbers(r):
        numbers = (
            f"{percent(r.rate)}, interval {span(r.low, r.high)}" if r.n is not None else f"{percent(r.rate)} exactly"
        )
        sample = "" if r.n is None else f"; {r.hits} of {r.n}" if r.hits is not None else f"; n = {r.n}"
        line.append(f" {numbers}{sample}" + (f" · {r.context}" if r.context else ""), style="dim")
    return line


def _goals(goals: list[GoalDocument]) -> RenderableType:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("regime", overflow="fold", ratio=1)
    for name in ("status", "bits", "interval", "p"):
        table.add_column(name, no_wrap=True, justify="left" if name == "status" else "right")
    for goal in goals:
        regime = Text(goal.regime)
        if goal.inseparable:
            regime.append(f"\nor {goal.inseparable[0]}", style="dim")
            regime.append(f" and {len(goal.inseparable) - 1} more" if len(goal.inseparable) > 1 else "", style="dim")
        table.add_row(
            regime,
            Text(goal.status, style=STATUS_STYLES.get(goal.status, "")),
            Text(f"{'≥ ' if goal.censored else ''}{bits(goal.bits)}"),
            Text(bits_range(goal)),
            Text(p_value(goal.p_value)),
        )
    return table


def _rates(item: GoalDocument | ValueDocument) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(overflow="fold", max_width=26)
    table.add_column(no_wrap=True, width=BAR)
    table.add_column(no_wrap=True, justify="right")
    table.add_column(overflow="fold", ratio=1, style="dim")
    for row in item.contexts:
        name = Text(row.context)
        name.append(" (training)" if row.kind == "train" else " (fixing)" if row.kind == "fixing" else "", style="dim")
        table.add_row(name, bar(row.rate), Text(percent(row.rate)), Text(_beside(row)))
    return table


def _beside(row: ContextRate) -> str:
    """Interval of the agent, and the strongest reference."""
    sample = "exact" if row.n is None else span(row.low, row.high)
    best = max(row.references, key=lambda r: r.rate, default=None)
    return sample if best is None else f"{sample}; {best.name} {percent(best.rate)}"


def bar(rate: float) -> Text:
    """A rate as a bar. A rate above 0 shows at least one eighth; a rate below 1 lacks at least one eighth."""
    eighths = round(rate * BAR * 8)
    eighths = min(max(eighths, 1 if rate > 0 else 0), BAR * 8 - (1 if rate < 1 else 0))
    full, part = divmod(eighths, 8)
    filled = "█" * full + " ▏▎▍▌▋▊▉"[part] * (part > 0)
    return Text.assemble((filled, "cyan"), ("·" * (BAR - len(filled)), "bright_black"))
