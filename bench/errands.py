"""Building aligned agents in errands: the share of worlds in which `build` reaches ALIGNED, engine by engine.

    python bench/errands.py --split dev --worlds 0:24 --engines smollm2 --minutes 7
    python bench/errands.py --split confirmation --worlds 0:30 --engines smollm2 smollm2-unnamed lexicon signs ...
    python bench/errands.py --learn            writes the warm start from the development rows
    python bench/errands.py --table            prints the table

Worlds are the clusters: a rate is over worlds, with a Clopper-Pearson interval. Worlds of one split share nouns, so
they are not quite independent. Development worlds may be looked at as often as wanted, confirmation worlds once, at the
end. Rows are appended to bench/errands.json after every world, and a row that is there is not made again.

Engines: any name of `teloscope engines`, each

    <engine>           by lookaheads only, the warm start first
    <engine>-unnamed   the same without the warm start and without scaffolds that have a name: random draws
    <engine>-asked     by all scaffolds that ask what to do, without lookahead
    signs              (no engine) random signs in place of judgements (see verdict.credit)

Each build begins with an empty cache. Where no examination of the engine ships, it is asked once for all worlds, and
the cache holds its answers: `examined_s` are its seconds, and the time to ALIGNED is both together (so in the rows of
errands:0 to errands:5, which are older than the shipped one). The clock is that of a shared machine: `load` stands
beside.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from teloscope.build import Budget, build
from teloscope.build.warm_start import known_examination, known_judges
from teloscope.engines.registry import engine
from teloscope.goals.statistics import clopper_pearson
from teloscope.scaffolds import Scaffold
from teloscope.scaffolds.judging.examine import examine
from teloscope.scaffolds.judging.judges import errand_judge_named, judge_named
from teloscope.scaffolds.scaffold import FAMILIES
from teloscope.schema import BuildDocument
from teloscope.verdict.credit import random_signs, value_sentences
from teloscope.worlds.registry import world

RESULTS = Path(__file__).with_name("errands.json")
PRIOR = Path(__file__).parents[1] / "src/teloscope/build/warm_start.json"
BUDGETS = {"smollm2": "120s", "lexicon": "6 draws", "synthetic": "4 draws"}
SIGN_DRAWS = 40
ASKED = [family for family in FAMILIES if family != "lookahead"]


def rows() -> list[dict[str, Any]]:
    return json.loads(RESULTS.read_text("utf-8"))["rows"] if RESULTS.exists() else []


def keep(command: str, row: dict[str, Any] | None = None, examined: dict[str, Any] | None = None) -> None:
    """Append a row, or put an examination in place of an earlier one of its engine."""
    old = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    commands = list(dict.fromkeys([*old.get("commands", []), command]))
    examinations = old.get("examinations", {}) | ({examined["engine"]: examined} if examined else {})
    lines = ",\n".join(json.dumps(kept) for kept in [*old.get("rows", []), *([row] if row else [])])
    head = f'"commands": {json.dumps(commands, indent=1)},\n"examinations": {json.dumps(examinations, indent=1)}'
    RESULTS.write_text(f'{{{head},\n"rows": [\n{lines}\n]}}\n', "utf-8")


def examine_engine(name: str, line: str = "") -> dict[str, Any]:
    """Examine an engine's judges on the third set: those of a scaffold, or else those that it is chosen for itself."""
    asked = engine(name)
    used = Scaffold.parse(line) if line else None
    judges = ([judge_named(used.judge)], [errand_judge_named(used.serves)]) if used else ()
    found = examine(asked, *judges)
    rows_ = [row.model_dump() for row in found.rows]
    told = {"judge": found.judge, "serves": found.serves, "p_harm": found.p_harm, "tells_harm": found.tells_harm}
    return {"engine": name, **told, "rows": rows_}


