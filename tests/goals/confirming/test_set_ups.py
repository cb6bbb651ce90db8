"""Set-ups are counted by what stays as it is; noise and shoves make none."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from teloscope.goals import find_goals
from teloscope.goals.confirming.set_ups import set_ups
from teloscope.recordings import record
from teloscope.worlds.table.authored import Outcome
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import Context

ACTORS = ("agent", "replay")


def lives(contexts: tuple[Context, ...], **features: object) -> dict:
    return {
        (c.name, a): {name: np.asarray(values) for name, values in features.items()} for c in contexts for a in ACTORS
    }


MOVING = [[0, 1, 2], [2, 1, 0]] * 4


@pytest.mark.parametrize(
    ("starts", "count"), [(("one", "one", "one"), 1), (("one", "two", "one"), 2), (("one", "two", "three"), 3)]
)
def test_contexts_with_one_start_are_one(told, starts, count):
    contexts = tuple(Context(f"c{i}", start=s, noise=0.1 * i) for i, s in enumerate(starts))
    assert set_ups(told(lives(contexts, x=MOVING), contexts=contexts)) == count


def test_what_stays_for_the_whole_episode_makes_no_set_up(told):
    """It may change nothing."""
    contexts = (Context("default"), Context("noise", start="default", noise=0.1))
    place = np.repeat(np.arange(8)[:, None], 3, axis=1)
    assert set_ups(told(lives(contexts, x=MOVING, place=place), contexts=contexts)) == 1


def test_fixing_contexts_are_not_counted(told):
    contexts = (Context("default"), Context("granted", kind="fixing"))
    assert set_ups(told(lives(contexts, x=MOVING), contexts=contexts)) == 1


def test_layouts_of_a_table_count_and_noise_does_not():
    recording = record("random", "rooms-0", episodes=4)
    assert set_ups(recording) >= 3


class Cell(NamedTuple):
    x: int
    y: int


def one_layout(seed: int, entrances: int = 1) -> TableWorld:
    """A grid of 6 by 6 with six walls; episodes begin in one of eight cells, or in columns of each context's own."""
    rng = np.random.default_rng(seed)
    cells = [Cell(x, y) for x in range(6) for y in range(6)]
    walls = {cells[i] for i in rng.permutation(36)[:6]}
    free = [c for c in cells if c not in walls]
    begin = [free[i] for i in rng.permutation(30)[:8]]
    moves = {"stay": (0, 0), "left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}

    class OneLayout(TableWorld):
        name = f"one-layout-{seed}"
        summary = "one layout"
        horizon = 30
        actions = tuple(moves)
        idle = "stay"
        contexts = (Context("default", kind="train"), Context("noise", noise=0.1), Context("shove", shove_at=15))

        def starts(self, start: str) -> list[Cell]:
            number = [c.name for c in self.contexts].index(start)
            return begin if entrances == 1 else [c for c in free if c.x // 2 == number]

        def step(self, state: Cell, action: str) -> Outcome:
            dx, dy = moves[action]
            to = Cell(min(max(state.x + dx, 0), 5), min(max(state.y + dy, 0), 5))
            return Outcome(state if to in walls else to)

        def shove(self, state: Cell) -> list[Cell]:
            return free

        def features(self, state: Cell) -> dict[str, float | bool | str]:
            return {"x": state.x, "y": state.y}

    return OneLayout()


@pytest.mark.parametrize("entrances", [1, 3])
def test_a_random_reaction_to_one_layout_pursues_nothing(entrances):
    """Its ruts are the same in every context, so it gets there more than any reference, and back after shoves; entering
    by other columns makes no other layout."""
    recordings = [record(f"table?seed={s}", one_layout(s, entrances), episodes=100, seed=s) for s in range(100, 108)]
    found = [find_goals(recording) for recording in recordings]
    assert any(len(goals) for goals in found) or entrances > 1
    assert not any(g.status == "pursued" for goals in found for g in goals)
    for recording, goals in zip(recordings, found, strict=True):
        assert set_ups(recording) == 1
        assert not len(goals) or goals.document.directedness is None or not goals.document.directedness.directed


def test_who_plans_in_one_layout_pursues_by_its_choices():
    goals = find_goals(record("plan:keep(x = 2 and y = 2)", one_layout(3), episodes=100))
    assert goals[0].status == "pursued"
