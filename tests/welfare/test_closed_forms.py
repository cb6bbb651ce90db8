"""Small tables whose answers are known: two beings and two to four options, ties, identical beings, no disagreement."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from scipy.special import ndtr

from teloscope import welfare
from teloscope.welfare import Welfare


def told(rows: Mapping[str, Sequence[float]], beings: Sequence[str] = ("ann", "bob"), **asked) -> Welfare:
    """The comparison of a table with a row an option."""
    values = np.array(list(rows.values()), dtype=float)
    return welfare.compare({"option": list(rows)} | {b: values[:, i] for i, b in enumerate(beings)}, **asked)


def ratio(found: Welfare, option: str, over: str, counting: str = "totals") -> float:
    frame = found.ratios()
    return frame.filter(option=option, over=over, counting=counting)["ratio"].item()


def support(found: Welfare, option: str) -> tuple[str | None, float | None]:
    return found.options().filter(option=option).select("support", "margin").row(0)


def test_two_beings_two_options_switch_exactly_at_the_ratio() -> None:
    found = told({"a": (37, 0), "b": (0, 1)}, unit="given")
    assert ratio(found, "b", "a") == 37
    assert ratio(found, "a", "b") == 1 / 37
    document = found.document()
    assert document.counted[0].leader == ["a"]
    assert document.counted[0].stands_until == 37
    assert document.changes[0] == (
        "b is better than a if and only if the strength of bob is more than 37 times that of ann."
    )
    assert [(band.option, band.low, band.high) for band in document.counted[0].bands if band.beings == ["bob"]] == [
        ("a", 0, 37),
        ("b", 37, None),
    ]


def test_in_ranges_two_options_that_please_one_each_are_even() -> None:
    found = told({"a": (37, 0), "b": (0, 1)})
    assert ratio(found, "b", "a") == 1
    assert found.document().counted[0].leader == ["a", "b"]
    assert found.document().counted[0].stands_until == 1


def test_three_options_have_two_switching_points() -> None:
    """a is best up to ratio .4 / .5, c from .6 / .5 on, b between: the upper envelope of three lines."""
    found = told({"a": (1, 0), "b": (0.6, 0.5), "c": (0, 1)})
    bands = {band.option: (band.low, band.high) for band in found.document().counted[0].bands if band.beings == ["bob"]}
    assert bands["a"] == (0, pytest.approx(0.8))
    assert bands["b"] == (pytest.approx(0.8), pytest.approx(1.2))
    assert bands["c"] == (pytest.approx(1.2), None)


def test_four_options_of_which_one_is_never_best() -> None:
    """Undominated and below the line from a to c: best for no weights (Geoffrion 1968)."""
    found = told({"a": (1, 0), "low": (0.4, 0.4), "c": (0, 1), "lost": (0.3, 0.3)})
    assert support(found, "low") == ("never", pytest.approx(-0.1))
    assert support(found, "a") == ("best", pytest.approx(0.6))
    assert support(found, "lost") == (None, None)
    assert found.options().filter(option="lost")["by"].item() == "low"
    assert found.chances().filter(option="low")["chance"].to_list() == [0, 0, 0]


def test_an_option_on_the_line_between_two_ties_at_most() -> None:
    assert support(told({"a": (1, 0), "half": (0.5, 0.5), "c": (0, 1)}), "half") == ("tied", 0)


def test_what_is_best_only_for_weight_zero_is_never_best() -> None:
    """x is as good as y and z for the first being, and a mixture of them is better for the others."""
    found = told({"x": (1, 0, 0), "y": (1, 2, -1), "z": (1, -1, 2)}, ("one", "two", "three"))
    assert support(found, "x")[0] == "never"


def test_the_margin_is_the_value_of_the_game() -> None:
    """Two options that please one being each, at full range: weights (1, 0) lead by 1."""
    found = told({"a": (1, 0), "b": (0, 1)})
    assert support(found, "a") == ("best", pytest.approx(1))
    assert found.weights().filter(option="a", being="ann")["weight"].item() == pytest.approx(1)


def test_identical_options_share_everything() -> None:
    found = told({"a": (1, 0), "twin": (1, 0), "b": (0, 1)})
    first, twin = (next(o for o in found.document().options if o.name == name) for name in ("a", "twin"))
    assert first.same_as == ["twin"] and twin.same_as == ["a"]
    assert (first.support, first.margin) == (twin.support, twin.margin) == ("best", pytest.approx(1))


def test_identical_beings_agree_on_everything() -> None:
    found = told({"a": (3, 30), "b": (2, 20), "c": (1, 10)})
    assert found.options()["status"].to_list() == ["undominated", "dominated", "dominated"]
    assert found.document().beings[0].like == ["bob"]
    assert found.document().answers == [
        "However strongly anybody feels, a is at least as good for every being as any other option, and better for "
        "somebody than each. Nothing more has to be assumed.",
        "All 6 rules that apply pick a.",
    ]


def test_opposed_beings_leave_everything_open() -> None:
    found = told({"a": (2, -2), "b": (1, -1), "c": (0, 0)})
    assert found.options()["status"].to_list() == ["undominated"] * 3
    assert support(found, "b")[0] == "tied"
    assert found.document().counted[0].leader == ["a", "b", "c"]


def test_all_options_the_same() -> None:
    found = told({"a": (1, 5), "b": (1, 5), "c": (1, 5)})
    assert found.document().answers[0] == (
        "All 3 options are the same to every being, so it does not matter which is taken."
    )
    assert found.document().counted[0].stands_until is None


def test_one_being_needs_no_comparison() -> None:
    found = told({"a": (1,), "b": (3,), "c": (2,)}, ("ann",))
    assert found.options()["status"].to_list() == ["dominated", "undominated", "dominated"]
    assert any("one being" in note for note in found.document().notes)


def test_chances_with_two_beings_are_exact() -> None:
    """Log-normal: P(log(a2/a1) > log 4) with standard deviation sqrt(2) sd. Log-uniform: a triangle."""
    found = told({"a": (4, 0), "b": (0, 1)}, unit="given", priors=["lognormal:sd=1.5", "loguniform:ratio=1000"])
    chances = found.chances()
    normal = chances.filter(option="b", prior="lognormal:sd=1.5").row(0, named=True)
    assert normal["chance"] == pytest.approx(1 - ndtr(math.log(4) / (math.sqrt(2) * 1.5)), abs=1e-12)
    assert normal["error"] == 0
    uniform = chances.filter(option="b", prior="loguniform:ratio=1000").row(0, named=True)
    assert uniform["chance"] == pytest.approx((1 - math.log(4) / math.log(1000)) ** 2 / 2, abs=1e-12)


def test_the_width_at_which_the_answer_changes_is_exact_with_two_beings() -> None:
    """Between three options, b wins while |log ratio| < log 2: half of the time at sd = log 2 / (sqrt 2 * .6745)."""
    found = told({"a": (1, 0), "b": (2 / 3, 2 / 3), "c": (0, 1)})
    turn = next(turn for turn in found.document().counted[0].turns if turn.family == "lognormal")
    assert turn.minority == pytest.approx(math.log(2) / (math.sqrt(2) * 0.674490), rel=0.01)
    assert turn.by in ("a", "c")


def test_numbers_are_kept_apart_from_strength() -> None:
    found = told({"cage": (1, 0), "free": (0, 1)}, ("people", "hens"), groups={"people": 10, "hens": 1000})
    assert ratio(found, "free", "cage") == pytest.approx(0.01), "one hen against one person, every being counting once"
    assert ratio(found, "free", "cage", "averages") == pytest.approx(1), "the hens as a whole against the people"
    assert [c.counting for c in found.document().counted] == ["totals", "averages"]


def test_three_beings_the_smallest_ratio_is_reached() -> None:
    """b gains 1 for one being and loses 2 for each of two: best from 1:4 on, if that being stands alone against
    both."""
    found = told({"a": (0, 2, 2), "b": (1, 0, 0)}, ("one", "two", "three"), unit="given")
    assert ratio(found, "b", "a") == 4
    rival = found.document().counted[0].rivals[0]
    assert rival.ratio_best == pytest.approx(4)
    assert rival.alone[0].beings == ["one"] and rival.alone[0].low == 4


def test_the_likeliest_scales_are_not_the_nearest_in_spread() -> None:
    """One who gains 1 against one who loses 4, and a third who does not care: logs +-log 2, and 0 for the third."""
    found = told({"a": (0, 4, 0), "b": (1, 0, 0), "c": (-9, -9, 1)}, ("one", "two", "three"), unit="given")
    rival = next(rival for rival in found.document().counted[0].rivals if rival.option == "b")
    assert rival.likeliest == {"one": pytest.approx(2), "two": pytest.approx(0.5), "three": pytest.approx(1)}


def test_the_likeliest_scales_are_found_in_the_deeper_of_two_valleys() -> None:
    """Two may gain and one loses a thousandfold: raising one of them is likelier than both. So the problem isn't
    convex."""
    found = told({"a": (0, 0, 1000), "b": (1, 1, 0)}, ("one", "two", "three"), unit="given")
    rival = found.document().counted[0].rivals[0]
    logs = np.log(list(rival.likeliest.values()))
    both = np.log(1000) - np.log(2)
    assert float(logs @ logs) < 2 / 3 * both**2 * 0.99
    assert sorted(np.round(logs, 1)) != pytest.approx([both / 3, both / 3, -2 * both / 3])
