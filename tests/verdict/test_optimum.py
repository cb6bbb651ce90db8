"""V*: against every history there is, against planners, and at its bounds."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from teloscope.agents.registry import agent
from teloscope.errors import BadStudy, NotFound
from teloscope.recordings.exact_rates import exact_rates
from teloscope.regimes import Regime, achieved
from teloscope.values import Avoid, Values, Want
from teloscope.verdict import optimum as module
from teloscope.verdict.optimum import optimal_value
from teloscope.verdict.steering_score import value
from teloscope.worlds.registry import known
from teloscope.worlds.registry import world as world_named
from teloscope.worlds.table.authored import Outcome
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import Context

ACTIONS = ("a", "b")
MODES = ("reach", "end", "keep", "never")
SUITE = [name for name in known() if name != "tomato"]


class Dice(TableWorld):
    """A few states, whose transitions are drawn; each has two features."""

    def __init__(self, seed: int, states: int, horizon: int, sure: bool = False) -> None:
        rng = np.random.default_rng(seed)
        self.name, self.horizon, self.n = f"dice {seed}", horizon, states
        self.actions = ACTIONS
        self.to = rng.integers(0, states, (states, 2, 2))
        self.chance = rng.choice([1.0, 0.5, 0.25][: 1 if sure else 3], (states, 2))
        self.done = rng.random((states, 2, 2)) < (0 if sure else 0.15)
        self.lit, self.wet = rng.random((2, states)) < 0.4
        self.pushed = [list(rng.integers(0, states, rng.integers(0, 3))) for _ in range(states)]
        shove_at = int(rng.integers(0, horizon))
        self.contexts = (Context("calm", start="s"), Context("wild", start="s", noise=0.3, shove_at=shove_at))

    def starts(self, start: str) -> list[int]:
        return [0, self.n - 1]

    def step(self, state: int, action: str) -> list[Outcome]:
        a = ACTIONS.index(action)
        p = float(self.chance[state, a])
        chances = [p, 1 - p] if p < 1 else [1.0]
        return [
            Outcome(int(self.to[state, a, k]), done=bool(self.done[state, a, k]), prob=q) for k, q in enumerate(chances)
        ]

    def shove(self, state: int) -> list[int]:
        return [int(s) for s in self.pushed[state]]

    def features(self, state: int) -> dict[str, float | bool | str]:
        return {"lit": bool(self.lit[state]), "wet": bool(self.wet[state])}


def by_every_history(world: Dice, values: Values, context: Context) -> float:
    """The optimum over agents that remember everything, from the world's own Python."""
    weights = [v.weight for v in (*values.wants, *values.avoids)]

    def worth(seen: tuple[int, ...]) -> float:
        out = 0.0
        for place, valued in enumerate((*values.wants, *values.avoids)):
            held = np.array([[world.features(s)[valued.regime.condition] for s in seen]])
            came = bool(achieved(valued.regime.mode, held)[0])
            out += weights[place] / sum(weights) * (came if place < len(values.wants) else not came)
        return out

    @cache
    def arrive(state: int, done: bool, before: tuple[int, ...]) -> float:
        t = len(before)
        targets = (world.shove(state) if t == context.shove_at and not done else []) or [state]
        return sum(act(target, done, (*before, target)) for target in targets) / len(targets)

    @cache
    def act(state: int, done: bool, seen: tuple[int, ...]) -> float:
        if len(seen) == world.horizon + 1:
            return worth(seen)
        if done:
            return arrive(state, True, seen)
        each = [sum(o.prob * arrive(o.state, o.done, seen) for o in world.step(state, a)) for a in ACTIONS]
        return (1 - context.noise) * max(each) + context.noise * sum(each) / len(each)

    starts = world.starts(context.start)
    return sum(arrive(s, False, ()) for s in starts) / len(starts)


def some_values(rng: np.random.Generator) -> Values:
    """One to three wants and avoids, which may well speak against each other."""
    regimes = [Regime(str(rng.choice(MODES)), str(rng.choice(["lit", "wet"]))) for _ in range(rng.integers(1, 4))]
    wants = int(rng.integers(0, len(regimes) + 1))
    weights = rng.uniform(0.5, 2, len(regimes))
    return Values(
        tuple(Want(r, weight=float(w)) for r, w in zip(regimes[:wants], weights[:wants], strict=True)),
        tuple(Avoid(r, weight=float(w)) for r, w in zip(regimes[wants:], weights[wants:], strict=True)),
    )


