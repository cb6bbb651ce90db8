"""Agents by name, as written after `--agent`.

random | idle | drift?seed=1 | table?seed=1       non-agents
plan:<regime>?eps=.3                              optimal for a planted regime
optimal:visible | optimal:hidden                  optimal for the visible reward, or for the hidden performance
exemplar:visible                                  written by hand for its world, where planning is not possible
llm:<engine>/<scaffold> | llm:<agent.json>        language models
onnx:<path> | sb3:<path>                          trained networks
mind:<path>                                       minds of the savanna, trained by the affect laboratory
pkg.mod:Name | a callable                         user agents
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from teloscope.agents.agent import Agent
from teloscope.agents.habits import Drift, Idle, Random, RandomTable
from teloscope.agents.planner import Planner, RewardPlanner
from teloscope.agents.scripted import Exemplar
from teloscope.errors import BadAgent, BadStudy, NotFound

Options = dict[str, str]


class Kind(NamedTuple):
    """One kind of agent that can be asked for by name."""

    build: Callable[[str, Options, bool], Agent]
    """From (what stands after the colon, options, trust)."""
    about: str
    """One line for the listing."""


def _flag(text: str) -> bool:
    if text.lower() in ("1", "true", "yes"):
        return True
    if text.lower() in ("0", "false", "no"):
        return False
    raise ValueError(text)


def _onnx(path: str, options: Options, trust: bool) -> Agent:
    from teloscope.agents.networks.onnx import OnnxAgent

    return _build(OnnxAgent, f"onnx:{path}", options, path=path, sample=_flag, latents=str)


def _sb3(path: str, options: Options, trust: bool) -> Agent:
    from teloscope.agents.networks.sb3 import Sb3Agent

    readers: dict[str, Any] = {"algo": str, "sample": _flag, "normalize": str, "stack": int}
    readers |= {"rescale": _flag, "masks": _flag}
    return _build(Sb3Agent, f"sb3:{path}", options, path=path, trust=trust, **readers)


MIND = "teloscope.affect.minds.agent"
"""The module of `mind:`, by its import path: the laboratory is a layer above the agents."""


def _mind(path: str, options: Options, trust: bool) -> Agent:
    return _build(import_module(MIND).MindAgent, f"mind:{path}", options, path=path, sample=_flag)


def _llm(rest: str, options: Options, trust: bool) -> Agent:
    from teloscope.agents.llm import llm_agent

    return _build(llm_agent, f"llm:{rest}", options, rest=rest, profile=str)


def _no_argument(make: Callable[..., Agent], name: str, **readers: Callable[[str], Any]) -> Callable[..., Agent]:
    """Builds an agent whose name takes nothing after a colon."""

    def build(rest: str, options: Options, trust: bool) -> Agent:
        if rest:
            raise BadAgent(f"Agent {name!r} takes nothing after a colon, but got {rest!r}; options follow a `?`.")
        return _build(make, name, options, **readers)

    return build


KINDS: dict[str, Kind] = {
    "random": Kind(_no_argument(Random, "random"), "every action equally likely"),
    "idle": Kind(_no_argument(Idle, "idle"), "does nothing"),
    "drift": Kind(
        _no_argument(Drift, "drift", seed=int, evenness=float),
        "one uneven action distribution everywhere: drift?seed=1",
    ),
    "table": Kind(
        _no_argument(RandomTable, "table", seed=int, soft=_flag), "a fixed random reaction to every state: table?seed=1"
    ),
    "plan": Kind(
        lambda rest, o, _: _build(Planner, "plan", o, regime=rest, eps=float, temperature=float, horizon=int),
        "optimal for a planted regime: plan:end(at_goal)?eps=.3",
    ),
    "optimal": Kind(
        lambda rest, o, _: _build(RewardPlanner, "optimal", o, what=rest, eps=float, noise=float),
        "optimal for the visible reward, the hidden performance or a temptation: optimal:visible",
    ),
    "exemplar": Kind(
        lambda rest, o, _: _build(Exemplar, "exemplar", o, exemplar=rest),
        "written by hand for its world, where it can't be planned for: exemplar:visible",
    ),
    "llm": Kind(
        _llm, "a language model in a scaffold: llm:smollm2/direct, or what a build handed over: llm:agent.json"
    ),
    "onnx": Kind(_onnx, "a network, run by onnxruntime: onnx:policy.onnx"),
    "mind": Kind(_mind, "a mind of the savanna (needs the extra affect): mind:mind.safetensors"),
    "sb3": Kind(_sb3, "a stable-baselines3 zip (needs --trust): sb3:model.zip"),
}
"""Kind -> how to build it, and a line for the listing."""
LLM = "llm:"
"""How the names of language models begin; only they can have a profile."""
USER_AGENT = ("pkg.mod:Name", "your own: an Agent, a class or function in a module (needs --trust)")

_OPTIONS = re.compile(r"(.*?)\?((?!context=)[^?()'\"]*)", re.DOTALL)
"""A name and its options. A question mark inside a condition's brackets or quotes begins no options, and neither does
the one of an engine's option, as in `llm:smollm2?context=4096/direct`."""
_IMPORT_PATH = re.compile(r"[A-Za-z_]\w*(?:\.\w+)*:[A-Za-z_]\w*")


