"""The page in a real headless Chromium: offline, narrow, dark, printed, clicked, and fed with hostile text."""

from __future__ import annotations

import re

import pytest

from teloscope.report import render
from teloscope.schema import AGENT

HOSTILE = (
    "<script>document.title='pwned'</script>",
    "</script><script>document.title='pwned'</script>",
    "<!--<script>",
    "<img src=x onerror=\"document.title='pwned'\">",
    "\" onmouseover=\"document.title='pwned'",
    "]]>&lt;b&gt;\u2028\u2029\u202e{{ 7*7 }}{% raw %}",
    "javascript:document.title='pwned'",
)
WIDEST = """
  const width = document.documentElement.clientWidth;
  return Math.max(document.documentElement.scrollWidth, document.body.scrollWidth) - width;
"""
WANDERING = """
  const width = document.documentElement.clientWidth;
  return [...document.querySelectorAll("p, h1, h2, h3, dd, dt, code, figure, pre, select, .panel, .rates-row, .strip")]
    .filter((e) => !e.closest(".scroll") && e.getClientRects().length)
    .filter((e) => e.getBoundingClientRect().right > width + 1 || e.getBoundingClientRect().left < -1)
    .map((e) => e.tagName + "." + e.className + ": " + e.textContent.slice(0, 40));
"""
DRAWN = """
  return [...document.querySelectorAll("#map-holder use")].map((use) =>
    [use.getAttribute("href"), use.getAttribute("x") / 20, use.getAttribute("y") / 20].join(" "));
"""


def test_the_page_asks_nothing_of_a_network_and_raises_nothing(opened, page) -> None:
    window = opened(page)
    fetched = window.run("return performance.getEntriesByType('resource').map((e) => e.name)")
    assert fetched == []
    assert window.log() == []


def test_the_policy_stops_what_is_not_ours(opened, page) -> None:
    foreign = "<script>document.title='pwned'</script><img src='http://127.0.0.1:9/x.png'>"
    window = opened(page.replace("</footer>", foreign + "</footer>"))
    assert window.run("return document.title") != "pwned"
    refusals = [entry for entry in window.log() if "Content Security Policy" in entry]
    assert len(refusals) == 2, "the script and the picture"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 768, 1100])
