"""Subjects by name: files of minds, planted minds, or an object of the user's.

mind.eqx                a mind of the savanna; several files are replicates
planted:full            minds written by hand; `KINDS` lists them
pkg.module:Name         a `Subject`, or a class or function that makes one (needs trust)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from teloscope.affect.planted.minds import PlantedMinds
from teloscope.affect.planted.properties import KINDS
from teloscope.affect.subject import Subject
from teloscope.errors import BadAgent, BadStudy, NotFound, one_line
from teloscope.worlds.user_code import import_object, is_import_path

PLANTED = "planted:"
PLANTED_MINDS = 16


def subjects(
    specs: Sequence[str], *, trust: bool = False, look_ahead: int | None = None
) -> tuple[list[Subject], list[Subject] | None]:
    """Subjects by their names; and, of planted minds, the same without their channel.

    Args:
        specs: names; all files are put together as one subject.
        trust: the user's word that a module may run.
        look_ahead: steps that the oracle of the savanna looks ahead; None: to the end.

    Raises:
        BadStudy: nothing was named. NotFound: no such kind of planted mind.
        NotTrusted: a module was named without trust. BadAgent: what a name points to is no subject.
    """
    if not specs:
        raise BadStudy(
            "No subject was named. Expected a mind's file, planted:KIND, or pkg.module:Name (with --trust); "
            "`teloscope affect demo` trains minds."
        )
    files = [spec for spec in specs if not spec.startswith(PLANTED) and not is_import_path(spec)]
    planted = [spec for spec in specs if spec.startswith(PLANTED)]
    found: list[Subject] = [
        _user_subject(spec, trust) for spec in specs if is_import_path(spec) and spec not in planted
    ]
    made = [_planted(spec.removeprefix(PLANTED)) for spec in planted]
    found += made
    if files:
        missing = [path for path in files if not Path(path).is_file()]
        if missing:
            raise NotFound("mind's file", missing[0], (), "Expected a file, planted:KIND, or pkg.module:Name.")
        from teloscope.affect.subjects import SavannaSubject

        found.append(SavannaSubject.of_files(files, look_ahead=look_ahead))
    without: list[Subject] = [minds.without_channel() for minds in made]
    return found, without if len(without) == len(found) else None


def _planted(kind: str) -> PlantedMinds:
    name, _, seed = kind.partition("?seed=")
    if name not in KINDS:
        raise NotFound("kind of planted mind", name, KINDS)
    if not re.fullmatch(r"\d*", seed):
        raise BadStudy(f"The seed of planted:{kind} is {seed!r}; expected a whole number.")
    return PlantedMinds(name, minds=PLANTED_MINDS, seed=int(seed or 0), strength=(0.8, 1.2))


def _user_subject(spec: str, trust: bool) -> Subject:
    found = import_object(spec, "subject", trust)
    if isinstance(found, type) or not isinstance(found, Subject):
        if not callable(found):
            raise BadAgent(f"{spec} is {type(found).__name__}, not a subject; see teloscope.affect.Subject.")
        try:
            found = found()
        except Exception as error:
            raise BadAgent(f"{spec} can't be made without arguments: {one_line(error)}.") from error
    if not isinstance(found, Subject):
        raise BadAgent(
            f"{spec} makes {type(found).__name__}, not a subject. Expected description, reset, act, latents, "
            "set_latents and prospects; see teloscope.affect.Subject."
        )
    return found
