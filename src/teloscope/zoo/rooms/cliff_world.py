"""CliffWorld of any size, for the races on tables: four diagonal moves, clamped; wind adds a row upward 3 times in 10.

The top row is start, cliff (-10), ..., goal (10); elsewhere -1. Nothing ends. Source of the facts:
HumanCompatibleAI/seals, CliffWorld.
"""

from __future__ import annotations

import numpy as np

from teloscope.goals.second_opinions.soft_planning import Dynamics, Task


def cliff_world(width: int, height: int) -> tuple[Dynamics, np.ndarray, np.ndarray]:
    """Dynamics, start distribution `[S]` and reward `[S]`."""
    rows, columns = np.divmod(np.arange(width * height), width)
    down, right = np.array([-1, -1, 1, 1]), np.array([-1, 1, -1, 1])
    to_column = np.clip(columns[:, None] + right, 0, width - 1)
    to_row = np.clip((rows[:, None] + down)[:, :, None] - np.array([0, 1]), 0, height - 1)
    successors = (to_row * width + to_column[:, :, None]).astype(np.int32)
    reward = np.where(rows > 0, -1.0, np.where(columns == 0, -1.0, np.where(columns == width - 1, 10.0, -10.0)))
    prob = np.broadcast_to([0.7, 0.3], successors.shape).copy()
    return Dynamics(successors, prob), np.eye(width * height)[0], reward


def eps_greedy(task: Task, reward: np.ndarray, eps: float) -> np.ndarray:
    """The optimal policy (ties to the first action) with uniform actions mixed in."""
    return (1 - eps) * task.hard(reward).policy + eps / task.dynamics.n_actions
