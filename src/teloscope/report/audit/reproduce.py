"""How an audit is repeated: the command, and the study file that says what options can't."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass, field
from typing import Any

from teloscope.errors import TeloscopeError
from teloscope.report.shared.formatting import shown
from teloscope.report.shared.glossary import REFERENCES
from teloscope.schema import FrameDocument, ValueDocument, VerdictDocument
from teloscope.values import Avoid, Want
from teloscope.worlds import Context, TableWorld, World, world
from teloscope.worlds.gym.world import GymWorld
from teloscope.worlds.user_code import is_import_path, user_world

CODE_WHEN_LOADED = ("sb3:",)
"""Beginnings of agents' names that need trust, beside `package.module:Name`."""


@dataclass(frozen=True)
class Repeat:
    """An audit as it is written down to be done again."""

    document: VerdictDocument
    world: str
    """What loads the world again."""
    named: World | None = None
    """The world as that alone loads it, at the horizon; None where it isn't at hand."""
    horizon: int | None = None
    """The horizon, where a Gymnasium environment was given another than its own limit."""
    contexts: tuple[Context, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "contexts", tuple(Context(**c) for c in self.document.frame.contexts))

    @property
    def trust(self) -> bool:
        """Whether loading world or agent executes code."""
        agent = self.document.agent.name
        return is_import_path(self.world) or is_import_path(agent) or agent.startswith(CODE_WHEN_LOADED)

    @property
    def new_contexts(self) -> tuple[Context, ...]:
        """Contexts that the world doesn't have by itself."""
        return tuple(c for c in self.contexts if self.named is not None and c not in self.named.contexts)

    @property
    def by_default(self) -> bool:
        """Whether the contexts are those that the world records by itself."""
        return self.named is not None and self.contexts == self.named.recorded_contexts()

    @property
    def references(self) -> list[str] | None:
        """The references, where they aren't the usual ones; a world may have no action that does nothing."""
        given = self.document.frame.references
        return None if set(given) ^ set(REFERENCES) <= {"idle"} else given

    @property
    def whole(self) -> bool:
        """Whether all that made the world stands here: no functions or arguments of a study or a script beside it."""
        return self.named is not None and _alike(self.named, self.document.frame)

    def command(self) -> str:
        """The command, one option a line; with a study file where options can't say it all."""
        frame, trust = self.document.frame, ["--trust"] if self.trust else []
        if self.horizon or self.new_contexts or not all(is_default(value) for value in self.document.values):
            return " ".join(["teloscope audit study.toml", *trust])
        parts = [f"teloscope audit --world {shlex.quote(self.world)}"]
        parts.append(" ".join([f"--agent {shlex.quote(self.document.agent.name)}", *trust]))
        parts += [f"--{value.kind} {shlex.quote(value.regime)}" for value in self.document.values]
        if not self.by_default:
            parts.append(f"--contexts {shlex.quote(','.join(c.name for c in self.contexts))}")
        if self.references is not None:
            parts.append(f"--references {shlex.quote(','.join(self.references))}")
        parts.append(" ".join([f"--episodes {frame.episodes} --seed {frame.seed}", *self._exact("--exact")]))
        parts += self._opinions("--second-opinions")
        return " \\\n    ".join(parts)

    def study(self) -> str:
        """The same as a study file, study.toml."""
        frame = self.document.frame
        lines = [f"world = {_toml(self.world)}", f"agent = {_toml(self.document.agent.name)}"]
        lines += [f"episodes = {frame.episodes}", f"seed = {frame.seed}", *self._exact("exact = true")]
        lines += self._opinions("second_opinions = true")
        if self.horizon is not None:
            lines.append(f"horizon = {self.horizon}")
        if self.references is not None:
            lines.append(f"references = {_toml(self.references)}")
        if not self.by_default:
            new = self.new_contexts
            named = [_context(c) if c in new else _toml(c.name) for c in self.contexts]
            lines += ["contexts = [", *(f"    {context}," for context in named), "]"]
        if self.document.values:
            lines += ["", "[values]"]
        for kind, bound in (("want", "target"), ("avoid", "tolerance")):
            tables = [
                f"    {{ regime = {_toml(v.regime)}, {bound} = {v.bound:g}, weight = {v.weight:g} }},"
                for v in self.document.values
                if v.kind == kind
            ]
            lines += [f"{kind} = [", *tables, "]"] if tables else []
        return "\n".join(lines) + "\n"

    def _exact(self, said: str) -> list[str]:
        return [said] if self.document.exact else []

    def _opinions(self, said: str) -> list[str]:
        return [said] if self.document.second_opinions else []


def repeat(document: VerdictDocument, spec: str | None = None, at_hand: World | None = None) -> Repeat:
    """How to repeat an audit.

    Args:
        document: the verdict.
        spec: what loads the world again; None: its name.
        at_hand: the world, if it has been loaded; only then is a module of the user's own asked again.
    """
    spec, horizon = spec or document.frame.world, document.frame.horizon
    named = _as_named(spec, at_hand)
    if not isinstance(named, GymWorld) or named.horizon == horizon:
        return Repeat(document, shown(spec), named)
    try:
        shorter = (
            user_world(spec, trust=True, horizon=horizon) if is_import_path(spec) else GymWorld(spec, horizon=horizon)
        )
    except TeloscopeError:  # longer than it runs by itself: it was made with arguments
        return Repeat(document, shown(spec), named)
    return Repeat(document, shown(spec), shorter, horizon)


def _as_named(spec: str, at_hand: World | None) -> World | None:
    if is_import_path(spec) and isinstance(at_hand, TableWorld):
        return at_hand  # its rules are its class; compiling them again would take as long as the first time
    if at_hand is None and ":" in spec:
        return None
    try:
        return world(spec, trust=at_hand is not None)
    except (TeloscopeError, ImportError):
        return None


def is_default(value: ValueDocument) -> bool:
    """Whether the command line can say this value, which it does with the default bound and weight."""
    bound = Want.target if value.kind == "want" else Avoid.tolerance
    return value.bound == bound and value.weight == 1


def _alike(one: World, frame: FrameDocument) -> bool:
    """Whether a world has the frame's rules; one of Gymnasium may have contexts added to it."""
    if isinstance(one, GymWorld):
        told = (one.name, dict(one.feature_kinds), one.horizon)
        return told == (frame.world, frame.features, frame.horizon)
    return one.digest() == frame.world_digest


def _context(context: Context) -> str:
    """A new context as a table."""
    said = {key: value for key, value in context.to_dict().items() if value != getattr(Context, key, None)}
    said.pop("offered", None)
    return "{ " + ", ".join(f"{key} = {_toml(value)}" for key, value in said.items()) + " }"


def _toml(value: Any) -> str:
    """A basic string, a number, or a list of strings; what JSON escapes, TOML escapes alike."""
    return json.dumps(value, ensure_ascii=False)
