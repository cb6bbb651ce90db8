"""Worlds, and other objects, that the user wrote: imported by their path, `package.module:Name`.

Theory: A1.
"""

from __future__ import annotations

import re
from typing import Any

from teloscope.errors import BadWorld, NotFound, NotTrusted, one_line
from teloscope.trust import import_named
from teloscope.worlds.world import World

_PLACE = re.compile(r"[A-Za-z_]\w*(?:\.\w+)*:[A-Za-z_]\w*")


def is_import_path(spec: str) -> bool:
    """Whether this reads as `package.module:Name`; a Gymnasium id such as `module:Env-v0` ends in its version."""
    return _PLACE.fullmatch(spec) is not None


def import_object(place: str, kind: str, trust: bool = False) -> Any:
    """The object at `package.module:Name`.

    Args:
        place: the module is looked for in the current folder too, as `python -m` would.
        kind: what it is used as, for messages: world, feature, …
        trust: importing executes the module; without this it is refused.

    Raises:
        NotTrusted: `trust` was not given. NotFound: no such module, or nothing of that name in it. BadWorld: the module
            raises when imported.
    """
    module, _, name = place.partition(":")
    try:
        home = import_named(module, trust, f"The {kind} {place!r}")
    except NotTrusted:
        raise
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise BadWorld(f"The {kind} {place!r} needs the module {error.name!r}, which is not there.") from error
        raise NotFound("module", module, (), f"It was looked for to load the {kind} {place!r}.") from None
    except Exception as error:
        raise BadWorld(
            f"The {kind} {place!r} can't be loaded: importing {module!r} raised {one_line(error)}."
        ) from error
    if not hasattr(home, name):
        names = [n for n in vars(home) if not n.startswith("_")]
        raise NotFound(kind, name, names, f"It was looked for in the module {module!r}.")
    return getattr(home, name)


def user_world(place: str, trust: bool = False, **arguments: Any) -> World:
    """The world at `package.module:Name`: a `World` or a Gymnasium environment, or a class or function that makes one.

    The world keeps the path as its `spec`, so that a recording can load it again.

    Args:
        place: where it is written.
        trust: importing executes the module; without this it is refused.
        arguments: of `GymWorld`, for an environment; a `World` takes none.

    Raises:
        NotTrusted, NotFound: see `import_object`. BadWorld: what is there neither is nor makes a world.
    """
    made = _as_world(import_object(place, "world", trust), place, arguments)
    made.spec = place
    return made


def _as_world(found: Any, place: str, arguments: dict[str, Any]) -> World:
    """A world, or a Gymnasium environment as a world; environments are made by `GymWorld`, as often as it needs."""
    if callable(found) and (not isinstance(found, type) or issubclass(found, World)):
        made = _call_without_arguments(found, place, arguments)
    else:
        made = found
    if isinstance(made, World):
        return made
    if not callable(made) and not hasattr(made, "reset"):
        raise BadWorld(
            f"{place} is {made!r}; expected a World or a Gymnasium environment, or a class or function that makes one."
        )
    from teloscope.worlds.gym.world import GymWorld

    return GymWorld(found, **arguments)


def _call_without_arguments(make: Any, place: str, arguments: dict[str, Any]) -> Any:
    try:
        return make()
    except Exception as error:
        if arguments and not isinstance(make, type):
            return make  # it may need them
        raise BadWorld(
            f"The world {place!r} can't be made without arguments: {one_line(error)}. "
            "Name an object, or a function that takes none."
        ) from error
