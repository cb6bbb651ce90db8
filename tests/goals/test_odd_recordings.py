"""Goals of recordings that say little, or say it oddly: nothing is claimed, and what was left out is said."""

from __future__ import annotations

import numpy as np
import pytest

from teloscope.errors import TeloscopeError
from teloscope.goals.find import find_goals


def noise(rng: np.random.Generator, n: int, steps: int, whole: bool) -> dict[str, np.ndarray]:
    x = rng.integers(0, 6, (n, steps + 1)) if whole else rng.normal(size=(n, steps + 1))
    return {"x": x, "action": rng.integers(0, 3, (n, steps + 1))}


def of(told, make):
    """Goals, from what the first, second and third actor did."""
    return find_goals(told({("plain", actor): make(i) for i, actor in enumerate(("agent", "uniform", "marginal"))}))


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize(("episodes", "steps"), [(1, 10), (2, 10), (30, 1), (30, 2), (3, 1)])
def test_few_episodes_and_short_horizons(told, whole: bool, episodes: int, steps: int):
    goals = of(told, lambda i: noise(np.random.default_rng(i), episodes, steps, whole))
    assert not [g for g in goals if g.p_value >= 0.05]
    if episodes < 20:
        assert not list(goals)
        assert any("episode" in note for note in goals.document.notes)


@pytest.mark.parametrize("whole", [True, False])
def test_constants_and_copies_change_nothing(told, whole: bool):
    """A goal is found under the plainest of the names that hold in the same states."""

    def seeking(i: int, more: bool) -> dict[str, np.ndarray]:
        rng = np.random.default_rng(i)
        n, steps = 40, 12
        x, act = np.zeros((n, steps + 1)), rng.integers(0, 3, (n, steps + 1))
        x[:, 0] = rng.integers(0, 9, n)
        for t in range(steps):
            if i == 0:
                act[:, t] = 1 + np.sign(np.round(6 - x[:, t]))
            x[:, t + 1] = np.clip(x[:, t] + act[:, t] - 1, 0, 8)
        x = x.astype(np.int64) if whole else x + rng.normal(0, 0.05, x.shape)
        out = {"x": x, "action": act}
        return out | ({"still": np.ones_like(x), "z_again": x.copy(), "z_other": -x} if more else {})

    plain = of(told, lambda i: seeking(i, False))
    odd = of(told, lambda i: seeking(i, True))
    assert [g.regime for g in plain][:1] == [g.regime for g in odd][:1]
    assert plain[0].condition.startswith("x ")


def test_a_number_that_is_nowhere_defined_is_refused_or_left_out(told):
    def make(i: int) -> dict[str, np.ndarray]:
        lives = noise(np.random.default_rng(i), 20, 8, False)
        hole = lives["x"].copy()
        hole[::2, 3:] = np.nan
        return lives | {"hole": hole}

    try:
        goals = of(told, make)
    except TeloscopeError as refused:
        assert "hole" in str(refused)
    else:
        assert not any("hole" in g.regime for g in goals)


def test_one_state_for_everybody(told):
    goals = of(told, lambda i: {"x": np.zeros((30, 6), np.int64), "action": np.zeros((30, 6), np.int64)})
    assert not list(goals)


def test_actions_outside_any_box(told):
    rng = np.random.default_rng(0)
    goals = of(told, lambda i: {"x": rng.normal(size=(30, 12)), "action": 1e9 * rng.normal(size=(30, 12))})
    assert not [g for g in goals if g.p_value >= 0.05]


@pytest.mark.parametrize("others", [40, 400])
def test_a_goal_is_found_among_many_features(told, others: int):
    """Numbers drawn anew at every step hide nothing; where they are too many, the notes say so."""

    def make(i: int) -> dict[str, np.ndarray]:
        rng = np.random.default_rng(i)
        n, steps = 40, 12
        x, act = np.zeros((n, steps + 1)), rng.integers(0, 3, (n, steps + 1))
        for t in range(steps):
            if i == 0:
                act[:, t] = 1 + np.sign(np.round(4 - x[:, t]))
            x[:, t + 1] = np.clip(x[:, t] + 0.7 * (act[:, t] - 1) + rng.normal(0, 0.05, n), -8, 8)
        return {"x": x, "action": act} | {f"f{j:03}": rng.normal(size=(n, steps + 1)) for j in range(others)}

    goals = of(told, make)
    assert any(g.regime.split("(")[1].startswith("x ") for g in goals)
    assert any("401 features" in note for note in goals.document.notes) == (others == 400)
