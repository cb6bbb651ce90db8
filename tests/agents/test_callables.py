"""Your own agents: how they are called, and what is said when they fail."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from teloscope.agents.agent import Agent
from teloscope.agents.callables import SubEnvFault, callable_agent, import_agent
from teloscope.agents.registry import agent
from teloscope.agents.time_limit import Watchdog
from teloscope.errors import BadAgent, NotFound, NotTrusted
from teloscope.worlds.world import World

SEEN = np.array([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]], np.float32)
ALIVE = np.array([True, False, True])


class Here(World):
    name, horizon, actions = "here", 5, ("stay", "left", "right")


def played(thing: Any, observations: Any = SEEN, t: int = 3, alive: Any = ALIVE, timeout: float | None = 60.0) -> Any:
    return callable_agent(thing, timeout=timeout).start(Here(), len(alive), seed=7).act(observations, t, alive)


class Counts:
    """Says how often it was asked since it was made."""

    def __init__(self) -> None:
        self.asked, self.seed = 0, -1

    def reset(self, seed: int) -> None:
        self.seed = seed

    def act(self, observations: Any, t: int, alive: Any) -> Any:
        self.asked += 1
        return np.full(len(alive), self.asked)


class Predicts:
    def predict(self, observations: Any, state: Any = None) -> Any:
        return observations[:, 0].astype(int), state


def test_a_function_is_called_once_for_each_living_episode() -> None:
    seen: list[Any] = []

    def act(observation: Any) -> int:
        seen.append(observation.tolist())
        return int(observation[0]) // 2

    assert played(act)[ALIVE].tolist() == [0, 2]
    assert seen == [[0.0, 1.0], [4.0, 5.0]]


def test_functions_may_take_the_step() -> None:
    assert played(lambda observation, t: t)[ALIVE].tolist() == [3, 3]


def test_dicts_and_tuples_are_taken_apart_lane_by_lane() -> None:
    observations = {"x": np.arange(3), "deep": (np.arange(3) * 2, np.ones((3, 2))), "mission": ("a", "b", "c")}
    seen: list[Any] = []
    played(lambda observation: seen.append(observation) or 0, observations)
    assert [(s["x"], s["deep"][0], s["deep"][1].tolist(), s["mission"]) for s in seen] == [
        (0, 0, [1, 1], "a"),
        (2, 4, [1, 1], "c"),
    ]


def test_batched_functions_and_objects_are_asked_once() -> None:
    def act(observations: Any) -> Any:
        return observations[:, 1].astype(int)

    act.batched = True  # type: ignore[attr-defined]
    assert played(act).tolist() == [1, 3, 5]
    assert played(Predicts()).tolist() == [0, 2, 4]
    counts = Counts()
    assert played(counts).tolist() == [1, 1, 1]
    assert counts.seed == 7


def test_an_object_can_ask_for_one_observation_at_a_time() -> None:
    class One:
        batched = False

        def predict(self, observation: Any) -> Any:
            return int(observation[0]), None

    assert played(One())[ALIVE].tolist() == [0, 4]


def test_a_class_is_made_anew_for_every_batch() -> None:
    made = callable_agent(Counts)
    for _ in range(2):
        player = made.start(Here(), 3, seed=0)
        assert player.act(SEEN, 0, ALIVE).tolist() == [1, 1, 1]


def test_actions_may_be_named() -> None:
    assert played(lambda observation: "right" if observation[0] else "stay")[ALIVE].tolist() == [0, 2]
    with pytest.raises(SubEnvFault, match="'up'; legal actions: stay, left, right") as caught:
        played(lambda observation: "up" if observation[0] else "stay")
    assert caught.value.sub_env == 2


def test_an_exception_is_quoted_with_its_last_line() -> None:
    def act(observation: Any) -> int:
        return 1 // int(observation[0])

    with pytest.raises(
        SubEnvFault, match=r"ZeroDivisionError.*test_callables.py:\d+: `return 1 // int\(observation"
    ) as caught:
        played(act)
    assert caught.value.sub_env == 0


@pytest.mark.parametrize("answer", [None, {"a": 1}, object()])
def test_an_answer_that_is_no_action_at_all(answer: Any) -> None:
    with pytest.raises(SubEnvFault, match="expected an action") as caught:
        played(lambda observation: answer if observation[0] else 0)
    assert caught.value.sub_env == 2


def test_actions_of_different_shapes() -> None:
    with pytest.raises(BadAgent, match="different shapes"):
        played(lambda observation: np.zeros(int(observation[0])))


def test_hanging_is_noticed_and_named() -> None:
    until = threading.Event()

    def act(observation: Any) -> int:
        until.wait(30.0)
        return 0

    begun = time.perf_counter()
    with pytest.raises(BadAgent, match=r"act' did not answer within 0.1 s.*timeout"):
        played(act, timeout=0.1)
    assert time.perf_counter() - begun < 10.0
    until.set()


def test_a_watchdog_ends_its_thread_and_serves_again_after_a_hang() -> None:
    watchdog, until = Watchdog(0.05, "It"), threading.Event()
    with pytest.raises(BadAgent):
        watchdog.call(until.wait, 30.0)
    assert [watchdog.call(pow, 2, n) for n in range(4)] == [1, 2, 4, 8]
    until.set()
    del watchdog
    for _ in range(100):
        if not (left := [th for th in threading.enumerate() if th.name == "teloscope watches It"]):
            break
        time.sleep(0.02)
    assert left == []


def test_without_a_limit_the_call_stays_in_its_thread() -> None:
    assert Watchdog(None, "It").call(threading.get_ident) == threading.get_ident()
    assert Watchdog(5.0, "It").call(threading.get_ident) != threading.get_ident()


@pytest.mark.parametrize("timeout", [0, -1.0])
def test_a_limit_below_zero(timeout: float) -> None:
    with pytest.raises(BadAgent, match="seconds above 0"):
        callable_agent(lambda o: 0, timeout=timeout)


def test_what_cannot_act() -> None:
    with pytest.raises(BadAgent, match="can't act"):
        callable_agent(3)

    class Needs:
        def __init__(self, what: int) -> None: ...

        def act(self, observations: Any) -> Any: ...

    with pytest.raises(BadAgent, match=r"Needs can't be made without arguments: TypeError"):
        callable_agent(Needs).start(Here(), 1, 0)


def test_identity_follows_code_and_what_it_holds() -> None:
    def over(threshold: float) -> Any:
        return lambda observation: int(observation[0] > threshold)

    assert callable_agent(over(1.0)).digest == callable_agent(over(1.0)).digest
    one, two = lambda o: 1, lambda o: 2
    things = [over(1.0), over(2.0), one, two, Counts, Predicts()]
    assert len({callable_agent(thing).digest for thing in things}) == len(things)


MODULE = """
import numpy as np
from teloscope.agents import Agent

