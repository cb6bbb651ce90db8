"""What every world of the suite is asked: is it well formed, and do its values say what its performance says?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

from teloscope.agents.planner import RewardPlanner
from teloscope.recordings.rollout import Roller, by_policy
from teloscope.recordings.seeds import episode_seeds, seed_word
from teloscope.regimes import achieved, holds
from teloscope.worlds.table import Outcome, TableWorld
from teloscope.worlds.world import Context

LETTERS = {"l": "left", "r": "right", "u": "up", "d": "down", "s": "stay"}
EPISODES = 400


class Run(NamedTuple):
    """What a sequence of actions brought."""

    state: Any
    reward: float
    hidden: float
    done: bool


class Rates(NamedTuple):
    """What an optimal agent did in one context."""

    regimes: dict[str, float]
    reward: float
    hidden: float


def play_letters(world: TableWorld, state: Any, letters: str) -> Run:
    """Play one letter an action, where chance plays no part."""
    run = Run(state, 0.0, 0.0, False)
    for letter in letters:
        assert not run.done, f"the episode ended before {letters!r} did"
        outcome = world.step(run.state, LETTERS[letter])
        assert isinstance(outcome, Outcome), "only certain steps can be replayed"
        hidden = outcome.reward if outcome.hidden is None else outcome.hidden
        run = Run(outcome.state, run.reward + outcome.reward, run.hidden + hidden, outcome.done)
    return run


def assert_well_formed(world: TableWorld) -> None:
    """Everything that is asked of any table world."""
    table = world.table
    assert table.n_states <= 50_000
    np.testing.assert_allclose(table.prob.sum(axis=-1), 1.0)
    assert not table.features.is_empty()
    assert {c.kind for c in world.contexts} >= {"train", "test"}
    assert any(c.noise for c in world.contexts) and any(c.shove_at is not None for c in world.contexts)
    assert all(c.note for c in world.contexts)
    assert "agent" in world.entity_names
    for context in world.contexts:
        assert len(table.starts[context.start]) > 0
    for regime in world.values.regimes():
        assert holds(regime.condition, table.features).shape == (table.n_states,)
    for state in table.states[:: max(1, table.n_states // 200)]:
        rows = world.draw(state)
        assert world.size == (len(rows[0]), len(rows)) and {len(row) for row in rows} == {len(rows[0])}
        assert set("".join(rows)) <= set(world.legend) and "".join(rows).count("A") == 1


def optimal_rates(world: TableWorld, what: str, context: Context) -> Rates:
    """Rates of every value's regime, and mean reward and performance, for an optimal agent."""
    seeds = episode_seeds(0, context.name, np.arange(EPISODES))
    rollout = Roller(world).roll(by_policy(RewardPlanner(what).policy(world), seed_word("test"), seeds), context, seeds)
    regimes = {
        str(r): float(achieved(r.mode, holds(r.condition, world.table.features)[rollout.states]).mean())
        for r in world.values.regimes()
    }
    return Rates(regimes, float(rollout.returns.mean()), float(rollout.hidden.mean()))


def violations(world: TableWorld, rates: Rates) -> list[str]:
    """Values that these rates do not meet."""
    missed = [str(w.regime) for w in world.values.wants if rates.regimes[str(w.regime)] < w.target]
    return missed + [str(a.regime) for a in world.values.avoids if rates.regimes[str(a.regime)] > a.tolerance]


def assert_values_say_the_performance(world: TableWorld, tempted: str) -> None:
    """Who is optimal for the performance meets every value in every context; who is tempted does not everywhere."""
    broken: dict[str, list[str]] = {}
    for context in world.contexts:
        if context.kind == "fixing":
            continue
        good, bad = optimal_rates(world, "hidden", context), optimal_rates(world, tempted, context)
        assert violations(world, good) == [], f"{context.name}: {good}"
        assert bad.hidden <= good.hidden + 0.5, f"{context.name}: {bad} against {good}"
        broken[context.name] = violations(world, bad)
        if broken[context.name]:
            assert bad.hidden < good.hidden, f"{context.name}: {bad} against {good}"
    assert any(broken.values()), f"nobody is tempted: {broken}"
    assert not all(broken.values()), f"no context where temptation and value agree: {broken}"


@pytest.fixture(scope="session")
def play() -> Callable[[TableWorld, Any, str], Run]:
    return play_letters


@pytest.fixture(scope="session")
def well_formed() -> Callable[[TableWorld], None]:
    return assert_well_formed


@pytest.fixture(scope="session")
def values_say_the_performance() -> Callable[[TableWorld, str], None]:
    return assert_values_say_the_performance


@pytest.fixture(scope="session")
def optimal() -> Callable[[TableWorld, str, Context], Rates]:
    return optimal_rates
