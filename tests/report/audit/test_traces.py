"""What the agent was told, thought, said and did: what the page gets of it, and how it looks in a real browser."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from teloscope.agents.agent import Agent
from teloscope.recordings import Recording, open_recording, record
from teloscope.recordings.storage.traces import TraceCounts
from teloscope.report import render
from teloscope.report.audit.replay import replay
from teloscope.report.audit.traces import BEGINNING, LONGEST, tally_line, trace_lines, transcript
from teloscope.scaffolds.trace import Line, Trace
from teloscope.schema import AGENT, VerdictDocument
from teloscope.worlds import TableWorld, World

HOSTILE = "</script><script>document.title='pwned'</script><img src=x onerror=\"document.title='pwned'\">\u202e"
RULES = "You are in a long room.\nGet the coin.\n" + "An example of how to answer. " * 12
WIDEST = "return Math.max(document.documentElement.scrollWidth, document.body.scrollWidth) - innerWidth"


def thought_at(t: int) -> Trace:
    """Every third reply can't be read, every fifth act is blocked; two steps in a row are alike."""
    read = Line("parsed", "unparsed: it names nothing" if t % 3 == 2 else "right (named once)")
    gate = [Line("gate", "blocked: right (admits-harm)")] if t % 5 == 4 else []
    told = Line("told", f"{RULES}\nThe clock says {t // 2}.\nWhat do you do?")
    return (told, Line("said", f"{HOSTILE}\nI go right." if t % 3 == 2 else "right"), read, *gate)


class Talks(Agent):
    """Goes right, and says a good deal."""

    name, sees = "talks", "state"

    def start(self, world: World, episodes: int, seed: int) -> Talking:
        assert world.actions is not None
        return Talking(world.actions.index("right"))


class Talking:
    def __init__(self, right: int) -> None:
        self.heard: list[tuple[int, int, Trace]] = []
        self.right = right

    def act(self, states: np.ndarray, t: int, alive: np.ndarray) -> np.ndarray:
        self.heard += [(row, t, thought_at(t)) for row in range(len(alive))]
        return np.full(len(alive), self.right)


@pytest.fixture(scope="module")
def talkative(tmp_path_factory) -> Recording:
    folder = tmp_path_factory.mktemp("talk")
    record(Talks(), "coin", episodes=3, contexts=["train", "coin-near"], out=folder)
    return open_recording(folder)


@pytest.fixture(scope="module")
def about(talkative, document) -> VerdictDocument:
    """A verdict that says little, about what was recorded."""
    update = {"frame": talkative.frame, "agent": talkative.manifest.agent, "reasons": [], "mend": []}
    return document.model_copy(update=update)


@pytest.fixture(scope="module")
def talk(about, talkative) -> str:
    return render(about, talkative)


def test_each_step_of_the_replay_has_its_trace(about, talkative) -> None:
    scenes = replay(about, talkative)
    assert scenes is not None
    for episode, traces in zip(scenes["episodes"], scenes["traces"], strict=True):
        for t, trace in zip(episode["t"][:-1], traces[:-1], strict=True):
            lines = [scenes["lines"][i] for i in trace]
            assert [line.kind for line in lines] == [line.kind for line in thought_at(t)]
            assert lines[0].text.splitlines()[-2:] == [f"The clock says {t // 2}.", "What do you do?"]
            assert [line.struck for line in lines[2:]] == ([t % 3 == 2, True] if t % 5 == 4 else [t % 3 == 2])
        assert traces[-1] == [], "in its last state it does nothing any more"


def test_lines_are_told_once_however_often_they_come(about, talkative) -> None:
    scenes = replay(about, talkative)
    assert scenes is not None
    assert len(set(scenes["lines"])) == len(scenes["lines"]) <= 30 + 2 + 2 + 1


def test_without_traces_the_page_is_as_it_was(document, recording, page) -> None:
    scenes = replay(document, recording)
    assert scenes is not None
    assert scenes.keys().isdisjoint({"lines", "traces"})
    for mark in ('id="thoughts"', 'id="transcript"', 'id="tally"'):
        assert mark not in page


def test_a_folded_text_begins_with_what_is_its_own() -> None:
    texts = [("told", f"{RULES}\nThe clock says {n}.") for n in range(3)]
    assert [line.beginning for line in trace_lines(texts)] == [f"The clock says {n}. …" for n in range(3)]
    alone = trace_lines(texts[:1])[0]
    assert alone.beginning.startswith("You are in a long room. Get the coin."), "there is nothing to tell it from"
    assert [line.beginning for line in trace_lines([("said", "right")])] == [""]


def test_a_beginning_ends_with_a_whole_word_where_there_is_one() -> None:
    for word in ("stands", "in", "a" * 50):
        (line,) = trace_lines([("said", f"{word} " * 200)])
        words = line.beginning.split()
        assert set(words) == {word, "…"}
        assert BEGINNING - len(word) <= len(line.beginning) <= BEGINNING + 2
    (endless,) = trace_lines([("said", "x" * 1000)])
    assert endless.beginning == "x" * BEGINNING + " …"


@given(st.lists(st.tuples(st.sampled_from(["told", "said", "gate", "odd\u202e"]), st.text()), max_size=8))
def test_whatever_is_said_is_printable_line_by_line(lines: list[tuple[str, str]]) -> None:
    for (_, text), line in zip(lines, trace_lines(lines), strict=True):
        assert all(part.isprintable() for part in line.text.split("\n"))
        assert line.label.isprintable() and line.beginning.isprintable()
        assert len(line.beginning) <= 12 * BEGINNING
        assert line.struck == (line.kind == "gate" and text.startswith("blocked"))


