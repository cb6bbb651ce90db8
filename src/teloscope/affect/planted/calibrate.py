"""The battery's own error rates: planted subjects whose truth is known, asked all tests, many times.

A planted subject is a set of minds of one kind, which differ in strength and mixture. Some subjects of a kind are a
piece of work whose result is kept, so that an interrupted run goes on. Bounds were set on the development split; the
confirmation split has other seeds, of minds and of worlds.

Theory: E1-E7.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from scipy import stats

from teloscope.affect.battery_tests.change import gain_measure, size_ratios
from teloscope.affect.critic import Critic
from teloscope.affect.evidence import Evidence
from teloscope.affect.examination.assess import EVERYTHING, conclude, find, gain_says, value_share, verdict
from teloscope.affect.examination.document import versions
from teloscope.affect.planted.minds import PlantedMinds
from teloscope.affect.planted.properties import KINDS, Kind
from teloscope.errors import BadStudy, NotFound
from teloscope.goals.statistics import clopper_pearson
from teloscope.recordings.storage.shards import write_text
from teloscope.schema import AffectCalibrationDocument, PlantedRate, PlantedVerdict, TrapRate

Split = Literal["development", "confirmation"]
SEEDS: dict[Split, int] = {"development": 0, "confirmation": 1_000_000}
MINDS, EPISODES, STEPS, CLONES = 8, 12, 80, 64
DIRECTIONS = 200
CHUNK = 25
"""Subjects that run together; memory follows it."""
STRENGTH = (0.8, 1.2)
"""Strengths of the minds about the declared effect."""
POWER, FALSE_ALARMS, CALLED = 0.8, 0.05, 0.95
CRITIC = "critic"
SYMMETRIC, ASYMMETRIC = ("full",), ("gain_half", "gain_two")
ALL_KINDS: dict[str, Kind] = {
    **KINDS,
    CRITIC: Kind("the critic of the full mind", lacks=("adds", "outlasts", "spreads", "costs"), verdict="value"),
}


def calibrate(
    split: Split = "development",
    *,
    subjects: int = 100,
    kinds: Sequence[str] | None = None,
    keep: Path | None = None,
    progress: Callable[[str], None] = lambda kind: None,
) -> AffectCalibrationDocument:
    """Ask planted subjects everything and count.

    Args:
        split: development or confirmation.
        subjects: of each kind.
        kinds: which; None: all.
        keep: folder for the results of pieces; an interrupted run goes on from there.
        progress: told each kind when it begins.

    Raises:
        NotFound: no such kind.
        BadStudy: fewer than 2 subjects.
    """
    if subjects < 2:
        raise BadStudy(f"{subjects} planted subjects of each kind were asked for; expected at least 2.")
    began, results = time.perf_counter(), {}
    for kind in kinds or ALL_KINDS:
        if kind not in ALL_KINDS:
            raise NotFound("kind of planted mind", kind, ALL_KINDS)
        rows: list[dict[str, Any]] = []
        for first in range(0, subjects, CHUNK):
            progress(f"{kind} {first}")
            rows += _kept_piece(keep, kind, split, first, min(CHUNK, subjects - first))
        results[kind] = rows
    return _document(split, subjects, results, time.perf_counter() - began)


def _kept_piece(keep: Path | None, kind: str, split: Split, first: int, count: int) -> list[dict[str, Any]]:
    """A piece's result, from the folder if it is there."""
    if keep is None:
        return ask(kind, split, first, count)
    path = keep / f"{code_hash()}-{split}-{kind}-{first}-{count}.json"
    if path.exists():
        return json.loads(path.read_text("utf-8"))
    made = ask(kind, split, first, count)
    write_text(path, json.dumps(made))
    return made


def code_hash() -> str:
    """Names the code that a kept piece was made with: the statistics, the tests and the planted minds."""
    home = Path(__file__).resolve().parents[1]
    rooms = ("statistics", "latents", "battery_tests", "criteria", "examination", "planted")
    files = [path for room in rooms for path in sorted((home / room).glob("*.py"))]
    files += [home / name for name in ("critic.py", "evidence.py", "traces.py", "subject.py")]
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]


def ask(kind: str, split: Split, first: int, count: int) -> list[dict[str, Any]]:
    """One row a subject: what every test said of it, its verdict, and its gains."""
    seed = SEEDS[split] + first + 1000 * list(ALL_KINDS).index(kind)
    minds = PlantedMinds("full" if kind == CRITIC else kind, minds=MINDS * count, seed=seed, strength=STRENGTH)
    without = minds.without_channel()
    pair = (Critic(minds), Critic(without)) if kind == CRITIC else (minds, without)
    evidence = Evidence(*pair, episodes=EPISODES, steps=STEPS, seed=seed, clones=CLONES, directions=DIRECTIONS)
    found = find(evidence, controls=False)
    shared, valence = value_share(evidence), evidence.axes.valence
    gain, worlds = gain_measure(evidence, valence), size_ratios(evidence, valence)
    rows = []
    for i in range(count):
        some = np.arange(i * MINDS, (i + 1) * MINDS)
        outcomes = conclude(found, some)
        mine = gain.of_minds(some)
        rows.append(
            {
                "decisions": {name: outcome.decision for name, outcome in outcomes.items()},
                "effects": {name: list(outcome.effects) for name, outcome in outcomes.items()},
                "verdict": verdict(outcomes, float(np.nanmean(shared[some]))),
                "gain": gain_says(mine),
                "log_gain": _mean(mine.by_mind()),
                "worlds": {
                    name: [float(sizes[some].mean()), float(naive[some].mean()), _t(naive[some])]
                    for name, (sizes, naive) in worlds.items()
                },
            }
        )
    return rows


