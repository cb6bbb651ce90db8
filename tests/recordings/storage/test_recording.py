"""Reading a recording: its steps with features, its episodes, its hits; memory that stays bounded."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from teloscope.errors import BadRecording, BadRegime, NotFound
from teloscope.recordings import open_recording, record
from teloscope.recordings.rollouts import table_collector as collecting
from teloscope.recordings.storage import recording as stored
from teloscope.regimes import Regime, achieved

REGIMES = [
    f"{mode}({c})" for mode in ("reach", "end", "keep", "never") for c in ("wet", "x >= 3 and not wet", "depth < 0")
]


@pytest.fixture(scope="module")
def recording(marsh):
    return record("table?seed=2&soft=1", marsh, episodes=40, seed=3)


def test_steps_hold_the_features_of_their_states(recording, marsh):
    steps = recording.steps().collect()
    names = list(marsh.feature_kinds)
    assert steps.columns == ["context", "actor", "episode", "t", "action", "state", *names]
    assert steps.select(names).equals(marsh.table.features[steps["state"].to_numpy()])
    assert steps["context"].unique(maintain_order=True).to_list() == ["dry", "shoved", "noisy"]
    assert steps["actor"].unique(maintain_order=True).to_list() == recording.actors
    one = recording.steps("noisy", "idle").collect()
    assert one.equals(steps.filter((pl.col("context") == "noisy") & (pl.col("actor") == "idle")))


def test_episodes_add_up_to_the_steps(recording):
    episodes = recording.episodes()
    assert len(episodes) == 40 * 3 * 5
    counted = recording.steps().group_by("context", "actor", "episode", maintain_order=True).len().collect()
    assert counted["len"].to_list() == (episodes["length"] + 1).to_list()
    assert recording.seeds("dry").tolist() == recording.episodes("dry", "replay")["seed"].to_list()


def test_hits_are_what_the_steps_say(recording, marsh):
    """Against a plain loop over the steps as anybody would read them."""
    for actor in recording.actors:
        hits = recording.hits(REGIMES, "shoved", actor)
        steps = recording.steps("shoved", actor).collect()
        for n, (_, rows) in enumerate(steps.group_by("episode", maintain_order=True)):
            for regime, hit in zip(REGIMES, hits[:, n], strict=True):
                mode, condition = Regime.parse(regime).mode, Regime.parse(regime).condition
                held = rows.select(pl.sql_expr(condition)).to_series().to_list()
                held += [held[-1]] * (10 - len(held))
                late = held[-3:]
                truth = {"reach": any(held), "never": not any(held), "end": held[-1], "keep": sum(late) >= 2.4}
                assert truth[mode] == hit


def test_held_column_and_states_agree(recording, marsh):
    states = recording.states("noisy", "agent")
    assert states.shape == (40, 10) and states.dtype == np.int32
    assert np.array_equal(recording.column("x", "noisy", "agent"), marsh.table.features["x"].to_numpy()[states])
    assert np.array_equal(recording.held("x >= 2", "noisy", "agent"), recording.column("x", "noisy", "agent") >= 2)
    assert np.array_equal(
        recording.hits(["keep(x >= 2)"], "noisy", "agent")[0],
        achieved("keep", recording.held("x >= 2", "noisy", "agent")),
    )


def test_what_is_not_kept_is_read_again(recording, monkeypatch, marsh):
    monkeypatch.setattr(collecting.TableCollector, "shard", 9)
    monkeypatch.setattr(stored, "KEPT_BYTES", 500)
    scarce = record("table?seed=2&soft=1", marsh, episodes=40, seed=3)
    for _ in range(2):
        for context in ("dry", "noisy"):
            assert np.array_equal(scarce.hits(REGIMES, context, "agent"), recording.hits(REGIMES, context, "agent"))
    kept = sum(s.rows.estimated_size() for shards in scarce._shards.values() for s in shards)
    assert kept <= 500


def test_no_regimes_no_hits(recording):
    assert recording.hits([], "dry", "agent").shape == (0, 40)


def test_unknown_names(recording):
    with pytest.raises(NotFound, match="Did you mean 'noisy'"):
        recording.hits(["reach(wet)"], "nosy", "agent")
    with pytest.raises(NotFound, match="Did you mean 'uniform'"):
        recording.steps("dry", "unifrom")
    with pytest.raises(NotFound, match="Did you mean 'wet'"):
        recording.hits(["reach(wat)"], "dry", "agent")
    with pytest.raises(BadRegime):
        recording.hits(["reach(x)"], "dry", "agent")


def test_opening(tmp_path, marsh, recording):
    with pytest.raises(BadRecording, match=r"is not a recording: it has no manifest.json"):
        open_recording(tmp_path)
    again = open_recording(recording.folder)
    assert again.actors == ["agent", "uniform", "marginal", "replay", "idle"] and again.horizon == 9
    assert again.world is None, "no world of that name can be loaded, and that is no error"
    assert repr(again).startswith("Recording('table?seed=2&soft=1' in 'marsh': 3 contexts x 40 episodes")


def test_the_world_comes_back_by_name_if_its_rules_are_the_same(monkeypatch):
    recording = record("random", "island", episodes=2, contexts=["train"], references=[])
    world = open_recording(recording.folder).world
    assert world is not None and world.name == "island"
    monkeypatch.setattr(type(world), "digest", lambda self: "other rules")
    assert open_recording(recording.folder).world is None


@pytest.mark.parametrize("kept", [1, 7, 50])
def test_the_first_episodes_are_those_of_the_whole(kept):
    whole = record("drift?seed=3", "whisky", episodes=50, seed=4)
    first = whole.first(kept)
    for context in (c.name for c in whole.contexts):
        for actor in whole.actors:
            assert (first.states(context, actor) == whole.states(context, actor)[:kept]).all()
            assert all(
                (a == b[:kept]).all()
                for a, b in zip(first.actions(context, actor), whole.actions(context, actor), strict=True)
            )
        assert (first.seeds(context) == whole.seeds(context)[:kept]).all()
    assert len(first.steps().collect()) == int((first.episodes()["length"].cast(pl.Int64) + 1).sum())
    assert whole.first(50) is whole


def test_goals_of_a_long_recording_say_what_they_were_found_in(monkeypatch):
    from teloscope.goals import find

    monkeypatch.setattr(find, "MOST_EPISODES", 60)
    whole = record("plan:keep(agent_x >= 7)", "rooms-1", episodes=80, seed=4)
    short = record("plan:keep(agent_x >= 7)", "rooms-1", episodes=60, seed=4)
    found = find.find_goals(whole)
    assert any("first 60 of 80" in note for note in found.document.notes)
    assert found.document.frame.episodes == 80
    assert found[0].contexts[0].n == 60
    assert found[0].regime == find.find_goals(short)[0].regime


FORMS = [
    "cycle(x <= 1, x >= 3)",
    "first(wet) then end(x >= 3)",
    "never(wet) until x >= 3",
    "given(wet): keep(x <= 2)",
    "given(x = 0): raise(x)",
    "lower(depth + x)",
]


def test_hits_of_every_form_are_read_alike_from_tables_columns_and_shards(marsh, told, monkeypatch):
    """By state ids, by feature columns, in one shard or many: against each regime's own definition on whole columns."""
    monkeypatch.setattr(collecting.TableCollector, "shard", 9)
    recording = record("table?seed=2&soft=1", marsh, episodes=40, seed=3)
    columns = ["x", "wet", "depth"]
    for context in ("dry", "noisy"):
        x, wet, depth = (recording.column(name, context, "agent") for name in columns)
        read = {
            "x <= 1": x <= 1,
            "x >= 3": x >= 3,
            "wet": wet,
            "x <= 2": x <= 2,
            "x = 0": x == 0,
            "depth + x": depth + x,
        }
        read["x"] = x.astype(np.float64)
        expected = np.stack([Regime.parse(r).achieved_by(read.__getitem__) for r in FORMS])
        assert 0.05 < expected.mean() < 0.95
        assert (recording.hits(FORMS, context, "agent") == expected).all()
        wide = told({("plain", "agent"): dict(zip(columns, (x, wet, depth), strict=True))})
        assert wide.manifest.layout == "wide"
        assert (wide.hits(FORMS, "plain", "agent") == expected).all()
        assert (wide.numbers("depth + x", "plain", "agent") == recording.numbers("depth + x", context, "agent")).all()


def test_a_number_that_is_none_is_refused(recording):
    with pytest.raises(BadRegime, match="The number `wet` gives Boolean values"):
        recording.hits(["keep(wet)", "raise(wet)"], "dry", "agent")
    with pytest.raises(NotFound, match="It is used in the number `dept`"):
        recording.hits(["raise(dept)"], "dry", "agent")
