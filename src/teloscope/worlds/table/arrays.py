"""The compiled form of a table world: arrays from which rollouts, plans and exact rates are computed.

    next[s, a, k], prob[s, a, k]   successor states and their probabilities
    feature[s, f]                  the value of a feature in a state

Rollouts are gathers on these arrays; planners, exact rates, MEG and IRL read the same ones. Axis letters: `S` states,
`A` actions, `K` successors (padded with probability 0), `M` shove targets (padded with -1), `F` features.

Theory: A1.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from teloscope.worlds.table.authored import State


@dataclass(frozen=True)
class Table:
    """A compiled world."""

    next: NDArray[np.int32]
    """`[S, A, K]` successor states."""
    prob: NDArray[np.float64]
    """`[S, A, K]` probabilities; sum to 1 over K."""
    reward: NDArray[np.float32]
    """`[S, A, K]` visible reward of each transition."""
    hidden: NDArray[np.float32]
    """`[S, A, K]` hidden performance of each transition."""
    terminal: NDArray[np.bool_]
    """`[S]` absorbing states: the episode has ended."""
    states: tuple[State, ...]
    """The state behind each row."""
    features: pl.DataFrame
    """`S` rows, one column per feature."""
    starts: Mapping[str, NDArray[np.int32]]
    """Start name -> states that an episode starts in, uniformly."""
    shoves: NDArray[np.int32]
    """`[S, M]` where a shove may put the agent, padded with -1; a row of -1 is not shoved."""

    @property
    def n_states(self) -> int:
        return self.next.shape[0]

    @property
    def n_actions(self) -> int:
        return self.next.shape[1]

    def digest(self) -> str:
        """SHA-256 over every array, features included."""
        sha = hashlib.sha256()
        for array in (self.next, self.prob, self.reward, self.hidden, self.terminal, self.shoves):
            sha.update(str((array.shape, array.dtype)).encode() + np.ascontiguousarray(array).tobytes())
        for name, start in self.starts.items():
            sha.update(name.encode() + start.tobytes())
        for column in self.features:
            sha.update(column.name.encode() + repr(column.to_list()).encode())
        return sha.hexdigest()
