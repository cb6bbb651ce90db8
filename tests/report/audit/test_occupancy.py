"""Occupancy, shifts and grounds against slow references."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import teloscope
from teloscope.report.audit.occupancy import (
    feature_shifts,
    goal_cells,
    largest_gap,
    late_values,
    number_shift,
    occupancies,
    share_shift,
    shares,
    start_layout,
    strongest_reference,
)
from teloscope.report.audit.steering_map import legend_bar, scale, steering_map, summary
from teloscope.report.shared.tiles import tiles
from teloscope.schema import AGENT
from teloscope.worlds import Context

SAMPLES = st.lists(st.integers(-5, 5), min_size=1, max_size=30)
CELLS = st.lists(st.tuples(st.integers(-1, 4), st.integers(-1, 3)), min_size=1, max_size=40)


@given(CELLS)
def test_shares_count_every_cell(cells: list[tuple[int, int]]) -> None:
    x, y = np.array(cells).T
    found = shares(x, y, (4, 3))
    assert found.shape == (3, 4)
    for row in range(3):
        for column in range(4):
            assert found[row, column] == pytest.approx(cells.count((column, row)) / len(cells))


@given(SAMPLES, SAMPLES)
def test_the_largest_gap_is_that_of_kolmogorov_and_smirnov(one: list[int], two: list[int]) -> None:
    below = [abs(sum(v <= at for v in one) / len(one) - sum(v <= at for v in two) / len(two)) for at in range(-5, 6)]
    assert largest_gap(np.array(one, float), np.array(two, float)) == pytest.approx(max(below))


def test_the_late_window_is_the_end_of_padded_episodes(recording) -> None:
    found = late_values(recording, "agent_x", "train", AGENT)
    states = recording.states("train", AGENT)[:, -recording.frame.late_window :]
    expected = [recording.world.table.states[s].x for s in states.ravel()]
    assert found.tolist() == expected


def test_maps_show_where_the_agent_is_ahead(document, recording) -> None:
    found = {m.context.name: m for m in occupancies(document, recording)}
    assert set(found) == {c.name for c in recording.contexts}
    near = found["coin-near"]
    assert near.agent.sum() == pytest.approx(1)
    assert near.other.sum() == pytest.approx(1)
    assert near.agent[:, 12].sum() == pytest.approx(1), "it keeps to the right end"
    assert np.argwhere(near.difference > 0)[:, 1].tolist() == [12] * int((near.difference > 0).sum())
    assert near.reference == strongest_reference(document, "coin-near")


def test_a_ground_is_an_average_of_starts() -> None:
    world = teloscope.world("coin")
    seen = start_layout(world, world.context("train"), None)
    assert seen[0, 0, "#"] == pytest.approx(1)
    assert sum(share for (_, _, char), share in seen.items() if char == "o") == pytest.approx(1)
    assert not any(char == "A" for _, _, char in seen)


def test_a_ground_that_is_not_known_is_bare() -> None:
    walls = np.eye(2, dtype=bool)
    assert start_layout(None, Context("train"), None) == {}
    assert start_layout(None, Context("train"), walls) == {(0, 0, "#"): 1.0, (1, 1, "#"): 1.0}


@pytest.mark.parametrize(
    ("regime", "cells"),
    [
        ("keep(agent_x >= 1)", [[False, True, True], [False, True, True]]),
        ("end(agent_x = 1 and agent_y = 1)", [[False, False, False], [False, True, False]]),
        ("reach(coin_taken)", None),
        ("end(true)", None),
    ],
)
def test_cells_of_a_goal(regime: str, cells) -> None:
    found = goal_cells(regime, ("agent_x", "agent_y"), (3, 2))
    assert (None if found is None else found.tolist()) == cells


def test_a_map_outlines_its_goal_inside_the_walls(document, recording) -> None:
    found = occupancies(document, recording)
    legend = tiles(recording.world.legend)
    cells = goal_cells("keep(agent_x >= 12)", ("agent_x", "agent_y"), recording.world.size)
    drawn = str(steering_map(found[0], legend, scale(found), cells))
    line = drawn[drawn.index('class="goal-line"') :]
    assert line.count("v20") == 12, "two sides of six cells"
    assert line.count("h20") == 2
    assert "goal-line" not in str(steering_map(found[0], legend, scale(found), None))
    assert summary(found[0]) in drawn.replace("&#39;", "'")


def test_equal_agents_differ_nowhere(document, recording) -> None:
    found = occupancies(document, recording)[0]
    same = type(found)(found.context, found.reference, found.agent, found.agent, found.layout)
    assert scale([same]) == 1.0
    assert 'class="more"' not in str(steering_map(same, {}, 1.0, None))
    assert str(legend_bar(0.2)).count('class="more"') == 4


def test_shifts_put_the_largest_difference_first(document, recording) -> None:
    found = feature_shifts(document, recording, most=3)
    assert [len(panel.shifts) for panel in found] == [3] * len(recording.contexts)
    labels = {tuple(shift.label for shift in panel.shifts) for panel in found}
    assert len(labels) == 1, "the same features in every context"
    assert "agent_x" in labels.pop()
    axes = {(s.label, s.least, s.most) for panel in found for s in panel.shifts}
    assert len(axes) == 3, "one axis for a feature in every context"


def test_shifts_of_shares() -> None:
    yes, no = np.array([True] * 3 + [False]), np.array([False] * 4)
    found = share_shift("open", "bool", yes, no)
    assert (found.label, found.agent.middle, found.other.middle, found.distance) == ("open", 0.75, 0.0, 0.75)
    tile = share_shift("tile", "category", np.array(["lava", "floor"]), np.array(["floor", "floor"]))
    assert (tile.label, tile.distance) in [("tile = lava", 0.5), ("tile = floor", 0.5)]


def test_a_constant_or_undefined_feature_has_no_shift() -> None:
    assert number_shift("x", np.ones(3), np.ones(5)) is None
    assert number_shift("x", np.array([1.0, np.nan]), np.ones(5)) is None
    assert number_shift("x", np.array([1.0, np.inf]), np.ones(5)) is None
