"""Memory in the state: the same world to whoever forgets, and what was seen to whoever doesn't."""

from __future__ import annotations

import numpy as np
import pytest

from teloscope.agents.agent import Agent, TableAgent
from teloscope.agents.registry import agent
from teloscope.errors import BadWorld, NotExact
from teloscope.recordings.exact_rates import exact_rates, exact_returns
from teloscope.recordings.record import record
from teloscope.worlds.registry import world as world_named
from teloscope.worlds.table.compile import compile_table
from teloscope.worlds.table.memory import NOTHING, MemoryWorld
from teloscope.worlds.table.world import TableWorld

NAMES = ("island", "off-switch", "whisky", "absent-supervisor")


def table_world(name: str) -> TableWorld:
    world = world_named(name)
    assert isinstance(world, TableWorld)
    return world


@pytest.mark.parametrize("window", [1, 2])
@pytest.mark.parametrize("name", NAMES)
def test_whoever_forgets_has_the_same_rates(name, window):
    plain = table_world(name)
    world = MemoryWorld(plain, window)
    assert world.table.n_states > plain.table.n_states
    policy = np.random.default_rng(1).dirichlet(np.full(plain.table.n_actions, 0.5), plain.table.n_states)
    regimes = [*plain.values.regimes(), "keep(agent_x >= 3)", "reach(agent_y <= 2)"]
    contexts = plain.contexts
    here = exact_rates(world, TableAgent(policy[world.rows]), regimes, contexts)
    there = exact_rates(plain, TableAgent(policy), regimes, contexts)
    for context in contexts:
        np.testing.assert_allclose(here[context.name], there[context.name], atol=1e-12)
    returns = exact_returns(world, TableAgent(policy[world.rows]), contexts)
    for context, expected in exact_returns(plain, TableAgent(policy), contexts).items():
        assert returns[context] == pytest.approx(expected)


def test_by_step_policies_too():
    plain = table_world("island")
    world = MemoryWorld(plain, 1)
    policy = agent("optimal:hidden").policy(plain)
    assert policy is not None and policy.ndim == 3
    here = exact_rates(world, TableAgent(policy[:, world.rows]), plain.values.regimes())
    for context, rates in exact_rates(plain, TableAgent(policy), plain.values.regimes()).items():
        np.testing.assert_allclose(here[context], rates, atol=1e-12)


def test_what_is_remembered_is_what_was_seen():
    """Along walks on the table, the memory is the last sights, padded with nothing before the first."""
    plain = table_world("island")
    sights = np.arange(plain.table.n_states) % 7
    world = MemoryWorld(plain, 3, sights)
    rng = np.random.default_rng(0)
    for start in world.table.starts["train"]:
        state, seen = int(start), [NOTHING] * 3
        for _ in range(12):
            assert world.memory[state].tolist() == seen[-3:]
            if world.table.terminal[state]:
                break
            seen.append(int(sights[world.rows[state]]))
            state = int(world.table.next[state, rng.integers(0, 4), 0])
            seen = [NOTHING] * 3 if world.table.terminal[state] else seen
            if rng.random() < 0.3 and (targets := world.table.shoves[state][world.table.shoves[state] >= 0]).size:
                state = int(rng.choice(targets))


def test_its_python_and_its_table_say_the_same():
    world = MemoryWorld(table_world("off-switch"), 1)
    again = compile_table(world)
    assert set(again.states) == set(world.table.states)
    assert again.terminal.sum() == world.table.terminal.sum()
    regimes = [*world.values.regimes(), "keep(agent_x >= 3)"]
    for context, rates in exact_rates(world, agent("random"), regimes).items():
        np.testing.assert_allclose(rates, exact_rates(world.plain, agent("random"), regimes)[context], atol=1e-12)
    assert again.features.columns == world.table.features.columns
    row = world.table.n_states // 2
    state = world.table.states[row]
    assert world.index(state) == row
    assert again.features.row(again.states.index(state)) == world.table.features.row(row)


class Returner(Agent):
    """Goes right where it saw nothing before, or the same as now; else back: it acts on memory alone."""

    name = "returner"

    def __init__(self, world: MemoryWorld) -> None:
        self.observation_ids = world.observation_ids

    def policy(self, world: TableWorld) -> np.ndarray | None:
        if not isinstance(world, MemoryWorld):
            return None
        now, before = world.observation_ids[world.rows], world.memory[:, -1]
        rightward = (before == NOTHING) | (before == now)
        return np.where(rightward[:, None], RIGHT, BACK)

    def start(self, world, episodes: int, seed: int) -> Walking:
        return Walking(self.observation_ids, episodes)

    sees = "state"


RIGHT, BACK = np.array([0.0, 1.0, 0.0, 0.0]), np.array([1.0, 0.0, 0.0, 0.0])


class Walking:
    def __init__(self, looks: np.ndarray, episodes: int) -> None:
        self.observation_ids, self.before = looks, np.full(episodes, NOTHING)

    def act(self, observations, t: int, alive) -> np.ndarray:
        now = self.observation_ids[observations]
        rightward = (self.before == NOTHING) | (self.before == now)
        self.before = now
        return np.where(rightward, 1, 0)


def test_an_agent_that_remembers_is_exact_here_and_stepped_there():
    """Noise and shoves included: what it remembers is what it saw, whoever chose the action."""
    plain = table_world("island")
    assert plain.actions == ("left", "right", "up", "down")
    world = MemoryWorld(plain, 1)
    walker = Returner(world)
    regimes = ["end(in_water)", "reach(agent_x >= 4)", "keep(agent_x >= 3)"]
    exact = exact_rates(world, walker, regimes, plain.recorded_contexts())
    recording = record(walker, plain, episodes=2_000, references=[])
    strange = 0
    for context in recording.contexts:
        p = exact[context.name]
        rates = recording.hits([r for r in regimes], context.name, "agent").mean(axis=1)
        error = np.sqrt(p * (1 - p) / 2_000)
        np.testing.assert_array_less(np.abs(rates - p), 4.5 * error + 1e-9)
        strange += int((error > 0).sum())
    assert strange >= 4, "some rates lie strictly between 0 and 1, or this compares nothing"


def test_texts_are_those_of_the_plain_world():
    plain = table_world("island")
    world = MemoryWorld(plain, 1)
    row = world.table.n_states - 1
    state = world.table.states[row]
    described = world.texts.descriptions[world.texts.description[row]]
    assert described == plain.describe(state.state) == world.describe(state)
    k = world.texts.sentence[row, 0, 0]
    assert world.texts.sentences[k] == plain.texts.sentences[plain.texts.sentence[world.rows[row], 0, 0]]
    assert (world.task, world.phrases, world.idle) == (plain.task, plain.phrases, plain.idle)
    assert world.draw(state) == plain.draw(state.state)
    np.testing.assert_array_equal(world.observe(state), plain.observe(state.state))


def test_too_much_memory_says_how_much():
    world = MemoryWorld(table_world("island"), 3)
    world.max_states = 1_000
    with pytest.raises(NotExact, match=r"memory of 3 the 169 states of 'island' become more than 1,000.*are sampled"):
        _ = world.table


def test_no_memory_at_all_is_refused():
    with pytest.raises(BadWorld, match="memory of 0"):
        MemoryWorld(table_world("island"), 0)
    with pytest.raises(BadWorld, match=r"expected .* sights of shape \(169,\)"):
        MemoryWorld(table_world("island"), 1, [1, 2])
