"""The savanna's rules against a reference in plain Python, and what must hold of every variant."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

from teloscope.affect.savanna import (
    ACTIONS,
    CALM,
    OBSERVATION,
    OBSERVED,
    PATCHES,
    START_DRAWS,
    STEP_DRAWS,
    VARIANTS,
    Params,
    Savanna,
    State,
    action_names,
    action_number,
    choice_of,
    observe,
    start,
    transition,
    variant,
)
from teloscope.errors import NotFound

WORLDS, STEPS = 64, 40
QUIET = Params(loss_rate=0.0, vaccine_rate=0.0)
NEUTRAL = np.full(STEP_DRAWS, 0.5, np.float32)
"""Draws with which nothing happens: no shock, no vaccine, no birth, nobody leaves, no noise."""
stepped = jax.jit(jax.vmap(transition, (0, 0, 0, None)))
seen_by = jax.jit(jax.vmap(observe, (0, None)))


def made_of(leaves: Any) -> State:
    """A state of NumPy's arrays in the place of JAX's."""
    return State(*leaves)


def one(state: State, action: Any, drawn: Any, params: Params) -> tuple[State, Any, Any]:
    """One world's step: the first of as many copies as the other tests step at once."""
    rows = [np.broadcast_to(leaf, (WORLDS, *np.shape(leaf))) for leaf in state]
    found = stepped(made_of(rows), np.full(WORLDS, action, np.int32), np.tile(drawn, (WORLDS, 1)), params)
    return jax.tree.map(lambda leaf: np.asarray(leaf)[0], found)


def seen_of(state: State, params: Params) -> Any:
    """What one world shows."""
    rows = [np.broadcast_to(leaf, (WORLDS, *np.shape(leaf))) for leaf in state]
    return np.asarray(seen_by(made_of(rows), params))[0]


@jax.jit
def begun(drawn: jax.Array, params: Params) -> State:
    return jax.vmap(start, (0, None))(drawn, params)


@pytest.fixture(scope="module")
def lives() -> dict[str, list[tuple[State, Any, Any]]]:
    """Each variant's worlds under random actions: (state before, draws and actions, what came)."""
    found = {}
    for name, params in VARIANTS.items():
        rng = np.random.default_rng(7)
        state = begun(rng.random((WORLDS, START_DRAWS), np.float32), params)
        steps = []
        for _ in range(STEPS):
            drawn, actions = rng.random((WORLDS, STEP_DRAWS), np.float32), rng.integers(0, ACTIONS, WORLDS)
            after, reward, info = stepped(state, actions, drawn, params)
            steps.append((state, (actions, drawn), (after, reward, info)))
            state = after
        found[name] = steps
    return found


