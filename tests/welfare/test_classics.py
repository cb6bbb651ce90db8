"""Examples of the literature, with the answers that their authors gave."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from teloscope import welfare
from teloscope.welfare import Welfare


def election(ballots: dict[str, int]) -> Welfare:
    """A table of ordinal groups: ballots such as "ABC" with how many voters cast them."""
    options = sorted(set("".join(ballots)))
    columns = {ballot: [len(ballot) - ballot.index(o) for o in options] for ballot in ballots}
    return welfare.compare({"option": options} | columns, groups=ballots, ordinal=list(ballots))


def winners(found: Welfare, rule: str, counting: str = "totals") -> list[str]:
    picked = next(r for r in found.document().rules if r.key == rule)
    assert picked.refused is None
    return picked.winners if counting == "totals" else picked.winners_averages


def test_borda_1781() -> None:
    """21 voters. By first places A wins; with 3, 2, 1 points A has 37, B 42, C 47 (Black 1958, page 157)."""
    assert winners(election({"ABC": 1, "ACB": 7, "BCA": 7, "CBA": 6}), "borda") == ["C"]


def test_condorcet_1785() -> None:
    """81 voters. A beats B 41 to 40 and C; Borda's points give B 109 against A 101 (Young 1988)."""
    ballots = {"ABC": 30, "ACB": 1, "BCA": 10, "BAC": 29, "CAB": 10, "CBA": 1}
    found = election(ballots)
    assert sum(n for b, n in ballots.items() if b.index("A") < b.index("B")) == 41
    assert winners(found, "borda") == ["B"]
    assert found.options()["status"].to_list() == ["undominated"] * 3


def test_saari_2001_drinks() -> None:
    """15 people: 6 Milk > Wine > Beer, 5 Beer > Wine > Milk, 4 Wine > Beer > Milk. Plurality: Milk. Borda: Wine."""
    assert winners(election({"MWB": 6, "BWM": 5, "WBM": 4}), "borda") == ["W"]


GOODS = {  # Nash 1950, page 161: what each thing is worth to Bill and to Jack, and whose it is
    "book": (2, 4, "Bill"),
    "whip": (2, 2, "Bill"),
    "ball": (2, 1, "Bill"),
    "bat": (2, 2, "Bill"),
    "box": (4, 1, "Bill"),
    "pen": (10, 1, "Jack"),
    "toy": (4, 1, "Jack"),
    "knife": (6, 2, "Jack"),
    "hat": (2, 2, "Jack"),
}


def bargains() -> tuple[list[str], np.ndarray]:
    """Every exchange from which both gain, and the gains of Bill and Jack."""
    names, gains = [], []
    for n in range(len(GOODS) + 1):
        for given in combinations(GOODS, n):
            change = np.zeros(2)
            for good in given:
                bill, jack, owner = GOODS[good]
                change += (-bill, jack) if owner == "Bill" else (bill, -jack)
            if (change > 0).all():
                names.append(" ".join(given))
                gains.append(change)
    return names, np.array(gains)


def test_nash_1950_bill_and_jack() -> None:
    """Bill gives book, whip, ball and bat; Jack gives pen, toy and knife. Bill gains 12, Jack 5."""
    names, gains = bargains()
    found = welfare.compare({"option": names, "Bill": gains[:, 0], "Jack": gains[:, 1]}, zeros=0)
    assert winners(found, "nash") == ["book whip ball bat pen toy knife"]
    assert gains[names.index("book whip ball bat pen toy knife")].tolist() == [12, 5]


def test_nash_does_not_depend_on_whose_scale_is_how_long() -> None:
    names, gains = bargains()
    one = welfare.compare({"option": names, "Bill": 37 * gains[:, 0], "Jack": gains[:, 1] / 5}, zeros=0)
    assert winners(one, "nash") == ["book whip ball bat pen toy knife"]


def test_nozick_1974_the_utility_monster() -> None:
    """Whoever gains a hundred times more from each cake gets all; at equal say it does not."""
    rows = {"all to the monster": (1000, 0, 0, 0), "shared": (400, 4, 4, 4), "none to the monster": (0, 5, 5, 5)}
    v = np.array(list(rows.values()), dtype=float)
    found = welfare.compare({"option": list(rows)} | {f"b{i}": v[:, i] for i in range(4)}, unit="given")
    assert winners(found, "sum") == ["all to the monster"]
    assert winners(found, "range") == ["none to the monster"]
    ratio = found.ratios().filter(option="shared", over="all to the monster")["ratio"].to_list()
    assert ratio == [50, 150], (
        "the others feel 50 times as strongly as the numbers say: then sharing is better (as one kind: 150)"
    )


def test_harsanyi_1975_the_last_dose() -> None:
    """Leximin gives the medicine to whoever is worst off, though it helps him least; the sum does not."""
    found = welfare.compare({"option": ["to the hopeless", "to the curable"], "hopeless": [1, 0], "curable": [10, 90]})
    assert winners(found, "leximin") == ["to the hopeless"]
    assert winners(found, "sum") == ["to the curable"]


def test_rawls_1971_maximin_against_the_average() -> None:
    """The table of decisions in section 26: gains of three, D3 has the best worst outcome, D2 the best best one."""
    rows = {"D1": (-7, 8, 12), "D2": (-8, 7, 14), "D3": (5, 6, 8)}
    v = np.array(list(rows.values()), dtype=float)
    found = welfare.compare({"option": list(rows)} | {f"c{i}": v[:, i] for i in range(3)})
    assert winners(found, "leximin") == ["D3"]
    assert found.options()["status"].to_list() == ["undominated"] * 3
    assert winners(found, "sum") == ["D3"], "-7 + 8 + 12 = 13; -8 + 7 + 14 = 13; 5 + 6 + 8 = 19"


def test_geoffrion_1968_a_point_below_the_line_is_no_weighted_best() -> None:
    """An efficient point that no weights make the best: the sum never takes it, leximin does."""
    found = welfare.compare({"option": ["x", "middle", "y"], "f": [10, 4, 0], "g": [0, 4, 10]})
    assert found.options()["support"].to_list() == ["best", "never", "best"]
    assert winners(found, "leximin") == ["middle"]


def test_fishburn_1974_leaving_out_a_loser_turns_borda_round() -> None:
    """Seven voters: a, b, c, x have 13, 12, 11, 6 points; without x it is a 6, b 7, c 8 (Fishburn's reversal)."""
    with_x = election({"cbax": 3, "axcb": 2, "baxc": 2})
    without = election({"cba": 3, "acb": 2, "bac": 2})
    assert winners(with_x, "borda") == ["a"]
    assert winners(without, "borda") == ["c"]


@pytest.mark.parametrize(("sure", "in_large_units"), [(2.0, "small"), (1.9, "large")])
def test_tomasik_2013_two_envelopes_of_brain_size(sure: float, in_large_units: str, tmp_path) -> None:
    """Even odds that the large brain counts the same or 100 times as much: in each one's unit it looks different.

    In the small one's unit the large one's gain is 50.5 on average; in the large one's unit the small one's is .505.
    """
    (tmp_path / "odds.csv").write_text("large,small\n1,1\n100,1\n")
    table = {"option": ["small", "large"], "small": [sure, 0.0], "large": [0.0, 1.0]}
    found = welfare.compare(table, unit="given", priors=[str(tmp_path / "odds.csv")])
    told = {n.being: n.best for n in found.document().numeraires if n.prior == "odds.csv"}
    assert told == {"small": ["large"], "large": [in_large_units]}
    warned = [text for text in found.document().answers if "expected values" in text and "odds.csv" in text]
    assert len(warned) <= 1
