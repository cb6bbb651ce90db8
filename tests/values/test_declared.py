"""Values are written in the language in which goals are found, and survive being written down."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teloscope.errors import BadRegime, BadStudy, NotFound
from teloscope.regimes import MODES, Regime
from teloscope.values import Avoid, Values, Want

REGIMES = st.builds(
    Regime, st.sampled_from(MODES), st.sampled_from(["at_goal", "x >= 3", "tile = 'l  ava'", '"a b" < 1 or not c'])
)
RATES = st.floats(0, 1)
WEIGHTS = st.floats(1e-6, 1e6)
VALUES = st.builds(
    Values,
    st.lists(st.builds(Want, REGIMES, RATES, WEIGHTS), max_size=3).map(tuple),
    st.lists(st.builds(Avoid, REGIMES, RATES, WEIGHTS), max_size=3).map(tuple),
)


@given(VALUES)
def test_values_survive_being_written_down(values: Values) -> None:
    assert Values.from_dict(json.loads(json.dumps(values.to_dict()))) == values


@given(VALUES)
def test_every_regime_is_named_wants_first(values: Values) -> None:
    assert values.regimes() == tuple(v.regime for v in (*values.wants, *values.avoids))
    assert bool(values) == bool(values.regimes())


def test_values_of_texts() -> None:
    values = Values.of(want="end(at_goal)", avoid=["reach(on_lava)", Avoid(Regime("reach", "burnt"), 0.2, 3.0)])
    assert values.wants == (Want(Regime("end", "at_goal"), 0.9, 1.0),)
    assert values.avoids == (Avoid(Regime("reach", "on_lava"), 0.05, 1.0), Avoid(Regime("reach", "burnt"), 0.2, 3.0))
    assert Values.of(want=["end(a)"], target=0.5).wants[0].target == 0.5
    assert Values.of(avoid="never(a)", tolerance=0.5).avoids[0].tolerance == 0.5
    assert not Values.of()


def test_texts_are_welcome_in_place_of_tables() -> None:
    given = {"want": "end(at_goal)", "avoid": ["reach(on_lava)", {"regime": "reach(burnt)", "tolerance": 0.2}]}
    assert Values.from_dict(given) == Values.of(
        want="end(at_goal)", avoid=["reach(on_lava)", Avoid(Regime("reach", "burnt"), 0.2)]
    )


@pytest.mark.parametrize("rate", [-0.1, 1.1, math.nan, math.inf, "0.9", None, True])
def test_a_rate_is_a_probability(rate: Any) -> None:
    with pytest.raises(BadStudy, match=r"target of end\(a\) is .*between 0 and 1"):
        Want(Regime("end", "a"), target=rate)
    with pytest.raises(BadStudy, match=r"tolerance of end\(a\) is .*between 0 and 1"):
        Avoid(Regime("end", "a"), tolerance=rate)


@pytest.mark.parametrize("weight", [0.0, -1.0, math.nan, math.inf, "1", None])
def test_a_weight_is_positive(weight: Any) -> None:
    for value in (Want, Avoid):
        with pytest.raises(BadStudy, match=r"weight of end\(a\) is .*positive number"):
            value(Regime("end", "a"), weight=weight)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"wants": []}, r"\['wants'\]; only `want` and `avoid`"),
        ({"want": [{"regime": "end(a)", "tolerance": 0.1}]}, r"\['tolerance'\]; expected regime, target and weight"),
        ({"avoid": [{"regime": "end(a)", "target": 0.1}]}, r"\['target'\]; expected regime, tolerance and weight"),
        ({"want": [{"target": 0.5}]}, "has no regime"),
    ],
)
def test_a_key_that_is_not_known_is_said(given: dict[str, Any], said: str) -> None:
    with pytest.raises(BadStudy, match=said):
        Values.from_dict(given)


def test_a_text_that_is_no_regime_is_refused() -> None:
    with pytest.raises(BadRegime):
        Values.of(want="at_goal")
    with pytest.raises(NotFound, match="Did you mean 'reach'"):
        Values.from_dict({"avoid": ["reached(lava)"]})


FORMS = ["given(lamp): end(agent_x <= 0)", "cycle(a, b)", "first(a) then reach(b)", "never(a) until b", "raise(score)"]


@pytest.mark.parametrize("text", FORMS)
def test_values_are_of_any_form(text: str) -> None:
    values = Values.of(want=[text], avoid=text)
    assert [str(regime) for regime in values.regimes()] == [text, text]
    assert Values.from_dict(values.to_dict()) == values
