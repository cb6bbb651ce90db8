"""Directedness: who steers is found without a name for it, who only moves is not, and what can't be told is said."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest

from teloscope.agents.agent import Agent
from teloscope.goals import find_goals
from teloscope.goals.directedness import directedness
from teloscope.goals.find import Goals
from teloscope.recordings import Recording, record
from teloscope.schema import GoalsDocument
from teloscope.values import Values
from teloscope.verdict import judge
from teloscope.worlds.table.authored import Outcome
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import Context
from teloscope.zoo.calibrate import animals_of

SIDE, EPISODES = 5, 80
MOVES = {"stay": (0, 0), "left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}


class Place(NamedTuple):
    x: int
    y: int
    lamp: bool


class Yard(TableWorld):
    """A yard with a lamp that is on or off for the whole episode."""

    name = "yard"
    summary = "a yard with a lamp"
    horizon = 24
    actions = tuple(MOVES)
    idle = "stay"
    values = Values.of(want=["end(x = 2)"])
    contexts = (
        Context("plain", kind="train"),
        Context("shoved", shove_at=12),
        Context("noisy", noise=0.1),
    )

    def starts(self, start: str) -> list[Place]:
        return [Place(x, y, lamp) for x in range(SIDE) for y in range(SIDE) for lamp in (False, True)]

    def step(self, state: Place, action: str) -> Outcome:
        dx, dy = MOVES[action]
        edge = SIDE - 1
        return Outcome(state._replace(x=min(max(state.x + dx, 0), edge), y=min(max(state.y + dy, 0), edge)))

    def shove(self, state: Place) -> list[Place]:
        return [state._replace(x=x, y=y) for x in range(SIDE) for y in range(SIDE)]

    def features(self, state: Place) -> dict[str, float | bool | str]:
        return {"x": state.x, "y": state.y, "lamp": state.lamp}


class Mover(Agent):
    """Moves in the yard in one of several ways; remembers what it needs to."""

    sees = "state"

    def __init__(self, way: str) -> None:
        self.way = self.name = way

    def start(self, world: TableWorld, episodes: int, seed: int) -> _Moving:
        return _Moving(self.way, world, episodes, seed)


class _Moving:
    def __init__(self, way: str, world: TableWorld, episodes: int, seed: int) -> None:
        self.way, self.states, self.rng = way, world.table.states, np.random.default_rng(seed)
        self.memory = np.zeros(episodes, np.intp)
        self.drift = np.zeros(episodes)
        self.chosen = self.rng.integers(0, 2, episodes)

    def act(self, observations: Any, t: int, alive: Any) -> Any:
        return np.array([self._one(i, self.states[s], t) for i, s in enumerate(observations)])

    def _one(self, i: int, at: Place, t: int) -> int:
        right, left, up, down = 2, 1, 3, 4
        match self.way:
            case "trigger":
                return left if at.lamp else right
            case "mixture":
                to = 3 if self.chosen[i] else 1
                ways = [right] * (at.x < to) + [left] * (at.x > to) + [down] * (at.y < to) + [up] * (at.y > to)
                return int(self.rng.choice(ways)) if ways else 0
            case "patrol":
                self.memory[i] = left if at.x == SIDE - 1 else right if at.x == 0 else self.memory[i] or right
                return int(self.memory[i])
            case "sticky":
                if t == 0 or self.rng.random() < 0.2:
                    self.memory[i] = self.rng.integers(5)
                return int(self.memory[i])
            case "coloured":
                self.drift[i] = 0.9 * self.drift[i] + self.rng.normal()
                return int(np.digitize(self.drift[i], [-2, -0.7, 0.7, 2]))
            case "sine":
                return (right, down, left, up)[t // 3 % 4]
            case "script":
                return (right, right, down, left, down, down, right, up)[t % 8]
            case _:
                return 0


def recorded(way: str, **options: Any) -> Recording:
    return record(Mover(way), Yard(), episodes=options.pop("episodes", EPISODES), **options)


@pytest.mark.parametrize("way", ["trigger", "mixture", "patrol"])
def test_who_steers_without_a_name_for_it_is_not_called_aimless(way):
    recording = recorded(way)
    goals, found = find_goals(recording), directedness(recording)
    assert found.directed is None, found.why
    assert "Only one set-up" in found.why
    assert found.p_value is not None
    assert found.p_value < 0.05
    assert found.departures[0].share - found.departures[0].reference > 0.05
    assert judge(goals).verdict != "AIMLESS"


def test_where_it_departs_is_named():
    found = directedness(recorded("trigger"))
    late = next(d for d in found.departures if d.moment == "late")
    assert set(late.features) == {"x", "lamp"}
    assert "x = 0 and lamp" in late.what and "x = 4 and not lamp" in late.what
    assert (late.first, late.last) == (17, 24)
    assert late.share > 0.9
    assert late.what in found.why or found.departures[0] != late


@pytest.mark.parametrize("way", ["sticky", "coloured", "sine", "script", "stay"])
def test_who_does_not_look_is_aimless(way):
    """A level of .05 lets one in twenty through, and of some the bound is too wide."""
    recordings = [recorded(way, seed=seed, episodes=240) for seed in range(4)]
    found = [directedness(recording) for recording in recordings]
    blind = [r for r, f in zip(recordings, found, strict=True) if f.directed is False]
    assert len(blind) >= 3, [f.why for f in found]
    assert not any(f.departures for f in found)
    verdict = judge(find_goals(blind[0]))
    assert [r.kind for r in verdict.reasons][:2] == ["no-goal", "undirected"]


def nameless(goals: Goals) -> Goals:
    """The same, had no regime been confirmed."""
    assert goals.recording is not None
    document = goals.document.model_copy(update={"goals": [], "directedness": directedness(goals.recording)})
    return Goals(document, goals.recording)


def test_a_nameless_aim_leaves_it_undecided_and_says_what_to_do():
    patrol = next(a for a in animals_of("control", "development").goals if a.kind == "cycle")
    recording = record(patrol.agent, patrol.make(), episodes=100, seed=patrol.seed)
    verdict = judge(nameless(find_goals(recording)), Values.of(want=["reach(false)"]))
    first = verdict.reasons[0]
    assert (verdict.verdict, first.kind) == ("UNDECIDED", "unnamed")
    assert "t = " in first.text or "in the last state" in first.text
    assert first.context in {c.name for c in recording.contexts}
    assert "feature" in verdict.document().mend[0]


def test_a_file_is_judged_alike_and_an_older_one_too(tmp_path):
    goals = nameless(find_goals(recorded("patrol", out=tmp_path / "run")))
    text = goals.document.model_dump_json()
    again = Goals(GoalsDocument.model_validate_json(text), goals.recording)
    assert again.document == goals.document
    older = GoalsDocument.model_validate(goals.document.model_dump(exclude={"directedness"}))
    assert older.directedness is None
    assert judge(again).reasons == judge(goals).reasons == judge(Goals(older, goals.recording)).reasons


def test_the_test_repeats():
    recording = recorded("patrol", episodes=40)
    assert directedness(recording) == directedness(recording)


def test_it_is_asked_only_where_no_goal_is_pursued():
    assert find_goals(record("plan:keep(x = 2 and y = 2)", Yard(), episodes=EPISODES)).document.directedness is None


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"references": ["uniform", "marginal"]}, "'replay' was not recorded"),
        ({"episodes": 1}, "too few"),
        ({"episodes": 6}, "too few"),
    ],
)
def test_what_can_not_be_told_is_said(options, said):
    found = directedness(recorded("patrol", **options))
    assert found.directed is None
    assert said in found.why


def test_one_context_can_not_tell_an_aim_from_a_rut():
    for agent in (Mover("trigger"), "table?seed=4"):
        found = directedness(record(agent, Yard(), episodes=EPISODES, contexts=["plain"]))
        assert found.directed is None
        assert "Only one set-up" in found.why
        assert found.departures


def test_a_random_reaction_that_differs_between_contexts_is_no_aim():
    """What it is shown tells contexts apart, so its ruts are elsewhere in each."""
    for seed in range(3):
        recording = record(f"table?seed={seed}", "rooms-0", episodes=60, seed=seed)
        found = directedness(recording)
        assert found.directed is None
        assert found.response_p_value is not None and found.response_p_value < 0.05
        assert not found.departures
        verdict = judge(find_goals(recording), Values.of(want=["reach(false)"]))
        assert verdict.verdict == "UNDECIDED"
        assert next(r.kind for r in verdict.reasons) == "directedness-open"


def lives(actors: tuple[str, ...], n: int, x: Any, contexts: tuple[str, ...] = ("plain",)) -> dict:
    return {(c, a): {"x": np.asarray(x(a)), "action": np.zeros(np.shape(x(a)), int)} for c in contexts for a in actors}


EVERYBODY = ("agent", "uniform", "marginal", "replay")


def test_data_alone_can_not_tell(told):
    recording = told(lives(("agent",), 60, lambda a: np.zeros((60, 3))), from_data=True, paired=False)
    assert directedness(recording).directed is None


def test_nothing_changes(told):
    found = directedness(told(lives(EVERYBODY, 60, lambda a: np.zeros((60, 4)))))
    assert found.directed is None
    assert "No feature ever changes" in found.why


def test_all_go_the_same_way(told):
    """One start, no chance, one way to go: looking and playing a sequence by heart are the same."""
    found = directedness(told(lives(EVERYBODY, 60, lambda a: np.tile(np.arange(4) * (a == "agent"), (60, 1)))))
    assert found.directed is None
    assert "same way" in found.why


def test_an_unread_outcome_does_not_lead_to_aimless(told):
    found = judge(
        find_goals(told(lives(EVERYBODY, 60, lambda a: np.tile(np.arange(4) % 2 * (a == "replay"), (60, 1))))),
        Values.of(want=["end(x = 1)"], target=0.2),
    )
    assert found.verdict != "AIMLESS"


@pytest.mark.parametrize("shape", [(), (1,), (2,), (4,)])
@pytest.mark.parametrize("looks", [True, False])
def test_one_step_with_acts_of_any_shape(told, shape, looks):
    """A single choice: to go where the start is not. Whoever looks ends at 1, the others anywhere."""
    rng = np.random.default_rng(3)
    n, contexts = 100, (Context("plain"), Context("other"))
    tales = {}
    for context in contexts:
        for actor in EVERYBODY:
            start = rng.random((n, 1)) < 0.5
            act = ~start if looks and actor == "agent" else rng.random((n, 1)) < 0.5
            end = start ^ act
            action = np.concatenate([act, act], axis=1).astype(np.float32 if shape else np.int64)
            action = np.broadcast_to(action.reshape(n, 2, *[1] * len(shape)), (n, 2, *shape)).copy()
            tales[context.name, actor] = {"lit": np.concatenate([start, end], axis=1), "action": action}
    assert directedness(told(tales, contexts=contexts)).directed is looks


def test_odd_features_are_no_trouble(told):
    """Constant ones, copies, categories, huge numbers: the rest is seen all the same."""
    rng = np.random.default_rng(4)
    contexts = (Context("plain"), Context("other"))
    tales = {}
    for context in contexts:
        for actor in EVERYBODY:
            x = rng.integers(0, 9, (60, 6))
            action = (x < 4).astype(np.int64) if actor == "agent" else rng.integers(0, 2, x.shape)
            x[:, 1:] = np.where(action[:, :-1] == 1, 8, x[:, 1:])
            tales[context.name, actor] = {
                "x": x,
                "copy": x,
                "still": np.ones(x.shape),
                "huge": x * 1e300,
                "word": np.array(["a", "b", "c"])[x % 3],
                "action": action,
            }
    found = directedness(told(tales, contexts=contexts))
    assert found.directed is not False
    assert not {"copy", "still"} & {f for d in found.departures for f in d.features}
