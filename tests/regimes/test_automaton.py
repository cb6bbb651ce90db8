"""Automata against `achieved_by`: one state at a time says the same as whole episodes do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from teloscope.regimes import MODES, Regime
from teloscope.regimes.automaton import automaton, read_in, whole
from teloscope.regimes.modes import THEN

REGIMES = [
    *(Regime(mode, "a") for mode in MODES),
    *(Regime(mode, "a", given=given) for mode in MODES for given in ("b", "start(b)")),
    *(Regime(mode, "a", "b") for mode in (*THEN, "never", "cycle")),
    *(Regime(mode, "f", given=given) for mode in ("raise", "lower") for given in ("", "b", "start(b)")),
]


def seen_through(regime: Regime, read: dict[str, np.ndarray]) -> list[bool]:
    """Each episode's verdict, state by state; a verdict is never taken back."""
    shape = read["a"].shape
    flat = {name: values.ravel() for name, values in read.items()}
    parts = np.stack(read_in(regime, flat), axis=-1).reshape(*shape, -1).tolist()
    see, verdicts = automaton(regime, shape[1] - 1), []
    for episode in parts:
        memory = None
        for t, state in enumerate(episode):
            if isinstance(memory, bool):
                break
            memory = see(memory, tuple(state), t)
            hash(memory)
        assert isinstance(memory, bool), "the horizon decides"
        verdicts.append(memory)
    return verdicts


@pytest.mark.parametrize("regime", REGIMES, ids=str)
@given(
    pair=arrays(np.bool_, st.tuples(st.just(2), st.integers(1, 5), st.integers(2, 16))),
    unit=st.sampled_from([1.0, 0.1, 1 / 3, np.sqrt(2)]),
    seed=st.integers(0, 99),
)
def test_state_by_state_is_as_whole_episodes(regime: Regime, pair: np.ndarray, unit: float, seed: int) -> None:
    a, b = pair
    f = np.random.default_rng(seed).integers(-2, 3, a.shape) * unit + 0.7
    read = {"a": a, "b": b, "f": f}
    assert seen_through(regime, read) == regime.achieved_by(read.__getitem__).tolist()


@given(
    arrays(np.int64, st.integers(1, 12), elements=st.integers(-50, 50)), st.sampled_from([1, 0.1, 1 / 7, np.pi, 1e-9])
)
def test_whole_numbers_keep_differences(counts: np.ndarray, unit: float) -> None:
    made = whole(counts * unit + 3 * unit)
    gaps, kept = counts - counts.min(), made - made.min()
    assert (kept * gaps.max() == gaps * kept.max()).all()


def test_numbers_without_a_unit_keep_their_order() -> None:
    values = np.array([np.e, 0.0, np.pi, 1e-7, -5.0, np.pi])
    assert (np.argsort(whole(values), kind="stable") == np.argsort(values, kind="stable")).all()
