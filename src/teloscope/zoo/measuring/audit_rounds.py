"""A round through the zoo: every animal is looked at once, side by side with others, or its kept result is taken.

The first of each group of alike animals comes first; from their times follows how long the round will take.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from multiprocessing import get_context, parent_process
from typing import Any, NamedTuple

from teloscope.zoo.measuring.kept_results import KeptResults

Progress = Callable[[int, int, str], None]
"""Called with (visits done, visits in all, what is going on and for how long yet)."""


class Visit(NamedTuple):
    """Something to do with an animal, in a process of its own."""

    what: str
    """In words."""
    group: str
    """Visits that take about as long."""
    work: Callable[[Any], Any]
    animal: Any
    """Has a `key`."""
    kind: type[Any]
    """What comes of it."""

    @property
    def key(self) -> str:
        return f"{self.kind.__name__.lower()}-{self.animal.key}"


@dataclass
class Clock:
    """How long the round will take yet."""

    visits: Sequence[Visit]
    jobs: int
    took: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    left: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def __post_init__(self) -> None:
        for visit in self.visits:
            self.left[visit.group] += 1

    def done(self, visit: Visit, seconds: float) -> None:
        """A visit is over."""
        self.took[visit.group].append(seconds)
        self.left[visit.group] -= 1

    @property
    def ready(self) -> bool:
        """Whether one of every group has been timed."""
        return all(self.took[group] for group in list(self.left))

    @property
    def seconds(self) -> float:
        """What is left, from the mean time of each group."""
        means = {group: sum(took) / len(took) for group, took in self.took.items() if took}
        return sum(means[group] * left for group, left in self.left.items() if left) / self.jobs


def walk(
    visits: Sequence[Visit],
    jobs: int,
    kept: KeptResults,
    progress: Progress | None = None,
    say: Callable[[str], None] | None = None,
) -> tuple[list[Any], int]:
    """Every visit's result, in order, and how many of them were kept from before.

    Args:
        visits: what to do.
        jobs: how many at once.
        kept: where results are kept.
        progress: told after every visit.
        say: told once how long it will take.
    """
    results: list[Any] = [None] * len(visits)
    missing = []
    for at, visit in enumerate(visits):
        if (old := kept.read(visit.key, visit.kind)) is not None:
            results[at] = old
        else:
            missing.append(at)
    reused, clock, said = len(visits) - len(missing), Clock([visits[at] for at in missing], jobs), False
    for number, (at, result, seconds) in enumerate(_done(visits, _firsts_first(visits, missing), jobs), start=1):
        results[at] = result
        kept.write(visits[at].key, result)
        clock.done(visits[at], seconds)
        if say and clock.ready and not said:
            said = True
            say(_forecast(len(missing), number, reused, clock.seconds))
        if progress:
            left = f", {spoken(clock.seconds)} left" if clock.ready else ""
            progress(reused + number, len(visits), visits[at].what + left)
    return results, reused


def _forecast(missing: int, number: int, reused: int, seconds: float) -> str:
    before = f"; {reused:,} results are kept from before" if reused else ""
    return f"{missing - number:,} audits will take {spoken(seconds)} more, going by the first {number}{before}."


def spoken(seconds: float) -> str:
    """A time as one says it."""
    return f"about {seconds / 60:.0f} min" if seconds >= 90 else f"about {max(seconds, 1):.0f} s"


def _firsts_first(visits: Sequence[Visit], missing: Sequence[int]) -> list[int]:
    """The first of each group, then the rest in order."""
    firsts: dict[str, int] = {}
    for at in missing:
        firsts.setdefault(visits[at].group, at)
    chosen = set(firsts.values())
    return [*firsts.values(), *(at for at in missing if at not in chosen)]


def _done(visits: Sequence[Visit], order: Iterable[int], jobs: int) -> Iterator[tuple[int, Any, float]]:
    """Results as they come; workers are spawned, since threads and forks don't mix."""
    if jobs <= 1:
        for at in order:
            yield at, *_timed(visits[at].work, visits[at].animal)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_end_with_parent) as pool:
        running = {pool.submit(_timed, visits[at].work, visits[at].animal): at for at in order}
        try:
            for future in as_completed(running):
                yield running[future], *future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _end_with_parent() -> None:
    """Let this worker end when its parent has ended, however that was; interruptions are the parent's to answer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    if (parent := parent_process()) is not None:
        parent.join()
        os._exit(1)


def _timed(work: Callable[[Any], Any], animal: Any) -> tuple[Any, float]:
    began = time.perf_counter()
    return work(animal), time.perf_counter() - began
