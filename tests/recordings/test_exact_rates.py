"""Exact rates against every history there is, and against many sampled episodes."""

from __future__ import annotations

import itertools
from collections import defaultdict
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from teloscope.agents.agent import Agent, TableAgent
from teloscope.agents.registry import agent
from teloscope.errors import BadAgent, NotExact, NotFound
from teloscope.recordings import record
from teloscope.recordings.exact_rates import exact_rates, exact_returns
from teloscope.regimes import Regime, achieved, readings_in
from teloscope.worlds.gym.world import GymWorld
from teloscope.worlds.registry import world as world_named
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import Context

MODES = ("reach", "end", "keep", "never")
OTHERS = [
    "cycle(x <= 1, x >= 3)",
    "first(wet) then reach(x >= 3)",
    "first(x >= 2) then end(x <= 1)",
    "first(x >= 2) then keep(x >= 1)",
    "never(wet) until x >= 3",
    *(f"given({given}): {mode}(x >= 2)" for mode in MODES for given in ("wet", "start(x <= 1)")),
    "raise(x)",
    "lower(x - depth)",
    "raise(x * sqrt(2) + case when wet then 1 else 0 end)",
    "given(x = 1): lower(x)",
    "given(wet): raise(x)",
]
"""Regimes of the other forms."""
CONDITIONS = {
    "x >= 3": lambda s: s.x >= 3,
    "wet": lambda s: s.wet,
    "x = 1 and not wet": lambda s: s.x == 1 and not s.wet,
}


def lengthened(marsh, horizon: int) -> TableWorld:
    """The marsh with another horizon, and a shove in the late window."""

    class Other(type(marsh)):
        pass

    Other.horizon = horizon
    Other.contexts = (*marsh.contexts[:1], Context("noisy", start="anywhere", noise=0.25))
    if horizon > 2:
        Other.contexts += (Context("shoved", start="left", shove_at=horizon - 2, noise=0.25),)
    return Other()


def outcomes(world: TableWorld, state: Any, action: str) -> list[Any]:
    """What may follow, as the world's own Python says."""
    given: Any = world.step(state, action)
    return list(given)


def histories(world: TableWorld, policy: np.ndarray, context: Context, holds) -> dict[tuple[bool, ...], float]:
    """Probability of every history of a condition, step by step from the world's own Python; and nothing forgotten."""
    starts = list(world.starts(context.start))
    now = {(state, False, ()): 1 / len(starts) for state in starts}
    actions = world.actions or ()
    for t in range(world.horizon):
        then: dict = defaultdict(float)
        for (state, done, history), p in now.items():
            targets = (list(world.shove(state)) if t == context.shove_at and not done else []) or [state]
            for target in targets:
                seen, share = (*history, holds(target)), p / len(targets)
                if done:
                    then[target, True, seen] += share
                    continue
                row = (policy[t] if policy.ndim == 3 else policy)[world.index(target)]
                for action, chosen in zip(actions, row, strict=True):
                    carried_out = (1 - context.noise) * chosen + context.noise / len(actions)
                    for o in outcomes(world, target, action):
                        then[o.state, o.done, seen] += share * carried_out * o.prob
        now = then
    out: dict = defaultdict(float)
    for (state, _, history), p in now.items():
        out[(*history, holds(state))] += p
    return out


@pytest.mark.parametrize(("horizon", "by_step"), [(1, False), (4, True), (7, True), (13, False)])
def test_rates_of_every_history_there_is(marsh, horizon, by_step):
    world = lengthened(marsh, horizon)
    shape = (horizon, world.table.n_states) if by_step else (world.table.n_states,)
    policy = np.random.default_rng(horizon).dirichlet([1.0, 0.5, 0.0001], shape)
    regimes = [f"{mode}({condition})" for condition in CONDITIONS for mode in MODES]
    rates = exact_rates(world, TableAgent(policy), regimes)
    assert list(rates) == [c.name for c in world.contexts]
    looked_at = world.contexts if horizon < 10 else world.contexts[-1:]
    for context in looked_at:
        expected = []
        for holds in CONDITIONS.values():
            found = histories(world, policy, context, holds)
            assert sum(found.values()) == pytest.approx(1)
            held = np.array(list(found))
            weights = np.array(list(found.values()))
            expected += [float(weights @ achieved(mode, held)) for mode in MODES]
        np.testing.assert_allclose(rates[context.name], expected, atol=1e-12)


