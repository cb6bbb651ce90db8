"""Second opinions on the page and in the terminal: one row each, with how to read it."""

from __future__ import annotations

import io
import tomllib

import pytest
from rich.cells import cell_len
from rich.console import Console

from teloscope.report import render
from teloscope.report.audit.reproduce import reproduction
from teloscope.report.audit.terminal import print_verdict
from teloscope.report.shared.formatting import agreement, opinion
from teloscope.schema import OpinionDocument, VerdictDocument
from teloscope.study import Study

SAID = {"contexts": ["train"], "source": "123 of 1,200 episodes", "seconds": 1.25}
OPINIONS = [
    OpinionDocument(name="MEG, unknown utility", value=45.67, unit="nats", ceiling=96.6, note="best of all", **SAID),
    OpinionDocument(
        name="MEG, known utility", value=18.6, unit="nats", regime="keep(x >= 1)", note="a point a step", **SAID
    ),
    OpinionDocument(
        name="MEG, known utility", value=6.9, unit="nats", regime="end(coin)", note="a point a step", **SAID
    ),
    OpinionDocument(
        name="MCE-IRL", value=0.89, unit="correlation", regime="keep(x < 2)", agrees=False, note="no goal", **SAID
    ),
]


@pytest.fixture(scope="module")
def asked(document: VerdictDocument) -> VerdictDocument:
    return document.model_copy(update={"second_opinions": OPINIONS})


def printed(document: VerdictDocument, width: int = 110) -> str:
    print_verdict(document, Console(file=(out := io.StringIO()), width=width, highlight=False))
    return out.getvalue()


def test_numbers_are_said_with_their_scale_and_their_bound() -> None:
    unknown, known, _, irl = OPINIONS
    assert opinion(unknown) == "45.7 of 96.6 nats"
    assert opinion(known.model_copy(update={"censored": True})) == "≥\u00a018.6 nats"
    assert opinion(irl) == "0.89 correlation"
    assert [agreement(irl.model_copy(update={"agrees": a})) for a in (True, False, None)] == ["agrees", "differs", ""]


def test_the_page_has_a_section_after_the_goals(asked: VerdictDocument, document: VerdictDocument) -> None:
    page = render(asked)
    before, section = page.split('<section id="opinions">')
    section = section.split("</section>")[0]
    assert 'id="goals"' in before and 'id="rates"' not in before
    assert section.count("<tr>") == 1 + len(OPINIONS)
    assert "keep(x &lt; 2)" in section and "keep(x < 2)" not in section
    assert 'chip-open">differs' in section
    assert section.count("A point a step.") == 1, "how to read a method is said once"
    assert "From <span" in section and "123 of 1,200 episodes." in section
    assert 'id="opinions"' not in render(document)


def test_the_terminal_has_a_section_too(asked: VerdictDocument, document: VerdictDocument) -> None:
    said = printed(asked)
    assert said.index("\nGoals") < said.index("\nSecond opinions") < said.index("Only one room")
    for part in ("45.7 of 96.6 nats", "keep(x >= 1)", "differs", "surprise, but not overrule", "MCE-IRL: No goal."):
        assert part in " ".join(said.split()), part
    assert said.count("A point a step.") == 1
    assert "Second opinions" not in printed(document)


@pytest.mark.parametrize("width", [40, 60, 80])
def test_no_line_is_wider_than_the_terminal(asked: VerdictDocument, width: int) -> None:
    said = printed(asked, width)
    assert max(cell_len(line) for line in said.splitlines()) <= width
    words = said.split()
    assert "differs" in words and "45.7" in words


def test_the_audit_is_repeated_with_them(asked: VerdictDocument, document: VerdictDocument) -> None:
    assert "--second-opinions" in reproduction(asked).command()
    assert Study.of(**tomllib.loads(reproduction(asked).study())).second_opinions
    assert "second" not in reproduction(document).command() + reproduction(document).study()
