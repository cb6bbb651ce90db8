"""References made of the agent's habits: how often, and in what order, but never looking."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from teloscope.agents.references import ActionHistory, replay_actions


@st.composite
def habits(draw: st.DrawFn) -> ActionHistory:
    """Up to four contexts of as many episodes each; an action names its episode, so that donors can be told."""
    contexts, each, steps = draw(st.integers(1, 4)), draw(st.integers(1, 5)), draw(st.integers(1, 6))
    count = contexts * each
    lengths = np.array(draw(st.lists(st.integers(1, steps), min_size=count, max_size=count)), dtype=np.int32)
    actions = np.repeat(np.arange(1, count + 1)[:, None], steps, axis=1)
    actions[np.arange(steps) >= lengths[:, None]] = 0  # padding
    return ActionHistory(actions, lengths, np.repeat(np.arange(contexts, dtype=np.int32), each))


def some_draws(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2**64, count, dtype=np.uint64)


SEEDS = st.integers(0, 1000)


@given(habits(), SEEDS)
def test_a_donor_is_another_contexts_episode_where_there_is_one(given_habits: ActionHistory, seed: int) -> None:
    assume(given_habits.contexts[-1] > 0)
    each = int((given_habits.contexts == 0).sum())
    for context in range(given_habits.contexts[-1] + 1):
        donors = replay_actions(given_habits, context, np.arange(each), some_draws(each, seed))[:, 0] - 1
        assert (given_habits.contexts[donors] != context).all()


@given(habits(), SEEDS)
def test_with_one_context_a_donor_is_never_ones_own_episode(given_habits: ActionHistory, seed: int) -> None:
    assume(given_habits.contexts[-1] == 0 and len(given_habits.lengths) > 1)
    numbers = np.arange(len(given_habits.lengths))
    donors = replay_actions(given_habits, 0, numbers, some_draws(len(numbers), seed))[:, 0] - 1
    assert (donors != numbers).all()


@given(habits(), SEEDS)
def test_sequences_are_the_donors_and_go_on_with_actions_taken_anywhere(given_habits: ActionHistory, seed: int) -> None:
    each = int((given_habits.contexts == 0).sum())
    sequences = replay_actions(given_habits, 0, np.arange(each), some_draws(each, seed))
    donors = sequences[:, 0] - 1
    for sequence, donor in zip(sequences, donors, strict=True):
        length = given_habits.lengths[donor]
        assert (sequence[:length] == donor + 1).all()
    assert set(sequences.ravel().tolist()) <= set(given_habits.all_actions().tolist()), "padding is never replayed"


@given(habits(), SEEDS)
def test_an_episode_is_the_same_in_any_batch(given_habits: ActionHistory, seed: int) -> None:
    each = int((given_habits.contexts == 0).sum())
    draws = some_draws(each, seed)
    together = replay_actions(given_habits, 0, np.arange(each), draws)
    alone = [replay_actions(given_habits, 0, np.arange(i, i + 1), draws[i : i + 1])[0] for i in range(each)]
    np.testing.assert_array_equal(together, np.stack(alone))


def test_every_other_episode_gives_and_none_is_preferred() -> None:
    count = 2_000
    nine = ActionHistory(np.arange(9)[:, None], np.ones(9, np.int32), np.repeat(np.arange(3, dtype=np.int32), 3))
    donors = replay_actions(nine, 1, np.zeros(count, np.int64), some_draws(count, 0))[:, 0]
    shares = np.bincount(donors, minlength=9) / count
    np.testing.assert_array_equal(shares[3:6], 0)
    np.testing.assert_allclose(np.delete(shares, [3, 4, 5]), 1 / 6, atol=0.03)


def test_what_goes_on_is_as_frequent_as_what_was_taken() -> None:
    short = ActionHistory(np.array([[3, 0], [5, 5]]), np.array([1, 2], np.int32), np.array([0, 1], np.int32))
    count = 3_000
    after = replay_actions(short, 1, np.zeros(count, np.int64), some_draws(count, 1))
    assert (after[:, 0] == 3).all()
    assert (after[:, 1] == 5).mean() == pytest.approx(2 / 3, abs=0.03)


@given(habits())
def test_frequencies_count_every_action_taken_and_no_padding(given_habits: ActionHistory) -> None:
    shares = given_habits.frequencies(30)
    counts = np.zeros(30)
    for row, length in zip(given_habits.actions, given_habits.lengths, strict=True):
        for action in row[:length]:
            counts[action] += 1
    np.testing.assert_allclose(shares, counts / counts.sum())
    assert shares[0] == 0


def test_who_did_nothing_at_all_has_even_habits() -> None:
    nothing = ActionHistory(np.zeros((2, 3), np.uint8), np.zeros(2, np.int32), np.zeros(2, np.int32))
    np.testing.assert_allclose(nothing.frequencies(4), 0.25)
    assert replay_actions(nothing, 0, np.arange(2), some_draws(2, 0)).shape == (2, 3)


def test_continuous_actions_are_replayed_too() -> None:
    rows = np.arange(24, dtype=np.float32).reshape(4, 3, 2)
    forces = ActionHistory(rows, np.array([3, 3, 1, 3], np.int32), np.array([0, 0, 1, 1], np.int32))
    sequences = replay_actions(forces, 0, np.arange(2), some_draws(2, 3))
    assert sequences.shape == (2, 3, 2)
    assert {tuple(first) for first in sequences[:, 0]} <= {tuple(rows[2, 0]), tuple(rows[3, 0])}
