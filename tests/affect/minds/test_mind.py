"""A mind step by step against a mind over all steps at once, its slow channel, its planner, and its file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from teloscope.affect.minds import Memory, Mind, Recipe, load_mind, new_mind, sample_action, save_mind
from teloscope.affect.minds.mind import shape_of_mind
from teloscope.affect.savanna import ACTIONS, CALM, OBSERVED
from teloscope.errors import BadAgent, BadStudy

STEPS = 12
PLANS = Recipe(depth=1)


@pytest.fixture(scope="module")
def mind() -> Mind:
    """A planning mind: everything a mind can have."""
    return new_mind(PLANS, seed=1)


@eqx.filter_jit
def think(mind: Mind, memory: Memory, observation: jax.Array, plans: bool = True) -> Any:
    """`Mind.think`, compiled once for all tests."""
    return mind.think(memory, observation, plans)


@pytest.fixture(scope="module")
def life() -> tuple[jax.Array, jax.Array, jax.Array]:
    """Observations, where episodes begin, actions; calm among them."""
    rng = np.random.default_rng(0)
    fresh = np.zeros(STEPS, np.float32)
    fresh[[0, 5]] = 1
    actions = rng.integers(0, ACTIONS, STEPS)
    actions[[2, 7]] = CALM
    return jnp.asarray(rng.normal(size=(STEPS, OBSERVED)), jnp.float32), jnp.asarray(fresh), jnp.asarray(actions)


def test_thinking_all_steps_at_once_is_thinking_one_after_another(mind: Mind, life: Any) -> None:
    observations, fresh, actions = life
    logits, values, hidden = eqx.filter_jit(mind.think_through)(mind.blank(), *life)
    memory = mind.blank()
    for t in range(STEPS):
        memory = mind.blank() if fresh[t] else memory
        memory, thought = think(mind, memory, observations[t])
        np.testing.assert_allclose(thought.logits, logits[t], atol=2e-5)
        np.testing.assert_allclose(thought.value, values[t], atol=2e-5)
        np.testing.assert_allclose(memory.hidden, hidden[t], atol=2e-5)
        memory = mind.calmed(memory, actions[t])
    assert np.std(logits, axis=0).min() > 1e-4, "the logits follow what is seen"


def test_the_slow_channel_is_slow_and_calm_halves_it(mind: Mind, life: Any) -> None:
    observations, _, _ = life
    memory, _ = think(mind, mind.blank(), observations[0])
    goal = jnp.tanh(mind.slow_input(jax.nn.relu(mind.encoder(observations[0]))))
    np.testing.assert_allclose(memory.slow, goal / 50, rtol=1e-4)
    np.testing.assert_allclose(mind.calmed(memory, jnp.int32(CALM)).slow, memory.slow / 2, rtol=1e-6)
    np.testing.assert_array_equal(mind.calmed(memory, jnp.int32(3)).slow, memory.slow)


def test_latents_are_set_and_change_what_is_done_but_not_what_the_critic_says(mind: Mind, life: Any) -> None:
    observations, _, _ = life
    memory, _ = think(mind, mind.blank(), observations[0])
    latents = mind.latents(memory)
    assert latents.shape == (mind.dimensions,) == (68,)
    np.testing.assert_array_equal(mind.latents(mind.with_latents(memory, latents)), latents)
    pushed = mind.with_latents(memory, latents.at[64:].add(1.0))
    thoughts = [think(mind, m, observations[1])[1] for m in (memory, pushed)]
    assert np.abs(thoughts[0].logits - thoughts[1].logits).max() > 1e-3
    assert float(thoughts[0].value) == float(thoughts[1].value)


def test_the_planner_advises_and_can_be_cut(mind: Mind, life: Any) -> None:
    observations, _, _ = life
    memory, whole = think(mind, mind.blank(), observations[0])
    after, cut = think(mind, mind.blank(), observations[0], plans=False)
    assert np.abs(whole.logits - cut.logits).max() > 1e-4 and float(whole.plan) == float(cut.plan) != 0
    np.testing.assert_array_equal(memory.slow, after.slow)
    np.testing.assert_allclose(cut.logits, mind.intend(memory.hidden, memory.slow, observations[0]), atol=1e-6)


def test_without_the_channel_there_are_64_latents_and_nothing_slow() -> None:
    plain = shape_of_mind(Recipe(slow=False))
    assert plain.dimensions == 64 and plain.planner is None
    assert plain._slow_goal(np.ones((5, 64))).tolist() == [[0.0] * 4] * 5  # type: ignore[arg-type]
    memory = Memory(np.ones(64), np.ones(4), np.ones(32))  # type: ignore[arg-type]
    assert plain.latents(memory).shape == (64,)
    assert plain.with_latents(memory, np.zeros(64)).slow.all(), "there is nothing slow to set"  # type: ignore[arg-type]


@pytest.mark.parametrize("depth", [-1, 17])
def test_a_depth_that_no_mind_has_is_refused(depth: int) -> None:
    with pytest.raises(BadStudy, match=f"depth {depth}; expected 0 to 16"):
        Recipe(depth=depth)


def test_an_action_is_drawn_as_often_as_it_is_likely() -> None:
    logits = jnp.log(jnp.array([0.5, 0.0, 0.2, 0.3]))
    draws = (jnp.arange(10_000) + 0.5) / 10_000
    counts = np.bincount(jax.vmap(sample_action, (None, 0))(logits, draws), minlength=4)
    np.testing.assert_allclose(counts / 10_000, [0.5, 0, 0.2, 0.3], atol=2e-4)
    assert int(sample_action(logits, jnp.float32(1 - 2**-24))) == 3


def test_a_mind_comes_back_from_its_file_as_it_was(mind: Mind, tmp_path: Path, life: Any) -> None:
    path = save_mind(mind, tmp_path / "mind.safetensors", diverged="", training={"seed": 4})
    back, head = load_mind(path)
    assert back.recipe == PLANS and head["training"] == {"seed": 4}
    for ours, theirs in zip(jax.tree.leaves(mind), jax.tree.leaves(back), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert save_mind(back, tmp_path / "again", **{k: head[k] for k in ("diverged", "training")}).read_bytes() == (
        path.read_bytes()
    )
    assert isinstance(back.blank(), Memory)


def _torn(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def _not_finite(path: Path) -> None:
    _changed(path, lambda arrays: arrays[".head.bias"].__setitem__(0, np.nan))


def _lacking(path: Path) -> None:
    _changed(path, lambda arrays: arrays.pop(".head.bias"))


def _of_another_shape(path: Path) -> None:
    _changed(path, lambda arrays: arrays.__setitem__(".head.bias", np.zeros(3, np.float32)))


def _changed(path: Path, change: Any) -> None:
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as file:
        metadata = file.metadata()
    arrays = load_file(path)
    change(arrays)
    save_file(arrays, path, metadata)


def _of_another_kind(path: Path) -> None:
    save_file({"weights": np.zeros(2)}, path)


def _a_pickle(path: Path) -> None:
    path.write_bytes(b"\x80\x04N.")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (Path.unlink, "it is not there"),
        (_torn, "is torn"),
        (_a_pickle, "is no mind"),
        (_of_another_kind, "expected kind 'teloscope-mind'"),
        (_not_finite, r"head\.bias has 1 numbers that are not finite.*diverged"),
        (_lacking, r"it lacks \['.head.bias'\]"),
        (_of_another_shape, r"shape \(3,\).*expected \(81,\)"),
    ],
)
def test_a_file_that_is_no_mind_is_refused_in_words(damage: Any, message: str, mind: Mind, tmp_path: Path) -> None:
    path = save_mind(mind, tmp_path / "mind.safetensors")
    damage(path)
    with pytest.raises(BadAgent, match=message):
        load_mind(path)
