"""The one pass against a slow loop, and its thresholds against the steps themselves."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from teloscope.recordings import Recording, record, summarise, summary
from teloscope.recordings.rollouts import table_collector as collecting
from teloscope.recordings.rollouts.batch import Batch, episode_rows
from teloscope.recordings.storage.shards import ShardFiles, write_shard
from teloscope.recordings.storage.wide_layout import wide_steps
from teloscope.recordings.summary import FIRST, HIGH, LAST, LATE_HIGH, LATE_LOW, LOW, Signal, format_number, signals_of
from teloscope.regimes.regime import keep_count, late_window
from teloscope.schema import AGENT, Manifest
from teloscope.worlds.world import Context


def slow(column: list, lengths: list[int], horizon: int) -> list[list]:
    """The six statistics of every episode, by the definition of the modes."""
    out, at = [], 0
    for length in lengths:
        episode = column[at : at + length + 1]
        at += length + 1
        held = episode + [episode[-1]] * (horizon - length)
        late, kept = sorted(held[-late_window(horizon) :]), keep_count(horizon)
        reached_by_kept = max(c for c in late if sum(v >= c for v in late) >= kept)
        within_for_kept = min(c for c in late if sum(v <= c for v in late) >= kept)
        out.append([episode[0], episode[-1], min(episode), max(episode), reached_by_kept, within_for_kept])
    return [list(row) for row in zip(*out, strict=True)]


@st.composite
def episodes(draw):
    """Lengths and columns of every kind, over one horizon."""
    horizon = draw(st.integers(1, 40))
    lengths = draw(st.lists(st.integers(1, horizon) | st.just(horizon), min_size=1, max_size=9))
    rows = sum(lengths) + len(lengths)
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    wide = draw(st.sampled_from([3, 200, 40_000, 2**40]))
    columns = {
        "whole": rng.integers(-wide, wide, rows),
        "small": rng.integers(0, 200, rows).astype(np.uint8),
        "real": rng.normal(size=rows),
        "single": rng.normal(size=rows).astype(np.float32),
        "flag": rng.random(rows) < 0.3,
        "tile": np.array(["mud", "it's grass", ""])[rng.integers(0, draw(st.integers(1, 3)), rows)],
    }
    return horizon, lengths, columns, draw(st.integers(1, 4))


def recorded(
    folder, horizon: int, lengths: list[int], columns: dict[str, np.ndarray], shard: int, like: Manifest
) -> Recording:
    """A recording in the wide layout, written by hand in shards."""
    frame = like.frame.model_copy(
        update={"horizon": horizon, "episodes": len(lengths), "features": dict.fromkeys(columns, "")}
    )
    rows = np.concatenate([[0], np.cumsum(np.array(lengths) + 1)])
    for place, first in enumerate(range(0, len(lengths), shard)):
        some = np.array(lengths[first : first + shard], dtype=np.int64)
        own = slice(rows[first], rows[first + len(some)])
        count = own.stop - own.start
        ids = np.arange(first, first + len(some))
        steps = wide_steps(
            ids, some, np.zeros(count, np.uint8), np.zeros(count), {k: v[own] for k, v in columns.items()}, ""
        )
        nothing = np.zeros(len(some))
        batch = Batch(Context("dry"), 0, ids, ids.astype(np.uint64))
        rows_of = episode_rows(batch, some, nothing.astype(bool), nothing, nothing)
        write_shard(ShardFiles(folder, "dry", AGENT, place), steps, rows_of, durable=False)
    return Recording(
        folder, like.model_copy(update={"frame": frame, "layout": "wide", "shard": shard, "actors": [AGENT]})
    )


@pytest.fixture(scope="module")
def manifest(marsh) -> Manifest:
    return record("random", marsh, episodes=1, contexts=["dry"], references=[]).manifest


@given(data=episodes(), block=st.sampled_from([1, 50, 1 << 17]))
def test_statistics_of_a_slow_loop(tmp_path_factory, manifest, data, block):
    horizon, lengths, columns, shard = data
    recording = recorded(tmp_path_factory.mktemp("wide"), horizon, lengths, columns, shard, manifest)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(summary, "BLOCK", block)
        found = summarise(recording, "dry", AGENT)
    for name in ("whole", "small", "real", "single", "flag"):
        expected = slow(columns[name].tolist(), lengths, horizon)
        assert found.statistics[name].tolist() == expected, name
    for value in np.unique(columns["tile"]):
        name = f"tile = '{value.replace(chr(39), chr(39) * 2)}'"
        assert found.statistics[name].tolist() == slow(
            (columns["tile"] == value).astype(int).tolist(), lengths, horizon
        )


@pytest.fixture(scope="module")
def recording(marsh):
    return record("table?seed=2&soft=1", marsh, episodes=60, seed=3)


@pytest.mark.parametrize("context", ["dry", "shoved", "noisy"])
def test_thresholds_on_statistics_are_hits_on_steps(recording, context):
    """For every signal, threshold and direction: each mode is a comparison on one statistic."""
    found = summarise(recording, context, "agent")
    compared = 0
    for signal in found.signals:
        rows = found.statistics[signal.name]
        for cut in [1.0] if signal.flag else np.unique(rows).tolist():
            for upward in (True, False):
                condition = signal.condition(upward, cut)
                up = {"reach": HIGH, "end": LAST, "keep": LATE_LOW}
                down = {"reach": LOW, "end": LAST, "keep": LATE_HIGH}
                limit = 0.0 if signal.flag and not upward else cut
                for mode, row in (up if upward else down).items():
                    by_summary = rows[row] >= limit if upward else rows[row] <= limit
                    by_steps = recording.hits([f"{mode}({condition})"], context, "agent")[0]
                    assert np.array_equal(by_summary, by_steps), f"{mode}({condition})"
                    compared += 0 < by_steps.sum() < 60
                never = recording.hits([f"never({condition})"], context, "agent")[0]
                assert np.array_equal(never, rows[HIGH] < limit if upward else rows[LOW] > limit)
    assert compared > 20, "some regimes come about in some episodes only"


def test_held_agrees_with_the_first_statistic(recording):
    found = summarise(recording, "noisy", "agent")
    assert np.array_equal(found.statistics["wet"][FIRST] == 1, recording.held("wet", "noisy", "agent")[:, 0])


def test_many_shards_are_one(recording, marsh, monkeypatch):
    monkeypatch.setattr(collecting.TableCollector, "shard", 7)
    pieces = record("table?seed=2&soft=1", marsh, episodes=60, seed=3)
    for context in ("dry", "noisy"):
        assert summarise(pieces, context, "agent").to_frame().equals(summarise(recording, context, "agent").to_frame())


def test_a_value_met_late_was_absent_before(tmp_path, manifest):
    columns = {"tile": np.array(["mud"] * 4 + ["ice"] * 4), "far": np.array([0, 1, 2, 3, 70_000, 0, 0, -5])}
    recording = recorded(tmp_path, 3, [3, 3], columns, 1, manifest)
    found = summarise(recording, "dry", AGENT)
    assert found.statistics["tile = 'ice'"][HIGH].tolist() == [0, 1]
    assert found.statistics["tile = 'mud'"][HIGH].tolist() == [1, 0]
    assert found.statistics["far"][HIGH].tolist() == [3, 70_000] and found.statistics["far"][LOW].tolist() == [0, -5]


def test_a_frame_of_statistics(recording):
    frame = summarise(recording, "dry", "idle").to_frame()
    assert len(frame) == 60
    assert frame.columns[:6] == ["x.first", "x.last", "x.low", "x.high", "x.late_low", "x.late_high"]


def test_signals_are_as_small_as_their_numbers():
    frame = pl.DataFrame({"a": [0, 255], "b": [-1, 127], "c": [-1, 128], "d": [0.5, 1.0], "e": [True, False]})
    types = [values.dtype for values in signals_of(frame).values()]
    assert types == [np.uint8, np.int8, np.int16, np.float64, np.int8]


def test_conditions_as_people_write_them():
    assert Signal("x", False).condition(True, 10.0) == "x >= 10"
    assert Signal("x", False).condition(False, -0.1) == "x <= -0.1"
    assert Signal("wet", True).condition(False, 1.0) == "not wet"
    assert Signal("tile = 'a = b'", True).condition(False, 1.0) == "tile <> 'a = b'"
    assert [format_number(v) for v in (3.0, -0.5, 1 / 3, 1e20)] == ["3", "-0.5", repr(1 / 3), "1e+20"]
