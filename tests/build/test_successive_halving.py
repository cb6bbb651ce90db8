"""The race: who is looked at, how often, and who wins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from teloscope.build.successive_halving import KEEP, RUNGS, HalvingSetup, brackets, successive_halving


class Saw(NamedTuple):
    score: float
    promising: bool = False
    good: bool = False


class Track:
    """Candidates are numbers; what is seen of them is planted."""

    def __init__(self, good: Collection[int] = (), promising: Collection[int] = (), goes_on: bool = False) -> None:
        self.looks: list[tuple[int, int]] = []
        self.good, self.promising = good, promising
        self.how: HalvingSetup[int] = HalvingSetup(self.look, float, goes_on)

    def look(self, candidate: int, rung: int) -> Saw:
        self.looks.append((candidate, rung))
        return Saw(candidate, candidate in self.promising, rung == RUNGS and candidate in self.good)

    def topped(self) -> list[int]:
        return [candidate for candidate, rung in self.looks if rung == RUNGS]


def test_a_third_goes_on_from_each_rung() -> None:
    track = Track()
    assert successive_halving([range(9)], track.how) is None
    assert Counter(rung for _, rung in track.looks) == {0: 9, 1: 3, 2: 1}
    assert [c for c, rung in track.looks if rung == 1] == [6, 7, 8], "the best, the cheapest of them first"
    assert track.topped() == [8]


def test_the_cheapest_good_one_wins_and_ends_the_race() -> None:
    track = Track(good={6, 7, 8}, promising={6, 7, 8})
    assert successive_halving([range(9), range(9, 18)], track.how) == 6
    assert track.topped() == [6, 5], "what is cheaper has its chance"
    assert max(c for c, _ in track.looks) == 6, "what costs as much or more is not looked at any more"


def test_it_goes_on_when_it_shall() -> None:
    track = Track(good={6, 7}, promising={6, 7}, goes_on=True)
    assert successive_halving([range(9), range(9, 12)], track.how) == 6
    assert {c for c, _ in track.looks} == set(range(12))


def test_a_good_one_of_a_later_bracket_is_found() -> None:
    assert successive_halving([range(9), range(9, 18)], Track(good={17}).how) == 17


def test_what_looked_promising_and_is_not_good_is_not_looked_at_again() -> None:
    track = Track(promising={3})
    successive_halving([range(9)], track.how)
    assert Counter(track.looks)[3, RUNGS] == 1
    assert (3, 1) not in track.looks


@given(st.lists(st.integers(), unique=True, max_size=60), st.integers(1, 12))
def test_brackets_lose_nobody(candidates: list[int], size: int) -> None:
    groups = list(brackets(candidates, size))
    assert [c for group in groups for c in group] == candidates
    assert all(len(group) == size for group in groups[:-1])


@given(st.sets(st.integers(0, 40)), st.sets(st.integers(0, 40)), st.integers(1, 40), st.booleans())
def test_the_winner_is_the_cheapest_good_one_that_reached_the_top(
    good: set[int], promising: set[int], count: int, goes_on: bool
) -> None:
    track = Track(good, promising, goes_on)
    found = successive_halving(brackets(range(count)), track.how)
    reached = [c for c in track.topped() if c in good]
    assert found == (min(reached) if reached else None)
    assert max(Counter(track.looks).values(), default=0) <= 1
    assert len(track.topped()) <= len(promising) + count / KEEP**2 + count / 9 + 2
