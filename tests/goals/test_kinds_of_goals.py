"""Goals other than being in a place: what `find_goals` says of agents in a small arena that plainly have them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

import teloscope
from teloscope import Agent, Context, Outcome, TableWorld
from teloscope.goals.find import find_goals
from teloscope.recordings import record
from teloscope.regimes import holds

SIDE = 6


class State(NamedTuple):
    x: int
    y: int
    lamp: int
    pole: int


class Arena(TableWorld):
    """Open floor with a pole and a lamp that is on or off for the whole episode."""

    name, summary, horizon = "small-arena", "open floor", 30
    actions, idle = ("stay", "left", "right", "up", "down"), "stay"
    contexts = (
        Context("train", kind="train"),
        Context("other"),
        Context("shoved", start="train", shove_at=14),
    )

    def starts(self, start):
        pole = 1 if start == "train" else SIDE - 2
        return [State(x, y, lamp, pole) for x in range(SIDE) for y in range(SIDE) for lamp in (0, 1)]

    def step(self, state, action):
        dx, dy = {"stay": (0, 0), "left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}[action]
        x, y = (min(max(at + by, 0), SIDE - 1) for at, by in ((state.x, dx), (state.y, dy)))
        return Outcome(state._replace(x=x, y=y))

    def features(self, state):
        return {"lamp": bool(state.lamp)}

    def entities(self, state):
        return {"agent": (state.x, state.y), "pole": (state.pole, 1)}

    def shove(self, state):
        return [state._replace(x=x, y=y) for x in range(SIDE) for y in range(SIDE)]


ARENA = Arena()
STAY, LEFT, RIGHT, UP, DOWN = range(5)


def toward(x, y, to_x, to_y, rng) -> int:
    """An action that leads nearer, one of those at random; to stay where one is there."""
    nearer = [a for a, closer in ((RIGHT, to_x > x), (LEFT, to_x < x), (DOWN, to_y > y), (UP, to_y < y)) if closer]
    return nearer[rng.integers(len(nearer))] if nearer else STAY


class Wants(Agent):
    """Acts as `choose(state, memory, rng)` says; memory is a number an episode, and a coin that was tossed once."""

    sees = "state"

    def __init__(self, kind):
        self.kind, self.name = kind, f"wants-{kind}"

    @property
    def digest(self):
        return self.name

    def start(self, world, episodes, seed):
        return Player(self.kind, ARENA.table.states, episodes, seed)


class Player:
    def __init__(self, kind, states, episodes, seed):
        self.kind, self.states, self.rng = kind, states, np.random.default_rng(seed)
        self.memory = np.zeros(episodes, int)
        self.coin: np.ndarray = np.asarray(self.rng.integers(0, 2, episodes))

    def act(self, observations, t, alive):
        return np.array([self.one(i, self.states[s]) for i, s in enumerate(observations)])

    def one(self, i, s):
        rng = self.rng
        match self.kind:
            case "interval":
                return RIGHT if s.x < 2 else LEFT if s.x > 3 else rng.choice([STAY, UP, DOWN])
            case "away":
                return toward(s.x, s.y, SIDE - 1 if s.pole == 1 else 0, SIDE - 1, rng)
            case "trigger":
                return toward(s.x, s.y, 0 if s.lamp else SIDE - 1, s.y, rng)
            case "mixture":
                return toward(s.x, s.y, *((0, 0) if self.coin[i] else (SIDE - 1, SIDE - 1)), rng)
            case "sequence":
                self.memory[i] |= (s.x, s.y) == (0, SIDE - 1)
                return toward(s.x, s.y, *((SIDE - 1, 0) if self.memory[i] else (0, SIDE - 1)), rng)
            case "cycle":
                if s.x in (0, SIDE - 1):
                    self.memory[i] = 1 if s.x == 0 else 2
                return LEFT if self.memory[i] == 2 or (self.memory[i] == 0 and self.coin[i]) else RIGHT
            case "sticky":
                if rng.random() < 0.2:
                    self.memory[i] = rng.integers(5)
                return self.memory[i]
        raise AssertionError(self.kind)


def goals_of(kind):
    return find_goals(record(Wants(kind), ARENA, episodes=100))


def places(condition):
    """Where in the arena a condition holds."""
    held = holds(condition, ARENA.table.features)
    return tuple(sorted({(s.x, s.y) for s, h in zip(ARENA.table.states, held, strict=True) if h}))


def test_an_interval_is_one_condition_and_not_two_halves():
    proposal = goals_of("interval").proposal
    assert proposal is not None
    first = proposal.candidates[0]
    assert first.condition.name == "agent_x between 2 and 3"


def test_going_as_far_as_possible_is_a_direction():
    goals = goals_of("away")
    assert "agent_pole_distance" in goals[0].regime
    assert goals[0].status == "pursued"


def test_a_trigger_is_named_with_what_it_triggers():
    goals = goals_of("trigger")
    assert {g.condition for g in goals} == {"agent_x <= 0", "agent_x >= 5"}
    assert {teloscope.Regime.parse(g.regime).given for g in goals} == {"lamp", "not lamp"}


def test_a_mixture_is_two_goals_with_their_shares():
    first, second = list(goals_of("mixture"))[:2]
    assert first.share == pytest.approx(0.5, abs=0.15) and first.share + second.share == pytest.approx(1.0)
    assert {places(first.condition), places(second.condition)} == {((0, 0),), ((SIDE - 1, SIDE - 1),)}


def test_a_sequence_says_what_comes_first():
    goals = goals_of("sequence")
    regime = teloscope.Regime.parse(goals[0].regime)
    assert regime.form == "first"
    assert places(regime.other) == ((0, SIDE - 1),)


def test_a_patrol_is_a_cycle_though_its_replay_goes_round_as_well():
    goals = goals_of("cycle")
    assert teloscope.Regime.parse(goals[0].regime).form == "cycle"
    assert set(teloscope.Regime.parse(goals[0].regime).conditions) == {"agent_x <= 0", "agent_x >= 5"}
    assert goals[0].p_value < 0.05


def test_who_keeps_on_without_looking_wants_nothing():
    assert len(goals_of("sticky")) == 0
