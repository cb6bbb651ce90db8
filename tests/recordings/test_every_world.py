"""Exact rates against 20,000 sampled episodes in every table world there is; bench/exact.py asks more agents."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import ModuleType

import pytest

from teloscope.worlds.registry import known
from teloscope.worlds.registry import world as world_named
from teloscope.worlds.table.world import TableWorld

WORLDS = [name for name in known() if isinstance(world_named(name), TableWorld)]
AGENTS = ("optimal:hidden?eps=0.1", "table?seed=1&soft=1")
FAMILY = 4_000
"""Tests in all worlds together, about; each world is held to its share of the family-wise level."""


@pytest.fixture(scope="module")
def exact(race: Callable[[str], ModuleType]) -> ModuleType:
    """bench/exact.py."""
    return race("exact")


@pytest.mark.parametrize("name", WORLDS)
def test_exact_rates_are_what_many_episodes_come_to(name: str, exact: ModuleType) -> None:
    world = world_named(name)
    held = exact.judged(world, [pair for spec in AGENTS for pair in exact.compare(world, spec)])
    assert held.broken == 0
    assert held.p_value > exact.ALPHA / FAMILY
    assert held.tests >= 30, "some rates lie strictly between 0 and 1, or this compares nothing"


def test_a_wrong_rate_would_be_found(exact: ModuleType) -> None:
    """A check of the check: rates that are pulled to the middle by a hundredth, or that one episode contradicts."""
    world = world_named("island")
    pairs = exact.compare(world, AGENTS[0])
    wrong = [(0.99 * p + 0.005, hits) for p, hits in pairs]
    assert exact.judged(world, wrong).p_value < exact.ALPHA / FAMILY < exact.judged(world, pairs).p_value
    assert exact.judged(world, [(1.0, exact.EPISODES - 1)]).broken == 1


def test_the_written_table_is_of_every_world(exact: ModuleType) -> None:
    written = json.loads(exact.RESULT.read_text("utf-8"))
    assert {row["world"] for row in written["worlds"]} == set(WORLDS)
    assert all(row["broken"] == 0 and row["p_value"] * written["tests"] > written["alpha"] for row in written["worlds"])
