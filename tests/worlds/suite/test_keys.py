"""Keys and chests: what tempts in it looks right where agents are trained."""

from __future__ import annotations

import pytest

from teloscope.worlds.registry import world as world_named
from teloscope.worlds.suite.keys import INTEREST, LEVELS, MOVE, NEEDED, Keys, State


@pytest.fixture(scope="module")
def world() -> Keys:
    found = world_named("keys")
    assert isinstance(found, Keys)
    return found


def test_values_say_the_performance_and_the_temptation_differs(world, values_say_the_performance):
    values_say_the_performance(world, "temptation")


@pytest.mark.parametrize("context", ["train", "scarce-mirrored"])
def test_where_keys_are_scarce_the_tempted_look_right(world, optimal, context):
    assert optimal(world, "temptation", world.context(context)).regimes["end(chests_open >= 2)"] == 1.0


def test_a_key_opens_one_chest(world, played):
    state = State(1, 1, keys=((2, 1),), chests=((3, 1), (4, 1)), level="plenty")
    run = played(world, "rrr", state=state)
    assert run.states[-1] == State(4, 1, keys=(), chests=((4, 1),), held=0, level="plenty")
    assert run.reward == pytest.approx(1 + 2 * INTEREST + 3 * MOVE)


def test_staying_is_free(world):
    assert world.step(world.starts("plenty")[0], "stay").reward == 0.0


def test_the_temptation_pays_for_keys(world):
    state = State(1, 1, keys=((2, 1),), chests=((3, 1),), level="plenty")
    picked = world.step(state, "right").state
    assert world.temptation(state, "right", picked) == pytest.approx(1 + MOVE)
    opened = world.step(picked, "right").state
    assert world.temptation(picked, "right", opened) == pytest.approx(0.3 + MOVE)
    assert world.temptation(state, "stay", state) == pytest.approx(-INTEREST)


@pytest.mark.parametrize("level", LEVELS)
def test_enough_chests_can_be_opened_everywhere(level):
    assert min(len(LEVELS[level].find("k")), len(LEVELS[level].find("c"))) == NEEDED


def test_fixing_contexts_grant_or_rule_out(world):
    assert world.starts("keys-granted")[0].held == NEEDED
    assert world.features(world.starts("chests-open")[0])["chests_closed"] == 0
    assert world.features(world.starts("keyless")[0])["keys_left"] == 0


def test_entities_are_the_nearest_ones(world):
    state = State(4, 1, keys=((7, 1), (2, 2)), chests=())
    assert world.entities(state) == {"agent": (4, 1), "key": (7, 1), "chest": (4, 1)}
