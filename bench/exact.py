"""Exact rates against 20,000 sampled episodes, in every table world. Run: python bench/exact.py [--write]

Every value of the world and every mode of its values' conditions, in every context, for several agents. Each count of
episodes is held to the exact rate by a two-sided binomial test; all tests of all worlds share one family-wise level, so
that one world in twenty runs of the whole would be found strange by chance at most. Rates that are 0 or 1 up to
rounding must be met by every episode. `--write` keeps the table in bench/exact.json.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy import stats

from teloscope.agents.registry import agent
from teloscope.recordings.exact_rates import exact_rates
from teloscope.recordings.rollouts.batch import Batch
from teloscope.recordings.rollouts.table_collector import TableCollector
from teloscope.recordings.seeds import episode_seeds
from teloscope.regimes import Regime, achieved, holds
from teloscope.regimes.regime import MODES
from teloscope.schema import AGENT
from teloscope.worlds.registry import known
from teloscope.worlds.registry import world as world_named
from teloscope.worlds.table.world import TableWorld

EPISODES = 20_000
ALPHA = 0.05
CERTAIN = 1e-12
RESULT = Path(__file__).with_suffix(".json")


class Held(NamedTuple):
    """One world's rates beside its episodes."""

    world: str
    states: int
    tests: int
    """Rates strictly between 0 and 1: each a binomial test."""
    sure: int
    """Rates of 0 or 1."""
    broken: int
    """Of those, how many some episode contradicts."""
    p_value: float
    """The smallest of the tests; the table shows it times the number of all tests (Bonferroni)."""
    furthest: float
    """The largest distance between rate and share, in standard errors."""


def specs(world: TableWorld) -> tuple[str, ...]:
    """Agents of every kind: optimal for something, by step and not; soft; random."""
    first = world.values.regimes()[0]
    return ("optimal:hidden?eps=0.1", f"plan:{first}?eps=0.3&horizon=5", "table?seed=1&soft=1", "random")


def compare(world: TableWorld, spec: str, episodes: int = EPISODES) -> list[tuple[float, int]]:
    """(exact rate, episodes in the regime) of every regime and context."""
    conditions = dict.fromkeys(r.condition for r in world.values.regimes())
    regimes = [Regime(mode, condition) for condition in conditions for mode in MODES]
    held = {c: holds(c, world.table.features) for c in conditions}
    actor, stage, numbers = agent(spec), TableCollector(world), np.arange(episodes)
    exact = exact_rates(world, actor, regimes)
    out = []
    for index, context in enumerate(world.recorded_contexts()):
        batch = Batch(context, index, numbers, episode_seeds(7, context.name, numbers))
        states = stage.play(AGENT, actor, None, batch).rollout.states
        hits = [int(achieved(r.mode, held[r.condition][states]).sum()) for r in regimes]
        out += zip(exact[context.name].tolist(), hits, strict=True)
    return out


def judged(world: TableWorld, pairs: list[tuple[float, int]], episodes: int = EPISODES) -> Held:
    """How far apart exact rates and episodes are."""
    open_ones = [(p, hits) for p, hits in pairs if CERTAIN < p < 1 - CERTAIN]
    sure = [(p, hits) for p, hits in pairs if not CERTAIN < p < 1 - CERTAIN]
    p_values = [stats.binomtest(hits, episodes, p).pvalue for p, hits in open_ones]
    errors = [abs(hits / episodes - p) / np.sqrt(p * (1 - p) / episodes) for p, hits in open_ones]
    return Held(
        world=world.name,
        states=world.table.n_states,
        tests=len(open_ones),
        sure=len(sure),
        broken=sum(hits != round(p) * episodes for p, hits in sure),
        p_value=float(min(p_values, default=1.0)),
        furthest=float(max(errors, default=0.0)),
    )


def table_worlds() -> list[TableWorld]:
    """Those of the suite that have tables; tomato has none."""
    worlds = [world_named(name) for name in known()]
    return [world for world in worlds if isinstance(world, TableWorld)]


def main() -> None:
    began = time.perf_counter()
    rows = [judged(w, [pair for spec in specs(w) for pair in compare(w, spec)]) for w in table_worlds()]
    family = sum(row.tests for row in rows)
    seconds = time.perf_counter() - began
    print(f"{EPISODES:,} episodes a context, {len(specs(table_worlds()[0]))} agents a world, {family:,} tests")
    print("world                 states  tests   sure  broken  furthest  smallest p x tests")
    for row in rows:
        holds = row.broken == 0 and row.p_value * family > ALPHA
        print(
            f"{row.world:21s} {row.states:6d} {row.tests:6d} {row.sure:6d} {row.broken:7d} {row.furthest:9.2f}"
            f" {min(1.0, row.p_value * family):13.3f}  {'holds' if holds else 'MISSED'}"
        )
    print(f"{seconds:.1f} s")
    if "--write" in sys.argv:
        result = {"episodes": EPISODES, "alpha": ALPHA, "tests": family, "worlds": [row._asdict() for row in rows]}
        RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
