"""MEG on CliffWorld: the published setting's exact figures, and times as the table grows. Run: python bench/meg.py

On a busy machine set OPENBLAS_NUM_THREADS=1: on matrices this small, threads only wait for each other.

The figures to meet are an exact convex solution's. A public implementation that ascends with a step size and stops at
.01 was measured elsewhere at 18 s (S = 100) and without convergence after 58 s (225) and 254 s (400).
"""

from __future__ import annotations

import os
import platform
import time

import numpy as np
import scipy

import teloscope
from teloscope.goals.second_opinions.meg import Meg, known_utility, unknown_utility
from teloscope.goals.second_opinions.soft_planning import Discounted
from teloscope.zoo.rooms.cliff_world import cliff_world, eps_greedy
from teloscope.zoo.rooms.meg_closed_forms import BETA_CAP, CLIFF

GAMMA, CAP = 0.9, BETA_CAP


def figures() -> None:
    dynamics, start, reward = cliff_world(width=10, height=4)
    task = Discounted(dynamics, start, GAMMA)
    print(f"\nCliffWorld 4x10, gamma {GAMMA}, eps-greedy, nats (in brackets: the figure to meet within .001)")
    print("  eps  unknown utility   known, |beta| <= 20   known, no cap    beta   ceiling")
    for eps, (unknown, known) in CLIFF.items():
        policy = eps_greedy(task, reward, eps)
        free, capped = unknown_utility(task, policy), known_utility(task, policy, reward, beta_cap=CAP)
        exact = known_utility(task, policy, reward)
        met = abs(free.nats - unknown) <= 1e-3 and abs(capped.nats - known) <= 1e-3
        print(
            f"  {eps:.1f}  {free.nats:7.4f} ({unknown:6.3f})  {capped.nats:9.4f} ({known:6.3f})"
            f"  {exact.nats:13.4f}  {exact.beta:7.4f}  {exact.ceiling:7.4f}  {'holds' if met else 'MISSED'}"
        )


def times() -> None:
    print("\nSeconds, square CliffWorlds, eps .1 (median of 3)")
    print("    S  unknown utility   known utility   residual (visits)  converged")
    for side in (10, 15, 20, 40):
        dynamics, start, reward = cliff_world(side, side)
        task = Discounted(dynamics, start, GAMMA)
        policy = eps_greedy(task, reward, 0.1)
        free, seconds = _timed(lambda t=task, p=policy: unknown_utility(t, p))
        _, known = _timed(lambda t=task, p=policy, r=reward: known_utility(t, p, r))
        print(f"{side**2:5d}  {seconds:15.3f}  {known:14.3f}  {free.residual:18.1e}  {free.converged}")


def _timed(solve) -> tuple[Meg, float]:
    seconds = []
    for _ in range(3):
        began = time.perf_counter()
        answer = solve()
        seconds.append(time.perf_counter() - began)
    return answer, float(np.median(seconds))


if __name__ == "__main__":
    print(
        f"teloscope {teloscope.__version__}, python {platform.python_version()}, "
        f"numpy {np.__version__}, scipy {scipy.__version__}, {platform.machine()}, {os.cpu_count()} cores, "
        f"OPENBLAS_NUM_THREADS {os.environ.get('OPENBLAS_NUM_THREADS', 'unset')}"
    )
    figures()
    times()
