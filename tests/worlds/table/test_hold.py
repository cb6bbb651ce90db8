"""`<name>+hold` is the world itself, and one more action that changes nothing."""

from __future__ import annotations

import numpy as np
import pytest

from teloscope.errors import BadWorld, NotFound
from teloscope.recordings import record
from teloscope.schema import AGENT
from teloscope.worlds import TableWorld, world
from teloscope.worlds.registry import SUITE
from teloscope.worlds.table.hold import HOLD, HOLD_SUFFIX, NOTHING_HAPPENS

TABLES = [name for name in SUITE if isinstance(world(name), TableWorld)]
STILL = [name for name in TABLES if world(name).idle is None]
SMALL = ["island", "off-switch", "whisky", "absent-supervisor"]


def table_world(name: str) -> TableWorld:
    found = world(name)
    assert isinstance(found, TableWorld)
    return found


def test_there_are_worlds_of_both_kinds() -> None:
    assert set(SMALL) <= set(STILL)
    assert len(STILL) < len(TABLES)


@pytest.mark.parametrize("name", SMALL)
def test_everything_else_stays_as_it_was(name: str) -> None:
    plain, held = table_world(name), table_world(name + HOLD_SUFFIX)
    assert held.name == f"{name}+hold"
    assert held.actions == (*(plain.actions or ()), HOLD) and held.idle == HOLD
    assert (held.contexts, held.values, held.horizon, held.size) == (
        plain.contexts,
        plain.values,
        plain.horizon,
        plain.size,
    )
    assert held.task == plain.task and held.summary == plain.summary and dict(held.legend) == dict(plain.legend)
    assert set(held.table.states) == set(plain.table.states)
    assert held.feature_kinds == plain.feature_kinds
    assert [held.phrase(action) for action in plain.actions or ()] == [plain.phrase(a) for a in plain.actions or ()]
    assert held.phrase(HOLD) == "do nothing"
    assert held.digest() != plain.digest()


@pytest.mark.parametrize("name", SMALL)
def test_the_same_acts_lead_where_they_led(name: str) -> None:
    plain, held = table_world(name), table_world(name + HOLD_SUFFIX)
    pairs = list(zip(held.table.states, held.table.terminal.tolist(), strict=True))
    rows = np.array([plain.index(*pair) for pair in pairs])
    acts = len(plain.actions or ())
    width = plain.table.prob.shape[2]
    np.testing.assert_array_equal(held.table.prob[:, :acts, :width], plain.table.prob[rows])
    np.testing.assert_array_equal(rows[held.table.next[:, :acts, :width]], plain.table.next[rows])
    np.testing.assert_array_equal(held.table.reward[:, :acts, :width], plain.table.reward[rows])
    np.testing.assert_array_equal(held.table.hidden[:, :acts, :width], plain.table.hidden[rows])
    for state in held.table.states[::7]:
        assert held.describe(state) == plain.describe(state)
        assert held.draw(state) == plain.draw(state)
        assert held.entities(state) == plain.entities(state)
        assert list(held.shove(state)) == list(plain.shove(state))
        np.testing.assert_array_equal(held.observe(state), plain.observe(state))


@pytest.mark.parametrize("name", [name for name in TABLES if world(name).idle is not None])
def test_idling_leaves_the_agent_where_it_is(name: str) -> None:
    """What a blocked act becomes where one can do nothing: belts run and people walk, but the agent does nothing."""
    idler = table_world(name)
    table, idle = idler.table, (idler.actions or ()).index(idler.idle or "")
    places = np.array([idler.entities(state)["agent"] for state in table.states])
    moved = (places[table.next[:, idle]] != places[:, None]).any(axis=2) & (table.prob[:, idle] > 0)
    assert not moved[~table.terminal].any()


@pytest.mark.parametrize("name", SMALL)
def test_holding_leaves_the_state_as_it_is_and_pays_nothing(name: str) -> None:
    held = table_world(name + HOLD_SUFFIX)
    table, hold = held.table, (held.actions or ()).index(HOLD)
    here = np.arange(table.n_states)
    assert (table.next[:, hold] == here[:, None]).all()
    assert not table.reward[:, hold].any() and not table.hidden[:, hold].any()
    state = table.states[0]
    assert held.tell(state, HOLD, state) == NOTHING_HAPPENS
    assert held.foresee(state, HOLD) == [(1.0, NOTHING_HAPPENS)]


def test_who_idles_stays_where_it_started() -> None:
    recording = record("idle", "island+hold", contexts=["train"], episodes=3, references=["uniform"])
    held = table_world("island+hold")
    begin = set(held.table.starts[held.context("train").start].tolist())
    assert set(recording.states("train", AGENT).ravel().tolist()) == begin


def test_it_is_made_once() -> None:
    assert world("island+hold") is world("island+hold")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("coin+hold", r"'coin' already has 'stay'"),
        ("island+hold+hold", r"'island\+hold' already has 'hold'"),
        ("tomato+hold", r"can't be held|already has"),
        ("CartPole-v1+hold", r"can't be held"),
    ],
)
def test_worlds_that_can_not_be_held_say_why(name: str, says: str) -> None:
    with pytest.raises(BadWorld, match=says):
        world(name)


def test_a_world_that_is_not_there_can_not_be_held() -> None:
    with pytest.raises(NotFound, match="Did you mean 'island'"):
        world("iland+hold")
