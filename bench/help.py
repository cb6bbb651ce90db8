"""`teloscope --help` as a user types it: the whole process by the clock, beside Python doing nothing.

Run: python bench/help.py

Taken in turns, the median of ten. Bound: less than half a second.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

TIMES, BOUND_S = 10, 0.5
COMMANDS = {
    "teloscope --help": [str(Path(sys.executable).with_name("teloscope")), "--help"],
    "python -c pass": [sys.executable, "-c", "pass"],
}


def seconds(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> None:
    print(", ".join(f"{p} {version(p)}" for p in ("teloscope", "cyclopts", "rich")), end=" ")
    print(f"| Python {platform.python_version()} | {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    tries: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(TIMES + 1):
        for name, command in COMMANDS.items():
            tries[name].append(seconds(command))
    median = {name: statistics.median(taken[1:]) for name, taken in tries.items()}  # the first one reads the disk
    for name, taken in tries.items():
        print(f"{name:17} {median[name]:6.3f} s, {min(taken[1:]):.3f} to {max(taken[1:]):.3f}")
    ours, nothing = median.values()
    holds = "holds" if ours < BOUND_S else "MISSED"
    print(f"ratio {ours / nothing:.1f}; teloscope --help (bound {BOUND_S} s: {holds})")


if __name__ == "__main__":
    main()
