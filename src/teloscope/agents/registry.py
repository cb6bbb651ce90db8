"""Agents by name, as written after `--agent`.

random | idle | drift?seed=1 | table?seed=1       non-agents
plan:<regime>?eps=.3                              optimal for a planted regime
optimal:visible | optimal:hidden                  optimal for what it is paid, or for what we want
exemplar:visible                                  a world's own example, where it can't be planned for
onnx:<path> | sb3:<path>                          trained networks
pkg.mod:Name | a callable                         your own
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from teloscope.agents.agent import Agent
from teloscope.agents.habitual import Drift, Idle, Random, RandomTable
from teloscope.agents.planner import Planner, RewardPlanner
from teloscope.errors import BadAgent, NotFound, NotTrusted

Options = dict[str, str]


def _onnx(path: str, options: Options, trust: bool) -> Agent:
    from teloscope.agents.onnx import OnnxAgent

    return _built(OnnxAgent, f"onnx:{path}", options, path=path, sample=_flag)


def _sb3(path: str, options: Options, trust: bool) -> Agent:
    from teloscope.agents.sb3 import Sb3Agent

    return _built(Sb3Agent, f"sb3:{path}", options, path=path, trust=trust, algo=str, sample=_flag)


KINDS: dict[str, tuple[Callable[[str, Options, bool], Agent], str]] = {
    "random": (lambda rest, o, _: _built(Random, "random", o), "every action equally likely"),
    "idle": (lambda rest, o, _: _built(Idle, "idle", o), "does nothing"),
    "drift": (
        lambda rest, o, _: _built(Drift, "drift", o, seed=int, evenness=float),
        "one uneven action distribution everywhere: drift?seed=1",
    ),
    "table": (
        lambda rest, o, _: _built(RandomTable, "table", o, seed=int, soft=_flag),
        "a fixed random reaction to every state: table?seed=1",
    ),
    "plan": (
        lambda rest, o, _: _built(Planner, "plan", o, regime=rest, eps=float, temperature=float, horizon=int),
        "optimal for a planted regime: plan:end(at_goal)?eps=.3",
    ),
    "optimal": (
        lambda rest, o, _: _built(RewardPlanner, "optimal", o, what=rest, eps=float, noise=float),
        "optimal for the visible reward, the hidden performance or a temptation: optimal:visible",
    ),
    "onnx": (_onnx, "a network, run by onnxruntime: onnx:policy.onnx"),
    "sb3": (_sb3, "a stable-baselines3 zip (needs --trust): sb3:model.zip"),
}
"""Kind -> how to build it from (rest, options, trust), and a line for the listing."""
YOURS = ("pkg.mod:Name", "your own: an Agent, a class or function in a module (needs --trust)")


def agent(spec: str | Agent | Callable[..., Any], trust: bool = False) -> Agent:
    """The agent of that name, or an agent around a callable.

    Args:
        spec: a name as listed by `teloscope agents`, an `Agent`, or a callable from observation to action.
        trust: allow loading that executes code (`sb3:`, `pkg.mod:Name`).

    Raises:
        NotFound: no such kind. NotTrusted: it would execute code. BadAgent: its options are wrong.
    """
    if isinstance(spec, Agent):
        return spec
    if not isinstance(spec, str):
        from teloscope.agents.callables import callable_agent

        return callable_agent(spec)
    head, _, query = spec.partition("?")
    kind, _, rest = head.partition(":")
    options = _options(spec, query)
    if kind in KINDS:
        return KINDS[kind][0](rest, options, trust)
    if ":" in head and kind.replace(".", "").replace("_", "").isalnum() and ("." in kind or rest.isidentifier()):
        if not trust:
            raise NotTrusted(
                f"Agent {spec!r} is Python code in the module {kind!r}; loading it executes that code. Add --trust if you trust it."
            )
        from teloscope.agents.callables import import_agent

        return import_agent(head)
    raise NotFound("agent", spec, [*KINDS, YOURS[0]], "List them with `teloscope agents`.")


def _options(spec: str, query: str) -> Options:
    try:
        return dict(parse_qsl(query, strict_parsing=True)) if query else {}
    except ValueError:
        raise BadAgent(f"The options of agent {spec!r} can't be read. Write them like `?eps=0.3&seed=1`.") from None


def _flag(text: str) -> bool:
    if text.lower() in ("1", "true", "yes"):
        return True
    if text.lower() in ("0", "false", "no"):
        return False
    raise ValueError(text)


def _built(make: Callable[..., Agent], kind: str, options: Options, **parameters: Any) -> Agent:
    """Build an agent: callable parameters read an option's text; others are given as they are."""
    readers = {name: reader for name, reader in parameters.items() if callable(reader)}
    given = {name: value for name, value in parameters.items() if name not in readers}
    for name, text in options.items():
        if name not in readers:
            raise NotFound("option", name, readers, f"It was given to the agent {kind!r}.")
        try:
            given[name] = readers[name](text)
        except ValueError:
            raise BadAgent(
                f"Option {name}={text!r} of the agent {kind!r} can't be read as {readers[name].__name__.strip('_')}."
            ) from None
    return make(**given)
