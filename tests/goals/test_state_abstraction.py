"""Spelling recordings in abstract states: states, recurring rows, cut rows; and which steps a shove took."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from teloscope.goals.state_abstraction import CUTS, FAR, abstract_states, after_shove, quantile_edges, shoved_steps
from teloscope.recordings import open_recording, record
from teloscope.worlds.world import Context


def values_of(abstract, context: str, actor: str, feature: str) -> np.ndarray:
    """`[N, T+1]` a feature as the spelling tells it."""
    return abstract.frame[feature].to_numpy()[abstract.spelled[context, actor]]


def test_in_a_table_world_a_symbol_is_a_state():
    recording = record("random", "island", episodes=5)
    abstract = abstract_states(recording)
    assert abstract.size == len(recording.states_table)
    for context in recording.contexts:
        for actor in recording.actors:
            states = recording.states(context.name, actor)
            np.testing.assert_array_equal(abstract.spelled[context.name, actor], states)


def test_recurring_rows_are_spelled_exactly_and_episodes_stay_where_they_ended(told):
    lives = {
        ("plain", "agent"): {"x": [[0, 1], [0, 1, 2, 3]] * 20, "lit": [[False, True], [False] * 4] * 20},
        ("plain", "uniform"): {"x": [[0, 0, 0], [3]] * 20, "lit": [[True] * 3, [False]] * 20},
    }
    recording = told(lives, horizon=3)
    abstract = abstract_states(recording)
    assert abstract.size == 6, "six different rows"
    for actor, expected in (("agent", [[0, 1, 1, 1], [0, 1, 2, 3]]), ("uniform", [[0, 0, 0, 0], [3, 3, 3, 3]])):
        np.testing.assert_array_equal(values_of(abstract, "plain", actor, "x")[:2], expected)
        np.testing.assert_array_equal(values_of(abstract, "plain", actor, "x"), recording.column("x", "plain", actor))
    np.testing.assert_array_equal(values_of(abstract, "plain", "agent", "lit")[0], [False, True, True, True])


def test_continuous_features_are_cut_at_quantiles(told):
    rng = np.random.default_rng(1)
    heights = {actor: rng.normal(size=(30, 21)) for actor in ("agent", "uniform")}
    lives = {("plain", a): {"height": h, "side": rng.random((30, 21)) < 0.5} for a, h in heights.items()}
    recording = told(lives)
    abstract = abstract_states(recording)
    for actor, truth in heights.items():
        spelled = values_of(abstract, "plain", actor, "height")
        cells = np.unique(spelled)
        order = np.array([(truth[spelled == a].max(), truth[spelled == b].min()) for a, b in pairwise(cells)])
        assert (order[:, 0] < order[:, 1]).all(), "cells are intervals in order"
        np.testing.assert_array_equal(values_of(abstract, "plain", actor, "side"), lives["plain", actor]["side"])
    rows = np.concatenate([h.ravel() for h in heights.values()])
    edges = quantile_edges(rows)
    cells = abstract.frame["height"].unique().sort().to_numpy()[1:]
    told_of = np.unique([*edges, *abstract.settlings["height"].bounds])
    assert set(cells) <= set(told_of), "nothing else is an edge"
    assert set(told_of[(told_of > rows.min()) & (told_of < rows.max())]) <= set(cells)
    np.testing.assert_array_equal(edges, -edges[::-1], "what takes both signs alike has an edge at -c for each c")
    sizes = np.histogram(rows, [-np.inf, *edges, np.inf])[0]
    sizes = sizes + sizes[::-1]
    assert len(edges) == CUTS - 1
    assert sizes.max() <= 1.2 * sizes.min(), "as many rows of each size"


def test_features_of_one_sign_are_cut_at_quantiles_and_two_far_ones():
    rng = np.random.default_rng(1)
    heights = {actor: rng.exponential(size=(30, 21)) for actor in ("agent", "uniform")}
    rows = np.concatenate([h.ravel() for h in heights.values()])
    counts = np.histogram(rows, [-np.inf, *quantile_edges(rows), np.inf])[0]
    assert len(counts) == CUTS + len(FAR)
    assert counts[2:-2].max() <= 1.2 * counts[2:-2].min(), "as many rows in each cell but the outermost"
    assert counts[[0, -1]].max() <= 0.015 * rows.size, "one in a hundred beyond the far quantiles"


def test_few_valued_features_survive_the_cut_unchanged(told):
    rng = np.random.default_rng(2)
    lives = {
        ("plain", a): {"height": rng.normal(size=(10, 9)), "floor": rng.integers(0, 4, (10, 9))}
        for a in ("agent", "uniform")
    }
    recording = told(lives)
    np.testing.assert_array_equal(
        values_of(abstract_states(recording), "plain", "agent", "floor"), recording.column("floor", "plain", "agent")
    )


def test_features_that_never_change_make_one_symbol(told):
    lives = {("plain", a): {"x": np.full((4, 6), 2.5)} for a in ("agent", "uniform")}
    assert abstract_states(told(lives)).size == 1


@pytest.mark.parametrize(
    ("forced", "shove_at", "skipped", "after"),
    [
        (0, None, [], None),
        (0, 0, [], 0),
        (0, 2, [1], 2),
        (3, 2, [2, 3, 4], 5),
        (3, 6, [6, 7], 8),
    ],
)
def test_shoves_that_replace_the_state_and_shoves_that_force_actions(told, forced, shove_at, skipped, after):
    """A state is replaced just before step t acts; forced actions are those of steps t, t+1, …"""
    context = Context("plain", shove_at=shove_at)
    recording = told({("plain", a): {"x": np.zeros((2, 9))} for a in ("agent", "uniform")}, contexts=(context,))
    recording.manifest = recording.manifest.model_copy(update={"shove_steps": forced})
    assert list(np.flatnonzero(shoved_steps(recording, context))) == skipped
    if after is not None:
        assert after_shove(recording, context) == after


def test_forced_shoves_are_told_by_the_recording_even_where_the_world_is_gone():
    from teloscope.worlds.gym.world import GymWorld

    world = GymWorld("CartPole-v1", horizon=20, shove_steps=4)
    recording = record("random", world, episodes=3)
    assert open_recording(recording.folder).manifest.shove_steps == 4
    shoved = next(c for c in recording.contexts if c.shove_at is not None)
    assert shoved.shove_at is not None
    assert after_shove(recording, shoved) == shoved.shove_at + 4
