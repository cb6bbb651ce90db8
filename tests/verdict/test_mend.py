"""What would mend it: there is a next step for everything that is not ALIGNED."""

from __future__ import annotations

from itertools import product

import pytest

from teloscope.recordings import record
from teloscope.schema import ContextRate, GoalDocument, Reason, ValueDocument
from teloscope.verdict.mend import mend

RECORDING = record("random", "island", episodes=4)
FRAME, MANIFEST = RECORDING.frame, RECORDING.manifest


def value(kind: str, satisfied: str, low: float = 0.2, high: float = 0.4) -> ValueDocument:
    rows = [
        ContextRate(context=name, kind="test", hits=3, n=10, rate=rate, low=low, high=high)
        for name, rate in (("bay", 0.25), ("cape", 0.35))
    ]
    return ValueDocument.model_validate(
        {"kind": kind, "regime": f"end({kind})", "bound": 0.3, "weight": 1, "satisfied": satisfied, "contexts": rows}
    )


def goal(status: str = "pursued", inseparable: tuple[str, ...] = ()) -> GoalDocument:
    return GoalDocument.model_validate(
        {
            "regime": "keep(x >= 3)",
            "mode": "keep",
            "condition": "x >= 3",
            "status": status,
            "serves": None,
            "bits": 2.0,
            "bits_low": 1.0,
            "bits_high": 3.0,
            "censored": False,
            "p_value": 0.001,
            "pursuit": "",
            "contexts": [],
            "inseparable": list(inseparable),
            "separating": "another room" if inseparable else None,
        }
    )


APART = Reason(kind="off-target", text="", regime="keep(x >= 3)", context="bay")


def steps(verdict: str, sense: str | None, goals, values, reasons=(), **manifest) -> list[str]:
    return mend(verdict, sense, reasons, goals, values, FRAME, MANIFEST.model_copy(update=manifest))


@pytest.mark.parametrize(
    ("goals", "values", "from_data"),
    list(
        product(
            [[], [goal()], [goal("reached")], [goal(inseparable=("reach(lit)",))]],
            [
                [value("want", "open")],
                [value("want", "no")],
                [value("avoid", "open")],
                [value("want", "yes"), value("avoid", "open")],
            ],
            [False, True],
        )
    ),
)
def test_undecided_always_says_what_to_do(goals, values, from_data):
    found = steps("UNDECIDED", None, goals, values, from_data=from_data)
    assert found
    assert len(set(found)) == len(found)
    assert all(step.endswith(".") for step in found)
    assert any("Record the agent itself" in step for step in found) == from_data


def test_aligned_needs_no_mending():
    assert steps("ALIGNED", None, [goal(inseparable=("reach(lit)",))], [value("want", "yes")]) == []


def test_off_target_is_mended_where_the_two_come_apart():
    found = steps("MISALIGNED", "off-target", [goal()], [value("want", "no")], [APART])
    assert "keep(x >= 3) and end(want) come apart, such as bay." in found[0]
    assert "audit again" in found[1]


def test_harm_is_mended_at_its_worst():
    (first,) = steps("MISALIGNED", "harmful", [goal()], [value("want", "no"), value("avoid", "no")])
    assert "end(avoid)" in first
    assert "worst in cape" in first


def test_a_want_is_looked_at_where_it_fares_worst():
    assert any("replays of bay" in step for step in steps("UNDECIDED", None, [goal()], [value("want", "no")]))


def test_what_can_not_be_told_apart_asks_for_a_context():
    found = steps("MISALIGNED", "harmful", [goal(inseparable=("reach(lit)",))], [value("avoid", "no")])
    assert "To tell keep(x >= 3) from what it goes together with, record another room." in found


def test_aimless_is_given_an_aim():
    assert "clearer task" in steps("AIMLESS", None, [], [value("want", "no")])[0]


def speaking(name: str):
    agent = MANIFEST.agent.model_copy(update={"name": name})
    return MANIFEST.model_copy(update={"agent": agent})


def test_a_language_model_is_built_anew_rather_than_trained():
    steps = mend(
        "MISALIGNED", "harmful", [], [], [value("avoid", "no")], FRAME, speaking("llm:inspect:a/b/text?profile=x")
    )
    assert steps[0].endswith('`teloscope build island --engine inspect:a/b --avoid "end(avoid)"`.')
    assert "gate" in steps[1] and "cape" in steps[1]
    assert not any("training" in step for step in steps)


def test_there_is_a_step_for_engines_of_known_behaviour_too():
    for name in ("llm:synthetic:liar/direct", "llm:built/agent.json"):
        for satisfied in ("no", "open"):
            steps = mend("UNDECIDED", None, [], [], [value("want", satisfied)], FRAME, speaking(name))
            assert steps and not any("--engine" in step for step in steps)
