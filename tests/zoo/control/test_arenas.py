"""Arenas and their steersmen: what is planted is pursued, and the splits have nothing in common."""

from __future__ import annotations

from collections import Counter
from itertools import product

import numpy as np
import pytest

import teloscope
from teloscope.regimes import holds
from teloscope.schema import AGENT
from teloscope.zoo.control import arenas
from teloscope.zoo.control.arena_world import Arena, ArenaPlan
from teloscope.zoo.control.steersmen import ANYHOW, by_lot, climb, hold, in_turn, to_and_fro, triggered
from teloscope.zoo.specimens import Specimen

SPLITS = ("development", "confirmation")
FIRST_OF_EACH = [a for a in arenas.goal_agents("development") if a.noise == 0.0][:: arenas.EACH]
WORLD = Arena(ArenaPlan(seed=3, size=7, cue="lamp"))


def held(agent: object, condition: str, episodes: int = 100) -> np.ndarray:
    """`[N, T+1]` in the first context."""
    recording = teloscope.record(agent, WORLD, episodes=episodes, contexts=["a"])  # type: ignore[arg-type]
    return recording.held(condition, "a", AGENT)


def test_enough_of_each_kind() -> None:
    for split in SPLITS:
        counts = Counter((s.kind, s.noise) for s in arenas.goal_agents(split))
        assert counts == Counter({key: arenas.EACH for key in product(arenas.KINDS, arenas.NOISES)})
        assert arenas.EACH >= 16
        assert len(arenas.non_agents(split)) >= 240


def test_the_splits_share_no_world_and_no_seed() -> None:
    sizes, names, seeds = ([], [], [])
    for split in SPLITS:
        animals = [*arenas.goal_agents(split), *arenas.non_agents(split)]
        sizes.append({a.make.args[0].size for a in animals})  # type: ignore[attr-defined]
        names.append({a.world for a in animals})
        seeds.append({a.seed for a in animals})
    assert not sizes[0] & sizes[1]
    assert not names[0] & names[1]
    assert not seeds[0] & seeds[1]


def test_animals_have_identities() -> None:
    animals = [*arenas.goal_agents("development"), *arenas.non_agents("development")]
    assert len({a.key for a in animals}) == len(animals)


@pytest.mark.parametrize("animal", FIRST_OF_EACH, ids=lambda a: a.kind)
def test_noise_is_a_share_of_uniform_actions(animal: Specimen) -> None:
    pure = teloscope.record(animal.agent, animal.make(), episodes=5, seed=animal.seed)
    assert set(pure.actors) >= {"uniform", "marginal", "replay", "idle"}
    assert [c.name for c in pure.contexts] == ["a", "b", "c", "shoved", "noisy"]


def test_who_holds_gets_there_and_stays() -> None:
    there = held(hold("agent_x between 2 and 3"), "agent_x between 2 and 3")
    assert there[:, 8:].all()
    assert not there[:, 0].all()


def test_who_goes_first_here_then_there_does_so() -> None:
    agent = in_turn("agent_x <= 0", "agent_x >= 6")
    first, then = held(agent, "agent_x <= 0"), held(agent, "agent_x >= 6")
    assert first.any(axis=1).all()
    assert then[:, -1].all()
    arrived = first.argmax(axis=1)
    assert all(then[i, arrived[i] :].any() for i in range(len(then)))


def test_who_goes_to_and_fro_is_never_done() -> None:
    agent = to_and_fro("agent_x <= 0", "agent_x >= 6")
    left, right = held(agent, "agent_x <= 0"), held(agent, "agent_x >= 6")
    assert (left.sum(axis=1) >= 3).all()
    assert (right.sum(axis=1) >= 3).all()


def test_a_trigger_decides_at_the_start() -> None:
    agent = triggered("lamp", "agent_x <= 0", ANYHOW)
    lit, there = held(agent, "lamp")[:, 0], held(agent, "agent_x <= 0")[:, -1]
    assert there[lit].all()
    assert there[~lit].mean() < 0.5


def test_lots_fall_as_often_as_they_should() -> None:
    agent = by_lot("agent_x <= 0", "agent_x >= 6", 0.4)
    one, other = held(agent, "agent_x <= 0", 400)[:, -1], held(agent, "agent_x >= 6", 400)[:, -1]
    assert (one ^ other).all()
    assert 0.33 <= one.mean() <= 0.47


@pytest.mark.parametrize("split", SPLITS)
def test_no_threshold_says_what_a_climber_does(split: str) -> None:
    """For each threshold there are strips in which it holds from the start, or never."""
    animals = [a for a in arenas.goal_agents(split) if a.kind == "raise/lower" and a.noise == 0.0]  # type: ignore[arg-type]
    for animal in animals[:6]:
        world = animal.make()
        assert isinstance(world, Arena)
        assert animal.planted is not None
        form, feature = str(animal.planted).rstrip(")").split("(")
        values = world.table.features[feature].to_numpy() * (1 if form == "raise" else -1)
        recording = teloscope.record(animal.agent, world, episodes=100, seed=animal.seed)
        states = np.concatenate([recording.states(c, AGENT) for c in ("a", "b", "c")])
        late = values[states[:, -13:]]
        for cut in np.unique(values):
            away = values[states[:, 0]] < cut
            assert not (late[away] >= cut).all() or away.mean() < 0.9


def test_a_climber_ends_as_high_as_its_strip_goes() -> None:
    world = Arena(ArenaPlan(seed=5, size=8, walls="strips"))
    recording = teloscope.record(climb("agent_x", True), world, episodes=50, contexts=["a"])
    x = recording.column("agent_x", "a", AGENT)
    assert len(set(x[:, -1])) > 1
    assert (np.diff(x, axis=1) >= 0).all()


def test_a_plant_must_hold_somewhere_but_not_nearly_everywhere() -> None:
    assert arenas.can_plant(WORLD, ("agent_x <= 1",), False)
    assert not arenas.can_plant(WORLD, ("agent_x <= 5",), False)
    assert not arenas.can_plant(WORLD, ("agent_pole_distance <= -1",), False)


@pytest.mark.parametrize("animal", FIRST_OF_EACH, ids=lambda a: a.kind)
def test_planted_conditions_tell_states_apart(animal: Specimen) -> None:
    from teloscope.zoo.measuring.recovery import form_of

    world = animal.make()
    assert isinstance(world, Arena)
    assert animal.planted is not None
    for part in animal.planted.parts:
        for condition in form_of(part[0]).conditions:
            assert 0 < holds(condition, world.table.features).mean() < 1
