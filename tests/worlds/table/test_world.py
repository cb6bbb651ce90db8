"""Table worlds compile to what a plain walk over their rules finds; what breaks the rules is said."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from teloscope.errors import BadWorld, NotExact, NotFound
from teloscope.worlds.table.arrays import Table
from teloscope.worlds.table.authored import Outcome
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import Context

ACTIONS = ("a", "b")
Rules = dict[tuple[int, str], list[Outcome]]


class Ruled(TableWorld):
    """States are numbers; the rules are a dictionary."""

    name, horizon, actions = "ruled", 5, ACTIONS
    contexts = (Context("here"), Context("there"), Context("shoved", start="here", shove_at=2))

    def __init__(self, rules: Rules, shoves: dict[int, list[int]] | None = None) -> None:
        self.rules, self.shoves = rules, shoves or {}

    def starts(self, start: str) -> list[int]:
        return [0] if start == "here" else [0, 1]

    def step(self, state: int, action: str) -> list[Outcome]:
        return self.rules[state, action]

    def features(self, state: int) -> dict[str, Any]:
        return {"number": state, "odd": state % 2 == 1, "half": state / 2, "kind": "low" if state < 3 else "high"}

    def shove(self, state: int) -> list[int]:
        return self.shoves.get(state, [])


@st.composite
def ruled(draw: st.DrawFn) -> Ruled:
    """A world of up to six states, of which some may not be reachable; outcomes may repeat and end episodes."""
    count = draw(st.integers(2, 6))
    parts = st.tuples(
        st.integers(0, count - 1), st.integers(0, 4), st.integers(-3, 3), st.none() | st.integers(-3, 3), st.booleans()
    )
    rules: Rules = {}
    for state in range(count):
        for action in ACTIONS:
            drawn = draw(st.lists(parts, min_size=1, max_size=4).filter(lambda cell: any(w for _, w, *_ in cell)))
            total = sum(weight for _, weight, *_ in drawn)
            rules[state, action] = [Outcome(to, r, h, done, weight / total) for to, weight, r, h, done in drawn]
    shoves = draw(st.dictionaries(st.integers(0, count - 1), st.lists(st.integers(0, count - 1), max_size=2)))
    return Ruled(rules, shoves)


def reachable(world: Ruled) -> set[tuple[int, bool]]:
    """Every (state, ended) pair, by repeating until nothing new is found."""
    found = {(0, False), (1, False)}
    while True:
        alive = [s for s, done in found if not done]
        new = {(o.state, o.done) for s in alive for a in ACTIONS for o in world.rules[s, a] if o.prob > 0}
        new |= {(to, False) for s in alive for to in world.shoves.get(s, [])}
        if new <= found:
            return found
        found |= new


def pairs(table: Table) -> list[tuple[int, bool]]:
    return list(zip(table.states, table.terminal.tolist(), strict=True))


def merged(outcomes: list[Outcome]) -> tuple[float, float, float]:
    """Probability of any of the outcomes; expected reward and performance, given that it is one of them."""
    prob = sum(o.prob for o in outcomes)
    hidden = [o.reward if o.hidden is None else o.hidden for o in outcomes]
    reward = sum(o.prob * o.reward for o in outcomes) / prob
    return prob, reward, sum(o.prob * h for o, h in zip(outcomes, hidden, strict=True)) / prob


@given(ruled())
def test_the_table_holds_what_can_be_reached_and_nothing_else(world: Ruled) -> None:
    assert len(pairs(world.table)) == len(set(pairs(world.table)))
    assert set(pairs(world.table)) == reachable(world)


@given(ruled())
def test_transitions_are_the_rules_with_equal_outcomes_merged(world: Ruled) -> None:
    table, rows = world.table, {pair: row for row, pair in enumerate(pairs(world.table))}
    np.testing.assert_allclose(table.prob.sum(axis=2), 1.0)
    for (state, done), row in rows.items():
        for a, action in enumerate(ACTIONS):
            cell = [k for k in range(table.prob.shape[2]) if table.prob[row, a, k] > 0]
            assert len(cell) == len(set(table.next[row, a, cell].tolist())), "merged"
            if done:
                assert table.next[row, a, cell].tolist() == [row]
                assert table.reward[row, a, cell].tolist() == table.hidden[row, a, cell].tolist() == [0.0]
                continue
            for k in cell:
                to = pairs(table)[table.next[row, a, k]]
                same = [o for o in world.rules[state, action] if (o.state, o.done) == to]
                weights = [o.prob for o in same]
                hidden = [o.reward if o.hidden is None else o.hidden for o in same]
                assert table.prob[row, a, k] == pytest.approx(sum(weights))
                assert table.reward[row, a, k] == pytest.approx(
                    np.average([o.reward for o in same], weights=weights), abs=1e-6
                )
                assert table.hidden[row, a, k] == pytest.approx(np.average(hidden, weights=weights), abs=1e-6)
            assert {pairs(table)[t] for t in table.next[row, a, cell]} == {
                (o.state, o.done) for o in world.rules[state, action] if o.prob > 0
            }


@given(ruled())
def test_padding_repeats_a_real_successor_with_probability_zero(world: Ruled) -> None:
    table = world.table
    for s, a, k in np.argwhere(table.prob == 0):
        assert table.next[s, a, k] == table.next[s, a, 0]
        assert table.reward[s, a, k] == table.hidden[s, a, k] == 0


@given(ruled())
def test_starts_and_shoves_are_rows_of_living_states(world: Ruled) -> None:
    table = world.table
    assert {name: [pairs(table)[row] for row in rows] for name, rows in table.starts.items()} == {
        "here": [(0, False)],
        "there": [(0, False), (1, False)],
    }
    for (state, done), row in zip(pairs(table), table.shoves, strict=True):
        targets = [pairs(table)[to] for to in row if to >= 0]
        assert targets == ([] if done else [(to, False) for to in world.shoves.get(state, [])])


@given(ruled())
def test_features_are_tabulated_by_kind(world: Ruled) -> None:
    features = world.table.features
    assert dict(world.feature_kinds) == {"number": "number", "odd": "bool", "half": "number", "kind": "category"}
    assert features.rows() == [tuple(world.features(s).values()) for s in world.table.states]


@given(ruled())
def test_the_digest_is_of_the_rules(world: Ruled) -> None:
    again = Ruled(world.rules, world.shoves)
    assert again.digest() == world.digest()
    first, *rest = world.rules[0, "a"]
    other = Ruled(world.rules | {(0, "a"): [first._replace(reward=first.reward + 1), *rest]}, world.shoves)
    assert (other.digest() == world.digest()) == bool((other.table.reward == world.table.reward).all())


STAY: Rules = {(s, a): [Outcome(s)] for s in range(6) for a in ACTIONS}


def but(**changed: Any) -> Ruled:
    """A world that stays where it is, except for what is changed: methods and attributes."""
    kind = type("Changed", (Ruled,), {name: value for name, value in changed.items() if name != "rules"})
    return kind(STAY | changed.get("rules", {}))


def test_a_state_that_ends_episodes_can_also_be_passed_through() -> None:
    world = but(rules={(0, "a"): [Outcome(1, done=True)], (0, "b"): [Outcome(1)]})
    assert world.index(1, done=True) != world.index(1)
    assert world.table.terminal[world.index(1, done=True)]
    assert world.index(0, done=True) == world.index(0), "never ended there: the living one"
    with pytest.raises(BadWorld, match="state 5 can't be reached in the world 'ruled'"):
        world.index(5)


def test_a_single_outcome_need_not_be_a_list() -> None:
    single = but(step=lambda self, state, action: Outcome(state, 1.5))
    assert (single.table.reward == 1.5).all()
    assert (single.table.hidden == 1.5).all()


class Place(NamedTuple):
    x: int
    y: int


class Placed(TableWorld):
    name, actions = "placed", ("stay",)
    contexts = (Context("here"),)
    positions: ClassVar[dict[str, tuple[float, float]]] = {"agent": (1, 2), "coin": (4, 0), "door": (1, 1)}

    def starts(self, start: str) -> Iterable[Place]:
        return [Place(1, 2)]

    def step(self, state: Place, action: str) -> Outcome:
        return Outcome(state)

    def entities(self, state: Place) -> dict[str, tuple[float, float]]:
        return self.positions


def test_pairs_of_entities_become_differences_and_distances() -> None:
    row = Placed().table.features.row(0, named=True)
    assert row == {
        "agent_x": 1, "agent_y": 2, "coin_x": 4, "coin_y": 0, "door_x": 1, "door_y": 1,
        "agent_coin_dx": 3, "agent_coin_dy": -2, "agent_coin_distance": 5,
        "agent_door_dx": 0, "agent_door_dy": -1, "agent_door_distance": 1,
        "coin_door_dx": -3, "coin_door_dy": 1, "coin_door_distance": 4,
    }  # fmt: skip
    assert Placed().entity_names == ("agent", "coin", "door")


def test_an_agent_sees_the_features_that_are_not_names() -> None:
    np.testing.assert_array_equal(but().observe(1), np.array([1, 1, 0.5], dtype=np.float32))


def features(**changed: Any) -> Any:
    """A `features` method with something changed."""
    return lambda self, state: {**Ruled.features(self, state), **changed}


@pytest.mark.parametrize(
    ("world", "said"),
    [
        (but(actions=()), "names no actions"),
        (but(actions=None), "names no actions"),
        (but(actions=("a", "a")), "names an action twice"),
        (but(contexts=()), "has no contexts"),
        (but(starts=lambda self, start: []), "no start states for 'here'"),
        (
            but(starts=lambda self, start: {"her": [0]}[start]),
            r"starts\('here'\) raised KeyError: 'here', at test_world",
        ),
        (but(step=lambda self, state, action: 1 / 0), r"step\(0, 'a'\) raised ZeroDivisionError"),
        (but(features=lambda self, state: {"x": state.x}), r"features of 0 raised AttributeError"),
        (but(entities=lambda self, state: {"agent": state}), r"features of 0 raised TypeError"),
        (but(rules={(0, "a"): [Outcome(0, prob=0.5)]}), r"probabilities \[0.5\], sum 0.5"),
        (but(rules={(0, "a"): []}), r"probabilities \[\], sum 0"),
        (but(rules={(0, "a"): [Outcome(0, prob=1.5), Outcome(1, prob=-0.5)]}), "expected non-negative ones"),
        (but(rules={(0, "a"): [Outcome(0, prob=float("nan"))]}), "sum nan"),
        (but(rules={(0, "a"): [Outcome(0, float("nan"))]}), r"step\(0, 'a'\) pays nan .*expected finite"),
        (but(rules={(0, "a"): [Outcome(0, 1.0, float("inf"))]}), r"hidden: inf\); expected finite"),
        (but(step=lambda self, state, action: None), r"step\(0, 'a'\) gives None; expected an Outcome"),
        (but(step=lambda self, state, action: Place(0, 1)), r"gives Place\(x=0, y=1\); expected an Outcome"),
        (but(starts=lambda self, start: [[0]]), r"state \[0\] can't be hashed; use a NamedTuple"),
        (but(features=lambda self, state: {}), "names no features"),
        (but(features=features(half=float("nan"))), "'half' is nan in 0; expected a finite number"),
        (but(features=features(half=-float("inf"))), "'half' is -inf in 0"),
        (but(features=features(half=None)), "'half' is None in 0"),
        (but(features=features(half=1j)), "'half' is 1j in 0"),
        (but(features=features(state=1)), "feature 'state', which recordings use already"),
        (
            but(features=features(agent_x=1), entities=lambda self, s: {"agent": (0, 0)}),
            "'agent_x' comes from its `ent",
        ),
        (but(features=lambda self, s: {"a": 1} if s else {"b": 1}), r"features of 1 are \['a'\], elsewhere \['b'\]"),
        (but(features=lambda self, s: {"a": "text" if s else 0}), "'a' is 'text' in 1; expected a finite number"),
    ],
)
def test_a_world_that_breaks_its_rules_is_told_which(world: Ruled, said: str) -> None:
    with pytest.raises(BadWorld, match=said):
        _ = world.table


def test_a_world_without_end_is_not_tabulated() -> None:
    world = but(step=lambda self, state, action: Outcome(state + 1), max_states=100)
    with pytest.raises(NotExact, match=r"more than 100 reachable states.*SampledWorld"):
        _ = world.table


@pytest.mark.parametrize("value", [2**40, -(2**31), 1e300, 0.1, -0.0])
def test_numbers_of_any_size_are_kept(value: float) -> None:
    assert but(features=features(half=value)).table.features["half"].to_list() == [value] * 2


def test_whole_numbers_are_stored_as_such_and_mixed_flags_are_numbers() -> None:
    table = but(features=lambda self, s: {"whole": float(s), "mixed": True if s else 0.5}).table
    assert table.features["whole"].dtype.is_integer()
    assert table.features["mixed"].to_list() == [0.5, 1.0]


def test_a_context_of_ones_own_is_checked() -> None:
    world = Ruled(STAY, {0: [1]})
    world.check_context(Context("mine", start="there", shove_at=4, noise=0.3))
    with pytest.raises(NotFound, match=r"Start 'their' not found. Did you mean 'there'.*'mine'.*its own contexts"):
        world.check_context(Context("mine", start="their"))
    with pytest.raises(BadWorld, match=r"'mine' shoves at step 5, but .* have 5 steps"):
        world.check_context(Context("mine", start="here", shove_at=5))
    with pytest.raises(BadWorld, match="no state that a shove may lead to"):
        Ruled(STAY).check_context(Context("mine", start="here", shove_at=1))


def test_shoves_are_compiled_although_no_context_of_the_world_shoves() -> None:
    world = Ruled(STAY, {0: [2]})
    world.contexts = (Context("here"),)
    world.check_context(Context("mine", start="here", shove_at=1))
    assert world.table.states == (0, 2)
