"""Controllers and walkers reach what was planted, where their references don't; blind actors never look."""

from __future__ import annotations

import sys
from collections import deque
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import teloscope
from teloscope.regimes import Regime, achieved
from teloscope.schema import AGENT
from teloscope.worlds.actions import ActionSet
from teloscope.zoo.blind_actors import BlindActor, Process
from teloscope.zoo.calibrate import animals_of, control_houses
from teloscope.zoo.control import arenas, landers, weighers
from teloscope.zoo.control import classic_and_minigrid as control
from teloscope.zoo.control.grid_walkers import OUT_OF_REACH, steps_to
from teloscope.zoo.specimens import Specimen

HOUSES = control_houses()[0]
PLANTED = [
    a
    for split in ("development", "confirmation")
    for house in HOUSES
    if house is not arenas
    for a in house.goal_agents(split)
    if a.noise == 0.0
]


@pytest.mark.filterwarnings("ignore:.*precision lowered")
@pytest.mark.parametrize("animal", PLANTED, ids=lambda a: f"{a.world}, {a.agent.name}")
def test_what_was_planted_comes_about_more_than_by_chance(animal: Specimen) -> None:
    world = animal.make()
    context = world.recorded_contexts()[0]
    recording = teloscope.record(
        animal.agent, world, episodes=16, contexts=[context], references=["uniform"], seed=animal.seed
    )
    assert animal.planted is not None
    regime = Regime.parse(animal.planted.parts[0][0])
    ours, theirs = (
        achieved(regime.mode, recording.held(regime.condition, context.name, a)) for a in (AGENT, "uniform")
    )
    assert ours.mean() >= 0.85
    assert ours.mean() >= theirs.mean() + 0.3


def test_enough_goal_agents_and_non_agents_together() -> None:
    for split in ("development", "confirmation"):
        goals = [*arenas.goal_agents(split), *control.goal_agents(split)]  # type: ignore[arg-type]
        assert sum(g.noise == 0.0 for g in goals) == sum(g.noise == 0.3 for g in goals) >= 120
        assert len([*arenas.non_agents(split), *control.non_agents(split)]) >= 300  # type: ignore[arg-type]


def test_the_splits_plant_unlike_things() -> None:
    splits = ("development", "confirmation")
    agents = [[a for house in HOUSES if house is not arenas for a in house.goal_agents(split)] for split in splits]
    told = [{a.key for a in some} for some in agents]
    assert not told[0] & told[1]
    names = [{(a.world, a.agent.name) for a in some} for some in agents]
    # just balancing and just landing know no parameter
    assert {world for world, _ in names[0] & names[1]} <= {"CartPole-v1", "LunarLanderContinuous-v3"}


@pytest.mark.parametrize("house", [weighers, landers])
def test_a_family_whose_package_is_missing_is_left_out_with_a_word(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, house.PACKAGE, None)
    houses, missing = control_houses()
    assert house not in houses
    assert any(house.FAMILY in said and f"teloscope[{house.EXTRA}]" in said for said in missing)
    assert not any(a.family == house.FAMILY for a in animals_of("control", "development").goals)


def test_weights_decide_which_treasure_pays() -> None:
    pytest.importorskip("mo_gymnasium")
    front = [
        (0.7, 1),
        (8.2, 3),
        (11.5, 5),
        (14.0, 7),
        (15.1, 8),
        (16.1, 9),
        (19.6, 13),
        (20.3, 14),
        (22.4, 17),
        (23.7, 19),
    ]
    sea = weighers.Sea.charted()
    for time in (0.1, 0.4, 0.8, 1.0, 1.5, 3.0):
        best = max(range(10), key=lambda column: front[column][0] - time * front[column][1])
        assert sea.best((1.0, time)) == best


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 7), st.integers(2, 7))
def test_steps_are_those_of_a_search(seed: int, width: int, height: int) -> None:
    rng = np.random.default_rng(seed)
    free, target = rng.random((1, width, height)) < 0.7, rng.random((1, width, height)) < 0.15
    far = np.full((width, height), OUT_OF_REACH)
    queue = deque((int(x), int(y)) for x, y in np.argwhere(target[0]))
    for cell in queue:
        far[cell] = 0
    while queue:
        x, y = queue.popleft()
        for at in ((x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)):
            inside = 0 <= at[0] < width and 0 <= at[1] < height
            if inside and free[0][at] and not target[0][at] and far[at] == OUT_OF_REACH:
                far[at] = far[x, y] + 1
                queue.append(at)
    assert (steps_to(target, free)[0] == far).all()


@pytest.mark.parametrize("process", ["sticky", "sine", "coloured"])
def test_blind_actors_act_alike_whatever_they_see(process: Process) -> None:
    world = control.control_world("Pendulum")
    seen = [np.zeros((64, 3)), np.ones((64, 3))]
    runs = []
    for shown in seen:
        player = BlindActor(process, 0.9 if process != "sine" else 3.0, 4).start(world, 64, 7)
        runs.append(np.stack([player.act(shown, t, np.ones(64, bool)) for t in range(100)]))
    assert (runs[0] == runs[1]).all()
    assert np.abs(runs[0]).max() > 1.5
    lag = np.corrcoef(runs[0][:-1].ravel(), runs[0][1:].ravel())[0, 1]
    assert lag > 0.8


def test_networks_react(recwarn: pytest.WarningsRecorder) -> None:
    from teloscope.zoo.control.controllers import RandomNetwork

    world = control.control_world("CartPole")
    assert isinstance(world.action_set, ActionSet)  # type: ignore[attr-defined]
    player = RandomNetwork(5).start(world, 200, 0)
    seen = np.random.default_rng(0).standard_normal((200, 4))
    acts = player.act(seen, 0, np.ones(200, bool))
    assert set(acts) == {0, 1}
    assert (player.act(seen, 1, np.ones(200, bool)) == acts).all()


def test_playbacks_play_what_their_model_did() -> None:
    animal = next(a for a in arenas.non_agents("development") if a.kind == "script")
    recording = teloscope.record(animal.agent, animal.make(), episodes=6, seed=animal.seed)
    actions, _ = recording.actions("a")
    others, _ = recording.actions("b")
    assert (actions == actions[0]).all()
    assert (others == actions[0]).all()
