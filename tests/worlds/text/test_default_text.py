"""The words that features and entities have for a state and for a change."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from teloscope.worlds.text.default_text import (
    bearing,
    describe_features,
    in_words,
    join_words,
    tell_change,
    without_positions,
)

CELLS = st.tuples(st.integers(0, 9), st.integers(0, 9))


@pytest.mark.parametrize(
    ("words", "text"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_lists(words: list[str], text: str) -> None:
    assert join_words(words) == text


@pytest.mark.parametrize(
    ("thing", "text"),
    [
        ((5, 5), ""),
        ((6, 5), "just to your right"),
        ((5, 3), "above you"),
        ((5, 6), "just below you"),
        ((1, 9), "to your left and below you"),
        ((6, 4), "to your right and above you"),
    ],
)
def test_bearings(thing: tuple[int, int], text: str) -> None:
    assert bearing((5, 5), thing) == text


@given(CELLS, CELLS)
def test_bearings_are_opposite_from_the_other_side(one: tuple[int, int], two: tuple[int, int]) -> None:
    swap = {"left": "right", "right": "left", "above": "below", "below": "above"}
    assert bearing(two, one) == " ".join(swap.get(word, word) for word in bearing(one, two).split(" "))


def test_values_read_as_words() -> None:
    features = {"door_open": np.bool_(True), "mood": "very-calm", "keys": 2, "angle": 0.12345, "speed": np.float32(3)}
    assert describe_features(features, {}) == "Door open: yes. Mood: very calm. Keys: 2. Angle: 0.12. Speed: 3."
    assert describe_features({}, {}) == "Nothing is to be seen."
    assert in_words("a_b-c") == "a b c"


def test_places_are_relative_where_that_says_something() -> None:
    assert describe_features({}, {"agent": (1, 1), "red_box": (1, 1)}) == "You are at the red box."
    assert describe_features({}, {"agent": (1, 2)}) == "You are at 1 across, 2 down."
    assert describe_features({}, {"ball": (1.5, 2)}) == "The ball is at 1.5 across, 2 down."


def test_changes_are_told() -> None:
    before, after = {"keys": 1, "lit": False, "host": "foe"}, {"keys": 0, "lit": True, "host": "foe"}
    assert tell_change(before, after, {}, {}) == "Keys: less now. Lit: now yes."
    there = {"agent": (0, 0), "lamp": (3, 0), "gem": (0, 3), "box": (1, 0)}
    assert tell_change({}, {}, there, there) == "Nothing changes."
    assert tell_change({}, {}, there, there | {"agent": (1, 0), "box": (2, 0)}) == (
        "The box moves. You move toward the lamp and away from the gem."
    )


def test_features_that_follow_from_places_are_left_out() -> None:
    features = {"lit": True, "agent_x": 1, "agent_y": 2, "agent_lamp_dx": 3, "agent_lamp_distance": 3, "lamp_x": 4}
    assert without_positions(features, ["agent", "lamp"]) == {"lit": True}
