"""Traces: kept per act or per state, read back without the agent, resumed to the same bytes, absent where none are."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from teloscope.agents.agent import Agent, SeenStates
from teloscope.errors import BadRecording, NotFound
from teloscope.recordings import open_recording, record
from teloscope.recordings.rollouts import table_collector as collecting
from teloscope.recordings.storage.traces import LINES, NO_TRACES, TraceCounts, traces_of_acts
from teloscope.scaffolds.trace import Line, Trace
from teloscope.worlds.suite.safety_gridworlds.tomato import Tomato

MODEL_SAYS = "left, then <script>alert(1)</script>\n\u202ewords"


def thought_of(state: int, t: int) -> Trace:
    """What a model that can't always be read would leave: unparsed in odd states, a gate's word at every other step."""
    parsed = Line("parsed", "unparsed: no act is named" if state % 2 else "act: right")
    gate = [Line("gate", "blocked: it admits harm")] if t % 4 == 3 else [Line("gate", "free")] if t % 4 == 0 else []
    return (Line("told", f"You stand at {state}."), Line("said", f"{MODEL_SAYS} {t}"), parsed, *gate)


class Talks(Agent):
    """Goes right, step by step, and tells how."""

    name, sees = "talks", "state"

    def start(self, world, episodes: int, seed: int) -> Talking:
        return Talking(episodes)


class Talking:
    """Its player; it even talks for episodes that have ended."""

    def __init__(self, episodes: int) -> None:
        self.act_traces: list[tuple[int, int, Trace]] = []

    def act(self, observations: Any, t: int, alive: np.ndarray) -> np.ndarray:
        assert observations.dtype.kind == "i", "it asked for states"
        self.act_traces += [
            (row, t, thought_of(int(state), t)) for row, state in reversed(list(enumerate(observations)))
        ]
        return np.full(len(alive), 2)


class Tabulated(Agent):
    """Goes right, by a table, and can tell how in every state."""

    name = "tabulated"

    def __init__(self) -> None:
        self.asked: list[tuple[int, ...]] = []

    def policy(self, world) -> np.ndarray:
        return np.eye(3)[np.full(world.table.n_states, 2)]

    def traces(self, world, states: Sequence[int]) -> list[Trace]:
        self.asked.append(tuple(states))
        return [thought_of(state, 3 * (state % 3 == 0)) for state in states]


def contents(folder: Path) -> dict[str, bytes]:
    files = (p for p in folder.rglob("*") if p.is_file() and p.name != ".lock")
    return {str(p.relative_to(folder)): p.read_bytes() for p in files}


@pytest.fixture
def told(tmp_path, marsh, monkeypatch):
    monkeypatch.setattr(collecting.TableCollector, "shard", 7)
    return record(Talks(), marsh, episodes=17, references=["uniform"], out=tmp_path)


def rows(traces: pl.DataFrame) -> list[tuple[int, int, str, str]]:
    return traces.rows()  # pyright: ignore[reportReturnType]


@pytest.mark.parametrize("episode", [0, 6, 7, 16])
def test_every_act_of_an_episode_has_its_trace(told, marsh, episode: int) -> None:
    states = told.states("noisy", "agent")
    length = told.episodes("noisy", "agent")["length"][episode]
    expected = [
        (t, number, *line) for t in range(length) for number, line in enumerate(thought_of(states[episode, t], t))
    ]
    assert rows(told.traces("noisy", episode)) == expected
    assert told.traces("noisy", episode).schema == NO_TRACES.schema


def test_they_are_read_without_the_agent_and_without_the_world(told, tmp_path) -> None:
    again = open_recording(tmp_path)
    assert again.traces("dry", 3).equals(told.traces("dry", 3))
    assert again.first(5).traces("dry", 3).equals(told.traces("dry", 3))
    assert again.trace_counts == told.trace_counts


def test_what_they_come_to_is_counted(told, marsh) -> None:
    expected = (0, 0, 0, 0)
    for context in told.contexts:
        states, lengths = told.states(context.name, "agent"), told.episodes(context.name, "agent")["length"]
        for row, length in zip(states, lengths, strict=True):
            odd, t = row[:length] % 2, np.arange(length)
            counts = (length, odd.sum(), (t % 4 == 3).sum() + (t % 4 == 0).sum(), (t % 4 == 3).sum())
            expected = tuple(a + int(b) for a, b in zip(expected, counts, strict=True))
    tally = TraceCounts(*expected, beforehand=False)
    assert told.trace_counts == tally
    assert 0 < tally.unparsed < tally.replies
    assert 0 < tally.blocked < tally.rulings


def test_only_the_agent_leaves_traces_and_the_episodes_read_as_ever(told, tmp_path) -> None:
    assert {p.name for p in tmp_path.glob("traces/dry/*")} == {f"agent-0000{i}.parquet" for i in range(3)}
    assert told.episodes().columns[-3:] == ["terminated", "return", "hidden"]
    assert not (tmp_path / "traces.parquet").exists()


@pytest.mark.parametrize("what", ["traces", "steps", "episodes"])
@pytest.mark.parametrize("damage", ["missing", "torn", "short"])
def test_a_shard_without_its_traces_is_not_done_and_made_again_to_the_same_bytes(
    told, tmp_path, marsh, what: str, damage: str
) -> None:
    before = contents(tmp_path)
    path = tmp_path / what / "noisy" / "agent-00001.parquet"
    if damage == "missing":
        path.unlink()
    elif damage == "torn":
        path.write_bytes(before[str(path.relative_to(tmp_path))][:-9])
    else:
        pl.read_parquet(path).head(-1).write_parquet(path)
    record(Talks(), marsh, episodes=17, references=["uniform"], out=tmp_path)
    assert contents(tmp_path) == before


def test_a_file_of_another_kind_in_their_place_is_refused(told, tmp_path, marsh) -> None:
    path = tmp_path / "traces/dry/agent-00000.parquet"
    pl.DataFrame({"price": [1.0]}).write_parquet(path)
    with pytest.raises(BadRecording, match=r"has the columns price; expected .*text"):
        record(Talks(), marsh, episodes=17, references=["uniform"], out=tmp_path)
    with pytest.raises(BadRecording, match="has the columns price"):
        told.traces("dry", 0)


def test_an_agent_without_traces_leaves_the_same_files_as_ever(tmp_path, marsh) -> None:
    recording = record("random", marsh, episodes=9, references=["uniform"], out=tmp_path)
    kinds = {name.split("/")[0] for name in contents(tmp_path)}
    assert kinds == {"manifest.json", "states.parquet", "steps", "episodes"}
    assert "lines" not in pl.read_parquet_schema(tmp_path / "episodes/dry/agent-00000.parquet")
    assert recording.traces("dry", 0).equals(NO_TRACES)
    assert recording.trace_counts is None


def test_a_tabulated_agent_is_asked_once_for_the_states_that_it_acted_in(tmp_path, marsh) -> None:
    agent = Tabulated()
    recording = record(agent, marsh, episodes=12, references=["uniform"], out=tmp_path)
    acted = {
        int(state)
        for context in recording.contexts
        for row, length in zip(
            recording.states(context.name, "agent"), recording.episodes(context.name, "agent")["length"], strict=True
        )
        for state in row[:length]
    }
    assert agent.asked == [(), tuple(sorted(acted))]
    assert len(acted) < marsh.table.n_states

    before = contents(tmp_path)
    assert "traces.parquet" in before and not any(name.startswith("traces/") for name in before)
    again = Tabulated()
    record(again, marsh, episodes=12, references=["uniform"], out=tmp_path)
    assert again.asked == [()], "they are there already"
    (tmp_path / "traces.parquet").write_bytes(before["traces.parquet"][:-5])
    record(Tabulated(), marsh, episodes=12, references=["uniform"], out=tmp_path)
    assert contents(tmp_path) == before


def test_a_tabulated_agents_acts_are_told_by_their_states(tmp_path, marsh) -> None:
    recording = record(Tabulated(), marsh, episodes=12, references=[], out=tmp_path)
    expected, parsed = [], np.zeros(2, int)
    for context in recording.contexts:
        states, lengths = recording.states(context.name, "agent"), recording.episodes(context.name)["length"]
        parsed += [lengths.sum(), sum(int((row[:n] % 2).sum()) for row, n in zip(states, lengths, strict=True))]
        if context.name == "shoved":
            expected = [
                (t, number, *line)
                for t, state in enumerate(states[5, : lengths[5]])
                for number, line in enumerate(thought_of(state, 3 * (state % 3 == 0)))
            ]
    assert rows(open_recording(tmp_path).traces("shoved", 5)) == expected
    assert recording.trace_counts is not None
    assert recording.trace_counts[:2] == tuple(parsed), "every act counts, not every state"


@pytest.mark.parametrize("episode", [-1, 17])
def test_an_episode_that_is_not_there(told, episode: int) -> None:
    with pytest.raises(NotFound, match=rf"Episode '{episode}' not found.* 0 to 16"):
        told.traces("dry", episode)


TEXTS = st.text(max_size=8)


@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.integers(0, 5), st.lists(TEXTS, max_size=3)),
        unique_by=lambda act: act[:2],
        max_size=20,
    )
)
def test_whatever_is_heard_in_whatever_order_comes_out_in_order_and_only_while_alive(acts) -> None:
    lengths, episodes = np.array([0, 1, 3, 6, 2]), np.array([10, 11, 12, 13, 14])
    heard = [(row, t, tuple(Line("said", text) for text in texts)) for row, t, texts in acts]
    expected = sorted(
        (10 + row, t, number, "said", text)
        for row, t, texts in acts
        if t < lengths[row]
        for number, text in enumerate(texts)
    )
    found = traces_of_acts(heard, episodes, lengths)
    assert found.rows() == expected
    assert found.schema == {"episode": pl.UInt32, "t": pl.UInt16, **LINES}


class Watches(Agent):
    """Waters where it stands, in any stepped world, and tells what it was shown."""

    name, sees = "watches", "state"

    def start(self, world, episodes: int, seed: int) -> Watching:
        return Watching()


class Watching:
    def __init__(self) -> None:
        self.act_traces: list[tuple[int, int, Trace]] = []

    def act(self, seen: SeenStates, t: int, alive: np.ndarray) -> np.ndarray:
        assert isinstance(seen, SeenStates)
        assert len(seen.descriptions) == len(alive)
        for row, description in enumerate(seen.descriptions):
            features = {name: column[row].item() for name, column in seen.features.items()}
            self.act_traces.append((row, t, (Line("told", description), Line("thought", repr(features)))))
        return np.zeros(len(alive), np.int64)


@pytest.mark.parametrize("world", [Tomato(), "CartPole-v1"], ids=["sampled", "gymnasium"])
def test_in_a_stepped_world_an_agent_that_sees_states_is_shown_texts_and_features(world, tmp_path) -> None:
    recording = record(Watches(), world, episodes=3, references=["uniform"], out=tmp_path)
    context = recording.contexts[-1].name
    steps = recording.steps(context, "agent").filter(pl.col("episode") == 2).collect()
    traces = recording.traces(context, 2)
    assert traces["t"].unique().to_list() == list(range(len(steps) - 1))
    for t, text in traces.filter(kind="thought").select("t", "text").rows():
        shown = ast.literal_eval(text)
        assert shown.keys() == set(recording.frame.features)
        assert shown == {name: pytest.approx(steps[name][t]) for name in shown}
    assert all(traces.filter(kind="told")["text"].str.len_chars() > 5)
