"""Sampled worlds, by a world small enough to know what comes out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from teloscope.errors import BadWorld, NotExact, NotFound
from teloscope.worlds.sampled import BatchOutcome, SampledWorld, draws, select_rows
from teloscope.worlds.world import Context


class Walk(SampledWorld):
    """A walk on a line, with a slip; ends at 3."""

    name = "walk"
    horizon = 6
    actions = ("left", "right")
    contexts = (
        Context("train", kind="train"),
        Context("pushed", start="train", shove_at=2),
        Context("anywhere"),
    )
    slip = 0.25

    def starts(self, start):
        return {"x": np.arange(3) if start == "anywhere" else np.zeros(1, dtype=int)}

    def step(self, states, actions, draws):
        way = np.where(draws[:, 0] < self.slip, -1, 1) * (2 * actions - 1)
        x = states["x"] + way
        return BatchOutcome({"x": x}, way.astype(float), -way.astype(float), x >= 3)

    def features(self, states):
        return {"far": states["x"] >= 2}

    def entities(self, states):
        return {"agent": (states["x"], np.zeros_like(states["x"])), "post": (np.full_like(states["x"], 5), states["x"])}

    def shove(self, states, draws):
        return {"x": np.where(draws < 0.5, -10, -20)}


SEEDS = np.arange(64, dtype=np.uint64) + np.uint64(2**60)
TRAIN, PUSHED, ANYWHERE = Walk.contexts


def went(world, context, seeds, steps=6):
    """Positions `[T+1, B]` of walkers that always go right."""
    sub_envs = world.sub_envs(len(seeds), context)
    sub_envs.reset(seeds)
    alive = np.ones(len(seeds), dtype=bool)
    for t in range(steps):
        if t == context.shove_at:
            sub_envs.shove(t)
        alive &= ~sub_envs.step(np.ones(len(seeds), dtype=int), alive, t).terminated
    return sub_envs.features(steps)["agent_x"]


def test_an_episode_is_the_same_in_any_batch():
    together = went(Walk(), TRAIN, SEEDS)
    alone = np.concatenate([went(Walk(), TRAIN, SEEDS[i : i + 1]) for i in range(len(SEEDS))], axis=1)
    np.testing.assert_array_equal(together, alone)
    assert len(np.unique(together, axis=1)[0]) > 5


def test_an_ended_episode_stays_where_it_ended():
    positions = went(Walk(), TRAIN, SEEDS)
    ended = positions[3] == 3
    assert ended.any() and (positions[3:, ended] == 3).all()


def test_starts_are_uniform_over_the_rows():
    counts = np.bincount(went(Walk(), ANYWHERE, np.arange(3000, dtype=np.uint64), steps=1)[0])
    assert len(counts) == 3 and (abs(counts - 1000) < 120).all()


def test_a_shove_rewrites_the_state_before_its_step():
    shoved = went(Walk(), PUSHED, SEEDS)[2]
    assert set(shoved) == {-10, -20}


def test_slips_come_at_their_rate():
    first = went(Walk(), TRAIN, np.arange(4000, dtype=np.uint64), steps=1)[1]
    assert np.mean(first == -1) == pytest.approx(0.25, abs=0.03)


def test_features_come_with_those_of_entities():
    columns = Walk().tabulate({"x": np.array([0, 2])})
    assert list(columns) == [
        *("far", "agent_x", "agent_y", "post_x", "post_y"),
        *("agent_post_dx", "agent_post_dy", "agent_post_distance"),
    ]
    np.testing.assert_array_equal(columns["agent_post_distance"], [5, 5])
    assert Walk().feature_kinds["far"] == "bool" and Walk().feature_kinds["agent_x"] == "number"
    assert Walk().entity_names == ("agent", "post")
    assert Walk().observe({"x": np.array([0, 2])}).shape == (2, 8)


def test_a_feature_that_is_not_finite_is_refused():
    class Broken(Walk):
        def features(self, states):
            return {"ratio": np.where(states["x"] == 0, np.nan, 1.0)}

    with pytest.raises(BadWorld, match="'ratio' is not finite in 1 of 2"):
        Broken().tabulate({"x": np.array([0, 1])})


def test_no_table_and_why():
    with pytest.raises(NotExact, match=r"'walk' has no table.*too many states"):
        _ = Walk().table


def test_an_unknown_start_is_refused():
    with pytest.raises(NotFound, match="Did you mean 'anywhere'"):
        Walk().sub_envs(1, Context("mine", start="anywere"))


def test_the_digest_knows_the_rules():
    class Slippery(Walk):
        slip = 0.5

    assert Walk().digest() == Walk().digest() != Slippery().digest()


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**15), st.integers(1, 20))
def test_draws_are_uniform_numbers_that_depend_on_their_seed_alone(seed, t, count):
    seeds = np.array([seed, seed ^ 1], dtype=np.uint64)
    both = draws(seeds, t, np.uint64(7), count)
    assert both.shape == (2, count) and (both >= 0).all() and (both < 1).all()
    np.testing.assert_array_equal(both[:1], draws(seeds[:1], t, np.uint64(7), count))
    assert not np.array_equal(both[0], both[1])
    assert not np.array_equal(both, draws(seeds, t + 1, np.uint64(7), count))
    assert not np.array_equal(both, draws(seeds, t, np.uint64(8), count))


def test_draws_are_uncorrelated_across_steps_and_places():
    many = np.stack([draws(SEEDS, t, np.uint64(0), 8) for t in range(50)], axis=1).reshape(-1, 8)
    assert abs(many.mean() - 0.5) < 0.01
    assert (abs(np.corrcoef(many.T) - np.eye(8)) < 0.07).all()


def test_rows_are_chosen_one_by_one():
    ours, theirs = {"x": np.arange(3), "m": np.ones((3, 2))}, {"x": np.zeros(3, dtype=int), "m": np.zeros((3, 2))}
    mixed = select_rows(np.array([True, False, True]), ours, theirs)
    np.testing.assert_array_equal(mixed["x"], [0, 0, 2])
    np.testing.assert_array_equal(mixed["m"].sum(axis=1), [2, 0, 2])
