"""Recording: resumed to the same bytes however it was killed; refused where it would mix runs; small and odd runs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from teloscope.agents.agent import Agent
from teloscope.agents.callables import callable_agent
from teloscope.errors import BadAgent, BadRecording, BadStudy, BadWorld, NotFound, TeloscopeError
from teloscope.recordings import open_recording, record
from teloscope.recordings import record as record_module
from teloscope.recordings.rollouts import table_collector as collecting
from teloscope.worlds.world import Context

SCRIPT = """
    import os, signal, sys
    from teloscope.recordings import record
    from teloscope.recordings.rollouts import table_collector

    table_collector.TableCollector.shard = 300
    folder, left = sys.argv[1], int(sys.argv[2])
    synced = os.fsync

    def fsync(file):
        # Dies after the data are written and before they get their name: the worst moment.
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        synced(file)

    os.fsync = fsync
    record("table?seed=1&soft=1", "island", episodes=int(sys.argv[3]), contexts=["train", "noisy"], seed=5, out=folder)
"""


def run(folder: Path, kill_at: int = 0, episodes: int = 700) -> int:
    """Record in a process of its own, killed at its n-th sync; its exit status."""
    command = [sys.executable, "-c", textwrap.dedent(SCRIPT), str(folder), str(kill_at), str(episodes)]
    return subprocess.run(command, check=False, env={**os.environ, "POLARS_MAX_THREADS": "1"}).returncode


def contents(folder: Path) -> dict[str, bytes]:
    """Every file but the lock."""
    files = (p for p in folder.rglob("*") if p.is_file() and p.name != ".lock")
    return {str(p.relative_to(folder)): p.read_bytes() for p in files}


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("whole")
    assert run(folder) == 0
    return contents(folder)


@pytest.mark.parametrize("kill_at", [1, 2, 9, 25])
def test_a_killed_run_goes_on_to_the_same_bytes(tmp_path, uninterrupted, kill_at):
    assert run(tmp_path, kill_at) == -signal.SIGKILL
    left = contents(tmp_path)
    assert any(name.endswith(".partial") for name in left), "it died with a file half made"
    kept = {name for name in left if left[name] == uninterrupted.get(name)}
    before = {name: (tmp_path / name).stat().st_mtime_ns for name in kept}
    assert run(tmp_path) == 0
    assert contents(tmp_path) == uninterrupted
    assert before == {name: (tmp_path / name).stat().st_mtime_ns for name in kept}, "what was whole was left alone"


def test_killed_on_two_threads(tmp_path):
    """Many episodes roll out side by side; the order in which shards are done doesn't matter."""
    episodes = record_module.__globals__["MANY"] + 50
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert run(whole, episodes=episodes) == 0
    assert run(killed, kill_at=12, episodes=episodes) == -signal.SIGKILL
    assert run(killed, episodes=episodes) == 0
    assert contents(killed) == contents(whole)


def test_a_run_goes_on_in_the_shards_it_began_with(tmp_path, marsh, monkeypatch):
    monkeypatch.setattr(collecting.TableCollector, "shard", 7)
    record("random", marsh, episodes=20, out=tmp_path)
    before = contents(tmp_path)
    next(tmp_path.glob("episodes/noisy/replay-*1.parquet")).unlink()
    monkeypatch.setattr(collecting.TableCollector, "shard", 11)
    assert record("random", marsh, episodes=20, out=tmp_path).manifest.shard == 7
    assert contents(tmp_path) == before


def test_a_finished_run_is_read_not_made_again(tmp_path, marsh, monkeypatch):
    first = record("random", marsh, episodes=20, out=tmp_path)
    monkeypatch.setattr(collecting.TableCollector, "play", None)
    again = record("random", marsh, episodes=20, out=tmp_path)
    assert again.steps().collect().equals(first.steps().collect())


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"episodes": 21},
        {"contexts": ["dry"]},
        {"references": ["uniform"]},
        {"agent": "table?seed=1"},
        {"world": "island"},
    ],
)
def test_another_run_in_the_folder_is_refused_and_nothing_touched(tmp_path, marsh, change):
    run = {"agent": "random", "world": marsh, "episodes": 20, "out": tmp_path}
    record(**run)
    before = contents(tmp_path)
    with pytest.raises(BadRecording, match=r"holds a run with the (frame|agent) .* Nothing was touched"):
        record(**{**run, **change})
    assert contents(tmp_path) == before


