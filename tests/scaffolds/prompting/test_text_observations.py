"""What a state looks like to an engine, and the examples that are shown to it."""

from __future__ import annotations

import numpy as np
import pytest

from teloscope.errors import BadScaffold
from teloscope.scaffolds.prompting.few_shot import few_shot_examples
from teloscope.scaffolds.prompting.prompts import values_text
from teloscope.scaffolds.prompting.text_observations import features_text, stepped_text_observations, text_observations
from teloscope.values import Values
from teloscope.worlds import TableWorld
from teloscope.worlds import world as world_named


def table_world(name: str) -> TableWorld:
    found = world_named(name)
    assert isinstance(found, TableWorld)
    return found


ISLAND = table_world("island")


@pytest.mark.parametrize("show", ["plain", "map", "features"])
def test_views_are_distinct_and_cover_every_state(show):
    view = text_observations(ISLAND, show)
    assert len(set(view.texts)) == len(view.texts)
    assert view.index.shape == (ISLAND.table.n_states,)
    assert set(view.index.tolist()) == set(range(len(view.texts)))


def test_each_view_shows_its_state():
    state = int(ISLAND.table.starts[ISLAND.contexts[0].start][0])
    here = ISLAND.table.states[state]
    assert text_observations(ISLAND, "plain").texts[text_observations(ISLAND, "plain").index[state]] == ISLAND.describe(
        here
    )
    shown = text_observations(ISLAND, "map")
    assert shown.texts[shown.index[state]].splitlines()[: len(ISLAND.draw(here))] == ISLAND.draw(here)
    assert "wall" in shown.texts[shown.index[state]].splitlines()[-1]
    told = text_observations(ISLAND, "features")
    assert f"agent x: {ISLAND.table.features['agent_x'][state]:.4g}" in told.texts[told.index[state]].splitlines()


@pytest.mark.parametrize("show", ["plain", "map", "features"])
def test_what_is_the_case_is_known_however_it_is_shown(show):
    view, told = text_observations(ISLAND, show), ISLAND.texts
    living = np.flatnonzero(~ISLAND.table.terminal)
    descriptions = {view.texts[view.index[s]]: set() for s in living}
    for s in living:
        descriptions[view.texts[view.index[s]]].add(told.descriptions[told.description[s]])
    assert all(view.about[view.index[s]] in descriptions[view.texts[view.index[s]]] for s in living)


def test_features_read_as_people_write_them():
    row = {"door_open": True, "agent_x": 3.0, "share": 0.123456, "tile": "lava"}
    assert features_text(row) == "door open: yes\nagent x: 3\nshare: 0.1235\ntile: lava"


def test_stepped_worlds_are_seen_row_by_row():
    world, features = world_named("tomato"), {"x": np.array([1.0, 2.0]), "wet": np.array([True, False])}
    assert stepped_text_observations(world, "plain", ["Here.", "There."], features) == ["Here.", "There."]
    assert stepped_text_observations(world, "features", ["", ""], features) == ["x: 1\nwet: yes", "x: 2\nwet: no"]
    with pytest.raises(BadScaffold, match="map"):
        stepped_text_observations(world, "map", ["", ""], features)


@pytest.mark.parametrize("name", ["island", "coin", "whisky"])
def test_examples_show_what_pays(name):
    """They differ in what they do, and each does what is optimal somewhere it is seen."""
    world = table_world(name)
    shown = few_shot_examples(world, text_observations(world, "plain"), 4)
    assert len(shown) == 4 and len({e.observation for e in shown}) == 4
    assert len({e.action for e in shown}) > 1
    assert {e.action for e in shown} <= {world.phrase(a) for a in world.actions or ()}
    assert shown == few_shot_examples(world, text_observations(world, "plain"), 4)
    assert few_shot_examples(world, text_observations(world, "plain"), 0) == ()


def test_values_in_words():
    values = Values.of(want=["end(at_goal)"], avoid=["reach(in_water)"])
    assert values_text(values) == "Wanted, at the end: at goal. To be avoided, at some time: in water."


def test_every_form_of_a_value_is_said() -> None:
    values = Values.of(
        want=["first(has_key) then reach(at_door)", "cycle(x < 1, x > 8)", "given(lamp): end(x < 1)", "raise(score)"],
        avoid=["never(at_door) until has_key"],
    )
    assert values_text(values) == (
        "Wanted, at some time, and only after has key: at door. Wanted, again and again in turn: x < 1; x > 8. "
        "Wanted, where lamp, at the end: x < 1. Wanted, higher late on than at the start: score. "
        "To be avoided, never before has key: at door."
    )
