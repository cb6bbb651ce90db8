"""`teloscope welfare` as a user types it: tables, options, pages, recordings, and every mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

import teloscope
from teloscope.schema import WelfareDocument

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "welfare"
TABLE = "option,cow,hen\nbeef,-10,0\nchicken,0,-40\nboth,-10,-40\n"


@pytest.fixture(autouse=True)
def table(tmp_path: Path) -> None:
    (tmp_path / "options.csv").write_text(TABLE)
    (tmp_path / "sizes.csv").write_text("being,size\ncow,1\nhen,20\n")


def test_the_answers_are_printed_the_weakest_assumption_first(typed) -> None:
    ran = typed("welfare options.csv")
    assert ran.status == 0 and ran.err == ""
    assert ran.out.startswith("2 of 3 remain")
    parts = ["What can be said", "However strongly anybody feels, both is not the best", "What named rules pick"]
    parts += ["One unit means equally much to everyone", "What would change the answer", "--out welfare.html"]
    places = [ran.out.index(part) for part in parts]
    assert places == sorted(places)


def test_everything_is_one_document(typed) -> None:
    ran = typed("welfare options.csv --zeros 0 --groups sizes.csv --prior lognormal:sd=1 --json")
    document = WelfareDocument.model_validate(ran.document)
    assert [being.size for being in document.beings] == [1, 20]
    assert [c.counting for c in document.counted] == ["totals", "averages"]
    assert "lognormal:sd=1" in [prior.name for prior in document.counted[0].priors]
    assert document.beings[0].zero == 0


def test_the_page_is_written_where_it_is_asked_for(typed, tmp_path: Path) -> None:
    ran = typed("welfare options.csv --out pages/mine.html")
    assert ran.out.splitlines()[-1] == "Page: pages/mine.html"
    assert "<title>Welfare: 2 of 3 remain</title>" in (tmp_path / "pages" / "mine.html").read_text("utf-8")
    quiet = typed("welfare options.csv --json --out pages/mine.html")
    assert quiet.document["kind"] == "welfare"
    assert quiet.err == "Page: pages/mine.html\n"


def test_published_ranges_and_orders_are_taken(typed) -> None:
    ran = typed(f"welfare {EXAMPLES / 'meat.csv'} --ranges {EXAMPLES / 'ranges.csv'} --json")
    assert len(ran.document["counted"][0]["ranges"]) == 12
    assert typed("welfare options.csv --ordinal cow --json").document["beings"][0]["ordinal"]
    assert typed("welfare options.csv --unit given --json").document["unit"] == "given"


def test_recordings_are_beings(typed, tmp_path: Path) -> None:
    for name in ("ann", "bob"):
        agent = "random" if name == "ann" else "plan:end(at_goal)"
        teloscope.record(agent, "island", episodes=8, out=tmp_path / "runs" / name)
    ran = typed("welfare runs/ann runs/bob --json")
    assert ran.status == 0
    assert [being["name"] for being in ran.document["beings"]] == ["random", "plan:end(at_goal)"]
    assert "mean returns" in ran.document["identified"][0]


def test_the_schema_is_printed(typed) -> None:
    assert "picked" in typed("schema welfare").document["properties"]


MISTAKES = {
    "welfare": "TABLES requires an argument",
    "welfare nowhere.csv": "it is not there",
    "welfare options.csv sizes.csv": "There are 2 tables",
    "welfare options.csv --groups options.csv": "expected 'being' and 'size'",
    "welfare options.csv --prior normal": "is not a prior",
    "welfare options.csv --prior lognormal:sd=-2": "above 0",
    "welfare options.csv --zeros sizes.csv": "expected 'being' and 'zero'",
    "welfare options.csv --ordinal cwo": "Did you mean 'cow'",
    "welfare options.csv --unit metres": "unit",
    "welfare options.csv --ranges sizes.csv": "no column 'model'",
    "welfare options.csv --seed -1": "expected 0 or more",
    "welfare .": "not a recording",
}


@pytest.mark.parametrize("line", MISTAKES)
def test_a_mistake_is_explained(line: str, typed) -> None:
    ran = typed(line)
    assert ran.status == 2
    assert ran.out == ""
    assert ran.err.startswith("error: ") and MISTAKES[line] in ran.err
