"""Budgets: how much a build may spend, and the engine wrapper that counts and stops the build.

Theory: A5 (how easily an aligned agent is built is measured against what was spent).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from teloscope.engines.engine import Decoding, Engine, LogProbs, Prompt, Question, Reply, Spent
from teloscope.errors import BadStudy

if TYPE_CHECKING:
    from teloscope.worlds.world import World

SECONDS = {"s": 1.0, "sec": 1.0, "seconds": 1.0, "m": 60.0, "min": 60.0, "minutes": 60.0, "h": 3600.0}
CHUNK = 16
"""Prompts that are asked at once; a build can stop between two such chunks."""
_FORM = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*")


class BudgetExhausted(BaseException):  # not an Exception, so that no handler of an agent's errors catches it
    """The budget is used up."""


@dataclass(frozen=True)
class Budget:
    """The limits of a build; None: no limit."""

    seconds: float | None = None
    """Wall-clock time."""
    calls: int | None = None
    """Questions that the engine answered; answers from its cache cost nothing."""
    draws: int | None = None
    """Scaffolds that are evaluated."""
    text: str = ""
    """As it was written."""

    @classmethod
    def parse(cls, text: str | Budget) -> Budget:
        """Read `5m`, `90s`, `2000 calls` or `40 draws`.

        Raises:
            BadStudy: it is none of these, or nothing at all.
        """
        if isinstance(text, Budget):
            return text
        form = _FORM.fullmatch(text.lower())
        amount, unit = (float(form.group(1)), form.group(2)) if form else (0.0, "")
        normalised = " ".join(text.split())
        if amount > 0 and unit in SECONDS:
            return cls(seconds=amount * SECONDS[unit], text=normalised)
        counted = f"{unit.removesuffix('s')}s"
        if amount >= 1 and amount.is_integer() and counted in ("calls", "draws"):
            return cls(**{counted: int(amount)}, text=normalised)
        raise BadStudy(
            f"The budget is {text!r}; expected a time like '5m' or '90s', engine calls like '2000 calls', or scaffolds "
            "like '40 draws'."
        )

    def halved(self) -> Budget:
        """Half the time or half the calls; the same number of scaffolds."""
        half = {"seconds": self.seconds and self.seconds / 2, "calls": self.calls and self.calls // 2}
        return replace(self, **half)


class Spending(NamedTuple):
    """What a build has spent."""

    seconds: float = 0.0
    calls: int = 0


class BudgetMeter:
    """Counts what a build spends, over several runs if it was interrupted, and stops it at its budget."""

    def __init__(
        self, budget: Budget, earlier: Spending | None = None, on_check: Callable[[Spending], None] | None = None
    ) -> None:
        """A meter for one budget.

        Args:
            budget: the limits.
            earlier: what earlier runs of the same build have spent.
            on_check: called with the spending at every check.
        """
        self.budget, self.earlier, self.on_check, self.calls = budget, earlier or Spending(), on_check, 0
        self.started = time.perf_counter()

    @property
    def used(self) -> Spending:
        return Spending(self.earlier.seconds + time.perf_counter() - self.started, self.earlier.calls + self.calls)

    @contextmanager
    def share(self, share: float, since: Spending) -> Iterator[None]:
        """While inside, only this share of the whole budget may be spent in addition to what was spent by then."""
        whole = self.budget
        seconds = None if whole.seconds is None else min(whole.seconds, since.seconds + share * whole.seconds)
        calls = None if whole.calls is None else min(whole.calls, since.calls + int(share * whole.calls))
        self.budget = replace(whole, seconds=seconds, calls=calls)
        try:
            yield
        finally:
            self.budget = whole

    @contextmanager
    def paid(self) -> Iterator[None]:
        """While inside, calls don't count and no limit holds: an earlier run of the same build has paid for them."""
        whole, calls = self.budget, self.calls
        self.budget = Budget(text=whole.text)
        try:
            yield
        finally:
            self.budget, self.calls = whole, calls

    def check(self) -> None:
        """Stop the build if the budget is used up.

        Raises:
            BudgetExhausted: the budget is used up.
        """
        used, budget = self.used, self.budget
        if self.on_check:
            self.on_check(used)
        if budget.seconds is not None and used.seconds >= budget.seconds:
            raise BudgetExhausted
        if budget.calls is not None and used.calls >= budget.calls:
            raise BudgetExhausted


class MeteredEngine(Engine):
    """An engine whose calls are counted by a meter, in chunks between which a build can stop.

    It remembers which options were scored how, so that all candidates of a build share the answers.
    """

    def __init__(self, inner: Engine, meter: BudgetMeter) -> None:
        self.inner, self.meter = inner, meter
        self.name, self.digest, self.context = inner.name, inner.digest, inner.context
        self.scores, self.continues, self.reads = inner.scores, inner.continues, inner.reads
        self._bound: tuple[World, MeteredEngine] | None = None
        self._known: dict[tuple[Prompt, Question | None, tuple[str, ...]], LogProbs] = {}

    def complete(
        self, prompts: Sequence[Prompt], decoding: Decoding, draws: Sequence[int] | None = None
    ) -> list[Reply]:
        self.asked += len(prompts)
        numbers = draws if draws is not None else [0] * len(prompts)
        replies: list[Reply] = []
        for part in _portions(len(prompts)):
            self.meter.check()
            before = self.inner.spent.calls
            replies += self.inner.complete(prompts[part], decoding, numbers[part])
            self.meter.calls += self.inner.spent.calls - before
        return replies

    def choose(self, prompts: Sequence[Prompt], options: Sequence[Sequence[str]]) -> list[LogProbs]:
        self.asked += len(prompts)
        keys = [(p, p.question, tuple(offered)) for p, offered in zip(prompts, options, strict=True)]
        missing = [key for key in dict.fromkeys(keys) if key not in self._known]
        for part in _portions(len(missing)):
            self.meter.check()
            before = self.inner.spent.calls
            answers = self.inner.choose([key[0] for key in missing[part]], [key[2] for key in missing[part]])
            self._known |= dict(zip(missing[part], answers, strict=True))
            self.meter.calls += self.inner.spent.calls - before
        return [self._known[key].copy() for key in keys]

    @property
    def spent(self) -> Spent:
        return self.inner.spent

    def bound(self, world: World) -> MeteredEngine:
        """The engine bound to this world, with the same meter."""
        if self._bound is None or self._bound[0] is not world:
            bound = self.inner.bound(world)
            self._bound = world, self if bound is self.inner else MeteredEngine(bound, self.meter)
        return self._bound[1]


def _portions(count: int) -> list[slice]:
    return [slice(first, first + CHUNK) for first in range(0, count, CHUNK)]
