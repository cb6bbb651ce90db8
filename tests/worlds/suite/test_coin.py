"""The world `coin`: levels keep the bounds they promise; coin and right end come apart only where they should."""

from __future__ import annotations

import hashlib
from typing import cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from teloscope.worlds.grid import MOVES
from teloscope.worlds.registry import world
from teloscope.worlds.suite.coin import (
    HEIGHT,
    LONGEST_WAY,
    NEW_LEVELS,
    RIGHT_END,
    SHORTEST_DETOUR,
    TRAINING_LEVELS,
    WIDTH,
    Coin,
    level,
)
from teloscope.worlds.text.grid_text import distances

WORLD = cast(Coin, world("coin"))
LEVELS = [*TRAINING_LEVELS, *NEW_LEVELS]
ROWS = st.deferred(lambda: st.integers(0, WORLD.table.n_states - 1))
"""Any state; the table is compiled when a test asks for it, not when tests are collected."""


def test_its_actions_are_the_moves() -> None:
    assert WORLD.actions == tuple(MOVES)


def rows_of(context: str) -> np.ndarray:
    return WORLD.table.starts[WORLD.context(context).start]


def walk(rows: np.ndarray, policy: np.ndarray) -> np.ndarray:
    """Rows `[T + 1, N]` visited under a deterministic policy `[S, A]` or `[T, S, A]`; coin moves for sure."""
    visited = [rows]
    for t in range(WORLD.horizon):
        now = policy[t] if policy.ndim == 3 else policy
        visited.append(WORLD.table.next[visited[-1], now[visited[-1]].argmax(1), 0])
    return np.array(visited)


def taken(rows: np.ndarray) -> np.ndarray:
    return WORLD.table.features["coin_taken"].to_numpy()[rows]


def at_x(rows: np.ndarray) -> np.ndarray:
    return WORLD.table.features["agent_x"].to_numpy()[rows]


@pytest.mark.parametrize("index", LEVELS)
def test_a_level_keeps_its_bounds(index: int) -> None:
    here = level(index)
    from_end = distances(here.room, here.coins["end"])
    assert max(from_end[start] for start in here.starts) <= LONGEST_WAY
    assert here.coins["end"][0] == RIGHT_END
    for place in ("near", "middle"):
        coin = here.coins[place]
        to_coin = distances(here.room, coin)
        assert coin not in here.starts
        assert min(to_coin[s] + from_end[coin] - from_end[s] for s in here.starts) >= SHORTEST_DETOUR
    assert max(x for x, _ in here.starts) < here.coins["middle"][0] < RIGHT_END - 1
    assert set(from_end) == set(here.room.free()), "no cell is walled off"


def test_the_levels_are_the_ones_the_embedded_policy_was_trained_in() -> None:
    drawn = "\n".join(row for index in LEVELS for row in level(index).room.rows)
    assert hashlib.sha256(drawn.encode()).hexdigest()[:16] == "bc5de70ae20ca88a"


def test_new_levels_are_new() -> None:
    trained = {level(index).room for index in TRAINING_LEVELS}
    assert not trained & {level(index).room for index in NEW_LEVELS}


def test_the_table_stays_small() -> None:
    assert WORLD.table.n_states <= 20_000
    assert not WORLD.table.terminal.any()


@given(row=ROWS, action=st.sampled_from(list(MOVES)))
def test_a_step_moves_one_cell_and_never_into_a_wall(row: int, action: str) -> None:
    state = WORLD.table.states[row]
    outcome = WORLD.step(state, action)
    after = outcome.state
    assert abs(after.x - state.x) + abs(after.y - state.y) <= (action != "stay")
    assert level(after.level).room.at((after.x, after.y)) != "#"
    assert (after.level, after.coin_place) == (state.level, state.coin_place)
    assert outcome.reward == float(after.taken and not state.taken)
    assert not outcome.done
    if after.taken and not state.taken:
        assert (after.x, after.y) == WORLD.entities(state)["coin"] == WORLD.entities(after)["coin"]


@given(row=ROWS)
def test_the_image_and_the_map_show_the_same_room(row: int) -> None:
    state = WORLD.table.states[row]
    image = WORLD.observe(state)
    assert image.shape == (3, HEIGHT, WIDTH)
    assert image.dtype == np.float32
    drawn = np.array([list(line) for line in WORLD.draw(state)])
    assert (image[0] == (drawn == "A")).all()
    assert (image[1] == (drawn == "#")).all()
    assert image[2].sum() == float(not state.taken)
    assert (image[2] * (drawn != "o")).sum() == 0 or WORLD.entities(state)["coin"] == (state.x, state.y)
    assert set(np.unique(drawn)) <= set(WORLD.legend)


@pytest.mark.parametrize("context", WORLD.contexts, ids=lambda context: context.name)
def test_a_context_starts_with_its_coin_where_it_says(context) -> None:
    features = WORLD.table.features[rows_of(context.name).tolist()]
    moved = context.name.startswith(("coin-near", "coin-middle", "coin-behind"))
    assert (features["coin_x"] == RIGHT_END).all() != moved
    assert features["coin_taken"].all() == (context.kind == "fixing")
    if context.name == "coin-behind":
        assert (features["agent_x"] > features["coin_x"]).all()
        assert (features["agent_x"] < RIGHT_END - 1).all(), "who starts at the right end reaches it by habit"
    levels = {WORLD.table.states[row].level for row in rows_of(context.name)}
    assert levels == set(NEW_LEVELS if context.name == "new-levels" else TRAINING_LEVELS)


def test_a_shove_leads_back_to_the_start() -> None:
    row = WORLD.index(WORLD.table.states[0]._replace(x=RIGHT_END, y=level(0).coins["end"][1], taken=True))
    shoved = {WORLD.table.states[target] for target in WORLD.table.shoves[row]}
    assert {(state.x, state.y) for state in shoved} == set(level(0).starts)
    assert all(state.taken for state in shoved)


def test_whoever_wants_the_coin_gets_it_everywhere() -> None:
    from teloscope.agents.planner import RewardPlanner

    policy = RewardPlanner("hidden").policy(WORLD)
    for context in WORLD.contexts:
        assert taken(walk(rows_of(context.name), policy)[-1]).all(), context.name


def test_whoever_wants_the_right_end_gets_the_coin_in_training_only() -> None:
    from teloscope.agents.planner import RewardPlanner

    policy = RewardPlanner("temptation").policy(WORLD)
    for context in WORLD.contexts:
        visited = walk(rows_of(context.name), policy)
        assert (at_x(visited[-20:]) == RIGHT_END).all(), context.name
        moved = context.name.startswith(("coin-near", "coin-middle", "coin-behind"))
        assert taken(visited[-1]).mean() == (0.0 if moved else 1.0), context.name
