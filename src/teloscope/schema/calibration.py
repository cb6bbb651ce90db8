"""What `teloscope calibrate --json` prints."""

from __future__ import annotations

from typing import Literal

from teloscope.schema.document import FORMAT, Document


class CalibratedRate(Document):
    """One of the instrument's own rates, and the bound it must hold."""

    name: str
    """recovery at noise …, false confirmation, sensitivity, specificity."""
    question: str
    """What was asked, in words."""
    zoo: str = "rooms"
    """Which zoo it was measured in: rooms or control."""
    group: str = ""
    """The family of worlds, kind of goal or kind of non-agent that it is about; empty: all."""
    noise: float | None = None
    """The share of uniform actions, where the rate is about one."""
    hits: int
    n: int
    rate: float
    low: float
    """Lower end of the 95 % Clopper-Pearson interval."""
    high: float
    at_least: float | None = None
    """The rate must not be below this."""
    at_most: float | None = None
    """The rate must not be above this."""
    holds: bool
    """Whether the rate keeps to its bound (of a quick run: whether its interval reaches it); true where it has none."""


class Measurement(Document):
    """A computed number beside its known value."""

    name: str
    unit: str
    value: float
    expected: float
    tolerance: float
    holds: bool


class Comparison(Document):
    """Teloscope and a second opinion on the same trajectories."""

    name: str
    noise: float
    n: int
    recovered: int
    """Goals that teloscope put first."""
    others_recovered: int
    """Goals that the other method put first."""
    seconds: float
    """Mean time of teloscope's proposal and confirmation, one agent."""
    others_seconds: float


class CalibrationDocument(Document):
    """What `teloscope calibrate --json` prints."""

    format: int = FORMAT
    kind: Literal["calibration"] = "calibration"
    quick: bool
    """Fewer agents were audited."""
    split: Literal["development", "confirmation"]
    """Which part of the zoo."""
    zoo: Literal["rooms", "control", "all"] = "rooms"
    """Which zoo: walled rooms and the suite; arenas, classic control and MiniGrid; or both."""
    reused: int = 0
    """Animals whose results were kept from an earlier run of the same code."""
    left_out: list[str] = []
    """Parts of the zoo that were left out since their packages are not installed, and how to install them."""
    rates: list[CalibratedRate]
    measurements: list[Measurement]
    comparisons: list[Comparison]
    misses: list[str]
    """Every agent that was judged wrongly, and how."""
    passed: bool
    """Whether every bound holds."""
    seconds: float
    versions: dict[str, str]
