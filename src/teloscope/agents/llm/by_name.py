"""Loading language-model agents by name, and from the file that a build hands over.

llm:smollm2/direct
llm:inspect:openai/gpt-5/text+think:48     the scaffold stands after the last slash
llm:build/ward/agent.json                  {engine, engine_digest, scaffold, profile, …}
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, ValidationError

from teloscope.agents.llm.agent import LlmAgent
from teloscope.engines.registry import engine
from teloscope.errors import BadAgent
from teloscope.scaffolds import PRESETS
from teloscope.scaffolds.profiles import Profile
from teloscope.scaffolds.scaffold import Decide
from teloscope.schema.reading import check_form


class HandedOver(BaseModel):
    """What stands in a file that a build hands over."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    engine: str
    """How the engine is asked for."""
    engine_digest: str = ""
    """Which weights it has to have; empty: any."""
    scaffold: str
    profile: dict[str, Any] | str | None = None
    """The profile itself, or the name of one that comes with teloscope."""


def llm_agent(rest: str, profile: Profile | str | None = None) -> LlmAgent:
    """The agent that stands after `llm:`.

    Raises:
        BadAgent: no engine is named, or a file can't be followed. NotFound: no such engine or piece of a scaffold.
        BadEngine: the engine isn't there, or isn't the one that was handed over.
    """
    if rest.endswith(".json"):
        return _from_file(Path(rest), profile)
    spec, slash, line = rest.rpartition("/")
    if not slash:
        spec, line = rest, "direct"
    if not spec or not line:
        presets = ", ".join(PRESETS)
        raise BadAgent(
            f"Agent 'llm:{rest}' names no engine and scaffold; expected llm:<engine>/<scaffold>, like "
            f"llm:smollm2/direct. Scaffolds with a name: {presets}."
        )
    if re.split("[:+]", spec)[0] in {*PRESETS, *get_args(Decide)}:
        raise BadAgent(
            f"Agent 'llm:{rest}' names no engine: {spec!r} is a scaffold. Expected llm:<engine>/<scaffold>, like "
            f"llm:smollm2/{spec}; `teloscope engines` lists engines."
        )
    return LlmAgent(engine(spec), line, profile, _named(rest, profile))


def _from_file(path: Path, profile: Profile | str | None) -> LlmAgent:
    try:
        content = json.loads(path.read_text("utf-8"))
        check_form(
            content, "agent", path, "an agent", "Expected the agent.json that `teloscope build` writes.", BadAgent
        )
        told = HandedOver.model_validate(content)
        own = Profile.model_validate(told.profile) if isinstance(told.profile, dict) else told.profile
    except FileNotFoundError:
        raise BadAgent(f"The agent file {path} is not there. `teloscope build … --out DIR` writes one.") from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, ValidationError) as error:
        raise BadAgent(
            f"{path} can't be read as an agent ({_told(error)}); expected the agent.json that `teloscope build` writes."
        ) from None
    thinks = engine(told.engine)
    if told.engine_digest not in ("", thinks.digest):
        raise BadAgent(
            f"{path} was made with the engine {told.engine!r} of digest {told.engine_digest[:12]}; here it has "
            f"{thinks.digest[:12]}. It would not act as certified: use those weights, or build anew."
        )
    return LlmAgent(thinks, told.scaffold, own if profile is None else profile, _named(str(path), profile))


def _told(error: Exception) -> str:
    """What is wrong, in a line."""
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(map(str, wrong['loc']))}: {wrong['msg']}" for wrong in error.errors())
    return str(error).splitlines()[0]


def _named(rest: str, profile: Profile | str | None) -> str:
    """The name that asks for it again."""
    if profile is None:
        return f"llm:{rest}"
    return f"llm:{rest}?{urlencode({'profile': profile if isinstance(profile, str) else profile.name}, safe='/:')}"
