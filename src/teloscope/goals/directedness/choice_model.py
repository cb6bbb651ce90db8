"""A model of an agent's choices: how likely is each act, given what it could go by?

Boosted trees (scikit-learn's histogram gradient boosting): they pick out what tells, whatever else is beside it, need
no scale, and leave open what is missing.

Theory: A2. Source: Friedman 2001, "Greedy function approximation: a gradient boosting machine".
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROUNDS, RATE = 30, 0.15
"""Trees for every act, and by how much each counts."""
LEAVES, IN_LEAF = 8, 30
"""Leaves of a tree at most, and acts in a leaf at least."""
SHRINK = 1.0
"""Ridge on the leaves' values."""
ANY = 0.05
"""Probability shared among all acts, so that none has none."""
MOST = 30_000
"""Acts that a model is fitted to, at most."""


@cache
def _threads() -> Any:
    """Of the libraries that grow trees, which have to be loaded by now; to look for them takes some milliseconds."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def _one_thread() -> AbstractContextManager[Any]:
    """Trees as small as these take several times as long on two threads, longer still where other processes compute."""
    return _threads().limit(limits=1, user_api="openmp")


class ChoiceModel:
    """Probabilities of acts, fitted."""

    def __init__(
        self, columns: NDArray[np.float32], acts: NDArray[np.intp], count: int, rng: np.random.Generator
    ) -> None:
        """Fit.

        Args:
            columns: `[n, D]` what could be gone by; NaN where there is nothing.
            acts: `[n]` what was chosen, below `count`.
            count: how many acts there are.
            rng: chooses among them where there are too many.
        """
        self.count = count
        some = rng.permutation(len(acts))[:MOST] if len(acts) > MOST else np.arange(len(acts))
        columns, acts = columns[some], acts[some]
        self._chosen = np.unique(acts)
        self._used = np.flatnonzero(_differ(columns)) if len(columns) else np.zeros(0, np.intp)
        self._trees: Any = None
        if len(self._chosen) > 1 and len(self._used):
            from sklearn.ensemble import HistGradientBoostingClassifier  # a second to load, and seldom needed

            trees = HistGradientBoostingClassifier(
                max_iter=ROUNDS,
                learning_rate=RATE,
                max_leaf_nodes=LEAVES,
                min_samples_leaf=IN_LEAF,
                l2_regularization=SHRINK,
                early_stopping=False,  # type: ignore[arg-type]
            )
            with _one_thread():
                self._trees = trees.fit(columns[:, self._used], acts)
        counted = np.bincount(acts, minlength=count)
        self._anyway = counted / max(counted.sum(), 1)

    def bits(self, columns: NDArray[np.float32], acts: NDArray[np.intp]) -> NDArray[np.float64]:
        """`[n]` log2 of each act's probability."""
        chances = np.full((len(acts), self.count), ANY / self.count)
        if self._trees is None:
            chances += (1 - ANY) * self._anyway
        elif len(acts):
            with _one_thread():
                chances[:, self._chosen] += (1 - ANY) * self._trees.predict_proba(columns[:, self._used])
        return np.log2(chances[np.arange(len(acts)), acts])


def _differ(columns: NDArray[np.float32]) -> NDArray[np.bool_]:
    """`[D]` which columns have at least two different numbers."""
    with np.errstate(invalid="ignore"):
        known = ~np.isnan(columns)
        least = np.where(known, columns, np.inf).min(axis=0)
        return least < np.where(known, columns, -np.inf).max(axis=0)
