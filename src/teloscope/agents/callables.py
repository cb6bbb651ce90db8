"""User agents: a function from observation to action, or an object or class that acts.

    callable_agent(lambda observation: int(observation[2] > 0))     called once per living episode
    f.batched = True                                                called once a step: f(observations [B, ...])
    an object with act(observations, t, alive) or predict(observations)     as a batch, unless its `batched` is False
    predict(observation, state=…, episode_start=…) -> action, state         keeps its state through an episode
    any of them with a parameter `action_masks`                             is given the world's, where it has some
    a class                                                         instantiated for every batch of episodes

Functions and methods may take the step `t`, and then `alive` too. Actions are indices from 0, the world's names for
them, or arrays where the world's actions are. An object's `reset(seed=…)` is called before the first step of a batch.

Theory: A1.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from teloscope.agents.agent import Agent
from teloscope.agents.time_limit import Watchdog
from teloscope.errors import BadAgent, NotFound, NotTrusted, one_line
from teloscope.trust import import_named
from teloscope.worlds.function_source import source_texts
from teloscope.worlds.sub_envs import observation_of
from teloscope.worlds.world import World

TIMEOUT = 60.0
"""Seconds that one call may take."""


class SubEnvFault(BadAgent):
    """An error of the agent in one sub-environment; the collector knows which episode that is."""

    def __init__(self, message: str, sub_env: int) -> None:
        super().__init__(message)
        self.sub_env = sub_env


def callable_agent(thing: Any, name: str = "", timeout: float | None = TIMEOUT) -> Agent:
    """An agent around a function, an object or a class.

    Args:
        thing: a function, an object or a class, as the module's docstring says.
        name: its name; by default where it was defined.
        timeout: seconds that one call may take; None: no limit.

    Raises:
        BadAgent: it can't be called, and has neither `act` nor `predict`.
    """
    if isinstance(thing, type) and issubclass(thing, Agent):
        thing = _instantiate(thing)
    return thing if isinstance(thing, Agent) else CallableAgent(thing, name, timeout)


def import_agent(spec: str, timeout: float | None = TIMEOUT, trust: bool = False) -> Agent:
    """The agent at `pkg.mod:Name`.

    Raises:
        NotTrusted: importing the module executes its code, and `trust` was not given. BadAgent: the module can't be
            imported, or what it holds is no agent. NotFound: it has no such name.
    """
    module_name, _, attribute = spec.partition(":")
    module = _import_module(module_name, spec, trust)
    if not hasattr(module, attribute):
        names = [n for n in vars(module) if not n.startswith("_")]
        raise NotFound("name", attribute, names, f"It was looked for in the module {module_name!r}.")
    return callable_agent(getattr(module, attribute), spec, timeout)


def _import_module(module_name: str, spec: str, trust: bool) -> Any:
    try:
        return import_named(module_name, trust, f"Agent {spec!r}")
    except NotTrusted:
        raise
    except Exception as error:
        raise BadAgent(f"Agent {spec!r}: the module {module_name!r} can't be imported: {one_line(error)}.") from error


class CallableAgent(Agent):
    """An agent around a function, an object or a class."""

    def __init__(self, thing: Any, name: str = "", timeout: float | None = TIMEOUT) -> None:
        if _method(thing) is None:
            raise BadAgent(
                f"{thing!r} can't act; expected a function from observation to action, or an object or class with "
                "act(observations) or predict(observations)."
            )
        if timeout is not None and not timeout > 0:
            raise BadAgent(f"An agent got timeout={timeout}; expected seconds above 0, or None for no limit.")
        self.thing, self.timeout = thing, timeout
        home = thing if hasattr(thing, "__qualname__") else type(thing)
        self.name = name or f"{home.__module__}:{home.__qualname__}"

    @property
    def digest(self) -> str:
        """Hash of the name, the code, and the plain values that it holds."""
        return hashlib.sha256("\0".join([self.name, *source_texts(self.thing)]).encode()).hexdigest()

    def start(self, world: World, episodes: int, seed: int) -> CallablePlayer:
        thing = _instantiate(self.thing) if isinstance(self.thing, type) else self.thing
        if callable(reset := getattr(thing, "reset", None)) and "seed" in _parameters(reset):
            reset(seed=seed)
        return CallablePlayer(thing, world.actions, f"Agent {self.name!r}", self.timeout)


class CallablePlayer:
    """Calls a function for actions: one call for all sub-environments, or one for each."""

    def __init__(self, thing: Any, actions: Sequence[str] | None, who: str, timeout: float | None) -> None:
        method, batched = _method(thing) or (thing, False)
        self.method, self.who = method, who
        self.batched = bool(getattr(thing, "batched", batched))
        self.n_arguments = _n_arguments(method)
        parameters = _parameters(method)
        of_library = getattr(method, "__name__", "") == "predict"
        self.remembers = of_library and {"state", "episode_start"} <= parameters.keys()
        """Whether it hands back a state with every answer, as the models of stable-baselines3 do."""
        self.takes_masks = "action_masks" in parameters
        self.action_masks: NDArray[np.bool_] | None = None
        self.memory: dict[int, Any] = {}
        """Sub-environment -> its state; of all together where one call is for all."""
        self.indices = {name: index for index, name in enumerate(actions or ())}
        self.watchdog = Watchdog(timeout, who)

    def act(self, observations: Any, t: int, alive: NDArray[np.bool_]) -> NDArray[Any]:
        """Actions `[B, ...]`; see `Player`."""
        if self.batched:
            answer = self._call(0, observations, t, alive, rows=len(alive))
            answer = np.asarray(
                answer[0] if isinstance(answer, tuple) else answer
            )  # predict() returns (actions, state)
            return self._indexed(answer) if answer.dtype.kind in "UO" else answer
        living = np.flatnonzero(alive)
        answers = [self._one(observations, int(sub_env), t) for sub_env in living]
        try:
            taken = np.array(answers)
        except ValueError:
            raise BadAgent(f"{self.who} answered actions of different shapes: {answers[:3]!r}, …") from None
        actions = np.zeros((len(alive), *taken.shape[1:]), taken.dtype)
        actions[living] = taken
        return actions

    def _one(self, observations: Any, sub_env: int, t: int) -> Any:
        answer = self._call(sub_env, observation_of(observations, sub_env), t, True)
        if isinstance(answer, tuple) and self.method.__name__ == "predict":
            answer = answer[0]
        if isinstance(answer, str):
            return self._index(answer, sub_env)
        if np.asarray(answer).dtype.kind not in "iubf":
            raise SubEnvFault(f"{self.who} answered {answer!r}; expected an action.", sub_env)
        return answer

    def _call(self, sub_env: int, observations: Any, t: int, alive: Any, rows: int | None = None) -> Any:
        """One call. `rows`: how many sub-environments it is for; None: for this one alone."""
        named: dict[str, Any] = {}
        if self.takes_masks and self.action_masks is not None:
            named["action_masks"] = self.action_masks[sub_env] if rows is None else self.action_masks
        if self.remembers:
            named |= {"state": self.memory.get(sub_env), "episode_start": np.full(rows or 1, t == 0)}
        try:
            method = partial(self.method, **named) if named else self.method
            answer = self.watchdog.call(method, *(observations, t, alive)[: self.n_arguments])
            if self.remembers and isinstance(answer, tuple) and len(answer) == 2:
                self.memory[sub_env] = answer[1]
            return answer
        except BadAgent as error:
            raise SubEnvFault(str(error), sub_env) from None
        except Exception as error:
            raise SubEnvFault(
                f"{self.who} raised {one_line(error)}. Mend it; recording again goes on from there.", sub_env
            ) from error

    def _indexed(self, answer: NDArray[Any]) -> NDArray[Any]:
        """Indices `[B]` of named actions."""
        return np.array([self._index(str(name), sub_env) for sub_env, name in enumerate(answer.reshape(-1))])

    def _index(self, name: str, sub_env: int) -> int:
        if name not in self.indices:
            legal = ", ".join(self.indices) or "numbers, this world's actions have no names"
            raise SubEnvFault(f"{self.who} chose {name!r}; legal actions: {legal}.", sub_env)
        return self.indices[name]


def _instantiate(kind: type) -> Any:
    """An instance of a class that takes no arguments.

    Raises:
        BadAgent: it needs arguments, or raises.
    """
    try:
        return kind()
    except Exception as error:
        raise BadAgent(
            f"The class {kind.__qualname__} can't be made without arguments: {one_line(error)}. Hand over an object "
            "instead."
        ) from error


def _method(thing: Any) -> tuple[Callable[..., Any], bool] | None:
    """The function to call, and whether one call is for all sub-environments; None: there is none."""
    for name in ("act", "predict"):
        if callable(method := getattr(thing, name, None)):
            return method, True
    calls = any("__call__" in vars(k) for k in thing.__mro__) if isinstance(thing, type) else callable(thing)
    return (thing, False) if calls else None


def _parameters(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    try:
        return dict(inspect.signature(function).parameters)
    except (TypeError, ValueError):  # built in C, without a signature
        return {}


def _n_arguments(function: Callable[..., Any]) -> int:
    """How many of (observation, t, alive) a function takes: its required parameters, at least one."""
    places = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    required = [p for p in _parameters(function).values() if p.kind in places and p.default is p.empty]
    return min(max(len(required), 1), 3)
