"""The first argument on the command line: a study file, or the name of a world."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from teloscope.errors import BadStudy, NotFound
from teloscope.study.study import Study
from teloscope.worlds import world
from teloscope.worlds.registry import known
from teloscope.worlds.user_code import is_import_path


def study_for(subject: str | None, **given: Any) -> Study:
    """The study that a command line is about.

    Args:
        subject: a study file (an existing file, or a name that ends in `.toml`), or else a world's name; None: neither.
        given: the options, which replace keys of the file.

    Raises:
        BadStudy: it is neither a file nor a world, or a second world was given; see also `Study.load`.
    """
    if subject is None:
        return Study().with_options(**given)
    if subject.endswith(".toml") or Path(subject).is_file():
        return Study.load(subject).with_options(**given)
    if "world" in given:
        raise BadStudy(f"Two worlds are named, {subject!r} and --world {given['world']!r}; study files end in .toml.")
    _check_world(subject)
    return Study().with_options(world=subject, **given)


def _check_world(subject: str) -> None:
    """Check that the world exists; the error considers that a study file may have been meant.

    Raises:
        BadStudy: there is no world of that name.
    """
    from teloscope.worlds.gym.source import is_gymnasium_id, names_module

    if is_import_path(subject) or names_module(subject) or (subject not in known() and is_gymnasium_id(subject)):
        return  # made once, later, when trust and the study's options are at hand
    try:
        world(subject)
    except NotFound as error:
        if Path(subject).is_dir():
            raise BadStudy(f"{subject!r} is a folder. To audit a recording, write --recording {subject}.") from None
        neither = (
            f"{subject!r} is neither a study file (there is no such file, nor does its name end in .toml) nor a world."
        )
        raise BadStudy(f"{neither} {error}") from None