def body(state: Any, action: int, drawn: NDArray[Any], p: Params) -> dict[str, float]:
    """Energy, fatigue and damage after a step, worked out by hand from what the docstring of the rules says."""
    effort = 0.0 if action == CALM else (0.0, 0.25, 0.5, 1.0)[action % 4]
    target, avoids = (None, False) if action == CALM else (action // 8, action % 8 >= 4)
    step = p.speed * effort * (1 - 0.7 * state.fatigue) * (1 if avoids else -1)
    within = {}
    for i in range(6):
        moved = state.patch_distance[i] + 0.05 * (0.6 - state.patch_distance[i]) + step * (target == i)
        if min(max(moved, 0), 1) < 0.1:
            within[i] = min(state.patch_food[i], p.bite)
    eaten = min(sum(within.values()), p.bite) if within else 0.0
    friends = foes = 0
    for i in range(4):
        struck = target == 6 + i and avoids and effort >= 0.5 and state.other_distance[i] < 0.3
        distance = min(max(state.other_distance[i] - 0.02 + step * (target == 6 + i), 0), 1)
        if distance < 0.15 and not struck:
            friends += state.other_friend[i] == 1
            foes += state.other_friend[i] == 0
    shield = state.vaccine_shield > 0
    bitten = p.foe_damage * foes * (0.3 if shield else 1)
    d = drawn[0]
    kind, loss, gain = "energy", 0.0, 0.0
    if d < p.loss_rate:
        kind, loss = ("damage" if d / p.loss_rate >= 0.5 else "energy"), p.shock_size
        loss *= 0.3 if shield and kind == "damage" else 1
    elif d < p.loss_rate + p.gain_rate:
        kind, gain = ("damage" if (d - p.loss_rate) / p.gain_rate >= 0.5 else "energy"), p.shock_size
    trickle = (p.loss_rate - p.gain_rate) * p.shock_size / 2
    rate = p.fertility * (3 if friends else 1) * min(max((state.energy - 0.4) / 0.6, 0), 1)
    born = drawn[2] < rate * (1 - state.damage) * (1 - state.fatigue / 2)
    spent = (
        (p.effort_cost if effort else 0) + p.effort_cost_squared * effort**2 + (p.calm_cost if action == CALM else 0)
    )
    energy = state.energy + eaten + p.gift * friends + 0.002 * shield - p.metabolism - spent - p.birth_cost * born
    energy += trickle + (gain - loss) * (kind == "energy")
    wound = state.wound + bitten * p.foe_slow
    healing = 0.003 * (2 if effort == 0 else 1) * (3 if shield else 1)
    damage = state.damage + bitten * (1 - p.foe_slow) + min(wound, 0.02) - healing - trickle
    damage += (loss - gain) * (kind == "damage")
    fatigue = state.fatigue + 0.04 * effort**2 - 0.02 * (1 - effort) ** 2
    return {name: min(max(x, 0), 1) for name, x in {"energy": energy, "damage": damage, "fatigue": fatigue}.items()} | {
        "born": float(born)
    }


@pytest.mark.parametrize("name", VARIANTS)
def test_the_body_moves_as_a_reference_in_plain_python_says(name: str, lives: Any) -> None:
    for before, (actions, drawn), (after, _, _) in lives[name][::4]:
        rows = jax.tree.map(np.asarray, before)
        for row in range(0, WORLDS, 5):
            state = made_of(leaf[row] for leaf in rows)
            expected = body(state, int(actions[row]), drawn[row], VARIANTS[name])
            got = {key: float(getattr(after, key)[row]) for key in expected}
            assert got == pytest.approx(expected, abs=2e-5)


@pytest.mark.parametrize("name", VARIANTS)
def test_states_stay_within_their_bounds_and_are_seen_as_they_are(name: str, lives: Any) -> None:
    params = VARIANTS[name]
    for _, _, (after, _, info) in lives[name]:
        for part, most in (
            ("energy", 1),
            ("fatigue", 1),
            ("damage", 1),
            ("patch_distance", 1),
            ("patch_food", 0.4 + 1e-6),
        ):
            values = np.asarray(getattr(after, part))
            assert (values >= -1e-6).all() and (values <= most).all(), part
        seen = np.asarray(seen_by(after, params))
        assert seen.shape == (WORLDS, OBSERVED) and np.isfinite(seen).all()
        np.testing.assert_allclose(seen[:, OBSERVATION["patch_food"]] * 0.4, after.patch_food, atol=1e-6)
        assert (seen[:, OBSERVATION["cue"]][np.asarray(after.other_distance) >= 0.6] == 0).all()
        np.testing.assert_allclose(seen[:, OBSERVATION["born"]][:, 0], info.offspring)


def test_every_variant_expects_the_same_from_its_events() -> None:
    """Shocks and trickle together move energy and damage by nothing, over a grid of draws; rates are 62.5 times theirs,
    so that 64 draws meet them exactly."""
    grid = (np.arange(WORLDS, dtype=np.float32) + 0.5) / WORLDS
    drawn = np.full((WORLDS, STEP_DRAWS), 0.5, np.float32)
    drawn[:, 0] = grid
    still = begun(np.full((WORLDS, START_DRAWS), 0.5, np.float32), QUIET)
    still = still._replace(other_distance=np.ones_like(still.other_distance), damage=np.full_like(still.damage, 0.5))
    sizes = {}
    for name, params in VARIANTS.items():
        loss, gain = 62.5 * params.loss_rate, 62.5 * params.gain_rate
        often = params._replace(vaccine_rate=0.0, loss_rate=loss, gain_rate=gain)
        after, _, info = stepped(still, np.zeros(WORLDS, np.int32), drawn, often)
        energy = np.asarray(after.energy - still.energy, np.float64).mean() + params.metabolism
        damage = np.asarray(after.damage - still.damage, np.float64).mean() + 0.006
        assert energy == pytest.approx(0, abs=1e-6) and damage == pytest.approx(0, abs=1e-6), name
        sizes[name] = (float(info.loss.max()), float(info.gain.max()))
    assert sizes["savanna"] == pytest.approx((0.3, 0.0)) and sizes["mirror"] == pytest.approx((0.0, 0.3))
    assert sizes["symmetric"] == pytest.approx((0.3, 0.3)) and sizes["no-shock"] == (0.0, 0.0)


def world(**parts: Any) -> State:
    """A world in which little happens, but for these parts."""
    state = begun(np.full((WORLDS, START_DRAWS), 0.5, np.float32), QUIET)
    still = made_of(np.asarray(leaf)[0] for leaf in state)
    away = {"other_distance": np.ones(4), "other_arrived": np.zeros(4), "patch_distance": np.ones(PATCHES)}
    return still._replace(**{name: np.asarray(x, np.float32) for name, x in (away | parts).items()})


def test_effort_is_paid_by_its_square_and_tires() -> None:
    cost = {}
    for index, effort in enumerate((0.0, 0.25, 0.5, 1.0)):
        after, _, info = one(world(), (action_number(0, 0, index)), NEUTRAL, QUIET)
        cost[effort] = float(info.spent)
        assert float(after.fatigue) == pytest.approx(
            max(0.15 + 0.04 * effort**2 - 0.02 * (1 - effort) ** 2, 0), abs=1e-6
        )
    assert cost == pytest.approx({0.0: 0.0, 0.25: 0.002 + 0.02 / 16, 0.5: 0.002 + 0.02 / 4, 1.0: 0.022}, abs=1e-7)


def test_calm_and_planning_cost_energy_and_do_nothing_else() -> None:
    rested, _, _ = one(world(), 0, NEUTRAL, QUIET)
    calmed, _, _ = one(world(), CALM, NEUTRAL, QUIET)
    planned, _, _ = one(world(), 0, NEUTRAL, QUIET._replace(plan_depth=4.0))
    assert float(rested.energy - calmed.energy) == pytest.approx(0.005, abs=1e-6)
    assert float(rested.energy - planned.energy) == pytest.approx(0.002, abs=1e-6)
    same = {name: np.array_equal(a, b) for name, a, b in zip(State._fields, rested, calmed, strict=True)}
    assert {name for name, equal in same.items() if not equal} == {"energy", "felt_past"}


def test_a_friend_struck_is_harmed_and_a_foe_struck_is_not() -> None:
    strike = action_number(PATCHES, 1, 2)
    for friend, harm in ((1.0, 0.5), (0.0, 0.0)):
        after, _, info = one(
            world(other_distance=[0.2, 1, 1, 1], other_friend=[friend, 1, 1, 1]), strike, NEUTRAL, QUIET
        )
        assert float(after.harmed_friends) == harm and float(info.struck_foe) == (1.0 - friend)
        assert float(after.other_distance[0]) == 1.0 and float(after.other_arrived[0]) == 1.0
    far, _, _ = one(world(other_distance=[0.35, 1, 1, 1], other_friend=[1, 1, 1, 1]), strike, NEUTRAL, QUIET)
    assert float(far.harmed_friends) == 0.0


def test_the_vaccine_hurts_without_harm_and_helps_later() -> None:
    plain = vaccinated = world(damage=0.4)
    params = QUIET._replace(felt_delay=0, felt_noise=0.0)
    pains = []
    for t in range(30):
        plain, _, _ = one(plain, 0, NEUTRAL, params)
        vaccinated, _, info = one(vaccinated, 0, NEUTRAL, params._replace(vaccine_rate=1.0 if t == 0 else 0.0))
        assert float(info.vaccinated) == (t == 0)
        pains.append(float(vaccinated.felt[2] - vaccinated.damage))
        told = float(seen_of(vaccinated, params)[OBSERVATION["told"]][0])
        assert told == (pains[-1] > 0.1)
        if t < 4:
            assert float(vaccinated.damage) == pytest.approx(float(plain.damage), abs=1e-6)
    assert np.allclose(pains[:4], 0.5, atol=1e-6) and np.allclose(pains[4:], 0.0, atol=1e-6)
    assert float(vaccinated.damage) < float(plain.damage) - 0.05
    assert float(vaccinated.energy) > float(plain.energy)


def test_what_is_felt_is_late_noisy_and_can_be_masked() -> None:
    state, energies = world(energy=0.9), []
    params = QUIET._replace(felt_noise=0.0)
    for _ in range(5):
        state, _, _ = one(state, (action_number(0, 1, 3)), NEUTRAL, params)
        energies.append(float(state.energy))
    assert float(state.felt[0]) == pytest.approx(energies[-3], abs=1e-6) and energies[-1] < energies[-3]
    masked = seen_of(state, params._replace(feels_energy=0.0))
    assert masked[OBSERVATION["felt"]][0] == 0 and masked[OBSERVATION["feels"]].tolist() == [0, 1, 1]


def test_cues_of_friends_and_foes_lie_d_apart_with_spread_1() -> None:
    rng, apart = np.random.default_rng(0), QUIET._replace(cue_separation=1.5)
    worlds = [begun(rng.random((WORLDS, START_DRAWS), np.float32), apart) for _ in range(300)]
    cue = np.concatenate([np.asarray(state.other_cue).ravel() for state in worlds])
    friend = np.concatenate([np.asarray(state.other_friend).ravel() for state in worlds]) > 0
    assert friend.mean() == pytest.approx(0.6, abs=0.01)
    error = 4 * math.sqrt(1 / friend.sum() + 1 / (~friend).sum())
    assert cue[friend].mean() - cue[~friend].mean() == pytest.approx(1.5, abs=error)
    assert cue[friend].std() == pytest.approx(1, abs=0.02)
    share = (cue[friend] > 0).mean()  # hits at criterion 0
    assert share == pytest.approx(NormalDist().cdf(0.75), abs=0.01)


def test_actions_are_numbered_as_they_are_named() -> None:
    names = action_names()
    assert len(names) == ACTIONS == 81 and names[CALM] == "calm"
    assert names[int(action_number(7, 1, 3))] == "avoid_other_1_full"
    choice = choice_of(action_number(7, 1, 3))
    assert (int(choice.target), bool(choice.avoids), float(choice.effort), bool(choice.calms)) == (7, True, 1.0, False)
    calm = choice_of(jnp.int32(CALM))
    assert (int(calm.target), float(calm.effort), bool(calm.calms)) == (-1, 0.0, True)


def test_an_unknown_variant_is_told_with_the_known_ones() -> None:
    with pytest.raises(NotFound, match=r"miror.*Did you mean 'mirror'"):
        variant("miror")


def test_a_world_that_has_ended_begins_anew_and_says_so() -> None:
    env = Savanna("mirror", ends_apart=True)
    assert env.default_params == VARIANTS["mirror"]
    params = env.default_params._replace(max_steps_in_episode=3)
    step, key = jax.jit(env.step), jax.random.PRNGKey(0)
    first = begun(np.full((WORLDS, START_DRAWS), 0.5, np.float32), params)
    state = made_of(np.asarray(leaf)[0] for leaf in first)
    times, cuts = [], []
    for i in range(7):
        seen, state, _, terminated, truncated, info = step(jax.random.fold_in(key, i), state, np.int32(0), params)
        times.append(int(state.time))
        cuts.append(bool(truncated))
        assert not bool(terminated) and bool(info["truncated"]) == cuts[-1]
        np.testing.assert_allclose(seen, seen_of(state, params), atol=1e-6)
        assert np.array_equal(info["final_observation"], seen) != cuts[-1]
    assert times == [1, 2, 0, 1, 2, 0, 1] and cuts == [False, False, True, False, False, True, False]
    starving = state._replace(energy=np.float32(0.001))
    *_, terminated, truncated, info = step(key, starving, np.int32(action_number(0, 1, 3)), params)
    assert bool(terminated) and not bool(truncated) and float(info["died"]) == 1.0
    assert env.action_space(params).n == ACTIONS and env.observation_space(params).shape == (OBSERVED,)


def test_trainers_of_gymnax_get_what_they_unpack() -> None:
    env, key = Savanna(), jax.random.PRNGKey(0)
    seen, state = jax.eval_shape(env.reset, key, env.default_params)
    found = jax.eval_shape(env.step, key, state, jnp.int32(0), env.default_params)
    observation, after, reward, done, info = found
    assert (observation.shape, reward.shape, done.dtype) == (seen.shape, (), np.bool_)
    assert jax.tree.structure(after) == jax.tree.structure(state) and "final_observation" in info