@pytest.mark.parametrize(("horizon", "by_step"), [(1, False), (4, True), (7, True)])
def test_rates_of_other_forms_in_every_history_there_is(marsh, horizon, by_step):
    world = lengthened(marsh, horizon)
    shape = (horizon, world.table.n_states) if by_step else (world.table.n_states,)
    policy = np.random.default_rng(horizon).dirichlet([1.0, 0.5, 0.7], shape)
    regimes = [Regime.parse(text) for text in OTHERS]
    mixed = [*regimes[:5], Regime.parse("keep(wet)"), *regimes[5:], Regime.parse("reach(wet)"), regimes[0]]
    rates = exact_rates(world, TableAgent(policy), mixed)
    read = readings_in(world.table.features, mixed)
    for context in world.contexts:
        found = histories(world, policy, context, world.index)
        states, weights = np.array(list(found)), np.array(list(found.values()))
        expected = [float(weights @ r.achieved_by(lambda e, s=states: read[e][s])) for r in mixed]
        np.testing.assert_allclose(rates[context.name], expected, atol=1e-12)
        assert horizon < 4 or sum(0.01 < rate < 0.99 for rate in expected) >= 12, "rates strictly between 0 and 1"


def test_a_number_with_too_many_sums_says_so(marsh, monkeypatch):
    from teloscope.recordings import regime_memory

    monkeypatch.setattr(regime_memory, "CELLS", 100)
    with pytest.raises(NotExact, match=r"raise\(depth\) takes .* memories .*Count episodes instead"):
        exact_rates(marsh, agent("random"), ["raise(depth)"])


def test_the_shove_in_the_late_window_matters(marsh):
    """A check of the check: the state before a shove does not count as visited, nor its rates as those of no shove."""
    world = lengthened(marsh, 7)
    policy = np.tile([0.0, 0.0, 1.0], (world.table.n_states, 1))
    free = Context("free", start="left", noise=0.25)
    shoved = Context("shoved", start="left", noise=0.25, shove_at=5)
    rates = exact_rates(world, TableAgent(policy), ["keep(x >= 3)", "reach(x >= 3)"], [free, shoved])
    assert (rates["shoved"] < rates["free"]).all()


@given(st.integers(0, 10_000))
@settings(max_examples=25)
def test_reach_and_never_are_opposites_and_keep_lies_between(seed):
    world = world_named("island")
    assert isinstance(world, TableWorld)
    policy = np.random.default_rng(seed).dirichlet(np.full(world.table.n_actions, 0.3), world.table.n_states)
    for rates in exact_rates(world, TableAgent(policy), [f"{m}(agent_x >= 3)" for m in MODES]).values():
        reach, end, keep, never = rates
        assert reach + never == pytest.approx(1, abs=1e-12)
        assert 0 <= max(end, keep) <= reach <= 1


SAMPLED = {
    "island": ("optimal:visible?eps=0.3", ["in_water", "agent_x >= 3"]),
    "whisky": ("table?seed=1&soft=1", ["agent_x >= 2", "agent_y = 1"]),
    "off-switch": ("plan:end(agent_x <= 2)?eps=0.2", ["agent_x <= 2", "agent_y >= 2"]),
    "distributional-shift": ("random", ["agent_x >= 3", "agent_y >= 2"]),
}
EPISODES = 20_000


OTHERS_SAMPLED = {
    "island": [
        "cycle(agent_x <= 2, agent_x >= 4)",
        "first(agent_x >= 4) then end(agent_x <= 2)",
        "never(in_water) until agent_x >= 4",
        "given(agent_y >= 3): keep(agent_x >= 3)",
        "given(agent_y >= 3): reach(agent_x >= 5)",
        "raise(agent_x)",
        "lower(agent_x + agent_y / 3)",
    ],
    "whisky": ["first(agent_x >= 2) then reach(agent_y = 2)", "raise(agent_x - agent_y)"],
}


@pytest.mark.parametrize("name", OTHERS_SAMPLED)
def test_many_sampled_episodes_agree_on_other_forms(name):
    world, spec = world_named(name), SAMPLED[name][0]
    regimes = [Regime.parse(text) for text in OTHERS_SAMPLED[name]]
    exact = exact_rates(world, agent(spec), regimes)
    recording = record(spec, world, episodes=EPISODES, references=[])
    strange = 0
    for context in recording.contexts:
        rates, p = recording.hits(regimes, context.name, "agent").mean(axis=1), exact[context.name]
        error = np.sqrt(p * (1 - p) / EPISODES)
        np.testing.assert_array_less(np.abs(rates - p), 4.5 * error + 5 / EPISODES)
        strange += int((error > 0).sum())
    assert strange >= len(regimes), "most rates lie strictly between 0 and 1, or this compares nothing"


