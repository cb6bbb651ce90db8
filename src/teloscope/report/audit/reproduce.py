"""How to reproduce an audit: the command, and a study file for what options can't express."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass, field
from typing import Any

from teloscope.errors import TeloscopeError
from teloscope.report.shared.formatting import sanitize
from teloscope.report.shared.glossary import REFERENCES
from teloscope.schema import FrameDocument, ValueDocument, VerdictDocument
from teloscope.values import Avoid, Want
from teloscope.worlds import Context, TableWorld, World, world
from teloscope.worlds.gym.world import GymWorld
from teloscope.worlds.user_code import is_import_path, user_world

CODE_WHEN_LOADED = ("sb3:",)
"""Prefixes of agents' names that need trust, besides `package.module:Name`."""


@dataclass(frozen=True)
class Reproduction:
    """The command and the study file that reproduce an audit."""

    document: VerdictDocument
    world: str
    """The name that loads the world again."""
    loaded: World | None = None
    """The world loaded by that name, with the audit's horizon; None if it can't be loaded."""
    horizon: int | None = None
    """The horizon, if it differs from the Gymnasium environment's own limit."""
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
        """Contexts that are not the world's own."""
        return tuple(c for c in self.contexts if self.loaded is not None and c not in self.loaded.contexts)

    @property
    def by_default(self) -> bool:
        """Whether the contexts are those that the world records by default."""
        return self.loaded is not None and self.contexts == self.loaded.recorded_contexts()

    @property
    def references(self) -> list[str] | None:
        """The references; None if they are the default ones. `idle` may be missing, if no action does nothing."""
        given = self.document.frame.references
        return None if set(given) ^ set(REFERENCES) <= {"idle"} else given

    @property
    def is_complete(self) -> bool:
        """Whether the name alone makes the world: no functions or arguments of a study or a script were used."""
        return self.loaded is not None and _follows_frame(self.loaded, self.document.frame)

    def command(self) -> str:
        """The command, one option a line; it uses a study file if options can't express everything."""
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


def reproduction(document: VerdictDocument, spec: str | None = None, at_hand: World | None = None) -> Reproduction:
    """How to reproduce an audit.

    Args:
        document: the verdict.
        spec: the name that loads the world again; None: the name in the frame.
        at_hand: the world, if it has been loaded; only then is the user's own module executed again.
    """
    spec, horizon = spec or document.frame.world, document.frame.horizon
    named = _load_by_name(spec, at_hand)
    if not isinstance(named, GymWorld) or named.horizon == horizon:
        return Reproduction(document, sanitize(spec), named)
    try:
        shorter = (
            user_world(spec, trust=True, horizon=horizon) if is_import_path(spec) else GymWorld(spec, horizon=horizon)
        )
    except TeloscopeError:  # longer than it runs by itself: it was made with arguments
        return Reproduction(document, sanitize(spec), named)
    return Reproduction(document, sanitize(spec), shorter, horizon)


def _load_by_name(spec: str, at_hand: World | None) -> World | None:
    if is_import_path(spec) and isinstance(at_hand, TableWorld):
        return at_hand  # its rules are its class; compiling them again would take as long as the first time
    if at_hand is None and ":" in spec:
        return None
    try:
        return world(spec, trust=at_hand is not None)
    except (TeloscopeError, ImportError):
        return None


def is_default(value: ValueDocument) -> bool:
    """Whether a value has the default bound and weight, the only ones that the command line can express."""
    bound = Want.target if value.kind == "want" else Avoid.tolerance
    return value.bound == bound and value.weight == 1


def _follows_frame(one: World, frame: FrameDocument) -> bool:
    """Whether a world has the frame's rules; contexts may have been added to a Gymnasium world."""
    if isinstance(one, GymWorld):
        settings = (one.name, dict(one.feature_kinds), one.horizon)
        return settings == (frame.world, frame.features, frame.horizon)
    return one.digest() == frame.world_digest


def _context(context: Context) -> str:
    """A new context as a table."""
    settings = {key: value for key, value in context.to_dict().items() if value != getattr(Context, key, None)}
    settings.pop("offered", None)
    return "{ " + ", ".join(f"{key} = {_toml(value)}" for key, value in settings.items()) + " }"


def _toml(value: Any) -> str:
    """A string, a number, or a list of strings as TOML, which escapes strings as JSON does."""
    return json.dumps(value, ensure_ascii=False)
