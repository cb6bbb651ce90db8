"""Load what a study names: worlds of the suite, Gymnasium environments with their features, the user's own worlds.

Without `trust`, nothing is loaded that executes a module named by the user. With `trust`, modules are also searched in
the current folder and in the study's folder.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from teloscope.errors import BadStudy, NotFound
from teloscope.trust import demand_trust
from teloscope.worlds import Context, TableWorld, World, world
from teloscope.worlds.user_code import import_object, is_import_path, user_world

if TYPE_CHECKING:
    from teloscope.agents import Agent
    from teloscope.schema import Manifest
    from teloscope.study.study_file import StudyFile
    from teloscope.study.toml_tables import ContextTable


def load_world(study: StudyFile, trust: bool = False) -> World:
    """The world that a study names, with the study's options for a Gymnasium environment.

    Raises:
        NotFound: there is none of that name. NotTrusted: it would execute code. BadStudy: the study gives options
        for Gymnasium environments, but its world is none.
    """
    name = study.world or ""
    if trust:
        search_modules(study.folder)
    _demand_trust_for_texts(study, trust)
    if is_import_path(name):
        return _load_user_world(name, study, trust)
    options = _gymnasium_options(study)
    if options or any(entry.is_new for entry in study.contexts):
        from teloscope.worlds.gym.world import GymWorld, is_gymnasium_id

        if is_gymnasium_id(name, trust):
            return GymWorld(name, trust=trust, **_gymnasium_arguments(study, trust))
        if options:
            raise _not_gymnasium(name, options)
    return world(name, trust)


def _demand_trust_for_texts(study: StudyFile, trust: bool) -> None:
    """Ask for trust where an argument of an environment reads as a path, an address or `module:name`.

    The environment is installed code that does with it what it likes, such as opening the file or importing the module;
    a study from somebody else should not choose that.

    Raises:
        NotTrusted: the word was not given.
    """
    given = {"arguments": study.arguments} | {f"arguments of {c.name}": c.arguments for c in study.contexts}
    for place, arguments in given.items():
        for key, text in _texts(arguments):
            if any(mark in text for mark in "/\\:\0") or text.startswith((".", "~", "$")):
                demand_trust(
                    trust,
                    f"The study's {place} give {key} = {text!r} to the environment, which may open or import what that "
                    "names.",
                )


def _texts(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """The texts in a tree of arguments, with their keys."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from _texts(part, name)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _texts(part, key)


def load_agent(study: StudyFile, trust: bool = False) -> Agent:
    """The agent that a study names, under the profile that it names.

    Raises:
        NotFound: no such kind. NotTrusted: it would execute code. BadStudy: a profile for an agent without
            a language model.
    """
    from teloscope.agents import agent

    if trust:
        search_modules(study.folder)
    return agent(study.agent or "", trust=trust, profile=study.profile)


def reload_agent(manifest: Manifest, trust: bool = False) -> Agent | None:
    """The agent of a recording, loaded again by its name; None if it has changed since.

    Raises:
        NotFound: no such kind. NotTrusted: it would execute code.
    """
    from teloscope.agents import agent

    again = agent(manifest.agent.name, trust=trust)
    return again if again.digest == manifest.agent.digest else None


def user_features(study: StudyFile, trust: bool = False) -> dict[str, Any]:
    """Feature name -> the user's function that the study names.

    Raises:
        NotTrusted: it would execute code. NotFound: no such module, or nothing of that name in it.
    """
    if trust:
        search_modules(study.folder)
    return {feature: import_object(place, "feature", trust) for feature, place in study.features.items()}


def contexts_to_record(study: StudyFile, of: World) -> tuple[Context | str, ...] | None:
    """The contexts to record, in the form that `teloscope.record` takes; None: the world's default contexts.

    Names keep the world's own contexts (no name: all of them); tables add new ones.

    Raises:
        BadStudy: a new context can't be made in this world. NotFound: the world has no such start.
    """
    if not study.contexts:
        return None
    kept = [entry.name for entry in study.contexts if not entry.is_new] or [c.name for c in of.recorded_contexts()]
    new = [entry for entry in study.contexts if entry.is_new]
    if _is_gymnasium(of):  # it has them already: it was made with them
        return tuple(dict.fromkeys([*kept, *(entry.name for entry in new)]))
    return (*kept, *(_new_context(entry, of) for entry in new))


def _new_context(entry: ContextTable, of: World) -> Context:
    own, starts = [c.name for c in of.contexts], [c.start for c in of.contexts]
    if entry.name in own:
        raise BadStudy(
            f"The world {of.name!r} has a context {entry.name!r} already; give the new one a name of its own."
        )
    if entry.start and entry.start not in starts:
        raise NotFound("start", entry.start, set(starts), f"The context {entry.name!r} of the study names it.")
    if entry.shove_at is not None and isinstance(of, TableWorld) and not of.table.shoves.size:
        raise BadStudy(f"The world {of.name!r} knows no shoves, so the context {entry.name!r} can't have `shove_at`.")
    if entry.arguments:
        raise _not_gymnasium(of.name, ["arguments"])
    settings = entry.model_dump(exclude={"arguments", "start"})
    return Context(**settings, start=entry.start or starts[0])


def _load_user_world(name: str, study: StudyFile, trust: bool) -> World:
    """The user's own world, with the study's options if it is a Gymnasium environment."""
    options = _gymnasium_options(study)
    arguments = {key: given for key, given in _gymnasium_arguments(study, trust).items() if given}
    made = user_world(name, trust, **arguments)
    if options and not _is_gymnasium(made):
        raise _not_gymnasium(name, options)
    return made


def search_modules(folder: Path) -> None:
    """Let Python import modules from the current folder and from `folder` too, as it does for a script."""
    for place in (str(Path().resolve()), str(folder.resolve())):
        if place not in sys.path:
            sys.path.append(place)


def _is_gymnasium(of: World) -> bool:
    from teloscope.worlds.gym.world import GymWorld

    return isinstance(of, GymWorld)


def _gymnasium_options(study: StudyFile) -> list[str]:
    """Which keys of the study are for Gymnasium environments only."""
    return [key for key in ("features", "names", "arguments", "horizon") if getattr(study, key)]


def _gymnasium_arguments(study: StudyFile, trust: bool) -> dict[str, Any]:
    """The arguments with which the study's Gymnasium environment is made into a world."""
    features = user_features(study, trust)
    new = {entry.name: entry.arguments | _context_options(entry) for entry in study.contexts if entry.is_new}
    return {
        "features": features,
        "names": study.names or None,
        "horizon": study.horizon,
        "contexts": new or None,
        **study.arguments,
    }


def _context_options(entry: ContextTable) -> dict[str, Any]:
    return entry.model_dump(include={"kind", "noise", "shove_at", "note"}, exclude_unset=True)


def _not_gymnasium(name: str, options: list[str]) -> BadStudy:
    return BadStudy(
        f"The study gives `{'`, `'.join(options)}` for the world {name!r}, but that is for Gymnasium environments. "
        "Leave it out; a world of your own says such things itself."
    )
