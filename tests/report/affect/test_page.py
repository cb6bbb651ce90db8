"""The battery's page in a browser: narrow, dark, with little to show, and with hostile names."""

from __future__ import annotations

import pytest

from teloscope.affect import battery
from teloscope.affect.planted.minds import PlantedMinds
from teloscope.report.affect.page import render_affect
from teloscope.schema import AffectDocument

SMALL = {"episodes": 4, "steps": 60, "clones": 4, "candidate": "slow", "directions": 20}
HOSTILE = "<script>document.title='pwned'</script>\u202e{{ 7*7 }}\" onmouseover=\"document.title='pwned'"
WIDEST = """
  const width = document.documentElement.clientWidth;
  return Math.max(document.documentElement.scrollWidth, document.body.scrollWidth) - width;
"""


@pytest.fixture(scope="module")
def document() -> AffectDocument:
    minds = PlantedMinds("full", minds=4, seed=0)
    compare = {"another": PlantedMinds("only_reports", minds=2, seed=0)}
    return battery(minds, without=minds.without_channel(), compare=compare, **SMALL).document()


@pytest.fixture(scope="module")
def bare(document) -> AffectDocument:
    nothing = {"decision": "not assessable", "reason": HOSTILE, "measures": [], "controls": [], "p_holm": None}
    gain = {"ratio": None, "low": None, "high": None, "decision": "not assessable", "reason": HOSTILE}
    data = document.model_dump() | {"subject": HOSTILE, "doses": [], "worlds": [], "gain": gain, "traces": []}
    data["tests"] = [test | nothing for test in data["tests"]]
    return AffectDocument.model_validate(data | {"diverged": {HOSTILE: HOSTILE}, "comparisons": []})


@pytest.mark.parametrize("which", ["document", "bare"])
def test_nothing_stands_beyond_the_edge_and_nothing_is_fetched(which: str, request, opened) -> None:
    page = render_affect(request.getfixturevalue(which))
    for width, dark in ((360, True), (1100, False)):
        window = opened(page, width=width, dark=dark)
        window.run("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        assert window.run(WIDEST) == 0
        assert window.run("return performance.getEntriesByType('resource').map((e) => e.name)") == []
        assert window.run("return document.title").startswith("Affect battery")
        assert window.log() == []


def test_the_page_shows_every_test_its_controls_and_its_lies(document) -> None:
    page = render_affect(document)
    for test in document.tests:
        assert f'id="test-{test.name}"' in page
    assert page.count("<polyline") == 3 * len(document.traces)
    assert "random directions, matched in output" in page and "z, value erased" in page
    assert "What would make this lie" in page and "its critic" in page
