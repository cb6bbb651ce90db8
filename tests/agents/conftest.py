"""A world of a few states with random rules, small enough to try every policy in it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from teloscope.worlds.table.authored import Outcome
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import Context

ACTIONS = ("a", "b")


class Dice(TableWorld):
    """Random transitions and rewards between `count` states; one of them may be terminal."""

    name, actions, idle = "dice", ACTIONS, "a"
    contexts = (Context("train", kind="train"),)

    def __init__(self, seed: int, count: int = 3, horizon: int = 3, ends: bool = False) -> None:
        rng = np.random.default_rng(seed)
        self.count, self.horizon, self.ends = count, horizon, ends
        self.chances = rng.dirichlet(np.full(count, 0.6), size=(count, 2)) if seed % 3 else self._moves(rng)
        self.paid = rng.integers(-2, 3, size=(2, count, 2, count)).astype(float)
        self.good = rng.random(count) < 0.5
        self.good[rng.integers(count)] = True

    def _moves(self, rng: np.random.Generator) -> np.ndarray:
        """Every third world is deterministic."""
        return np.eye(self.count)[rng.integers(0, self.count, size=(self.count, 2))]

    def starts(self, start: str) -> list[int]:
        return list(range(self.count))

    def step(self, state: int, action: str) -> list[Outcome]:
        a = ACTIONS.index(action)
        chances = self.chances[state, a] / self.chances[state, a].sum()
        visible, hidden = self.paid[:, state, a]
        return [
            Outcome(to, visible[to], hidden[to], self.ends and to == self.count - 1, float(p))
            for to, p in enumerate(chances)
            if p > 0
        ]

    def features(self, state: int) -> dict[str, float | bool]:
        return {"number": state, "good": bool(self.good[state])}


@pytest.fixture(scope="session")
def dice() -> Callable[..., TableWorld]:
    """Makes random worlds: `dice(seed, count=3, horizon=3, ends=False)`."""
    return Dice