def test_two_runs_at_once_in_one_folder(tmp_path, marsh):
    def meddle(done: int, total: int, what: str) -> None:
        if done == 1:
            with pytest.raises(BadRecording, match="Another run is recording into"):
                record("random", marsh, episodes=5, out=tmp_path)

    assert len(record("random", marsh, episodes=5, out=tmp_path, progress=meddle).episodes()) == 5 * 5 * 3


def test_steps_without_a_manifest_are_not_overwritten(tmp_path, marsh):
    record("random", marsh, episodes=5, out=tmp_path)
    (tmp_path / "manifest.json").unlink()
    before = contents(tmp_path)
    with pytest.raises(BadRecording, match=r"holds recorded steps but no manifest.json; nothing was touched"):
        record("random", marsh, episodes=5, out=tmp_path)
    assert contents(tmp_path) == before


def test_a_torn_or_foreign_manifest_is_refused(tmp_path, marsh):
    record("random", marsh, episodes=5, out=tmp_path)
    path = tmp_path / "manifest.json"
    for text in (path.read_text()[:100], json.dumps({"kind": "something else"}), "\x00"):
        path.write_text(text)
        with pytest.raises(BadRecording, match=r"is not a manifest that this version"):
            record("random", marsh, episodes=5, out=tmp_path)
        assert path.read_text() == text


def test_a_folder_that_cannot_be_written(tmp_path, marsh):
    (tmp_path / "file").write_text("here")
    with pytest.raises(BadRecording, match=r"can't be written: a file stands where a folder is meant.*--out"):
        record("random", marsh, episodes=5, out=tmp_path / "file")


@pytest.mark.parametrize("episodes", [0, -3])
def test_no_episodes(marsh, episodes):
    with pytest.raises(BadStudy, match=rf"episodes={episodes}; expected at least 1"):
        record("random", marsh, episodes=episodes)


def test_one_episode(marsh):
    recording = record("random", marsh, episodes=1)
    assert recording.episodes()["episode"].to_list() == [0] * 15
    assert recording.hits(["reach(wet)", "keep(x < 3)"], "dry", "replay").shape == (2, 1)


def test_a_horizon_of_one(marsh):
    class Step(type(marsh)):
        name, horizon = "step", 1
        contexts = (Context("dry", kind="train", start="left"), Context("shoved", start="left", shove_at=0))

    world = Step()
    recording = record("random", world, episodes=50)
    assert recording.states("dry", "agent").shape == (50, 2)
    rates = {r: recording.hits([f"{r}(x >= 1)"], "dry", "agent").mean() for r in ("reach", "end", "keep", "never")}
    assert rates["end"] == rates["keep"] <= rates["reach"] == 1 - rates["never"]


@pytest.mark.parametrize("horizon", [0, 70_000])
def test_horizons_out_of_range(marsh, horizon):
    world = type(marsh)()
    world.horizon = horizon
    with pytest.raises(BadStudy, match=rf"horizon {horizon}; expected 1 to 65535"):
        record("random", world, episodes=1)


def test_contexts_with_odd_names(tmp_path, marsh):
    folder = tmp_path / "run [1] *=?"
    names = ["a/b", "..", "..a", ".", "über 10 %", "日本", "a\\b", "CON:*?", "a%2Fb", "steps", "x" * 300, "x" * 301]
    contexts = [Context(name, start="left") for name in names]
    recording = record("random", marsh, episodes=3, contexts=contexts, references=["uniform"], out=folder)
    assert {p.name for p in folder.iterdir()} == {"manifest.json", "states.parquet", "steps", "episodes", ".lock"}
    assert len(list((folder / "steps").iterdir())) == len(names)
    again = open_recording(folder)
    assert [c.name for c in again.contexts] == names
    assert again.episodes()["context"].unique(maintain_order=True).to_list() == names
    for name in names:
        assert np.array_equal(again.states(name, "agent"), recording.states(name, "agent"))


