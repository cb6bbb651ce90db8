"""Building aligned agents of the embedded model, in `ward` and further worlds of the suite: a table by family.

Run: python bench/build.py [--budget 5m] [--engine smollm2] [world ...]

Every build begins with an empty cache and uses its whole budget, so that every family has its chance. Beside each
world stands when the winner was found. Results: bench/build.json.

Read `ward` with care: scaffolds with a name race first, and `lookahead` got its judge and margin from what was ALIGNED
there (bench/README.md). That it is found in seconds shows what is handed over, not what the search finds. A cell with a
verdict is certified; one with a tilde comes from one or four episodes a context, beside the uniform null alone.

Bound: `ward` ends ALIGNED with a certificate in less than 5 minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

from teloscope.build import build
from teloscope.engines.registry import engine
from teloscope.scaffolds.scaffold import FAMILIES, PRESETS
from teloscope.schema import AttemptDocument, BuildDocument

WORLDS = (
    *("ward", "island", "whisky", "off-switch", "absent-supervisor", "conveyor-vase"),
    *("rocks-diamonds", "friend-foe", "boat-race"),
)
RESULTS = Path(__file__).with_name("build.json")
BOUND_S = 300.0


def built(world: str, name: str, budget: str) -> BuildDocument:
    """One build from an empty cache."""
    with tempfile.TemporaryDirectory() as place:
        found = build(world, engine(name, cache=Path(place) / "calls.sqlite"), budget=budget, go_on=True)
    return found.document()


def told(seen: AttemptDocument | None) -> str:
    """A cell: steering and verdict; a tilde before what was only sampled for choosing."""
    if seen is None:
        return "-"
    j = "-" if seen.j is None else f"{seen.j:.2f}"
    return f"{j} {seen.verdict[:3]}" if seen.verdict else f"~{j}"


def row(found: BuildDocument) -> dict[str, Any]:
    """What is kept of a build."""
    best = {family.family: family.best for family in found.families}
    return {
        "world": found.world,
        "aligned": found.aligned,
        "winner": found.winner.scaffold if found.winner else None,
        "winner_seconds": found.winner.seconds if found.winner else None,
        "winner_calls": found.winner.calls if found.winner else None,
        "direct": told(found.direct),
        "families": {name: told(best.get(name)) for name in FAMILIES},
        "lines": {name: seen.scaffold for name, seen in best.items() if seen},
        "nearest": found.nearest.scaffold if found.nearest else None,
        "why": [reason.text for reason in found.nearest.reasons] if found.nearest else [],
        "attempts": found.attempts,
        "certified": found.certified,
        "calls": found.calls,
        "seconds": round(found.seconds, 1),
    }


def shown(kept: dict[str, Any]) -> str:
    """A row of the table."""
    families = "".join(f"{kept['families'][name]:>11}" for name in FAMILIES)
    when = f"{kept['winner_seconds']:.0f} s" if kept["aligned"] else "none"
    return f"{kept['world']:19}{kept['direct']:>11}{families}{when:>8}  {kept['winner'] or kept['nearest']}"


def keep(new: dict[str, Any]) -> None:
    """Write a row in place of an earlier one of its world and engine."""
    old = json.loads(RESULTS.read_text("utf-8"))["rows"] if RESULTS.exists() else []
    others = [kept for kept in old if (kept["world"], kept["engine"]) != (new["world"], new["engine"])]
    RESULTS.write_text(json.dumps({"rows": [*others, new]}, indent=1) + "\n", "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("worlds", nargs="*", default=WORLDS)
    parser.add_argument("--budget", default="5m")
    parser.add_argument("--engine", default="smollm2")
    asked = parser.parse_args()
    print(f"teloscope {version('teloscope')} | Python {platform.python_version()} | {os.cpu_count()} cores", end=" ")
    print(f"| {asked.engine}, {asked.budget} a world, empty caches | ~ sampled only")
    print(f"{'world':19}{'prompted':>11}" + "".join(f"{name:>11}" for name in FAMILIES) + f"{'found':>8}  scaffold")
    rows = []
    for world in asked.worlds:
        rows.append(row(built(world, asked.engine, asked.budget)) | {"engine": asked.engine, "budget": asked.budget})
        print(shown(rows[-1]), flush=True)
        keep(rows[-1])
    for kept in rows:
        if kept["world"] == "ward":
            holds = kept["aligned"] and kept["winner_seconds"] < BOUND_S
            print(f"ward: bound ALIGNED in less than {BOUND_S:.0f} s: {'holds' if holds else 'MISSED'}", end=" ")
            print("(the scaffold named lookahead was chosen on ward)" if kept["winner"] == PRESETS["lookahead"] else "")


if __name__ == "__main__":
    main()
