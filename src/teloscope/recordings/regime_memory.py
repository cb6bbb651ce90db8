"""A table world's distribution, split by what a regime makes one remember: the product of chain and automaton.

    m_t[s, z2] = sum of m_t[s, z] over those z that seeing s turns into z2        then everybody moves as the chain does

Only memories that somebody has are kept, and what is decided is taken out, so that no product is built beforehand.

Axis letters: `S` states, `C` contexts, `Z` memories, `K` sorts of states that the regime tells apart.

Theory: A2, A3.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from teloscope.errors import NotExact
from teloscope.recordings.markov_chain import CELLS, Mass
from teloscope.regimes import Regime
from teloscope.regimes.automaton import Memory, automaton, read_in

WIDTH = 16
"""Memories that a regime of conditions needs, roughly; those of a number are as many as there are sums."""
CAME, MISSED = -1, -2
"""Instead of a memory's place, once it is decided."""


def width(regime: Regime) -> int:
    """Masses per state and context that this regime may need, roughly: as many as there may be of a number's."""
    return CELLS if regime.numbers else WIDTH


class RegimeMemory:
    """Accumulates along the distribution with the memory of one regime; see `markov_chain.Accumulator`."""

    def __init__(self, regime: Regime, read: Mapping[str, NDArray[Any]], horizon: int) -> None:
        """`read`: what the regime's expressions come to in every state."""
        self.regime, self.horizon, self.see = regime, horizon, automaton(regime, horizon)
        sorts, sort = np.unique(np.stack(read_in(regime, read), axis=1), axis=0, return_inverse=True)
        self.seen = [tuple(row) for row in sorts.tolist()]
        """`K` what the regime can see."""
        self.sort = sort.ravel()
        """`[S]` which of them a state is."""
        self.memories: list[Memory] = [None]
        """`Z` of them."""
        self.masses: list[Mass] = []
        """One, `[S, C, Z]`."""
        self.came = np.zeros(0)
        """`[C]` what has come into the regime for good."""

    def visit(self, t: int, mass: Mass) -> None:
        if t == 0:
            self.masses, self.came = [mass[:, :, None]], np.zeros(mass.shape[1])
        before = self.masses[0]
        state, memory = np.nonzero(before.any(axis=1))
        afterwards, to = self._afterwards(t, self.sort[state], memory)
        carried = before[state, :, memory]
        self.came += carried[to == CAME].sum(axis=0)
        self.masses = [self._gathered(before.shape, len(afterwards), state[to >= 0], to[to >= 0], carried[to >= 0])]
        self.memories = afterwards

    def _afterwards(self, t: int, sort: NDArray[Any], memory: NDArray[Any]) -> tuple[list[Memory], NDArray[np.int64]]:
        """`Z'` memories afterwards, and for each pair of what is seen and a memory the place of the next."""
        pairs, which = np.unique(np.stack([sort, memory], axis=1), axis=0, return_inverse=True)
        places: dict[Memory, int] = {}
        to = [self._place(self.see(self.memories[z], self.seen[k], t), places) for k, z in pairs.tolist()]
        return list(places), np.array(to, dtype=np.int64)[which.ravel()]

    def _place(self, memory: Memory, places: dict[Memory, int]) -> int:
        if isinstance(memory, bool):
            return CAME if memory else MISSED
        return places.setdefault(memory, len(places))

    def _gathered(
        self, shape: tuple[int, ...], memories: int, state: NDArray[Any], to: NDArray[Any], carried: NDArray[np.float64]
    ) -> Mass:
        """`[S, C, Z']`"""
        n_states, contexts = shape[:2]
        if n_states * contexts * memories > CELLS:
            raise NotExact(
                f"{self.regime} takes {memories:,} memories of what was before in {n_states:,} states, more than "
                f"{CELLS:,} together. Count episodes instead (leave out --exact), or give it a coarser number."
            )
        out = np.zeros((contexts, n_states * memories))
        for context, row in enumerate(out):
            row += np.bincount(state * memories + to, carried[:, context], minlength=len(row))
        return out.reshape(contexts, n_states, memories).transpose(1, 0, 2).copy()

    def result(self) -> NDArray[np.float64]:
        """`[C]`"""
        return self.came
