"""What a test declares before it sees anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from teloscope.affect.evidence import Evidence
from teloscope.affect.latents import Axes
from teloscope.affect.statistics import Measure

UNIT = "the trained mind; its episodes and steps are repetitions within it"


@dataclass(frozen=True)
class Declared:
    """A test of the battery, or one of the criteria."""

    name: str
    theory: str
    """Row of the theory."""
    question: str
    statistic: str
    null: str
    intervention: str
    """What the lab sets or takes away; "none" where recordings suffice."""
    effect: str
    """The effect size and its unit."""
    lies: tuple[str, ...]
    """What would make this lie."""
    measure: Callable[[Evidence, Axes], list[Measure]]
    """The measures of a candidate with these axes. Raises `NotAssessable`."""
    axis: Literal["read", "pushed", "none"]
    """What it does with the axes: reads them from recordings, sets them, or does not use them. Controls follow."""
    exceeds: tuple[str, ...] = ()
    """Controls whose effect the candidate's must exceed."""
    two_sided: bool = False
    """Whether an effect of either sign counts."""
    at_least: int | None = None
    """How many measures must hold; None: all."""
    unit: str = UNIT

    @property
    def rule(self) -> str:
        """The decision rule in words."""
        held = "every measure" if self.at_least is None else f"at least {self.at_least} of the measures"
        said = f"Present: {held} above its bound at 5 % over the minds (one-sided t, Holm over all tests and criteria)"
        controls = f", and the first above that of {' and '.join(self.exceeds)}" if self.exceeds else ""
        return f"{said}{controls}. Absent: below its bound at 5 %. Else undecided."
