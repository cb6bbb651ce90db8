"""Budgets: how long a build may go on, and the engine that keeps count and stops in the middle of things.

Theory: A5 (how easily an aligned agent is built is measured against what was spent).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from teloscope.engines.engine import Decoding, Engine, LogProbs, Prompt, Reply, Spent
from teloscope.errors import BadStudy

if TYPE_CHECKING:
    from teloscope.worlds.world import World

SECONDS = {"s": 1.0, "sec": 1.0, "seconds": 1.0, "m": 60.0, "min": 60.0, "minutes": 60.0, "h": 3600.0}
CHUNK = 16
"""Prompts that are asked at once; between two such portions a build can stop."""
_FORM = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*")


class Enough(BaseException):  # not an Exception: nobody who mends what an agent does wrong may swallow it
    """The budget is used up."""


@dataclass(frozen=True)
class Budget:
    """Where a build stops; whatever is None doesn't stop it."""

    seconds: float | None = None
    """Of the clock on the wall."""
    calls: int | None = None
    """Questions that the engine really answered; those from its cache cost nothing."""
    draws: int | None = None
    """Scaffolds that are looked at."""
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
        said = " ".join(text.split())
        if amount > 0 and unit in SECONDS:
            return cls(seconds=amount * SECONDS[unit], text=said)
        counted = f"{unit.removesuffix('s')}s"
        if amount >= 1 and amount.is_integer() and counted in ("calls", "draws"):
            return cls(**{counted: int(amount)}, text=said)
        raise BadStudy(
            f"The budget is {text!r}; expected a time like '5m' or '90s', engine calls like '2000 calls', or scaffolds "
            "like '40 draws'."
        )

    def halved(self) -> Budget:
        """Half the time or half the calls; as many scaffolds."""
        half = {"seconds": self.seconds and self.seconds / 2, "calls": self.calls and self.calls // 2}
        return replace(self, **half)


class Used(NamedTuple):
    """What a build has spent."""

    seconds: float = 0.0
    calls: int = 0


class Account:
    """Keeps count of what a build spends, over several runs if it was interrupted."""

    def __init__(self, budget: Budget, before: Used | None = None, told: Callable[[Used], None] | None = None) -> None:
        """An account.

        Args:
            budget: where to stop.
            before: what earlier runs of the same build have spent.
            told: told of every portion.
        """
        self.budget, self.before, self.told, self.calls = budget, before or Used(), told, 0
        self.began = time.perf_counter()

    @property
    def used(self) -> Used:
        return Used(self.before.seconds + time.perf_counter() - self.began, self.before.calls + self.calls)

    def check(self) -> None:
        """Go on, or not.

        Raises:
            Enough: the budget is used up.
        """
        used, budget = self.used, self.budget
        if self.told:
            self.told(used)
        if budget.seconds is not None and used.seconds >= budget.seconds:
            raise Enough
        if budget.calls is not None and used.calls >= budget.calls:
            raise Enough


class Metered(Engine):
    """An engine whose work is booked on an account, in portions between which a build can stop."""

    def __init__(self, inner: Engine, account: Account) -> None:
        self.inner, self.account = inner, account
        self.name, self.digest, self.context = inner.name, inner.digest, inner.context
        self.scores, self.continues = inner.scores, inner.continues

    def complete(
        self, prompts: Sequence[Prompt], decoding: Decoding, draws: Sequence[int] | None = None
    ) -> list[Reply]:
        self.asked += len(prompts)
        numbers = draws if draws is not None else [0] * len(prompts)
        replies: list[Reply] = []
        for part in _portions(len(prompts)):
            self.account.check()
            before = self.inner.spent.calls
            replies += self.inner.complete(prompts[part], decoding, numbers[part])
            self.account.calls += self.inner.spent.calls - before
        return replies

    def choose(self, prompts: Sequence[Prompt], options: Sequence[Sequence[str]]) -> list[LogProbs]:
        self.asked += len(prompts)
        found: list[LogProbs] = []
        for part in _portions(len(prompts)):
            self.account.check()
            before = self.inner.spent.calls
            found += self.inner.choose(prompts[part], options[part])
            self.account.calls += self.inner.spent.calls - before
        return found

    @property
    def spent(self) -> Spent:
        return self.inner.spent

    def bound(self, world: World) -> Metered:
        """The same account for the engine that knows this world."""
        bound = self.inner.bound(world)
        return self if bound is self.inner else Metered(bound, self.account)


def _portions(count: int) -> list[slice]:
    return [slice(first, first + CHUNK) for first in range(0, count, CHUNK)]
