"""Calibrate: audit agents whose goals are known, and agents that have none, and say how often the instrument is wrong.

    rooms     planners in walled rooms and in the suite, habits, agents of the suite whose alignment is known, MEG
              against closed forms, and MCE-IRL on some of the same trajectories
    control   steersmen in arenas, controllers in classic control, walkers in MiniGrid, weighers in MO-Gymnasium,
              landers in Box2D, actors that move convincingly without a goal, and walkers in halls whose goals have no
              name; a part whose package is not installed is left out, and that is said

Every animal's result is kept, so that a run that was stopped goes on; what it will take is said beforehand.

Theory: A2, A3.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, NamedTuple

from teloscope.errors import MissingExtra
from teloscope.recordings.record import versions
from teloscope.schema import CalibratedRate, CalibrationDocument, Comparison
from teloscope.zoo.control import arenas, landers, weighers
from teloscope.zoo.control import classic_and_minigrid as control
from teloscope.zoo.control.halls import nameless_agents
from teloscope.zoo.measuring.audit_rounds import Progress, Visit, walk
from teloscope.zoo.measuring.error_rates import Rater, comparisons
from teloscope.zoo.measuring.evaluate import Found, Opinion, Sorted, examine, second_opinion, sort_out
from teloscope.zoo.measuring.kept_results import KeptResults
from teloscope.zoo.rooms import planted_goals
from teloscope.zoo.rooms.meg_closed_forms import meg_measurements
from teloscope.zoo.rooms.misaligned_agents import SuiteAgent, suite_agents
from teloscope.zoo.specimens import Specimen, Split

Zoo = Literal["rooms", "control", "all"]
ZOOS: tuple[Literal["rooms", "control"], ...] = ("rooms", "control")
COMPARED = 12
"""Goals of the rooms, at each noise, that MCE-IRL is asked about too."""
QUICK = 2
"""A quick run looks at so many animals of each sort."""
SUITE_STEP = 9
"""And at one in so many of the suite's agents."""


class Animals(NamedTuple):
    """Who lives in a zoo."""

    goals: Sequence[Specimen]
    others: Sequence[Specimen]
    """Non-agents."""
    suite: Sequence[SuiteAgent] = ()
    nameless: Sequence[Specimen] = ()
    """Agents whose goals can't be said: only that they have none must not be said of them."""
    compared: Sequence[Specimen] = ()
    """Those of `goals` that another method is asked about."""


def control_houses() -> tuple[list[Any], list[str]]:
    """The parts of the control zoo whose packages are installed, and for each of the others why it is left out."""
    houses, missing = [arenas, control], []
    for house in (weighers, landers):
        if find_spec(house.PACKAGE) is not None:
            houses.append(house)
        else:
            why = MissingExtra(house.PACKAGE, house.EXTRA)
            missing.append(f"{house.FAMILY} is left out of the control zoo. {why}")
    return houses, missing


def animals_of(zoo: Literal["rooms", "control"], split: Split, quick: bool = False) -> Animals:
    """The animals of a zoo; in a quick run one in some of each sort."""
    if zoo == "rooms":
        goals, others = planted_goals.goal_agents(split), planted_goals.non_agents(split)
        suite: Sequence[SuiteAgent] = suite_agents()
        nameless: Sequence[Specimen] = ()
    else:
        houses = control_houses()[0]
        goals = [animal for house in houses for animal in house.goal_agents(split)]
        others = [animal for house in houses for animal in house.non_agents(split)]
        suite, nameless = (), nameless_agents(split)
    if quick:
        goals = _some(goals, lambda s: (s.noise, s.kind if s.family == "arena" else s.family))
        others, suite = _some(others, lambda s: (s.family in ("arena", "rooms"), s.kind)), suite[::SUITE_STEP]
        nameless = _some(nameless, lambda s: s.noise)
    return Animals(goals, others, suite, nameless, _compared(goals, QUICK if quick else COMPARED))


def _compared(goals: Sequence[Specimen], count: int) -> list[Specimen]:
    """So many at each noise, of those in rooms."""
    sorts: dict[float, list[Specimen]] = defaultdict(list)
    for animal in goals:
        if animal.family == "rooms":
            sorts[animal.noise].append(animal)
    return [animal for sort in sorts.values() for animal in sort[:count]]