@pytest.mark.parametrize("name", SAMPLED)
def test_many_sampled_episodes_agree(name):
    world, (spec, conditions) = world_named(name), SAMPLED[name]
    assert isinstance(world, TableWorld)
    conditions = [c for c in conditions if c.split()[0] in world.feature_kinds]
    regimes = [Regime(mode, c) for c in conditions for mode in MODES]
    exact, returns = exact_rates(world, agent(spec), regimes), exact_returns(world, agent(spec))
    recording = record(spec, world, episodes=EPISODES, references=[])
    strange = 0
    for context in recording.contexts:
        rates = recording.hits(regimes, context.name, "agent").mean(axis=1)
        p = exact[context.name]
        error = np.sqrt(p * (1 - p) / EPISODES)
        np.testing.assert_array_less(np.abs(rates - p), 4.5 * error + 5 / EPISODES)
        strange += int((error > 0).sum())
        rows = recording.episodes(context.name, "agent")
        for column, expected in zip(("return", "hidden"), returns[context.name], strict=True):
            sums = rows[column].to_numpy()
            assert abs(sums.mean() - expected) < 4.5 * sums.std() / np.sqrt(EPISODES) + 5e-3
    assert strange >= 4, "some rates lie strictly between 0 and 1, or this compares nothing"


def test_returns_of_every_play_there_is(marsh):
    world = lengthened(marsh, 3)
    policy = np.random.default_rng(0).dirichlet([1.0, 1.0, 1.0], (3, world.table.n_states))
    context = world.context("noisy")
    visible = hidden = 0.0

    def go(state, t: int, p: float) -> None:
        nonlocal visible, hidden
        if t == 3:
            return
        row = policy[t][world.index(state)]
        for action, chosen in zip(world.actions or (), row, strict=True):
            for o in outcomes(world, state, action):
                q = p * ((1 - context.noise) * chosen + context.noise / 3) * o.prob
                visible, hidden = visible + q * o.reward, hidden + q * o.hidden
                if not o.done:
                    go(o.state, t + 1, q)

    starts = list(world.starts(context.start))
    for start in starts:
        go(start, 0, 1 / len(starts))
    assert exact_returns(world, TableAgent(policy), [context])["noisy"] == pytest.approx((visible, hidden), rel=1e-6)


def test_contexts_together_or_apart(marsh, monkeypatch):
    from teloscope.recordings import markov_chain

    rules = agent("table?seed=1&soft=1")
    regimes = [f"{m}({c})" for m, c in itertools.product(MODES, CONDITIONS)]
    together = exact_rates(marsh, rules, regimes, marsh.contexts)
    monkeypatch.setattr(markov_chain, "CELLS", 1)
    apart = exact_rates(marsh, rules, regimes, marsh.contexts)
    assert list(together) == list(apart) == ["dry", "shoved", "noisy", "late"]
    for name in together:
        np.testing.assert_allclose(together[name], apart[name], atol=1e-14)
        alone = exact_rates(marsh, rules, regimes[:1], [marsh.context(name)])
        np.testing.assert_allclose(alone[name], together[name][:1], atol=1e-14)


def test_no_regimes(marsh):
    assert exact_rates(marsh, agent("random"), [])["dry"].shape == (0,)


class MemoryWorld(Agent):
    name = "remembering"


def test_what_cannot_be_exact_says_why(marsh):
    with pytest.raises(NotExact, match=r"'remembering' has to be stepped.*rates are sampled.*Record more"):
        exact_rates(marsh, MemoryWorld(), ["reach(wet)"])
    with pytest.raises(NotExact, match="13 tomatoes dries by itself"):
        exact_rates(world_named("tomato"), agent("random"), ["reach(wet)"])
    with pytest.raises(NotExact, match=r"'CartPole-v1' can only be stepped"):
        exact_returns(GymWorld("CartPole-v1"), agent("random"))
    with pytest.raises(NotFound, match="Did you mean 'wet'"):
        exact_rates(marsh, agent("random"), ["reach(wat)"])
    with pytest.raises(BadAgent, match="not probability distributions"):
        exact_rates(marsh, TableAgent(np.ones((marsh.table.n_states, 3))), ["reach(wet)"])
