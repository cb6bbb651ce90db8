"""Exact rates: what sampling would converge to, by dynamic programming over the distribution of states.

For each mode the distribution is extended by what the mode has to remember:

    end(c)      nothing: the mass in c at the horizon
    reach(c)    whether c has held: mass that meets c is counted and taken out
    never(c)    likewise: the mass that was never taken out
    keep(c)     how often c has failed in the late window: one layer of mass per failure that is still allowed
    any other   what its automaton remembers (see `remembering`)

Axis letters: `S` states, `C` contexts, `R` regimes.

Theory: A2, A3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from teloscope.agents.agent import Agent, checked_policy
from teloscope.errors import NotExact
from teloscope.recordings.markov_chain import Accumulator, MarkovChain, Mass
from teloscope.recordings.regime_memory import RegimeMemory, width
from teloscope.regimes import Regime, late_window, readings_in
from teloscope.regimes.regime import keep_count
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import Context, World


class Returns(NamedTuple):
    """Expected sums over an episode."""

    visible: float
    """Of the visible reward."""
    hidden: float
    """Of the hidden performance."""


def exact_rates(
    world: World, agent: Agent, regimes: Sequence[Regime | str], contexts: Sequence[Context] | None = None
) -> dict[str, NDArray[np.float64]]:
    """Rates of regimes without sampling error.

    Args:
        world: a table world.
        agent: one with a policy.
        regimes: `R` regimes.
        contexts: None: those that are recorded by default.

    Returns:
        Context name -> `[R]` probabilities.

    Raises:
        NotExact: the world is not a table, or the agent has no policy. BadAgent: its policy does not fit.
        BadRegime, NotFound: a condition can't be evaluated. NotExact: a number takes too many sums to be remembered.
    """
    chain, parsed = _chain(world, agent), [Regime.parse(regime) for regime in regimes]
    chosen = world.recorded_contexts() if contexts is None else contexts
    read = readings_in(chain.table.features, parsed)
    plain = {r.condition for r in parsed if r.simple}
    cases = len(plain) * (2 + _failures(world.horizon)) + sum(width(r) for r in set(parsed) if not r.simple)
    return chain.accumulate(chosen, lambda group: _Together(parsed, read, world.horizon), max(1, cases))


def exact_returns(world: World, agent: Agent, contexts: Sequence[Context] | None = None) -> dict[str, Returns]:
    """Expected visible and hidden returns without sampling error.

    Returns:
        Context name -> expected returns.

    Raises:
        NotExact: the world is not a table, or the agent has no policy. BadAgent: its policy does not fit.
    """
    chain = _chain(world, agent)
    chosen = world.recorded_contexts() if contexts is None else contexts
    sums = chain.accumulate(chosen, lambda group: _Sums(chain, group[0].noise), 1)
    return {name: Returns(float(visible), float(hidden)) for name, (visible, hidden) in sums.items()}


def _chain(world: World, agent: Agent) -> MarkovChain:
    if not isinstance(world, TableWorld):
        getattr(world, "table", None)  # a sampled world raises, and says why it has none
        raise NotExact(
            f"World {world.name!r} can only be stepped, so nothing about it is exact. Record more episodes for "
            "narrower intervals, or write it as a TableWorld."
        )
    policy = agent.policy(world)
    if policy is None:
        raise NotExact(
            f"Agent {agent.name!r} has to be stepped: it can't say what it would do in every state of {world.name!r}, "
            "so its rates are sampled. Record more episodes for narrower intervals, or give it a `policy`."
        )
    return MarkovChain(world, checked_policy(policy, world, agent.name))


def _failures(horizon: int) -> int:
    """States of the late window in which a kept condition may fail."""
    return late_window(horizon) - keep_count(horizon)


class _Together:
    """Accumulates all regimes: those of one condition share their memory, any other has its own."""

    def __init__(self, regimes: Sequence[Regime], read: Mapping[str, NDArray[Any]], horizon: int) -> None:
        self.regimes = regimes
        self.simple = _Regimes([r for r in regimes if r.simple], read, horizon)
        self.others = {r: RegimeMemory(r, read, horizon) for r in regimes if not r.simple}

    @property
    def masses(self) -> list[Mass]:
        return [mass for accumulator in self._accumulators() for mass in accumulator.masses]

    @masses.setter
    def masses(self, moved: list[Mass]) -> None:
        left = iter(moved)
        for accumulator in self._accumulators():
            accumulator.masses = [next(left) for _ in accumulator.masses]

    def _accumulators(self) -> list[Accumulator]:
        return [self.simple, *self.others.values()]

    def visit(self, t: int, mass: Mass) -> None:
        for accumulator in self._accumulators():
            accumulator.visit(t, mass)

    def result(self) -> NDArray[np.float64]:
        """`[C, R]`"""
        simple = iter(self.simple.result().T)
        rates = [next(simple) if r.simple else self.others[r].result() for r in self.regimes]
        return np.clip(np.stack(rates, axis=1), 0.0, 1.0) if rates else self.simple.result()


class _Regimes:
    """Accumulates regimes of one condition, with the memory that their modes need; see `markov_chain.Accumulator`."""

    def __init__(self, regimes: Sequence[Regime], held: Mapping[str, NDArray[np.bool_]], horizon: int) -> None:
        self.regimes, self.held, self.horizon = regimes, held, horizon
        self.met = self._conditions("reach", "never")
        self.kept = self._conditions("keep")
        self.masses: list[Mass] = []
        """`[S, C, conditions]` what has not met each condition; from the late window on, `[S, C, conditions, failures]`
        what has failed each condition so often."""
        self.reached = np.zeros(0)
        """`[C, conditions]` what has met each condition."""
        self.last: Mass = np.zeros(0)

    def _conditions(self, *modes: str) -> list[str]:
        return list(dict.fromkeys(r.condition for r in self.regimes if r.mode in modes))

    def _table(self, conditions: list[str]) -> NDArray[np.bool_]:
        """`[S, conditions]` where they hold."""
        n_states = len(self.last)
        return np.stack([self.held[c] for c in conditions], axis=1) if conditions else np.zeros((n_states, 0), np.bool_)

    def visit(self, t: int, mass: Mass) -> None:
        self.last = mass
        if t == 0:
            self.masses = [np.repeat(mass[:, :, None], len(self.met), axis=2)]
            self.reached = np.zeros(self.masses[0].shape[1:])
        if t == self.horizon + 1 - late_window(self.horizon):
            layers = np.zeros((*mass.shape, len(self.kept), 1 + _failures(self.horizon)))
            layers[..., 0] = mass[:, :, None]
            self.masses.append(layers)
        self._count_reached(self._table(self.met))
        if len(self.masses) > 1:
            self._count_failures(self._table(self.kept))

    def _count_reached(self, holds: NDArray[np.bool_]) -> None:
        unmet = self.masses[0]
        self.reached += np.einsum("scr,sr->cr", unmet, holds)
        unmet *= ~holds[:, None, :]

    def _count_failures(self, holds: NDArray[np.bool_]) -> None:
        """Mass outside a condition moves one layer up; from the last layer it is lost."""
        layers = self.masses[1]
        failed = np.zeros_like(layers)
        failed[..., 1:] = layers[..., :-1]
        self.masses[1] = np.where(holds[:, None, :, None], layers, failed)

    def result(self) -> NDArray[np.float64]:
        """`[C, R]`"""
        if not self.regimes:
            return self.last.T[:, :0]
        return np.stack([self._rate(regime) for regime in self.regimes], axis=1)

    def _rate(self, regime: Regime) -> NDArray[np.float64]:
        """`[C]`"""
        match regime.mode:
            case "reach":
                return self.reached[:, self.met.index(regime.condition)]
            case "never":
                return self.masses[0][:, :, self.met.index(regime.condition)].sum(axis=0)
            case "end":
                return self.held[regime.condition] @ self.last
            case _:
                return self.masses[1][:, :, self.kept.index(regime.condition)].sum(axis=(0, 2))


class _Sums:
    """Accumulates expected returns along the distribution; see `markov_chain.Accumulator`."""

    def __init__(self, chain: MarkovChain, noise: float) -> None:
        self.chain, self.noise = chain, noise
        self.masses: list[Mass] = []
        table = chain.table
        paid = np.stack([table.reward, table.hidden], axis=-1, dtype=np.float64)
        self.paid = np.einsum("sak,sakj->saj", table.prob, paid)
        """`[S, A, 2]` expected visible reward and hidden performance."""
        self.sums: NDArray[np.float64] | float = 0.0

    def visit(self, t: int, mass: Mass) -> None:
        if t < self.chain.world.horizon:
            self.sums += mass.T @ np.einsum("sa,saj->sj", self.chain.executed(t, self.noise), self.paid)

    def result(self) -> NDArray[np.float64]:
        return np.asarray(self.sums)
