"""Contexts check themselves, and worlds find theirs."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from teloscope.errors import BadWorld, NotFound
from teloscope.worlds.world import Context, World


def test_a_context_starts_under_its_own_name_unless_told() -> None:
    assert Context("here").start == "here"
    assert Context("noisy", start="here").start == "here"


def test_a_context_survives_being_written_down() -> None:
    context = Context("shoved", "train", "here", 3, 0.25, True, "a note")
    assert Context(**json.loads(json.dumps(context.to_dict()))) == context


@pytest.mark.parametrize("noise", [-0.1, 1.1, math.nan, math.inf])
def test_noise_is_a_probability(noise: float) -> None:
    with pytest.raises(BadWorld, match=r"'here' has noise .*between 0 and 1"):
        Context("here", noise=noise)


def test_a_shove_is_not_before_the_beginning() -> None:
    with pytest.raises(BadWorld, match="shoves at step -1"):
        Context("here", shove_at=-1)


def test_a_kind_is_one_of_three() -> None:
    kind: Any = "trian"
    with pytest.raises(NotFound, match=r"Kind of context 'trian' not found. Did you mean 'train'"):
        Context("here", kind=kind)


def test_a_world_finds_its_contexts_and_records_those_it_does_not_merely_offer() -> None:
    world = World()
    world.name, world.contexts = "w", (Context("here"), Context("probe", offered=True))
    assert world.context("probe").offered
    assert [c.name for c in world.recorded_contexts()] == ["here"]
    with pytest.raises(NotFound, match=r"Context 'hear' not found. Did you mean 'here'.*world 'w'"):
        world.context("hear")
    assert world.exemplars() == {}
