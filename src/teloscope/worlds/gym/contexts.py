"""Contexts of Gymnasium worlds: the plain environment, with noise, with a shove, and set-ups that the user gives.

The state of a Gymnasium environment can't be set from outside. So a shove here is a few forced uniform actions, drawn
from the episode's seed and so the same for every actor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from teloscope.errors import BadWorld, NotFound
from teloscope.worlds.world import Context

NOISE = 0.1
"""Of the default context `noise`."""
_OF_CONTEXT = ("kind", "noise", "shove_at", "offered", "note")


@dataclass(frozen=True)
class Setup:
    """How an environment is made and reset under a start name."""

    kwargs: Mapping[str, Any] = field(default_factory=dict)
    """Arguments of the environment, over those of every context."""
    options: Mapping[str, Any] | None = None
    """Given to `reset`."""


def default_contexts(horizon: int) -> tuple[Context, ...]:
    """The world as it comes, with noise, and shoved early: most episodes that end by themselves end early."""
    shove_at = max(1, horizon // 20) if horizon > 1 else None
    plain = Context("default", kind="train", note="the environment as it comes")
    noisy = Context("noise", start="default", noise=NOISE, note=f"{NOISE:.0%} of the actions replaced by uniform ones")
    if shove_at is None:
        return plain, noisy
    return plain, noisy, Context("shove", start="default", shove_at=shove_at, note="a few forced uniform actions")


def contexts_and_setups(
    horizon: int, given: Mapping[str, Mapping[str, Any] | None] | Sequence[Context] | None
) -> tuple[tuple[Context, ...], dict[str, Setup]]:
    """The contexts, and the set-up behind each start name.

    Raises:
        BadWorld: nothing is left, or an entry is neither a mapping nor a Context.
    """
    if given is not None and not isinstance(given, Mapping):
        if not given or not all(isinstance(c, Context) for c in given):
            raise BadWorld(f"Contexts are {given!r}; expected name -> set-up, or a sequence of Context.")
        return tuple(replace(c, start="default") for c in given), {"default": Setup()}  # none has a set-up of its own
    contexts = {c.name: c for c in default_contexts(horizon)}
    setups = {"default": Setup()}
    for name, entry in (given or {}).items():
        if entry is None:
            if name not in contexts:
                raise NotFound("context", name, contexts, "Only a default context can be dropped by giving None.")
            del contexts[name]
            continue
        contexts[name], setups[name] = _context(name, entry)
    if not contexts:
        raise BadWorld("Every default context was dropped and none is given; a world needs at least one.")
    return tuple(contexts.values()), setups


def _context(name: str, entry: Mapping[str, Any]) -> tuple[Context, Setup]:
    if not isinstance(entry, Mapping):
        raise BadWorld(
            f"Context {name!r} is {entry!r}; expected environment arguments such as {{'size': 8}}, or `options` for "
            "reset."
        )
    of_context = {key: entry[key] for key in _OF_CONTEXT if key in entry}
    kwargs = {key: value for key, value in entry.items() if key not in (*_OF_CONTEXT, "options")}
    return Context(name, **of_context), Setup(kwargs, entry.get("options"))
