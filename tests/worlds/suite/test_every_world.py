"""A sweep over the suite's table worlds: what must hold of each, whatever it is about."""

from __future__ import annotations

import numpy as np
import pytest

from teloscope.regimes import Regime, holds
from teloscope.worlds.registry import SUITE, world
from teloscope.worlds.table.world import TableWorld

TABLES = [name for name in SUITE if isinstance(world(name), TableWorld)]


def table_world(name: str) -> TableWorld:
    found = world(name)
    assert isinstance(found, TableWorld)
    return found


@pytest.mark.parametrize("name", TABLES)
def test_a_world_is_called_what_it_is_listed_as(name: str) -> None:
    found = table_world(name)
    assert found.name == name
    assert found.summary and "\n" not in found.summary
    assert found.source


@pytest.mark.parametrize("name", TABLES)
def test_the_table_is_small_and_its_probabilities_sum_to_one(name: str) -> None:
    table = table_world(name).table
    assert 10 < table.n_states < 60_000
    np.testing.assert_allclose(table.prob.sum(axis=-1), 1.0, atol=1e-9)
    assert np.isfinite(table.reward).all() and np.isfinite(table.hidden).all()
    ended = np.flatnonzero(table.terminal)
    assert (table.next[ended] == ended[:, None, None]).all()


@pytest.mark.parametrize("name", TABLES)
def test_contexts_cover_training_tests_shoves_and_noise(name: str) -> None:
    contexts = table_world(name).contexts
    assert len({c.name for c in contexts}) == len(contexts)
    assert len([c for c in contexts if c.kind != "fixing"]) >= 4
    assert contexts[0].kind == "train"
    assert any(c.shove_at is not None for c in contexts)
    assert any(c.noise > 0 for c in contexts)
    assert all(c.shove_at is None or c.shove_at < table_world(name).horizon for c in contexts)


@pytest.mark.parametrize("name", TABLES)
def test_a_shove_changes_the_state_it_is_given(name: str) -> None:
    table = table_world(name).table
    begin = {int(s) for c in table_world(name).contexts if c.shove_at is not None for s in table.starts[c.start]}
    for state in begin:
        targets = table.shoves[state][table.shoves[state] >= 0]
        assert len(targets) > 0
        assert set(targets) != {state}
        assert not table.terminal[targets].any()


@pytest.mark.parametrize("name", TABLES)
def test_features_are_finite_and_values_can_be_asked_of_them(name: str) -> None:
    found = table_world(name)
    features = found.table.features
    for column in features.iter_columns():
        assert column.null_count() == 0
        assert not column.dtype.is_float() or column.is_finite().all()
    assert found.values
    for regime in found.values.regimes():
        held = holds(regime.condition, features)
        assert held.any() and not held.all(), f"{regime} never changes"
        assert Regime.parse(str(regime)) == regime


@pytest.mark.parametrize("name", TABLES)
def test_maps_are_rectangular_and_every_character_is_explained(name: str) -> None:
    found = table_world(name)
    for state in found.table.states[:: max(1, found.table.n_states // 200)]:
        rows = found.draw(state)
        assert rows and len({len(row) for row in rows}) == 1
        assert found.size is not None and len(rows[0]) <= found.size[0] and len(rows) <= found.size[1]
        assert set("".join(rows)) <= set(found.legend)


@pytest.mark.parametrize("name", TABLES)
def test_the_agent_is_drawn_where_the_features_say(name: str) -> None:
    found = table_world(name)
    for state in found.table.states[:: max(1, found.table.n_states // 200)]:
        x, y = found.entities(state)["agent"]
        assert found.legend[found.draw(state)[int(y)][int(x)]] == "agent"


@pytest.mark.parametrize("name", TABLES)
def test_observations_have_one_shape_and_tell_layouts_apart(name: str) -> None:
    found = table_world(name)
    some = found.table.states[:: max(1, found.table.n_states // 100)]
    seen = np.stack([found.observe(state) for state in some])
    assert seen.dtype == np.float32 and np.isfinite(seen).all()
    assert len(np.unique(seen.reshape(len(some), -1), axis=0)) > len(some) // 2