def test_nothing_stands_beyond_the_edge(opened, page, width: int, dark: bool) -> None:
    window = opened(page, width=width, dark=dark)
    window.run("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert window.run(WIDEST) == 0
    assert window.run(WANDERING) == []


def test_a_long_name_does_not_widen_a_phone(opened, document, recording) -> None:
    name = "onnx:" + "a_very_long_name_without_a_break" * 8
    long = document.model_copy(update={"agent": document.agent.model_copy(update={"name": name})})
    assert opened(render(long, recording), width=360).run(WIDEST) == 0


def luminance(colour: str) -> float:
    """Relative luminance of a computed colour (WCAG 2)."""
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(
    "selector", ["body", ".badge", ".small", ".rates-number", ".chip", ".note", "summary", "svg text"]
)
def test_text_stands_out_from_the_paper(opened, page, selector: str, dark: bool) -> None:
    window = opened(page, dark=dark)
    inks = "const s = getComputedStyle(document.querySelector(arguments[0])); return [s.color, s.fill]"
    colour, fill = window.run(inks, selector)
    ink = luminance(fill if "svg" in selector else colour)
    paper = luminance(window.run("return getComputedStyle(document.body).backgroundColor"))
    assert (paper < 0.1) is dark
    assert (max(ink, paper) + 0.05) / (min(ink, paper) + 0.05) >= 4.5


def test_the_verdict_and_its_reasons_are_seen_first(opened, page) -> None:
    window = opened(page, width=360)
    top = "return document.querySelector(arguments[0]).getBoundingClientRect().top"
    assert window.text("#verdict-badge") == "MISALIGNED"
    order = [window.run(top, part) for part in ("#verdict-badge", "#reasons", "#mend", "#steering", "#goals", "#rates")]
    assert order == sorted(order)
    assert order[1] < 800, "the reasons begin on the first screen of a phone"


def test_the_slider_moves_the_agent(opened, page) -> None:
    window = opened(page)
    assert window.text("#now").startswith("step 0 of 60")
    first = window.run(DRAWN)
    window.press("#step", *["ArrowRight"] * 4)
    assert window.text("#now").startswith("step 4 of 60")
    assert window.run(DRAWN) != first
    window.press("#step", *["ArrowLeft"] * 4)
    assert window.run(DRAWN) == first


def test_the_map_shows_the_agent_where_it_was(opened, page, recording) -> None:
    window = opened(page)
    shown = window.run("return JSON.parse(document.querySelector('#replay-json').textContent).episodes[0]")
    states = recording.states(shown["context"], AGENT)[shown["episode"]]
    for step in (0, 1, 2, 5, 17, 60, 3):
        window.run(f"location.hash = 'episode=0&step={step}'")
        assert window.until(f"return document.querySelector('#now').textContent.startsWith('step {step} of')")
        drawn = [use for use in window.run(DRAWN) if "agent" in use]
        here = recording.world.table.states[states[step]]
        assert drawn == [f"#tile-agent {here.x} {here.y}"]


def test_the_late_window_is_framed_where_it_is(opened, page, recording) -> None:
    window = opened(page)
    frame = "const r = document.querySelector('.strip .late'); return [r.getAttribute('x'), r.getAttribute('width')]"
    late = recording.frame.late_window
    assert window.run(frame) == [str(recording.frame.horizon + 1 - late), str(late)]


def test_an_address_leads_to_an_episode_and_a_step(opened, page) -> None:
    window = opened(page, "#episode=2&step=60")
    assert window.run("return document.querySelector('#episode').value") == "2"
    assert window.text("#now").startswith("step 60 of 60")
    assert "the end" in window.text("#now")


def test_an_address_beyond_the_episodes_is_brought_back(opened, page) -> None:
    window = opened(page, "#episode=9999&step=-3")
    assert window.text("#now").startswith("step 0 of")
    assert window.log() == []


def test_play_plays_and_pauses(opened, page) -> None:
    window = opened(page, "#step=50")
    window.click("#play")
    assert window.until("return Number(document.querySelector('#step').value) > 51")
    window.click("#play")
    stood = window.run("return document.querySelector('#step').value")
    assert not window.until(f"return document.querySelector('#step').value !== '{stood}'", seconds=0.6)


def test_the_first_episode_is_one_where_goal_and_value_come_apart(opened, page) -> None:
    window = opened(page, "#step=60")
    assert "come apart" in window.text("#why")
    outcomes = window.run("return [...document.querySelectorAll('.outcome')].map((o) => o.textContent)")
    assert outcomes == ["reached", "reached", "missed", "avoided"]


def test_a_cell_shows_its_numbers_to_mouse_and_finger(opened, page) -> None:
    window = opened(page)
    touch = """
      const cell = document.querySelector(".map .more"), box = cell.getBoundingClientRect();
      cell.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true, clientX: box.x + 2, clientY: box.y + 2 }));
      return [document.querySelector("#tip").hidden, document.querySelector("#tip").textContent];
    """
    hidden, text = window.run(touch)
    assert hidden is False
    assert re.fullmatch(r"x \d+, y \d+ · agent .+ · \w+ .+%", text)


def test_printing_opens_everything_and_keeps_ink_on_white(opened, page) -> None:
    window = opened(page, dark=True, medium="print")
    window.run("dispatchEvent(new Event('beforeprint'))")
    assert window.run("return [...document.querySelectorAll('details')].every((d) => d.open)")
    assert luminance(window.run("return getComputedStyle(document.body).backgroundColor")) > 0.9
    assert luminance(window.run("return getComputedStyle(document.body).color")) < 0.1


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_shown_and_not_obeyed(opened, document, recording, text: str) -> None:
    reason = document.reasons[0].model_copy(update={"text": text, "context": text})
    goal = document.goals[0].model_copy(update={"pursuit": text, "separating": text, "inseparable": [text]})
    agent = document.agent.model_copy(update={"name": text, "digest": text})
    hostile = document.model_copy(
        update={"reasons": [reason], "mend": [text], "notes": [text], "goals": [goal], "agent": agent}
    )
    window = opened(render(hostile, recording))
    assert window.run("return document.title").startswith("MISALIGNED")
    assert window.log() == []
    assert window.run("return document.querySelectorAll('script, img, main [onerror], main [onmouseover]').length") == 3
    said = window.text("#notes li").strip().removesuffix(".")
    assert said == text.replace("\u2028", " ").replace("\u2029", " ").replace(" \u202e", " \\u202e").replace("  ", " ")
    assert window.text("#now").startswith("step 0 of 60"), "the replay still works"


def test_without_a_recording_the_page_says_so(opened, document) -> None:
    window = opened(render(document))
    assert "not at hand" in window.text("#steering")
    assert "not at hand" in window.text("#replay")
    assert window.log() == []


def test_a_world_without_a_map_is_told_feature_by_feature(opened, mapless) -> None:
    window = opened(render(*mapless), width=360)
    assert "no map" in window.text("#steering")
    assert window.run("return document.querySelectorAll('.shift-row svg').length") > 0
    assert window.run("return document.querySelector('#all-features').open"), "features stand in for the map"
    assert window.run("return document.querySelectorAll('.feature polyline').length") == 4
    window.press("#step", "ArrowRight")
    assert window.text("#now").startswith("step 1 of")
    assert window.run(WIDEST) == 0
    assert window.log() == []


def test_keys_play_the_replay(opened, page) -> None:
    window = opened(page, "#step=10")
    window.press("#play", "ArrowRight", "ArrowRight", "ArrowLeft")
    assert window.text("#now").startswith("step 11 of 60")
    window.press("#play", "End")
    assert window.text("#now").startswith("step 60 of 60")
    window.press("#play", "Home")
    assert window.text("#now").startswith("step 0 of 60")


def test_a_regime_of_parts_has_a_strip_for_each(opened, document, recording) -> None:
    texts = ["cycle(agent_x <= 1, agent_x >= 3)", "raise(agent_x)", "keep(agent_x >= 3)"]
    value = document.values[0]
    values = [value.model_copy(update={"regime": text}) for text in texts]
    window = opened(render(document.model_copy(update={"goals": [], "values": values}), recording))
    tracks = "return [...document.querySelectorAll('#regimes > .track')]"
    assert window.run(f"{tracks}.map((t) => t.querySelectorAll('svg.strip').length)") == [2, 1, 1]
    assert window.run(f"{tracks}.map((t) => [...t.querySelectorAll('.part')].map((p) => p.textContent))") == [
        ["agent_x <= 1", "agent_x >= 3"],
        ["agent_x above its start"],
        [],
    ]
    assert re.fullmatch(r"[012] of 2 hold now", window.text("#regimes > .track .state"))
    assert window.log() == []
