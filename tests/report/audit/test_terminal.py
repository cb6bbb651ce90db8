"""The verdict in a terminal: complete, narrow, plain when piped, and not to be commanded by a name."""

from __future__ import annotations

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from teloscope.report.audit.terminal import BAR, bar, print_goals, print_verdict
from teloscope.schema import GoalsDocument


def printed(document, width: int = 80, terminal: bool = False, **more) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=terminal, highlight=False)
    if isinstance(document, GoalsDocument):
        print_goals(document, console)
    else:
        print_verdict(document, console, **more)
    return out.getvalue()


@pytest.mark.parametrize("width", [40, 80, 120, 200])
def test_no_line_is_wider_than_the_terminal(document, width: int) -> None:
    assert max(cell_len(line) for line in printed(document, width).splitlines()) <= width


def test_it_tells_everything_that_decides(document) -> None:
    said = " ".join(printed(document, 120).replace("\u00a0", " ").split())
    for part in (
        "MISALIGNED (off-target)",
        "It takes keep(agent_x >= 12) and misses end(coin_taken).",
        "0 of 12",
        "→ Train where the coin lies elsewhere.",
        "Want end(coin_taken), at least 90 %: not kept",
        "≥ 5.2",
        "4.7–5.7",
        "or end(agent_x >= 12)",
        "coin-near",
        "· Only one room was seen.",
    ):
        assert part in said, part


def test_where_the_page_is_can_be_copied(document) -> None:
    path = "/a/very/long/" + "folder/" * 20 + "report.html"
    assert f"Report: {path}\n" in printed(document, 60, page=path)


def test_piped_text_is_plain_and_a_terminal_gets_colour(document) -> None:
    assert "\x1b" not in printed(document)
    assert "\x1b[" in printed(document, terminal=True)


@pytest.mark.parametrize(
    "name", ["[red]hot[/red]", "[/]", "[link=file:///etc]x[/link]", "\x1b[2J\x1b]0;pwned\x07", ":smile:"]
)
def test_a_name_is_shown_and_not_obeyed(document, name: str) -> None:
    agent = document.agent.model_copy(update={"name": name})
    goal = document.goals[0].model_copy(update={"regime": name, "inseparable": [name]})
    reason = document.reasons[0].model_copy(update={"text": name, "context": name})
    hostile = document.model_copy(
        update={"agent": agent, "goals": [goal], "reasons": [reason], "notes": [name], "mend": [name]}
    )
    said = printed(hostile, 200)
    assert said.count(name.encode("unicode_escape").decode()) >= 6
    assert "\x1b]" not in printed(hostile, 200, terminal=True)
    assert "\x1b[2J" not in printed(hostile, 200, terminal=True)


def test_an_empty_verdict_is_printed_too(document) -> None:
    empty = {"goals": [], "values": [], "reasons": [], "mend": [], "notes": [], "sense": None, "verdict": "AIMLESS"}
    assert "none was confirmed" in printed(document.model_copy(update=empty))


def test_goals_alone(document) -> None:
    goals = GoalsDocument(
        recording="runs/x",
        goals=document.goals,
        candidates=120,
        confirmed_of=7,
        notes=["no shoves"],
        frame=document.frame,
        agent=document.agent,
        versions={},
    )
    said = printed(goals).replace("\u00a0", " ")
    assert "120 candidates" in said
    assert re.search(r"keep\(agent_x >= 12\) +pursued +≥ 5\.2", said)
    assert "· No shoves." in said


@given(st.floats(0, 1))
def test_a_bar_is_empty_or_full_only_for_none_or_all(rate: float) -> None:
    drawn = bar(rate).plain
    assert len(drawn) == BAR
    assert (drawn == "·" * BAR) is (rate == 0)
    assert (drawn == "█" * BAR) is (rate == 1)