def test_contexts_that_cannot_be(marsh):
    with pytest.raises(NotFound, match="Did you mean 'noisy'"):
        record("random", marsh, contexts=["noise"])
    with pytest.raises(BadStudy, match="no context"):
        record("random", marsh, contexts=[])
    with pytest.raises(BadStudy, match="Two contexts have one name"):
        record("random", marsh, contexts=["dry", "dry"])
    with pytest.raises(TeloscopeError, match=r"shoves at step 9, .* 9 .*; shove earlier"):
        record("random", marsh, contexts=[Context("dry", start="left", shove_at=9)])


def test_references_are_chosen(marsh):
    assert record("random", marsh, episodes=2, references=["replay", "uniform"]).actors == [
        "agent",
        "uniform",
        "replay",
    ]
    assert record("random", marsh, episodes=2, references=[]).actors == ["agent"]
    with pytest.raises(BadAgent, match="Reference 'unifrom' is not known"):
        record("random", marsh, references=["unifrom"])
    restless = type(marsh)()
    restless.idle = None
    assert record("random", restless, episodes=2).actors == ["agent", "uniform", "marginal", "replay"]
    with pytest.raises(BadWorld, match="no action that does nothing"):
        record("random", restless, references=["idle"])


def test_progress_counts_every_shard(marsh, monkeypatch):
    monkeypatch.setattr(collecting.TableCollector, "shard", 4)
    told: list[tuple[int, int, str]] = []
    record("random", marsh, episodes=10, progress=lambda *news: told.append(news))
    assert [done for done, _, _ in told] == list(range(1, 46)) and {total for _, total, _ in told} == {45}
    assert told[0][2] == "agent in dry" and told[-1][2] == "replay in noisy"


class Stepped(Agent):
    """Answers what it is told to, from one step on."""

    name = "stepped"

    def __init__(self, answer) -> None:
        self.answer = answer

    def start(self, world, episodes, seed):
        return self

    def act(self, observations, t, alive):
        return self.answer(len(alive)) if t >= 2 else np.full(len(alive), 2)


def out_of_range(n):
    return np.where(np.arange(n) == 3, 7, 0)


def raising(n):
    raise ZeroDivisionError("a fault of its own")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (out_of_range, r"t=2, episode 3: the agent chose the action 7; legal ones are the whole numbers 0 to 2"),
        (lambda n: np.full(n, 0.5), r"t=2, episode 0: the agent chose the action 0.5"),
        (lambda n: np.full(n, np.nan), r"the action nan"),
        (lambda n: np.full(n, -1), r"the action -1"),
        (lambda n: np.zeros((n, 2)), r"an array of shape \(20, 2\) and type float64; expected 20 action indices"),
        (lambda n: np.zeros(n - 1), r"an array of shape \(19,\)"),
        (lambda n: np.full(n, "left"), r"type <U4"),
        (raising, r"raised ZeroDivisionError: a fault of its own \[t=2\]"),
    ],
)
def test_agents_that_act_illegally_or_raise(tmp_path, marsh, answer, said):
    with pytest.raises(BadAgent, match=said) as caught:
        record(Stepped(answer), marsh, episodes=20, contexts=["dry"], out=tmp_path)
    assert "agent 'stepped' in world 'marsh', context 'dry'" in str(caught.value)
    assert not list(tmp_path.glob("steps/*/*"))


