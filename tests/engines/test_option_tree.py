"""Options as a tree of tokens."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from teloscope.engines.option_tree import OptionTree, check_options
from teloscope.errors import BadEngine

ids = st.lists(st.integers(0, 3), min_size=1, max_size=4).map(tuple)
trees = st.lists(ids, min_size=1, max_size=5, unique=True)


@given(st.lists(st.tuples(ids, trees), min_size=1, max_size=4))
def test_each_option_is_the_sum_of_its_tokens_each_node_asked_once(asked) -> None:
    prompts, options = [p for p, _ in asked], [tree for _, tree in asked]
    tree = OptionTree(prompts, options)
    assert list(tree.nodes) == sorted(tree.nodes)
    assert set(tree.nodes) == {p + o[:i] for p, tree in asked for o in tree for i in range(len(o))}
    early: dict[int, np.ndarray] = {}
    for node, wanted in tree.nodes.items():
        early |= dict(tree.answer(node, {t: -hash((node, t)) % 97 / 7 for t in wanted}))
    assert sorted(early) == list(range(len(asked))), "each prompt is complete once, when its last node is answered"
    for place, ((prompt, offered), scores) in enumerate(zip(asked, tree.logprobs(), strict=True)):
        slow = [sum(-hash((prompt + o[:i], o[i])) % 97 / 7 for i in range(len(o))) for o in offered]
        np.testing.assert_allclose(scores, slow)
        np.testing.assert_array_equal(scores, early[place])


def test_common_beginnings_are_asked_about_once() -> None:
    assert OptionTree([(9,), (9,)], [[(1, 2), (1, 3)], [(1,)]]).nodes == {(9,): [1], (9, 1): [2, 3]}


@pytest.mark.parametrize(("options", "says"), [((), "must be texts"), (("a", ""), "letter"), (("a", "b", "a"), "'a'")])
def test_options_that_cannot_be_told_apart_are_refused(options, says) -> None:
    with pytest.raises(BadEngine, match=says):
        check_options(options)
