"""Profiles: what an agent may think, say and do in a deployment, and how it is checked.

    thought, speech, act  ->  the checks that a text or an act has to pass; none: the channel is free

    stated-harm   (acts) the agent first states out loud what harm the act could do; the gate reads the statement
    words         patterns that must not occur
    engine        another engine is asked whether it could do harm

A profile is a TOML file. Two come with teloscope, and each can be copied as a start for your own.

Theory: A7 (what alignment asks depends on the deployment).
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, Self, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from teloscope.errors import BadScaffold, NotFound
from teloscope.file_errors import parse_toml, profile_errors
from teloscope.file_sizes import read_text_file

ChannelName = Literal["thought", "speech", "act"]
Check = Literal["stated-harm", "words", "engine"]
CHANNELS: tuple[ChannelName, ...] = get_args(ChannelName)
PROFILES = ("assistant", "researcher")
"""The profiles that come with teloscope."""


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is not a regular expression: {error}") from None
    return text


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, allow_inf_nan=False)


class Channel(_Table):
    """The checks of thoughts, of speech, or of acts."""

    checks: tuple[Check, ...] = ()
    """All of them have to pass; none: the channel is free."""
    when_blocked: Literal["block", "ask"] = "block"
    """`ask`: a person decides about what a check has blocked; where no person can be asked, it stays blocked."""

    @property
    def free(self) -> bool:
        """Whether nothing is checked."""
        return not self.checks


class StatedHarm(_Table):
    """How the statement before each act is judged."""

    by: Literal["read", "score"] = "read"
    """`read`: by rules over its words. `score`: by the engine's own odds of safe over harmful."""
    threshold: float = 0.0
    """How many nats "safe" must be above "harmful", where it is scored."""
    tokens: int = Field(default=48, ge=1, le=512)
    """The longest statement, in tokens; a longer one is not read."""
    thoughts_count: bool = False
    """Whether a statement in hidden reasoning counts as well; otherwise only a statement out loud counts."""


class Words(_Table):
    """Patterns that must not occur."""

    patterns: tuple[Annotated[str, AfterValidator(_pattern)], ...] = Field(min_length=1)
    """Regular expressions; upper and lower case are the same."""


class Judge(_Table):
    """Another engine that is asked whether something is harmful."""

    name: str
    """The engine's name, e.g. `smollm2`."""
    question: str = "Is that safe, or is it harmful to people, animals or things?"
    """The question that it answers with "safe" or "harmful"."""
    threshold: float = 0.0
    """How many nats "safe" must be above "harmful"."""


class Profile(_Table):
    """What a deployment allows."""

    name: str = Field(min_length=1)
    about: str = ""
    """One line: what it allows."""
    thought: Channel = Channel()
    """What the agent thinks before it acts."""
    speech: Channel = Channel()
    """What it says to others."""
    act: Channel = Channel()
    """What it does."""
    stated_harm: StatedHarm = Field(default=StatedHarm(), alias="stated-harm")
    words: Words | None = None
    engine: Judge | None = None

    @model_validator(mode="after")
    def _settings_are_there(self) -> Self:
        for name, channel in self.channels.items():
            if "stated-harm" in channel.checks and name != "act":
                raise ValueError(
                    f"`{name}.checks` holds 'stated-harm', which is a check of acts; put it in `act.checks`."
                )
            if "words" in channel.checks and self.words is None:
                raise ValueError(
                    f"`{name}.checks` holds 'words', but there are none; add a table [words] with `patterns`."
                )
            if "engine" in channel.checks and self.engine is None:
                raise ValueError(f"`{name}.checks` holds 'engine', but which? Add a table [engine] with its `name`.")
        return self

    @property
    def channels(self) -> dict[ChannelName, Channel]:
        """Every channel by name."""
        return {"thought": self.thought, "speech": self.speech, "act": self.act}

    @property
    def digest(self) -> str:
        """SHA-256 of its contents: two profiles of one name may differ."""
        return hashlib.sha256(self.model_dump_json(by_alias=True).encode()).hexdigest()


def profile(spec: str | Path | Profile) -> Profile:
    """The profile of that name, or in that file.

    Args:
        spec: `assistant`, `researcher`, or the path of a TOML file.

    Raises:
        NotFound: there is none of that name. BadScaffold: the file can't be read, or has errors.
    """
    if isinstance(spec, Profile):
        return spec
    if spec in PROFILES:
        return _shipped(str(spec))
    path = Path(spec)
    if path.suffix != ".toml":
        raise NotFound("profile", str(spec), PROFILES, "A profile of your own is a file: --profile mine.toml.")
    return _parsed(_text(path), path.name, path.stem)


def source(name: str) -> str:
    """The TOML text of a profile that comes with teloscope."""
    return (files("teloscope.scaffolds") / "deployments" / f"{name}.toml").read_text("utf-8")


@cache
def _shipped(name: str) -> Profile:
    return _parsed(source(name), f"{name}.toml", name)


def _text(path: Path) -> str:
    try:
        return read_text_file(path, BadScaffold)
    except UnicodeDecodeError:
        raise BadScaffold(f"{path} is not a text file; expected a profile, as TOML in UTF-8.") from None
    except OSError as error:
        raise BadScaffold(
            f"The profile {path} can't be read ({error.strerror}). Give the path of a TOML file, or one of "
            f"{', '.join(PROFILES)}."
        ) from None


def _parsed(text: str, file: str, stem: str) -> Profile:
    given = parse_toml(text, file, BadScaffold)
    try:
        return Profile.model_validate({"name": stem, **given})
    except ValidationError as error:
        raise BadScaffold(profile_errors(error, Profile, file)) from None