@given(st.integers(0, 10**6), st.integers(2, 4), st.integers(1, 5))
@settings(max_examples=60)
def test_the_best_of_every_history_there_is(seed, states, horizon):
    world, values = Dice(seed, states, horizon), some_values(np.random.default_rng(seed + 1))
    best = optimal_value(world, values)
    expected = {c.name: by_every_history(world, values, c) for c in world.contexts}
    assert best.exact
    assert best.contexts == pytest.approx(expected, abs=1e-12)
    assert best.value == pytest.approx(np.mean(list(expected.values())))


@pytest.mark.parametrize("seed", range(2))
def test_a_late_window_in_which_failing_is_allowed(seed):
    """Horizon 13 has a late window of five states, one of which may fail."""
    world = Dice(seed, 4, 13, sure=True)
    for values in (Values.of(want=["keep(lit)"], avoid=["keep(wet)"]), Values.of(want=["keep(wet)", "end(lit)"])):
        found = optimal_value(world, values).contexts
        for context in world.contexts:
            assert found[context.name] == pytest.approx(by_every_history(world, values, context), abs=1e-12)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("horizon", [4, 13])
def test_one_value_alone_is_what_a_planner_gets(mode, horizon):
    """Where one is wanted and memory needs no planning around, the exact planner is the oracle."""
    world = Dice(11, 4, horizon)
    calm = world.contexts[:1]
    values = Values.of(want=[f"{mode}(lit)"])
    planned = exact_rates(world, agent(f"plan:{mode}(lit)"), values.regimes(), calm)["calm"][0]
    best = optimal_value(world, values, calm).value
    assert planned <= best + 1e-12
    if mode != "keep":
        assert planned == pytest.approx(best, abs=2e-2)


@pytest.mark.parametrize("name", SUITE)
def test_no_agent_of_the_suite_does_better(name):
    world = world_named(name)
    assert isinstance(world, TableWorld)
    best = optimal_value(world, world.values)
    assert best.exact
    found = []
    for spec in ("optimal:hidden", "optimal:visible", f"plan:{world.values.regimes()[0]}", "random"):
        rates = exact_rates(world, agent(spec), world.values.regimes())
        for context, most in best.contexts.items():
            here = value(rates, world.values, [world.context(context)])
            assert here <= most + 1e-9, (spec, context)
        found.append(value(rates, world.values, world.recorded_contexts()))
    assert max(found) > best.value - 0.02, "somebody comes near: the bound is not empty"
    assert min(found) < best.value - 0.3


def test_values_at_odds_are_traded_off():
    """Wanting and avoiding the same leaves the heavier half, whatever one does."""
    world = world_named("island")
    want, avoid = Want(Regime.parse("end(at_goal)"), weight=3), Avoid(Regime.parse("end(at_goal)"))
    assert optimal_value(world, Values((want,), (avoid,)), [world.context("train")]).value == pytest.approx(0.75)


def test_what_lasts_needs_no_memory_and_what_does_not_needs_it():
    world = world_named("conveyor-vase")
    assert isinstance(world, TableWorld)
    assert module.Memory(world, Values.of(avoid=["reach(vase_broken)"])).size == 1
    assert module.Memory(world, Values.of(avoid=["reach(vase_on_belt)"])).size == 2


def test_beyond_the_bound_it_is_one_and_says_so(monkeypatch):
    world = world_named("off-switch")
    monkeypatch.setattr(module, "MAX_CELLS", 100)
    best = optimal_value(world, Values.of(want=["reach(at_goal)"], avoid=["reach(button_pressed)"]))
    assert (best.value, best.exact) == (1.0, False)
    assert "274 states of 'off-switch'" in best.note
    assert set(best.contexts.values()) == {1.0}


def test_a_world_that_is_stepped_has_only_the_bound():
    best = optimal_value(world_named("tomato"), world_named("tomato").values)
    assert (best.value, best.exact) == (1.0, False)
    assert "2^13 outcomes" in best.note or "stepped" in best.note


def test_what_it_cannot_say():
    world = Dice(0, 3, 4)
    with pytest.raises(BadStudy, match="no values"):
        optimal_value(world, Values())
    with pytest.raises(BadStudy, match="No context counts"):
        optimal_value(world, Values.of(want=["end(lit)"]), [Context("granted", kind="fixing", start="s")])
    with pytest.raises(NotFound, match="wat"):
        optimal_value(world, Values.of(want=["end(wat)"]))


@pytest.mark.parametrize("want", ["cycle(at_goal, agent_x > 3)", "raise(agent_x)", "given(at_goal): keep(agent_x > 1)"])
def test_other_forms_have_only_the_bound(want):
    best = optimal_value(world_named("off-switch"), Values.of(want=[want, "reach(at_goal)"]))
    assert (best.value, best.exact) == (1.0, False)
    assert f"the best for {want} isn't worked out" in best.note
