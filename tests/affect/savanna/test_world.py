"""The savanna as a world of teloscope and as a Gymnasium environment: one set of rules behind three doors."""

from __future__ import annotations

import warnings

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import teloscope
from teloscope.affect.savanna import ACTIONS, VARIANTS, Params
from teloscope.affect.savanna.gym_env import SavannaEnv
from teloscope.affect.savanna.world import SavannaWorld
from teloscope.errors import NotFound
from teloscope.recordings import record
from teloscope.regimes import holds
from teloscope.worlds.world import Context


@pytest.fixture(scope="module")
def world() -> SavannaWorld:
    found = teloscope.world("savanna")
    assert isinstance(found, SavannaWorld)
    return found


@pytest.fixture(scope="module")
def recording(world: SavannaWorld) -> teloscope.Recording:
    return record("random", world, episodes=8, references=["idle"])


def test_a_recording_holds_every_variant_and_true_features(recording: teloscope.Recording, world: SavannaWorld) -> None:
    assert [c.name for c in recording.contexts] == ["savanna", "mirror", "symmetric", "no-shock", "set-back"]
    steps = recording.steps().collect()
    assert set(world.feature_kinds) <= set(steps.columns)
    for context in recording.contexts:
        energy = recording.column("energy", context.name, "agent")
        assert ((energy >= 0) & (energy <= 1)).all() and energy.std() > 0.05
        assert (recording.column("alive", context.name, "agent")[:, 0]).all()
    ended = recording.episodes("savanna", "agent")
    dead = ~recording.column("alive", "savanna", "agent")[:, -1]
    assert dead.any() and (ended["terminated"].to_numpy() == dead).all()
    offspring = recording.column("offspring", "savanna", "idle")[:, -1]
    np.testing.assert_allclose(offspring, recording.episodes("savanna", "idle")["return"].to_numpy())


def test_all_actors_begin_in_one_world_and_seasons_go_on_whoever_acts(recording: teloscope.Recording) -> None:
    for name in ("energy", "season"):
        columns = [recording.column(name, "savanna", actor) for actor in ("agent", "idle")]
        np.testing.assert_array_equal(columns[0][:, 0], columns[1][:, 0])
    both = [recording.column("season", "savanna", actor)[:, :10] for actor in ("agent", "idle")]
    np.testing.assert_allclose(both[0], both[1], atol=1e-6)


def test_a_set_back_lowers_energy_half_way(recording: teloscope.Recording) -> None:
    alive = recording.column("alive", "set-back", "idle")[:, 128]
    assert alive.any()
    assert recording.column("energy", "set-back", "idle")[alive, 128] == pytest.approx(0.25)
    assert recording.column("energy", "savanna", "idle")[alive, 128].std() > 0.01


def test_values_can_be_asked_of_the_features(recording: teloscope.Recording, world: SavannaWorld) -> None:
    steps = recording.steps().collect()
    for regime in world.values.regimes():
        assert not holds(regime.condition, steps).all()


def test_an_episode_is_its_seed_wherever_it_stands_in_the_batch(world: SavannaWorld) -> None:
    seeds = np.arange(8, dtype=np.uint64) + np.uint64(17)
    lives = []
    for order in (slice(None), slice(None, None, -1)):
        sub_envs = world.sub_envs(8, world.context("mirror"))
        sub_envs.reset(seeds[order])
        for t in range(20):
            sub_envs.step(np.full(8, 11), np.ones(8, np.bool_), t)
        lives.append({name: column[:, order] for name, column in sub_envs.features(20).items()})
    for name, column in lives[0].items():
        np.testing.assert_allclose(column, lives[1][name], atol=1e-6, err_msg=name)
    assert lives[0]["energy"][20].std() > 0.01


def test_a_context_with_an_unknown_start_is_refused(world: SavannaWorld) -> None:
    with pytest.raises(NotFound, match="Start 'tundra' not found"):
        world.sub_envs(2, Context("cold", start="tundra"))


def test_the_digest_is_of_the_rules(world: SavannaWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    assert SavannaWorld().digest() == world.digest()
    monkeypatch.setitem(VARIANTS, "mirror", Params(bite=0.4))
    assert SavannaWorld().digest() != world.digest()


def test_gymnasium_finds_nothing_to_complain_of() -> None:
    env = gymnasium.make("teloscope.affect.savanna.gym_env:Savanna-v0", variant_name="mirror")
    assert isinstance(env.unwrapped, SavannaEnv) and env.unwrapped.params == VARIANTS["mirror"]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*Box observation space m.* value is -?infinity")  # cues have no bounds
        check_env(env.unwrapped, skip_render_check=True)


def test_a_gymnasium_episode_is_its_seed() -> None:
    runs = []
    for _ in range(2):
        env = SavannaEnv()
        seen, info = env.reset(seed=4)
        assert set(info) == {"energy", "fatigue", "damage", "offspring", "harmed_friends"}
        rows = [seen]
        for action in (0, 11, ACTIONS - 1):
            seen, reward, terminated, truncated, _ = env.step(action)
            assert reward in (0.0, 1.0) and not terminated and not truncated
            rows.append(seen)
        runs.append(np.stack(rows))
    np.testing.assert_array_equal(runs[0], runs[1])
    assert not np.array_equal(runs[0], np.stack([SavannaEnv().reset(seed=5)[0]] * 4))
