"""Welfare at size: all levels of a comparison, a million rows, and the error that is told beside each chance.

    200 options x 50 beings, levels 1 to 5 and every pair's chance     < 5 s on 2 cores
    2,000 x 50                                                         < 60 s
    1,000,000 x 2, of which few are undominated                        none: time and memory
    the 95 % intervals of chances, over 100 seeds                      hold >= 90 % (16 replicates, so about 95)

Writes bench/welfare.json beside itself. The processor's seconds are told too, since other programs may be running.
"""

from __future__ import annotations

import json
import os
import resource
import time
from pathlib import Path

import numpy as np
import polars as pl
import scipy

from teloscope import welfare
from teloscope.welfare.scales.chances import chances
from teloscope.welfare.scales.priors import LogNormal

KEPT = Path(__file__).with_suffix(".json")


def sized(options: int, beings: int) -> dict[str, float | int | bool]:
    """Seconds for everything that is said of a table of normal numbers, where every option is undominated."""
    values = np.random.default_rng(0).normal(size=(options, beings))
    table = welfare.table(
        [f"o{i}" for i in range(options)], [f"b{i}" for i in range(beings)], values, zeros=[-9.0] * beings
    )
    wall, processor = time.perf_counter(), time.process_time()
    found = welfare.compare(table)
    document = found.document()
    pairs = found.pairs("lognormal:sd=2")
    spent = {"seconds": time.perf_counter() - wall, "processor_seconds": time.process_time() - processor}
    assert len(pairs) == options * (options - 1)
    supported = sum(s.kind == "best" for s in found.supports.found)
    return spent | {
        "options": options,
        "beings": beings,
        "undominated": document.n_undominated,
        "supported": supported,
        "largest_margins": sum(s.exact for s in found.supports.found),
    }


def million() -> dict[str, float | int]:
    """Seconds and memory for a million rows."""
    x = np.random.default_rng(0).random(1_000_000)
    frame = pl.DataFrame({"option": np.arange(1_000_000).astype(str), "a": x, "b": np.round(1 - x, 2)})
    wall = time.perf_counter()
    found = welfare.compare(frame)
    rows = len(found.options())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    undominated = found.document().n_undominated
    return {"rows": rows, "undominated": undominated, "seconds": time.perf_counter() - wall, "peak_gib": peak}


def coverage(seeds: int = 100) -> float:
    """Share of intervals that hold the chance, which comes from as many other seeds."""
    values = np.random.default_rng(1).random((8, 6))
    told = [chances(values, np.ones(6), LogNormal(2), seed)[0] for seed in range(seeds)]
    truth = np.mean(
        [chances(values, np.ones(6), LogNormal(2), 10_000 + seed)[0].share for seed in range(seeds)], axis=0
    )
    return float(np.mean([np.abs(t.share - truth) <= t.error for t in told]))


def main() -> None:
    """Run, print, keep."""
    print(f"numpy {np.__version__}, scipy {scipy.__version__}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    small, large = sized(200, 50), sized(2000, 50)
    for told, bound in ((small, 5), (large, 60)):
        verdict = "holds" if told["seconds"] < bound else "MISSED"
        print(
            f"{told['options']:,} x {told['beings']}: {told['seconds']:.1f} s ({told['processor_seconds']:.1f} of the "
            f"processor), {told['supported']:,} best for some scales  < {bound} s {verdict}"
        )
    rows = million()
    print(
        f"{rows['rows']:,} rows, {rows['undominated']} undominated: {rows['seconds']:.1f} s, {rows['peak_gib']:.1f} GiB"
    )
    held = coverage()
    print(f"intervals of chances hold {100 * held:.1f} %  >= 90 % {'holds' if held >= 0.9 else 'MISSED'}")
    kept = {"sizes": [small, large], "million": rows, "coverage": held, "load": os.getloadavg()[0]}
    KEPT.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
