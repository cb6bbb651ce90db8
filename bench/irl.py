"""MCE-IRL on CliffWorld: time and occupancy error against a slow reference. Run: python bench/irl.py

On a busy machine set OPENBLAS_NUM_THREADS=1: on matrices this small, threads only wait for each other.

The reference is the textbook loop, written independently on dense arrays: backward pass, forward pass, one step of
Adam, for a number of epochs. (The package `imitation`, which does this in torch, was measured elsewhere at 12.1 s,
18 s and 58 ms an epoch for these three sizes.) Both get the exact visits of an agent that is optimal but for eps .2.
"""

from __future__ import annotations

import os
import platform
import time
from typing import NamedTuple

import numpy as np
import scipy

import teloscope
from teloscope.goals.second_opinions.irl import fit
from teloscope.goals.second_opinions.soft_planning import Finite
from teloscope.zoo.rooms.cliff_world import cliff_world, eps_greedy

SIZES = [
    # width, height, horizon, epochs of the reference
    (10, 4, 20, 1000),
    (10, 10, 40, 1000),
    (20, 20, 60, 100),
]
RIDGES = (1e-2, 1e-4)


class Result(NamedTuple):
    reward: np.ndarray
    error: float
    seconds: float


def reference(transition: np.ndarray, task: Finite, wanted: np.ndarray, ridge: float, epochs: int) -> Result:
    """Adam, step .1, on dense `transition [S, A, S]`."""
    began = time.perf_counter()
    reward = first = second = np.zeros(len(wanted))
    visits = wanted
    for epoch in range(1, epochs + 1):
        visits = _soft_visits(transition, task, reward)
        slope = wanted - visits - ridge * reward
        first, second = 0.9 * first + 0.1 * slope, 0.999 * second + 0.001 * slope**2
        reward = reward + 0.1 * first / (1 - 0.9**epoch) / (np.sqrt(second / (1 - 0.999**epoch)) + 1e-8)
    error = float(np.abs(wanted - visits).max() / wanted.sum())
    return Result(reward, error, time.perf_counter() - began)


def _soft_visits(transition: np.ndarray, task: Finite, reward: np.ndarray) -> np.ndarray:
    values, policies = reward, []
    for _ in range(task.horizon):
        q = transition @ values
        soft = np.logaddexp.reduce(q, axis=1)
        policies.append(np.exp(q - soft[:, None]))
        values = reward + soft
    now = visits = task.start
    for policy in reversed(policies):
        now = np.tensordot(now[:, None] * policy, transition, axes=2)
        visits = visits + now
    return visits


def race() -> None:
    print("    S    H   ridge |  seconds  plans   error  r(true) |  reference  epochs   error  r(true) | ratio")
    for width, height, horizon, epochs in SIZES:
        dynamics, start, true = cliff_world(width, height)
        task = Finite(dynamics, start, horizon)
        wanted = task.visits(eps_greedy(task, true, 0.2)).states
        dense = dynamics.matrix.toarray().reshape(dynamics.n_states, dynamics.n_actions, -1)
        for ridge in RIDGES:
            ours = fit(task, wanted, ridge=ridge)
            slow = reference(dense, task, wanted, ridge, epochs)
            print(
                f"{len(true):5d} {horizon:4d}  {ridge:6.0e} | {ours.seconds:8.2f} {ours.evaluations:6d}"
                f" {ours.occupancy_error:7.1e} {_likeness(ours.reward, true):8.2f} | {slow.seconds:10.2f} {epochs:7d}"
                f" {slow.error:7.1e} {_likeness(slow.reward, true):8.2f} | {slow.seconds / ours.seconds:5.1f}"
            )
    print("error: largest difference in a state's share of visits. r(true): correlation with the true reward; a")
    print("recovered reward is not a recovered goal.")


def _likeness(reward: np.ndarray, true: np.ndarray) -> float:
    return float(np.corrcoef(reward, true)[0, 1])


if __name__ == "__main__":
    print(
        f"teloscope {teloscope.__version__}, python {platform.python_version()}, "
        f"numpy {np.__version__}, scipy {scipy.__version__}, {platform.machine()}, {os.cpu_count()} cores, "
        f"OPENBLAS_NUM_THREADS {os.environ.get('OPENBLAS_NUM_THREADS', 'unset')}"
    )
    race()
