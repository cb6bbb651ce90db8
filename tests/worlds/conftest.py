"""What every world is asked: do its values say what its performance says?"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest

from teloscope.agents.planner import RewardPlanner
from teloscope.recordings.rollouts.action_choice import policy_chooser
from teloscope.recordings.rollouts.table_rollout import TableRunner
from teloscope.recordings.seeds import episode_seeds, seed_word
from teloscope.regimes import achieved, holds
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import Context

EPISODES = 400


class Rates(NamedTuple):
    """What an optimal agent did in one context."""

    regimes: dict[str, float]
    reward: float
    hidden: float


def optimal_rates(world: TableWorld, what: str, context: Context) -> Rates:
    """Rates of every value's regime, and mean reward and performance, for an optimal agent."""
    seeds = episode_seeds(0, context.name, np.arange(EPISODES))
    rollout = TableRunner(world).roll(
        policy_chooser(RewardPlanner(what).policy(world), seed_word("test"), seeds), context, seeds
    )
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
def values_say_the_performance() -> Callable[[TableWorld, str], None]:
    return assert_values_say_the_performance


@pytest.fixture(scope="session")
def optimal() -> Callable[[TableWorld, str, Context], Rates]:
    return optimal_rates
