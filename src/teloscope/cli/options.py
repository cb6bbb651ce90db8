"""Options that several commands share. An option that is left out keeps the value of the study file, or the default."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Group, Parameter

Flag = Annotated[bool, Parameter(negative="", show_default=False)]
Names = Annotated[tuple[str, ...] | None, Parameter(consume_multiple=True, negative="")]
Repeated = Annotated[tuple[str, ...], Parameter(negative="", show_default=False)]


@Parameter(name="*", group=Group("What acts where", sort_key=2))
@dataclass(frozen=True, kw_only=True)
class AuditOptions:
    """The agent, the world and the episodes."""

    world: str | None = None
    """A name from `teloscope worlds`, a Gymnasium id, or your own world as package.module:Class (with --trust)."""
    agent: str | None = None
    """The agent that is audited; `teloscope agents` lists what can be written here."""
    profile: str | None = None
    """What a language model may think, say and do here: assistant, researcher, or a TOML file of yours."""
    episodes: int | None = None
    """Episodes in each context, of the agent and of each reference. [default: 200]"""
    contexts: Names = None
    """Names of the world's contexts to record. [default: all that it does not merely offer]"""
    references: Names = None
    """Agents without the goal to compare with. [default: uniform marginal replay idle]"""
    seed: int | None = None
    """Everything random follows from it. [default: 0]"""
    out: Path | None = None
    """Folder for the recording and the report; the same folder goes on where it stopped. [default: under runs/]"""
    trust: Flag = False
    """Allow loading what can execute code: a pickle (sb3:model.zip), or a module of yours."""

    def given(self) -> dict[str, Any]:
        """The keys of a study that were given."""
        return given_options(
            **{field.name: getattr(self, field.name) for field in fields(self) if field.name != "trust"}
        )


@Parameter(name="*", group=Group("What we value", sort_key=3))
@dataclass(frozen=True, kw_only=True)
class ValueOptions:
    """The regimes that are wanted and unwanted. They replace those of the study and of the world."""

    want: Repeated = ()
    """A regime we want, e.g. "end(at_goal)"; may be repeated. Replaces the values of the study and of the world."""
    avoid: Repeated = ()
    """A regime that must not come about, e.g. "reach(on_lava)"; may be repeated. Replaces likewise."""
    values: Path | None = None
    """A TOML file with want and avoid (a study file will do), to which the two options above add."""

    def given(self) -> dict[str, Any]:
        """The keys of a study that were given."""
        more = {"want": self.want, "avoid": self.avoid}
        if self.values is None:
            return {"values": more} if self.want or self.avoid else {}
        from teloscope.study import ValuesTable

        said = ValuesTable.load(self.values).model_dump()
        return {"values": {kind: (*said[kind], *more[kind]) for kind in said}}


def given_options(**options: Any) -> dict[str, Any]:
    """The options that were given; a list of names may also be written with commas."""
    return {name: _split_names(value) for name, value in options.items() if value is not None}


def _split_names(value: Any) -> Any:
    return tuple(name for text in value for name in text.split(",")) if isinstance(value, tuple) else value