def test_an_agent_that_fails_later_keeps_what_it_recorded(tmp_path, marsh):
    """Mended, it goes on: the contexts that were done are not played again."""

    class Failing(Stepped):
        calls, broken = 0, True

        def act(self, observations, t, alive):
            Failing.calls += 1
            if Failing.broken and Failing.calls > 15:
                raise RuntimeError("out of memory")
            return np.full(len(alive), 1)

    with pytest.raises(BadAgent, match="out of memory"):
        record(Failing(None), marsh, episodes=20, out=tmp_path)
    assert [p.parent.name for p in tmp_path.glob("steps/*/agent-*")] == ["dry"]
    Failing.broken, Failing.calls = False, 0
    record(Failing(None), marsh, episodes=20, out=tmp_path)
    assert Failing.calls == 2 * marsh.horizon


def test_a_function_as_an_agent(marsh):
    recording = record(callable_agent(lambda observation: "right"), marsh, episodes=30, contexts=["dry"])
    actions, lengths = recording.actions("dry")
    assert (actions[np.arange(9) < lengths[:, None]] == 2).all()
    assert recording.hits(["reach(x >= 5)"], "dry", "agent").mean() > 0.5


def test_a_temporary_folder_goes_with_its_recording(marsh):
    recording = record("random", marsh, episodes=2)
    folder = recording.folder
    assert folder.exists()
    del recording
    assert not folder.exists()


def test_same_seed_same_bytes(tmp_path, marsh):
    for name in ("one", "two"):
        record("table?seed=1&soft=1", marsh, episodes=30, out=tmp_path / name)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert pl.read_parquet(tmp_path / "one" / "states.parquet").equals(marsh.table.features)


# ---- a recording that grows ------------------------------------------------------------------------------------------


def grown(folder: Path, *sizes: int, **options) -> dict[str, bytes]:
    for episodes in sizes:
        record("table?seed=1&soft=1", "island", episodes=episodes, contexts=["train", "noisy"], seed=5, out=folder,
               shard=40, extend=True, **options)  # fmt: skip
    return contents(folder)


def test_a_recording_that_grew_is_the_one_that_was_made_at_once(tmp_path: Path):
    """Also where the last shard was not full, and where an earlier, shorter step is taken again."""
    at_once = grown(tmp_path / "once", 120)
    assert grown(tmp_path / "doubled", 40, 80, 120) == at_once
    assert grown(tmp_path / "uneven", 30, 100, 120) == at_once
    assert grown(tmp_path / "again", 40, 120, 40) == at_once


def test_the_agents_whole_shards_are_not_recorded_again(tmp_path: Path):
    grown(tmp_path, 40)
    kept = {p: p.stat().st_mtime_ns for p in tmp_path.glob("*/*/agent-00000.parquet")}
    assert len(kept) == 4
    grown(tmp_path, 120)
    assert {p: p.stat().st_mtime_ns for p in kept} == kept


@pytest.mark.parametrize("kill_at", [1, 2, 7])
def test_killed_while_it_grows(tmp_path: Path, kill_at: int):
    script = textwrap.dedent(SCRIPT).replace("out=folder)", "out=folder, shard=40, extend=True)")
    grown(tmp_path / "a", 40)
    command = [sys.executable, "-c", script, str(tmp_path / "a"), str(kill_at), "120"]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert grown(tmp_path / "a", 40, 120) == grown(tmp_path / "b", 120)


def test_another_run_is_not_extended(tmp_path: Path):
    grown(tmp_path, 40)
    before = contents(tmp_path)
    for other in ({"seed": 6}, {"references": ["uniform"]}, {"contexts": ["train"]}):
        given = {"contexts": ["train", "noisy"], "seed": 5, "shard": 40, **other}
        with pytest.raises(BadRecording, match="holds a run with the frame"):
            record("table?seed=1&soft=1", "island", episodes=80, out=tmp_path, extend=True, **given)
    with pytest.raises(BadRecording, match="holds a run with the agent"):
        record("table?seed=2&soft=1", "island", episodes=80, contexts=["train", "noisy"], seed=5, out=tmp_path,
               shard=40, extend=True)  # fmt: skip
    assert contents(tmp_path) == before


def test_a_shard_has_an_episode_at_least(tmp_path: Path):
    with pytest.raises(BadStudy, match="shard=0"):
        record("random", "island", episodes=4, shard=0)
