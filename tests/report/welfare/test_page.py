"""The page of a comparison, in a browser: offline, narrow, dark, with hostile names, and with every kind of table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from teloscope import welfare
from teloscope.report.welfare.figures import bands_of, place, span_of
from teloscope.report.welfare.page import render_welfare
from teloscope.schema import BandDocument, WelfareDocument

EXAMPLES = Path(__file__).resolve().parents[3] / "examples" / "welfare"
HOSTILE = "<script>document.title='pwned'</script>\u202e]]>{{ 7*7 }}\" onmouseover=\"document.title='pwned'"
WIDEST = """
  const width = document.documentElement.clientWidth;
  return Math.max(document.documentElement.scrollWidth, document.body.scrollWidth) - width;
"""


def table(options: int, beings: int, seed: int = 0) -> dict:
    values = np.random.default_rng(seed).normal(size=(options, beings)).round(2)
    return {"option": [f"option {o}" for o in range(options)]} | {f"being {b}": values[:, b] for b in range(beings)}


def draws() -> dict:
    values = np.random.default_rng(1).normal(size=(40, 3, 2))
    rows = [(d, f"o{o}", f"b{b}", values[d, o, b]) for d, o, b in np.ndindex(values.shape)]
    return {name: [row[i] for row in rows] for i, name in enumerate(("draw", "option", "being", "utility"))}


CASES = {
    "two beings": lambda: welfare.compare({"option": ["a", "b", "c", "d"], "x": [3, 2, 0, 1], "y": [0, 2, 3, 1]}),
    "one being": lambda: welfare.compare(table(3, 1)),
    "many": lambda: welfare.compare(table(60, 20)),
    "groups": lambda: welfare.compare(table(4, 3), groups={"being 0": 3, "being 1": 1, "being 2": 9}, zeros=-9),
    "missing": lambda: welfare.compare({"option": ["a", "b", "c"], "x": [1, None, 0], "y": [0, 1, 2]}),
    "order only": lambda: welfare.compare(table(4, 3), ordinal=["being 1"]),
    "all the same": lambda: welfare.compare({"option": ["a", "b"], "x": [1, 1], "y": [2, 2]}),
    "one left": lambda: welfare.compare({"option": ["a", "b"], "x": [1, 0], "y": [2, 0]}),
    "draws": lambda: welfare.compare(draws()),
    "ranges": lambda: welfare.compare(EXAMPLES / "meat.csv", ranges=EXAMPLES / "ranges.csv"),
}


@pytest.fixture(scope="module")
def documents() -> dict[str, WelfareDocument]:
    return {name: make().document() for name, make in CASES.items()}


@pytest.mark.parametrize("case", CASES)
def test_nothing_stands_beyond_the_edge_and_nothing_is_fetched(case: str, documents, opened) -> None:
    page = render_welfare(documents[case])
    for width, dark in ((360, True), (1100, False)):
        window = opened(page, width=width, dark=dark)
        window.run("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        assert window.run(WIDEST) == 0
        assert window.run("return performance.getEntriesByType('resource').map((e) => e.name)") == []
        assert window.log() == []


def test_hostile_names_are_shown_and_not_obeyed(opened) -> None:
    found = welfare.compare({"option": [HOSTILE, "b"], HOSTILE: [1, 0], "y": [0, 1]}, priors=["lognormal:sd=1"])
    window = opened(render_welfare(found.document()))
    assert window.run("return document.title") != "pwned"
    assert "7*7" in window.text("main") and "\u202e" not in window.text("main")


def test_the_weakest_claim_is_seen_first(documents, opened) -> None:
    window = opened(render_welfare(documents["two beings"]), width=360)
    assert window.text("#welfare-lead") == "3 of 4 remain"
    top = "return document.querySelector(arguments[0]).getBoundingClientRect().top"
    order = [
        window.run(top, f"#{part}") for part in ("answers", "changes", "pareto", "bands", "ratios", "rules", "chances")
    ]
    assert order == sorted(order)


def test_the_figures_say_the_documents_numbers(documents, opened) -> None:
    document = documents["ranges"]
    window = opened(render_welfare(document))
    bands = window.run("return [...document.querySelectorAll('#bands rect title')].map((e) => e.textContent)")
    assert bands == ["salmon: up to 0.0861 times", "chicken: from 0.0861 times on"]
    edge = window.run("return document.querySelectorAll('#bands rect')[1].getAttribute('x')")
    assert float(edge.rstrip("%")) == pytest.approx(100 * (np.log10(23 / 267) + 3) / 6, abs=0.1)
    assert len(window.run("return [...document.querySelectorAll('#models tbody tr')].map((e) => e.textContent)")) == 12
    spots = window.run("return [...document.querySelectorAll('#pareto circle title')].map((e) => e.textContent)")
    assert sorted(spots) == ["catfish: dominated", "chicken: undominated", "eggs: dominated", "salmon: undominated"]


def test_each_rule_stands_beside_its_assumption(documents, opened) -> None:
    window = opened(render_welfare(documents["groups"]))
    rows = window.run("return [...document.querySelectorAll('.rules tbody tr')].map((e) => e.textContent)")
    assert len(rows) == len(documents["groups"].rules)
    for row, rule in zip(rows, documents["groups"].rules, strict=True):
        assert rule.assumes in row and rule.name in row
        assert all(name in row for name in rule.winners[:4])


def test_a_ratio_has_its_place() -> None:
    assert [place(r) for r in (0, 1e-9, 1e-3, 1, 10, 1e3, 1e9, None, float("inf"))] == pytest.approx(
        [0, 0, 0, 0.5, 2 / 3, 1, 1, 1, 1]
    )


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0, None, "at every ratio"),
        (0, 3, "up to 3 times"),
        (0.5, 2, "from 0.5 to 2 times"),
        (40, None, "from 40 times on"),
    ],
)
def test_a_band_is_said(low: float, high: float | None, said: str) -> None:
    assert span_of(BandDocument(beings=["x"], option="a", low=low, high=high)) == said


def test_two_kinds_need_one_row_and_more_need_one_each(documents) -> None:
    assert [name for name, _ in bands_of(documents["ranges"].counted[0])] == ["fish : chickens"]
    assert len(bands_of(documents["groups"].counted[0])) == 3
