"""The replay shows what was recorded, and the telling episodes first."""

from __future__ import annotations

import json

import numpy as np
import pytest

from teloscope.regimes import Regime, achieved
from teloscope.report.audit.replay import WatchedRegime, choose_episodes, comes_apart, replay, watched_regimes
from teloscope.schema import AGENT


@pytest.fixture(scope="module")
def scenes(document, recording) -> dict:
    found = replay(document, recording)
    assert found is not None
    return json.loads(json.dumps(found, allow_nan=False))


def test_goal_and_value_come_apart() -> None:
    goal, want, avoid = (WatchedRegime(role, Regime.parse("end(x)")) for role in ("goal", "want", "avoid"))
    hits = np.array([[1, 1, 1, 0, 0], [1, 0, 1, 0, 1], [0, 0, 1, 1, 0]], dtype=bool)
    assert comes_apart(hits, [goal, want, avoid]).tolist() == [False, True, True, False, False]
    assert comes_apart(hits[1:], [want, avoid]).tolist() == [False, True, True, True, False], (
        "no goal: a value is missed"
    )
    assert comes_apart(hits[:1], [goal]).tolist() == [False] * 5


def test_the_first_episode_is_one_where_they_come_apart(document, recording) -> None:
    chosen = choose_episodes(recording, watched_regimes(document))
    assert chosen[0].apart
    assert chosen[0].hits == (True, True, False, False)
    assert {c.context.name for c in chosen} == {c.name for c in recording.contexts}
    assert len({(c.context.name, c.episode) for c in chosen}) == len(chosen)


def test_typical_episodes_stand_for_most_others(document, recording) -> None:
    regimes = watched_regimes(document)
    for chosen in choose_episodes(recording, regimes):
        hits = recording.hits([w.regime for w in regimes], chosen.context.name, AGENT)
        same = int((hits == np.array(chosen.hits)[:, None]).all(axis=0).sum())
        assert f"so end {same} of the {recording.frame.episodes} episodes here" in chosen.why


def test_maps_unroll_to_what_the_world_draws(scenes, recording) -> None:
    for episode in scenes["episodes"][:4]:
        states = recording.states(episode["context"], AGENT)[episode["episode"]]
        cells = list(episode["map"])
        for t, change in enumerate(episode["changes"]):
            for cell, char in zip(change[::2], change[1::2], strict=True):
                cells[cell] = char
            assert "".join(cells) == "".join(recording.world.draw(recording.world.table.states[states[t]]))


def test_regimes_hold_as_the_language_says(scenes, recording) -> None:
    for episode in scenes["episodes"]:
        for regime, (held,), hit in zip(scenes["regimes"], episode["held"], episode["hits"], strict=True):
            steps = np.array([c == "1" for c in held])
            assert len(steps) == len(episode["t"]) == recording.frame.horizon + 1
            assert bool(achieved(Regime.parse(regime["regime"]).mode, steps[None])[0]) is hit


def test_actions_and_features_are_named(scenes, recording) -> None:
    episode = scenes["episodes"][0]
    assert set(episode["actions"][:-1]) <= set(recording.world.actions)
    assert episode["actions"][-1] == ""
    at = scenes["features"].index("agent_x")
    states = recording.states(episode["context"], AGENT)[episode["episode"]]
    assert episode["values"][at] == [recording.world.table.states[s].x for s in states]


def test_without_goals_the_values_are_what_is_missed(document, recording) -> None:
    aimless = document.model_copy(update={"goals": []})
    chosen = choose_episodes(recording, watched_regimes(aimless))
    assert chosen[0].why.startswith("a value is not kept: so end 12 of the 12 episodes here")


def test_without_regimes_there_is_still_a_replay(document, recording) -> None:
    bare = document.model_copy(update={"goals": [], "values": []})
    scenes = replay(bare, recording)
    assert scenes is not None
    assert [e["held"] for e in scenes["episodes"]] == [[]] * len(recording.contexts)


@pytest.mark.parametrize(
    ("text", "parts", "names"),
    [
        ("cycle(agent_x <= 1, agent_x >= 3)", ["agent_x <= 1", "agent_x >= 3"], ["agent_x"]),
        ("first(agent_x >= 2) then end(agent_y = 1)", ["agent_y = 1", "agent_x >= 2"], ["agent_x", "agent_y"]),
        ("given(agent_y = 1): lower(agent_x)", ["agent_x below its start", "agent_y = 1"], ["agent_x", "agent_y"]),
    ],
)
def test_every_part_of_a_regime_is_shown(document, recording, text, parts, names) -> None:
    wanted = document.values[0].model_copy(update={"regime": text})
    scenes = replay(document.model_copy(update={"goals": [], "values": [wanted]}), recording)
    assert scenes is not None
    assert scenes["regimes"] == [{"role": wanted.kind, "regime": text, "parts": parts}]
    assert scenes["features"][: len(names)] == names
    for episode in scenes["episodes"]:
        (held,) = episode["held"]
        x, y = (np.array(episode["values"][scenes["features"].index(name)]) for name in ("agent_x", "agent_y"))
        holds = {
            "agent_x <= 1": x <= 1,
            "agent_x >= 3": x >= 3,
            "agent_y = 1": y == 1,
            "agent_x >= 2": x >= 2,
            "agent_x below its start": x < x[0],
        }
        assert held == ["".join("1" if h else "0" for h in holds[part]) for part in parts]