def go(observation):
    return 1

class Mine(Agent):
    name = "mine"

there = Mine()
number = 3
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    name = f"agents_of_{abs(hash(str(tmp_path)))}"
    (tmp_path / f"{name}.py").write_text(MODULE)
    (tmp_path / "broken_agents.py").write_text("import no_such_thing_at_all\n")
    monkeypatch.chdir(tmp_path)
    return name


def test_agents_are_imported_by_path_from_where_one_stands(module: str) -> None:
    assert agent(f"{module}:go", trust=True).name == f"{module}:go"
    assert import_agent(f"{module}:Mine", trust=True).name == import_agent(f"{module}:there", trust=True).name == "mine"
    assert isinstance(import_agent(f"{module}:Mine", trust=True), Agent)


def test_importing_asks_for_trust_and_says_what_is_missing(module: str) -> None:
    with pytest.raises(NotTrusted, match="--trust"):
        agent(f"{module}:go")
    with pytest.raises(NotFound, match=r"'goo' not found. Did you mean 'go'"):
        import_agent(f"{module}:goo", trust=True)
    with pytest.raises(BadAgent, match="can't act"):
        import_agent(f"{module}:number", trust=True)
    with pytest.raises(
        BadAgent, match=r"ModuleNotFoundError: No module named 'no_such_thing_at_all', at broken_agents.py:1"
    ):
        import_agent("broken_agents:go", trust=True)