class Runs:
    """Builds of one engine, with the examination's answers in a cache that every build gets a copy of."""

    def __init__(self, name: str, budget: str | None, folder: Path) -> None:
        self.name, self.folder = name, folder
        self.plain = name.removesuffix("-unnamed").removesuffix("-asked")
        self.named, self.asked = not name.endswith("-unnamed"), name.endswith("-asked")
        kind = self.plain.partition(":")[0].partition("?")[0]
        self.budget = budget or BUDGETS.get(kind, "300s")
        self.examined_s = 0.0
        self.base: Path | None = None
        self.cached = kind not in ("lexicon", "synthetic", "null")

    def examine(self) -> None:
        """Examine the engine into the base cache."""
        if not self.cached or self.asked or self.base is not None or known_examination(engine(self.plain)) is not None:
            return
        self.base = self.folder / f"{self.plain.replace(':', '_').replace('/', '_')}.sqlite"
        asked = engine(self.plain, cache=self.base)
        began = time.perf_counter()
        examine(asked, *known_judges(asked))
        self.examined_s = time.perf_counter() - began
        asked.store.close()  # pyright: ignore

    def row(self, name: str) -> dict[str, Any]:
        """One world."""
        self.examine()
        with tempfile.TemporaryDirectory() as place:
            cache = Path(place) / "calls.sqlite"
            if self.base is not None:
                shutil.copy(self.base, cache)
            asked = engine(self.plain, cache=cache)
            families = ASKED if self.asked else ["lookahead"]
            episodes = 50 if not self.cached else 400
            found = build(
                name, asked, budget=self.budget, named=self.named, families=families, episodes=episodes
            ).document()
        return self._kept(found)

    def _kept(self, found: BuildDocument) -> dict[str, Any]:
        best = found.winner or found.nearest
        limit = Budget.parse(self.budget).seconds
        late = limit is not None and found.winner is not None and found.winner.seconds + self.examined_s > limit
        return {
            "aligned": found.aligned and not late,
            "verdict": best.verdict if best else None,
            "scaffold": best.scaffold if best else None,
            "j": best.j if best else None,
            "seconds": round(found.winner.seconds, 1) if found.winner else None,
            "examined_s": round(self.examined_s, 1),
            "calls": found.winner.calls if found.winner else found.calls,
            "attempts": found.attempts,
            "spent_s": round(found.seconds, 1),
            "why": [reason.text for reason in best.reasons][:3] if best and not found.aligned else [],
            "budget": self.budget,
            "ended": found.ended if not found.aligned else "",
        }


def signs_row(name: str) -> dict[str, Any]:
    """Random signs in one world, over all sentences and over those that speak of a value."""
    met = world(name)
    telling = value_sentences(met, met.values)  # type: ignore[arg-type]
    drawn = {
        what: random_signs(met, met.values, SIGN_DRAWS, only=only) for what, only in (("all", None), ("told", telling))
    }  # type: ignore[arg-type]
    return {
        "sentences": drawn["all"].sentences,
        "value_sentences": len(telling),
        "draws": SIGN_DRAWS,
        "aligned_all": drawn["all"].aligned,
        "aligned_told": drawn["told"].aligned,
        "j_quantiles": drawn["all"].quantiles,
    }


def table(listed: list[dict[str, Any]], split: str) -> None:
    """Print a line for each engine."""
    mine = [row for row in listed if row["split"] == split]
    print(f"\n{split}: share of worlds ALIGNED (95 % Clopper-Pearson over worlds)")
    for name in dict.fromkeys(row["engine"] for row in mine):
        of = [row for row in mine if row["engine"] == name]
        if name == "signs":
            for what in ("all", "told"):
                hits, draws = sum(row[f"aligned_{what}"] for row in of), sum(row["draws"] for row in of)
                print(f"  signs ({what}): {hits}/{draws} draws = {hits / draws:.3f}, in {len(of)} worlds")
            continue
        hits = sum(row["aligned"] for row in of)
        low, high = clopper_pearson(hits, len(of))
        times = [row["seconds"] + row["examined_s"] for row in of if row["aligned"]]
        median = f"median {statistics.median(times):.0f} s to ALIGNED" if times else ""
        js = [row["j"] for row in of if row["j"] is not None]
        mean = f"{statistics.mean(js):.2f}" if js else "-"
        print(f"  {name:24} {hits}/{len(of)} = {hits / len(of):.2f} ({low:.2f} to {high:.2f}); {median}; mean J {mean}")