def _some(animals: Sequence[Specimen], sort_of: Callable[[Specimen], Any]) -> list[Specimen]:
    """The first and the last of each sort."""
    sorts: dict[Any, list[Specimen]] = defaultdict(list)
    for animal in animals:
        sorts[sort_of(animal)].append(animal)
    return [animal for sort in sorts.values() for animal in sort[:: max(len(sort) - 1, 1) // (QUICK - 1)]]


def calibrate(
    quick: bool = False,
    jobs: int = 2,
    progress: Progress | None = None,
    split: Split = "confirmation",
    zoo: Zoo = "rooms",
    out: Path | None = None,
    fresh: bool = False,
    say: Callable[[str], None] | None = None,
) -> CalibrationDocument:
    """Audit the zoo.

    Args:
        quick: a few animals of each sort only: seconds instead of minutes, wide intervals.
        jobs: audits side by side, each in a process of its own.
        progress: told after every audit.
        split: which part of the zoo; the instrument was built on `development` only.
        zoo: rooms, control, or all of both.
        out: folder in which results are kept; None: in the user's cache.
        fresh: results that were kept before don't count.
        say: told once how long it will take.
    """
    began = time.perf_counter()
    living = [(z, animals_of(z, split, quick)) for z in ZOOS if zoo in (z, "all")]
    left_out = control_houses()[1] if zoo != "rooms" else []
    for reason in left_out:
        if say:
            say(reason)
    visits = [visit for _, animals in living for visit in _visits(animals)]
    results, reused = walk(visits, jobs, KeptResults(out, fresh), progress, say)
    rates: list[CalibratedRate] = []
    compared: list[Comparison] = []
    at = iter(results)
    for name, animals in living:
        mine = [next(at) for _ in _visits(animals)]
        rates += _rates(Rater(name, quick), animals, mine)
        compared += _comparisons(animals, mine)
    measurements = meg_measurements(quick) if zoo != "control" else []
    return CalibrationDocument(
        quick=quick,
        split=split,
        zoo=zoo,
        reused=reused,
        left_out=left_out,
        rates=rates,
        measurements=measurements,
        comparisons=compared,
        misses=[r.miss for r in results if not isinstance(r, Opinion) and r.miss],
        passed=all(r.holds for r in rates) and all(m.holds for m in measurements),
        seconds=time.perf_counter() - began,
        versions=versions(),
    )


def _visits(animals: Animals) -> list[Visit]:
    """Goal agents, non-agents, the suite's, nameless ones, then those that another method is asked about."""
    goals = [Visit("planted goals", f"goals in {_home(s)}", examine, s, Found) for s in animals.goals]
    others = [Visit("non-agents", f"non-agents in {_home(s)}", examine, s, Found) for s in animals.others]
    suite = [Visit("suite", "suite", sort_out, s, Sorted) for s in animals.suite]
    nameless = [Visit("goals without a name", "halls", examine, s, Found) for s in animals.nameless]
    asked = [Visit("MCE-IRL", "MCE-IRL", second_opinion, s, Opinion) for s in animals.compared]
    return goals + others + suite + nameless + asked


def _home(animal: Specimen) -> str:
    """Where audits take about as long."""
    return animal.family if animal.family != "suite" else animal.world


def _rates(rater: Rater, animals: Animals, results: Sequence[Any]) -> list[CalibratedRate]:
    """The rates of one zoo, from its visits' results in order."""
    at = iter(results)
    rates = rater.of_goal_agents([(s, next(at)) for s in animals.goals])
    rates += rater.of_non_agents([(s, next(at)) for s in animals.others])
    if animals.suite:
        rates += rater.of_suite([next(at) for _ in animals.suite])
    if animals.nameless:
        rates += rater.of_nameless([(s, next(at)) for s in animals.nameless])
    return rates


def _comparisons(animals: Animals, results: Sequence[Any]) -> list[Comparison]:
    """Side by side with another method, on those it was asked about."""
    if not animals.compared:
        return []
    found = dict(zip((s.key for s in animals.goals), results, strict=False))
    ours = [(s, found[s.key]) for s in animals.compared]
    return comparisons(ours, results[len(results) - len(ours) :])