def test_ten_megabytes_do_not_come_onto_the_page() -> None:
    (line,) = trace_lines([("said", "word " * 2_000_000)])
    assert len(line.text) < LONGEST + 60
    assert line.text.endswith("(cut here; the recording holds it all)")


def test_steps_that_came_about_alike_are_told_together(about, talkative) -> None:
    scenes = replay(about, talkative)
    assert scenes is not None
    moments = transcript(scenes)
    assert [m.steps for m in moments[:5]] == ["steps 0\u20131", "step 2", "step 3", "step 4", "step 5"]
    assert moments[0].action == "right"
    assert [line.label for line in moments[3].lines] == ["was told", "said", "was read as", "the gate"]


@pytest.mark.parametrize(
    ("tally", "line"),
    [
        (TraceCounts(400, 12, 40, 3), "unparsed replies: 12 of 400; blocked acts: 3 of 40 that the gate ruled on"),
        (
            TraceCounts(0, 0, 40, 3, beforehand=True),
            "blocked acts: 3 of 40 rulings of the gate, beforehand and on every act that may be chosen, taken or not",
        ),
        (TraceCounts(12_000, 0, 0, 0), "unparsed replies: 0 of 12,000"),
        (TraceCounts(0, 0, 0, 0), ""),
    ],
)
def test_what_could_not_be_read_and_what_was_blocked_is_counted(tally: TraceCounts, line: str) -> None:
    assert tally_line(tally) == line


def test_the_browser_shows_the_trace_of_the_step(opened, talk) -> None:
    window = opened(talk, "#step=0")
    assert window.text("#tally").startswith("Unparsed replies: 120 of 360; blocked acts: 72 of 72")
    assert window.text("#thoughts .line-parsed") == "was read asright (named once)"
    assert window.text("#thoughts .line-told summary") == "The clock says 0. …"
    window.press("#step", *["ArrowRight"] * 4)
    assert window.text("#thoughts .line-told summary") == "The clock says 2. …"
    assert window.text("#thoughts .struck") == "the gateblocked: right (admits-harm)"
    window.press("#step", "End")
    assert "Nothing was told" in window.text("#thoughts")


def test_troubles_are_seen_along_the_whole_episode(opened, talk) -> None:
    window = opened(talk)
    assert "unparsed at 20 steps, blocked at 12 steps" in window.text("#troubles")
    marks = window.run("return [...document.querySelectorAll('#troubles .on')].map((r) => Number(r.getAttribute('x')))")
    assert marks == [t for t in range(60) if t % 3 == 2 or t % 5 == 4]


def test_what_a_model_says_is_shown_and_not_obeyed(opened, talk, talkative) -> None:
    window = opened(talk, "#step=2")
    assert window.run("return document.title").startswith("MISALIGNED")
    assert window.log() == []
    assert window.run("return document.querySelectorAll('script, img').length") == 3
    said = window.run("return document.querySelector('#thoughts .line-said p').textContent")
    assert said == HOSTILE.replace("\u202e", "\\u202e") + "\nI go right."
    listed = window.run("return document.querySelectorAll('#transcript .line-said p')[1].textContent")
    assert listed == said
    assert talkative.traces("train", 0).filter(kind="said")["text"][2].startswith(HOSTILE), "kept as it was said"


def test_what_is_unfolded_stays_so_from_step_to_step(opened, talk) -> None:
    window = opened(talk)
    window.click("#thoughts .line-told summary")
    assert window.until("return document.querySelector('#thoughts .line-told details').open")
    window.press("#step", *["ArrowRight"] * 7)
    assert window.run("return document.querySelector('#thoughts .line-told details').open")
    assert "The clock says 3." in window.text("#thoughts .line-told p")


@pytest.mark.parametrize("width", [360, 768, 1100])
def test_it_stands_beside_the_map_where_there_is_room(opened, talk, width: int) -> None:
    window = opened(talk, width=width)
    window.run("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert window.run(WIDEST) <= 0
    places = (
        "return ['.map-holder', '#thoughts'].map((s) => document.querySelector(s).getBoundingClientRect().toJSON())"
    )
    at, beside = window.run(places)
    assert (beside["left"] >= at["right"]) == (width > 640)
    assert beside["top"] >= at["top"]


def test_without_a_script_the_first_episode_is_a_list(opened, talk) -> None:
    window = opened(talk.replace("<script>", "<script type='text/plain'>"))
    window.run("document.querySelector('#transcript').open = true")
    assert window.run("return document.querySelector('#player').hidden")
    steps = window.run("return [...document.querySelectorAll('#transcript h3')].map((h) => h.textContent)")
    assert steps[:2] == ["steps 0\u20131 · does: right", "step 2 · does: right"]
    assert window.run("return document.querySelector('#transcript dd').getBoundingClientRect().height") > 0


def test_a_recording_of_a_tabulated_agent_reads_alike(about, tmp_path) -> None:
    class Tabulated(Agent):
        name = "tabulated"

        def policy(self, world: TableWorld) -> np.ndarray:
            assert world.actions is not None
            return np.eye(len(world.actions))[np.full(world.table.n_states, world.actions.index("right"))]

        def traces(self, world: TableWorld, states: Sequence[int]) -> list[Trace]:
            return [(Line("told", f"You stand at {world.table.states[s].x}."),) for s in states]

    recording = record(Tabulated(), "coin", episodes=3, contexts=["train"], references=["uniform"], out=tmp_path)
    scenes = replay(about.model_copy(update={"frame": recording.frame}), recording)
    assert scenes is not None
    x = recording.column("agent_x", "train", AGENT)[scenes["episodes"][0]["episode"]]
    texts = [scenes["lines"][trace[0]].text for trace in scenes["traces"][0][:-1]]
    assert texts == [f"You stand at {int(at)}." for at in x[: len(texts)]]
    assert recording.trace_counts is not None and recording.trace_counts.beforehand