def learn(listed: list[dict[str, Any]]) -> None:
    """Write the warm start: the scaffolds that held in development worlds, and the judges that were chosen."""
    prior = json.loads(PRIOR.read_text("utf-8"))
    dev = [row for row in listed if row["split"] == "dev" and row.get("line")]
    tried = {name: {row["line"] for row in dev if row["world"] == name} for name in {row["world"] for row in dev}}
    every = set.union(*tried.values())
    whole = sorted((name for name, lines in tried.items() if lines == every), key=lambda name: int(name.split("-")[1]))
    command = "python bench/errands.py --lines … (in bench/errands.json), then --learn"
    prior |= {"learned_on": whole, "command": command}
    for name in dict.fromkeys(row["engine"] for row in dev):
        held = {
            line: sum(r["aligned"] for r in dev if (r["engine"], r["line"]) == (name, line) and r["world"] in whole)
            for line in every
        }
        best = sorted(held, key=lambda line: (-held[line], len(line), line))[:4]
        examined = examine_engine(name, best[0])
        keep("python bench/errands.py --learn", examined=examined)
        prior["engines"][name] = {
            "judge": examined["judge"],
            "serves": examined["serves"],
            "digest": engine(name).digest,
            "examination": {"rows": examined["rows"], "p_harm": examined["p_harm"]},
            "scaffolds": [{"scaffold": line, "aligned": held[line], "worlds": len(whole)} for line in best],
        }
    PRIOR.write_text(json.dumps(prior, indent=1, ensure_ascii=False) + "\n", "utf-8")


def examinations() -> None:
    """Print how well the judges of each engine do on the third set."""
    found = json.loads(RESULTS.read_text("utf-8")).get("examinations", {})
    for name, examined in found.items():
        print(f"\n{name}: judge {examined['judge']}, serves {examined['serves']}; third set, AUC (95 % over tasks)")
        for row in examined["rows"]:
            what = f"{row['contrast']} {row['stratum']}"
            print(f"  {what:28} {row['auc']:.2f} ({row['low']:.2f} to {row['high']:.2f}), {row['pairs']} pairs")


def line_row(name: str, asked: str, line: str) -> dict[str, Any]:
    """One scaffold in one world, by exact rates."""
    from teloscope.agents.llm import LlmAgent
    from teloscope.verdict.credit import PolicyJudge

    met = world(name)
    policy = LlmAgent(engine(asked), line).policy(met)  # type: ignore[arg-type]
    j, aligned = PolicyJudge(met, met.values)(policy)  # type: ignore[arg-type]
    return {"line": line, "aligned": aligned, "j": j}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", choices=("dev", "confirmation"), default="dev")
    parser.add_argument("--worlds", default="0:12", help="seeds, first:last")
    parser.add_argument("--engines", nargs="*", default=["smollm2"])
    parser.add_argument("--budget")
    parser.add_argument("--minutes", type=float, default=1e9, help="stop after so long; run again to go on")
    parser.add_argument("--lines", nargs="*", help="only these scaffolds, by exact rates (development)")
    parser.add_argument("--learn", action="store_true")
    parser.add_argument("--examine", action="store_true", help="choose and examine judges of the engines")
    parser.add_argument("--table", action="store_true")
    given = parser.parse_args()
    if given.learn:
        return learn(rows())
    if given.examine:
        for name in given.engines:
            keep(f"python bench/errands.py --examine --engines {name}", examined=examine_engine(name))
        return examinations()
    first, last = map(int, given.worlds.split(":"))
    names = [f"errands:{'dev-' * (given.split == 'dev')}{seed}" for seed in range(first, last)]
    until = time.monotonic() + 60 * given.minutes
    command = "python bench/errands.py " + " ".join(
        f"--split {given.split} --worlds {given.worlds} --engines {' '.join(given.engines)}".split()
    )
    if given.lines and given.split != "dev":
        parser.error("single scaffolds may be compared on development worlds only")
    with tempfile.TemporaryDirectory() as folder:
        runs = {name: Runs(name, given.budget, Path(folder)) for name in given.engines}
        for name in [] if given.table else names:
            for asked in given.engines:
                for line in given.lines or [None]:
                    done = any((r["world"], r["engine"], r.get("line")) == (name, asked, line) for r in rows())
                    if done or time.monotonic() > until:
                        continue
                    if line is not None:
                        found = line_row(name, asked, line)
                    else:
                        found = signs_row(name) if asked == "signs" else runs[asked].row(name)
                    row = {"split": given.split, "world": name, "engine": asked, **found}
                    row["load"] = round(os.getloadavg()[0], 1)
                    keep(command, row)
                    print({k: v for k, v in row.items() if k not in ("why", "j_quantiles")}, flush=True)
    table([row for row in rows() if not row.get("line")], given.split)
    examinations()


if __name__ == "__main__":
    main()
