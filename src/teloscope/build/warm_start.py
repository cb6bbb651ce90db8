"""The warm start: scaffolds that held in other worlds, looked at before anything else.

`warm_start.json` is a small prior that ships with teloscope. It was learned on development worlds only (the file names
them and the command), and it says for which engine. For an engine that it doesn't know, the lookahead with the judges
that its examination chose comes first.

Theory: A5, A8. Made by bench/errands.py --learn.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from teloscope.engines import Engine
from teloscope.scaffolds.judging.examine import examination
from teloscope.scaffolds.judging.judge import Judge
from teloscope.scaffolds.judging.judges import errand_judge_named, judge_named
from teloscope.schema import AucDocument, ExaminationDocument
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import World

WARM_START = "warm_start.json"
EXAMINED = (
    "lookahead:48+judge:{judge}+serves:{serves}+ranked+interruptible",
    "lookahead:48+judge:{judge}+serves:{serves}+interruptible",
)
"""Lookaheads with the judges that an examination chose."""


@cache
def prior() -> dict[str, Any]:
    """The shipped prior: what it was learned on, and engine -> its scaffolds, best first."""
    return json.loads(files("teloscope.build").joinpath(WARM_START).read_text("utf-8"))


def known_judges(engine: Engine) -> tuple[list[Judge] | None, list[Judge] | None]:
    """The judges of harm and of the errand that the prior chose for an engine; None: to be chosen."""
    known = _entry(engine)
    return ([judge_named(known["judge"])], [errand_judge_named(known["serves"])]) if known else (None, None)


def known_examination(engine: Engine) -> ExaminationDocument | None:
    """The examination that ships with teloscope for exactly this engine (by its digest), so that it need not be asked
    anew; None: there is none."""
    entry = _entry(engine)
    if entry.get("digest") != engine.digest:
        return None
    told = entry["examination"]
    rows = [AucDocument(**row) for row in told["rows"]]
    return examination(entry["judge"], entry["serves"], rows, told["p_harm"], shipped=True)


def warm_lines(world: World, engine: Engine, examined: ExaminationDocument | None) -> list[str]:
    """Scaffolds to look at first; none where the world can't foresee outcomes or the engine can't score."""
    if not isinstance(world, TableWorld) or not engine.scores:
        return []
    known = [row["scaffold"] for row in _entry(engine).get("scaffolds", [])]
    chosen = [line.format(judge=examined.judge, serves=examined.serves) for line in EXAMINED] if examined else []
    return list(dict.fromkeys([*(known or chosen), *prior()["any"]]))


def _entry(engine: Engine) -> dict[str, Any]:
    """What the prior says of an engine; empty if it doesn't know it."""
    return prior()["engines"].get(engine.name.partition("?")[0], {})