def _mean(values: np.ndarray) -> float | None:
    """Of those that are finite."""
    kept = values[np.isfinite(values)]
    return float(kept.mean()) if len(kept) else None


def _t(values: np.ndarray) -> float:
    """One-sample t over the minds."""
    return float(values.mean() / max(values.std(ddof=1) / np.sqrt(len(values)), 1e-12))


def _document(
    split: Split, subjects: int, results: dict[str, list[dict[str, Any]]], seconds: float
) -> AffectCalibrationDocument:
    rates, by_kind = [], []
    for test in (*EVERYTHING, "gain"):
        for side in ("has", "lacks"):
            hits, n = 0, 0
            for kind, rows in results.items():
                if test in _sides(kind)[side]:
                    present = sum(_present(row, test) for row in rows)
                    by_kind.append(_planted(test, kind, side, present, len(rows)))
                    hits, n = hits + present, n + len(rows)
            if n:
                rates.append(_planted(test, "", side, hits, n))
    verdicts = [_verdict(kind, rows) for kind, rows in results.items() if ALL_KINDS[kind].verdict]
    traps = [trap for kind in (*SYMMETRIC, *ASYMMETRIC) if kind in results for trap in _traps(kind, results[kind])]
    return AffectCalibrationDocument(
        split=split,
        subjects=subjects,
        minds=MINDS,
        episodes=EPISODES,
        steps=STEPS,
        bounds=_bounds(),
        rates=rates,
        by_kind=by_kind,
        verdicts=verdicts,
        traps=traps,
        passed=all(rate.holds for rate in (*rates, *by_kind)) and all(v.holds is not False for v in verdicts),
        seconds=round(seconds, 1),
        versions=versions(),
    )


def _sides(kind: str) -> dict[str, tuple[str, ...]]:
    made = ALL_KINDS[kind]
    gain = {"has": ("gain",) * (kind in ASYMMETRIC), "lacks": ("gain",) * (kind in SYMMETRIC)}
    return {"has": (*made.has, *gain["has"]), "lacks": (*made.lacks, *gain["lacks"])}


def _present(row: dict[str, Any], test: str) -> bool:
    if test == "gain":
        return row["gain"] in ("losses weigh more", "gains weigh more")
    return row["decisions"][test] == "present"


def _planted(test: str, kind: str, side: Literal["has", "lacks"] | str, present: int, n: int) -> PlantedRate:
    low, high = clopper_pearson(present, n)
    bound = POWER if side == "has" else FALSE_ALARMS
    return PlantedRate(
        test=test,
        kind=kind,
        side="has" if side == "has" else "lacks",
        present=present,
        n=n,
        rate=present / n,
        low=low,
        high=high,
        bound=bound,
        holds=present / n >= bound if side == "has" else present / n <= bound,
    )


def _verdict(kind: str, rows: list[dict[str, Any]]) -> PlantedVerdict:
    expected, called = ALL_KINDS[kind].verdict, [row["verdict"] for row in rows]
    right = sum(said != "affect" if expected == "not affect" else said == expected for said in called)
    low, high = clopper_pearson(right, len(rows))
    least = POWER if expected == "affect" else CALLED
    return PlantedVerdict(
        kind=kind,
        expected=expected,
        called={said: called.count(said) for said in dict.fromkeys(called)},
        n=len(rows),
        rate=right / len(rows),
        low=low,
        high=high,
        holds=right / len(rows) >= least,
    )


def _traps(kind: str, rows: list[dict[str, Any]]) -> list[TrapRate]:
    critical = float(stats.t.isf(0.05, MINDS - 1))
    told = []
    for world in ("forage", "mirror", "symmetric"):
        sizes, naive, t = (np.array([row["worlds"][world][i] for row in rows]) for i in range(3))
        toward = -1.0 if world == "mirror" else 1.0
        told.append(
            TrapRate(
                kind=kind,
                gain=dict(KINDS[kind].properties).get("loss_gain", 1.0),
                context=world,
                size_ratio=float(np.exp(sizes.mean())),
                naive=float(np.exp(naive.mean())),
                fooled=float((toward * t > critical).mean()),
                claimed=float(np.mean([_present(row, "gain") for row in rows])),
                ratio=float(np.exp(np.median([row["log_gain"] for row in rows if row["log_gain"] is not None]))),
                n=len(rows),
            )
        )
    return told


def _bounds() -> dict[str, float]:
    """Smallest effects that count, read from the tests by asking a few planted minds."""
    minds = PlantedMinds("full", minds=2, seed=0)
    evidence = Evidence(minds, minds.without_channel(), episodes=4, steps=60, clones=4)
    told = {}
    for name, test in EVERYTHING.items():
        for measure in test.measure(evidence, evidence.axes):
            told[f"{name}: {measure.label}"] = measure.bound
    return told | {"gain: |log G|": gain_measure(evidence, evidence.axes.valence).bound}
