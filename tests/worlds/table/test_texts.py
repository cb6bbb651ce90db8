"""Worlds in words: compiled texts against what `describe` and `tell` say, and the words of worlds that wrote none."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from teloscope.errors import BadWorld, NotFound
from teloscope.worlds.registry import world
from teloscope.worlds.sampled import SampledWorld
from teloscope.worlds.table.authored import Outcome
from teloscope.worlds.table.texts import OVER
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import Context


class Spot(NamedTuple):
    x: int
    lamp_lit: bool


class Lane(TableWorld):
    """Three cells with a lamp at the right end; who goes right may slip and stay. Its author wrote no texts."""

    name = "lane"
    horizon = 8
    actions = ("step-left", "step_right")
    contexts = (Context("train", kind="train"),)

    def starts(self, start: str) -> list[Spot]:
        return [Spot(0, False)]

    def step(self, state: Spot, action: str) -> Outcome | list[Outcome]:
        if action == "step-left":
            return Outcome(state._replace(x=max(state.x - 1, 0)))
        x = min(state.x + 1, 2)
        return [
            Outcome(Spot(x, state.lamp_lit or x == 2), prob=0.75, done=x == 2),
            Outcome(state, prob=0.25),
        ]

    def features(self, state: Spot) -> dict[str, float | bool | str]:
        return {"lamp_lit": state.lamp_lit}

    def entities(self, state: Spot) -> dict[str, tuple[float, float]]:
        return {"agent": (state.x, 0), "lamp": (2, 0)}


def test_a_world_without_texts_is_told_by_its_features() -> None:
    lane = Lane()
    assert lane.describe(Spot(0, False)) == "Lamp lit: no. The lamp is to your right."
    assert lane.tell(Spot(0, False), "step_right", Spot(1, False)) == "You move toward the lamp."
    assert lane.tell(Spot(1, False), "step_right", Spot(2, True)) == "Lamp lit: now yes. You move toward the lamp."
    assert lane.tell(Spot(0, False), "step-left", Spot(0, False)) == "Nothing changes."
    assert lane.task and lane.phrase("step-left") == "step left" and lane.phrase("step_right") == "step right"


def test_phrases_replace_names() -> None:
    lane = Lane()
    lane.phrases = {"step-left": "walk to the left"}
    assert lane.phrase("step-left") == "walk to the left" and lane.phrase("step_right") == "step right"


def test_what_is_compiled_is_what_is_said() -> None:
    lane = Lane()
    told, table = lane.texts, lane.table
    assert told is lane.texts
    assert told.sentence.shape == table.next.shape and told.sentence.dtype == np.int32
    for row, state in enumerate(table.states):
        assert told.descriptions[told.description[row]] == lane.describe(state)
        for a, action in enumerate(lane.actions or ()):
            for k, to in enumerate(table.next[row, a]):
                expected = OVER if table.terminal[row] else lane.tell(state, action, table.states[to])
                assert told.sentences[told.sentence[row, a, k]] == expected
    assert len(set(told.descriptions)) == len(told.descriptions)
    assert len(set(told.sentences)) == len(told.sentences)


def test_foreseen_is_each_sentence_with_its_probability() -> None:
    lane = Lane()
    assert lane.foresee(Spot(0, False), "step_right") == [
        (0.75, "You move toward the lamp."),
        (0.25, "Nothing changes."),
    ]
    assert lane.foresee(Spot(1, False), "step-left") == [(1.0, "You move away from the lamp.")]
    with pytest.raises(NotFound, match=r"'step-right' not found\. Did you mean 'step_right'"):
        lane.foresee(Spot(0, False), "step-right")


class Vague(Lane):
    """What differs for the agent reads the same: everything is one sentence."""

    def tell(self, state: Spot, action: str, to: Spot) -> str:
        return "Something happens."


def test_outcomes_that_read_the_same_are_one() -> None:
    assert Vague().foresee(Spot(0, False), "step_right") == [(1.0, "Something happens.")]


def test_texts_leave_the_worlds_identity_alone() -> None:
    assert Vague().digest() == Lane().digest()
    read = Lane()
    assert read.texts.sentences and read.digest() == Lane().digest()


@pytest.mark.parametrize("said", [None, "", 3])
def test_what_is_no_text_is_refused(said: Any) -> None:
    lane = Lane()
    lane.describe = lambda state: said
    with pytest.raises(BadWorld, match=r"'lane': describe gave .* in the state Spot\(x=0, .*\); expected a plain sent"):
        _ = lane.texts


def test_a_text_that_raises_is_said_to() -> None:
    lane = Lane()
    lane.tell = lambda state, action, to: {}[action]
    with pytest.raises(BadWorld, match=r"'lane': tell after 'step-left' raised KeyError"):
        _ = lane.texts


def test_a_sampled_world_without_texts_is_told_by_its_features() -> None:
    tomato: Any = world("tomato")
    states = tomato.starts("train")
    plain = SampledWorld.describe(tomato, states)
    assert plain == (
        "Watered: 8. Looks watered: 8. On bucket: no. On tomato: no. The bucket is to your right and above you."
    )


def test_a_gymnasium_world_is_told_by_its_features() -> None:
    frozen: Any = world("CartPole-v1")
    features = dict.fromkeys(frozen.feature_kinds, 0.5) | {next(iter(frozen.feature_kinds)): -0.0213}
    assert frozen.describe(features).startswith("Cart position: -0.021. Cart velocity: 0.5.")
    assert "CartPole-v1" in frozen.task


def test_minigrid_is_told_by_its_features() -> None:
    pytest.importorskip("minigrid")
    grid: Any = world("MiniGrid-Empty-5x5-v0")
    context = grid.contexts[0]
    lanes = grid.sub_envs(1, context)
    lanes.reset(np.zeros(1, dtype=np.uint64))
    features = {name: column[0, 0] for name, column in lanes.features(0).items()}
    text = grid.describe(features)
    assert "The goal is to your right and below you." in text
    assert "distance" not in text and "At goal: no." in text
    grid.close()


def test_texts_cost_little() -> None:
    """Engines are asked about distinct texts: few of them for many states, each kept once."""
    coin: Any = world("coin")
    assert coin.table.n_states > 10_000
    assert len(coin.texts.descriptions) < 600 and coin.texts.description.max() == len(coin.texts.descriptions) - 1


def test_the_texts_that_the_documentation_shows_are_texts() -> None:
    names: dict[str, Any] = {"__name__": "shown"}
    page = (Path(__file__).resolve().parents[3] / "docs" / "worlds.md").read_text("utf-8")
    for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL)[:2]:
        exec(block, names)
    shown, plain = names["ToldCorridor"](), names["Corridor"]()
    assert shown.texts.descriptions == (
        "You see a lamp to your right.",
        "You see a lamp to your left.",
        "You stand at the lamp.",
    )
    assert len(shown.texts.sentences) == 4
    assert shown.digest() == plain.digest()
