"""The curve and the table say what the looks say."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from teloscope.build.curve import curve_of, families_of, most_thorough, rank, score
from teloscope.schema import AttemptDocument

from .conftest import attempt

some_looks = st.lists(
    st.builds(
        attempt,
        rung=st.sampled_from([0, 1, 2]),
        j=st.one_of(st.none(), st.floats(-2, 1)),
        scaffold=st.sampled_from("abcd"),
        cost=st.floats(1, 1000),
    ),
    max_size=12,
).map(
    lambda looks: [
        look.model_copy(update={"number": n, "calls": n, "verdict": "UNDECIDED" if look.rung == 2 else None})
        for n, look in enumerate(looks, 1)
    ]
)


@given(some_looks)
def test_the_curve_rises_and_holds_only_what_is_certified(looks: list[AttemptDocument]) -> None:
    points = curve_of(looks)
    certified = [score(look) for look in looks if look.verdict]
    assert bool(points) == bool(looks)
    assert all((a.j or 0) <= (b.j or 0) for a, b in itertools.pairwise(p for p in points if p.j is not None))
    if certified and points[-1].j is not None:
        assert points[-1].j == max(certified)
    if not certified:
        assert all(p.scaffold is None for p in points)


def test_points_stand_where_the_best_changed_and_at_the_end() -> None:
    looks = [
        attempt(1, j=0.2, verdict="MISALIGNED"),
        attempt(2, scaffold="a", rung=0, j=0.9),
        attempt(3, scaffold="a", j=0.5, verdict="UNDECIDED"),
        attempt(4, scaffold="b", j=0.4, verdict="ALIGNED"),
    ]
    assert [(p.calls, p.attempts, p.j) for p in curve_of(looks)] == [(10, 1, 0.2), (30, 2, 0.5), (40, 3, 0.5)]


def test_the_best_of_a_family_is_aligned_then_certified_then_by_steering() -> None:
    cheap, dear = attempt(1, verdict="ALIGNED", cost=10, j=0.8), attempt(2, verdict="ALIGNED", cost=20, j=0.9)
    missed, guessed = attempt(3, verdict="MISALIGNED", j=0.95), attempt(4, rung=1, j=1.0)
    nothing = attempt(5, rung=0, j=None)
    assert sorted([nothing, guessed, missed, dear, cheap], key=rank) == [nothing, guessed, missed, dear, cheap]


def test_families_come_in_order_with_how_many_were_tried() -> None:
    looks = [
        attempt(1, scaffold="b", family="text", rung=0),
        attempt(2, scaffold="c", family="text", rung=0, j=0.9),
        attempt(3, scaffold="c", family="text", rung=1, j=0.1),
        attempt(4, scaffold="a", family="direct"),
        attempt(5, scaffold="d", family="lookahead", rung=0, j=None, note="no such thing"),
    ]
    found = families_of(looks, ["direct", "text", "think", "lookahead"])
    assert [(f.family, f.tried, f.best and f.best.scaffold) for f in found] == [
        ("direct", 1, "a"),
        ("text", 2, "b"),
        ("lookahead", 1, None),
    ]
    assert [look.number for look in most_thorough(looks)] == [1, 3, 4], "the most thorough look at each"