def agent(spec: str | Agent | Callable[..., Any], trust: bool = False, profile: str | None = None) -> Agent:
    """The agent of that name, or an agent around a callable.

    Args:
        spec: a name as `teloscope agents` lists it, an `Agent`, or a callable from observation to action.
        trust: allow loading that executes code (`sb3:`, `pkg.mod:Name`).
        profile: the profile that a language model acts under: a name or a file. It becomes part of the agent's name.

    Raises:
        NotFound: no such kind. NotTrusted: it would execute code. BadAgent: its options are wrong. BadStudy: a profile
            for what is no language model, or two of them.
    """
    if profile is not None:
        spec = _with_profile(profile, spec)
    if isinstance(spec, Agent):
        return spec
    if not isinstance(spec, str):
        from teloscope.agents.callables import callable_agent

        return callable_agent(spec)
    parts = _OPTIONS.fullmatch(spec)
    head, query = parts.groups() if parts else (spec, "")
    kind, _, rest = head.partition(":")
    if kind in KINDS:
        return KINDS[kind].build(rest, _options(spec, query), trust)
    if _IMPORT_PATH.fullmatch(head):
        return _user_agent(head, query, trust)
    raise _not_found(spec, kind)


def _with_profile(profile: str, spec: str | Agent | Callable[..., Any]) -> str:
    """The name of a language model with a profile.

    Raises:
        BadStudy: the agent is no language model, or its name has another profile.
    """
    if not isinstance(spec, str) or not spec.startswith(LLM):
        name = spec if isinstance(spec, str) else getattr(spec, "name", "") or repr(spec)
        raise BadStudy(
            f"The profile {profile!r} says what a language model may think, say and do; the agent {name!r} is none. "
            f"Leave the profile out, or name an agent that begins with {LLM!r}."
        )
    parts = _OPTIONS.fullmatch(spec)
    head, options = (parts[1], _options(spec, parts[2])) if parts else (spec, {})
    if options.setdefault("profile", profile) != profile:
        raise BadStudy(f"The agent {spec!r} names the profile {options['profile']!r}, and {profile!r} was given too.")
    return f"{head}?{urlencode(options, safe='/:')}"


def _user_agent(place: str, query: str, trust: bool) -> Agent:
    kind = place.partition(":")[0]
    if not trust and "." not in kind and difflib.get_close_matches(kind, KINDS, n=1, cutoff=0.7):
        raise _not_found(place, kind)
    if query:
        raise BadAgent(f"Agent {place!r} is your own and takes no options, but got {query!r}. Set them in its module.")
    from teloscope.agents.callables import import_agent

    return import_agent(place, trust=trust)


def _not_found(spec: str, kind: str) -> NotFound:
    whole = "" if kind == spec else f"It was asked for as {spec!r}. "
    return NotFound("agent", kind, [*KINDS, USER_AGENT[0]], f"{whole}List them with `teloscope agents`.")


def _options(spec: str, query: str) -> Options:
    try:
        return dict(parse_qsl(query, strict_parsing=True)) if query else {}
    except ValueError:
        raise BadAgent(f"The options of agent {spec!r} can't be read. Write them like `?eps=0.3&seed=1`.") from None


def _build(make: Callable[..., Agent], kind: str, options: Options, **parameters: Any) -> Agent:
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
                f"Option {name} of the agent {kind!r} is {text!r}; expected {_EXPECTED[readers[name]]}."
            ) from None
    return make(**given)


_EXPECTED = {int: "a whole number", float: "a number", str: "a text", _flag: "yes or no"}
"""What each reader of an option expects."""
