"""Loading language-model agents by name, or from the `agent.json` that `teloscope build` writes.

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
from teloscope.file_sizes import read_text_file
from teloscope.scaffolds import PRESETS
from teloscope.scaffolds.profiles import Profile
from teloscope.scaffolds.scaffold import Decide
from teloscope.schema.reading import check_form


class AgentFile(BaseModel):
    """The contents of the `agent.json` that `teloscope build` writes."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    engine: str
    """The engine's name."""
    engine_digest: str = ""
    """The digest that the engine must have; empty: any."""
    scaffold: str
    profile: dict[str, Any] | str | None = None
    """The profile itself, or the name of one that comes with teloscope."""


def llm_agent(rest: str, profile: Profile | str | None = None) -> LlmAgent:
    """The agent of the name after `llm:`.

    Raises:
        BadAgent: no engine is named, a file can't be read, or its engine has another digest here. NotFound: no such
            engine or piece of a scaffold. BadEngine: the engine isn't available.
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
    return LlmAgent(engine(spec), line, profile, _full_name(rest, profile))


def _from_file(path: Path, profile: Profile | str | None) -> LlmAgent:
    try:
        content = json.loads(read_text_file(path, BadAgent))
        check_form(
            content, "agent", path, "an agent", "Expected the agent.json that `teloscope build` writes.", BadAgent
        )
        given = AgentFile.model_validate(content)
        own_profile = Profile.model_validate(given.profile) if isinstance(given.profile, dict) else given.profile
    except FileNotFoundError:
        raise BadAgent(f"The agent file {path} is not there. `teloscope build … --out DIR` writes one.") from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, ValidationError) as error:
        raise BadAgent(
            f"{path} can't be read as an agent ({_error_text(error)}); expected the agent.json that `teloscope build` "
            "writes."
        ) from None
    loaded = engine(given.engine)
    if given.engine_digest not in ("", loaded.digest):
        raise BadAgent(
            f"{path} was made with the engine {given.engine!r} of digest {given.engine_digest[:12]}; here it has "
            f"{loaded.digest[:12]}. It would not act as certified: use those weights, or build anew."
        )
    return LlmAgent(loaded, given.scaffold, own_profile if profile is None else profile, _full_name(str(path), profile))


def _error_text(error: Exception) -> str:
    """What is wrong, in one line."""
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(map(str, wrong['loc']))}: {wrong['msg']}" for wrong in error.errors())
    return str(error).splitlines()[0]


def _full_name(rest: str, profile: Profile | str | None) -> str:
    """The agent's full name, with its profile."""
    if profile is None:
        return f"llm:{rest}"
    return f"llm:{rest}?{urlencode({'profile': profile if isinstance(profile, str) else profile.name}, safe='/:')}"
