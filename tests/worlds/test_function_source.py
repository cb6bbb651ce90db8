"""Whatever changes how a function or an object acts is part of its identity."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from teloscope.agents.agent import Agent
from teloscope.agents.callables import callable_agent
from teloscope.worlds.function_source import source_texts

LIMIT: Any = 3
TABLE: Any = {"left": 0}


class Holds:
    """An agent whose attributes decide."""

    def __init__(self, held: Any) -> None:
        self.held = held

    def act(self, observations: Any) -> Any:
        return self.held


class Inner:
    def __init__(self, weight: float) -> None:
        self.weight = weight


def by_limit(observation: Any) -> int:
    return int(observation[0] > LIMIT)


def helper(observation: Any) -> int:
    return TABLE["left"]


def through_helper(observation: Any) -> int:
    return helper(observation)


def closed(value: Any) -> Callable[[Any], Any]:
    return lambda observation: value


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (Holds({"eps": 0.1}), Holds({"eps": 0.2})),
        (Holds([{"a": np.zeros(3)}]), Holds([{"a": np.ones(3)}])),
        (Holds(np.zeros(4)), Holds(np.zeros((2, 2)))),
        (Holds(Inner(1.0)), Holds(Inner(2.0))),
        (Holds({1, 2}), Holds({1, 3})),
        (Holds(closed(1)), Holds(closed(2))),
        (closed({"a": 1}), closed({"a": 2})),
        (closed(Inner(1.0)), closed(Inner(2.0))),
        (functools.partial(max, 1), functools.partial(max, 2)),
        (Holds(1).act, Holds(2).act),
    ],
)
def test_what_is_held_tells_apart(one: Any, two: Any) -> None:
    assert source_texts(one) != source_texts(two)
    assert callable_agent(one, "x").digest != callable_agent(two, "x").digest
    assert source_texts(one) == source_texts(one)


@pytest.mark.parametrize("function", [by_limit, through_helper])
def test_global_values_that_a_function_reads_count(function: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    before = source_texts(function)
    monkeypatch.setitem(globals(), "LIMIT", 4)
    monkeypatch.setitem(globals(), "TABLE", {"left": 1})
    assert source_texts(function) != before


def test_weights_of_a_network_count() -> None:
    torch: Any = pytest.importorskip("torch")
    torch.manual_seed(0)
    nets = [torch.nn.Linear(2, 2) for _ in range(2)]
    assert source_texts(Holds(nets[0])) != source_texts(Holds(nets[1]))
    nets[1].load_state_dict(nets[0].state_dict())
    assert source_texts(Holds(nets[0])) == source_texts(Holds(nets[1]))


def test_circles_and_generators_are_no_trouble() -> None:
    one, two = Holds(np.random.default_rng(0)), Holds(np.random.default_rng(1))
    assert source_texts(one) == source_texts(two), "the state of a generator moves on while it acts"
    one.held = one
    assert source_texts(one)


class Own(Agent):
    def __init__(self, bias: float) -> None:
        self.bias = bias


def test_an_agent_class_of_the_users_is_not_its_name_alone() -> None:
    assert Own(1.0).digest != Own(2.0).digest
    assert Own(1.0).digest == Own(1.0).digest
