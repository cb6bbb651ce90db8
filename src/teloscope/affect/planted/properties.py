"""What each property of a planted mind is: one number, 0 absent, 1 the declared effect; and the kinds made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from teloscope.affect.examination.assess import EVERYTHING

SOURCES = ("change", "level", "value", "clock", "plan", "wander")
"""What sets the mood: changes of expected fitness; its level, leaky; its level, at once; a hidden clock that rewrites
the mood at every step; the planner's output; nothing, it wanders."""


@dataclass(frozen=True)
class Kind:
    """A kind of planted mind and what the battery must say of it."""

    about: str
    properties: Mapping[str, float] = field(default_factory=dict)
    """Dial -> strength, where it differs from `FULL`."""
    source: str = "change"
    lacks: tuple[str, ...] = ()
    """Tests and criteria that must not say "present"."""
    has: tuple[str, ...] = ()
    """Those that must."""
    verdict: str = ""
    """affect, value or neither, if one is expected."""


FULL = {
    "vigour": 1.0,
    "judge": 1.0,
    "blur": 0.0,
    "drives": 1.0,
    "reported": 1.0,
    "calming": 1.0,
    "telling": 1.0,
    "wanting": 1.0,
    "useful": 1.0,
    "hunger": 1.0,
    "injury": 1.0,
    "calling": 1.0,
    "loss_gain": 1.0,
    "early": 1.0,
}
"""Dial -> its strength in a full affect. vigour: mood moves effort. judge: it moves the criterion for foes. blur: it
blurs cues. drives: hunger and sleep latents choose targets (at 0 the body does, past them). reported: other latents
hold a copy. calming, telling: the calm action and the told benefit damp it. wanting: it pays for a lever that lifts its
mood. useful: in its world, vigour in step with abundance pays. hunger, injury: these set the mood. calling: mood
chooses the calm action. loss_gain: gain on losses over gain on gains. early: the mood moves at once, the planner
later."""

KINDS = {
    "full": Kind("a leaky mood that drives vigour, judgement and targets", has=tuple(EVERYTHING), verdict="affect"),
    "unreported": Kind("the mood is in the slow channel only", {"reported": 0}, lacks=("report",)),
    "unregulated": Kind("the calm action does nothing to it", {"calming": 0}, lacks=("regulate",)),
    "untold": Kind("being told of the benefit does nothing to it", {"telling": 0}, lacks=("regulate",)),
    "useless": Kind("vigour in step with abundance doesn't pay", {"useful": 0}, lacks=("fitness", "costs")),
    "listless": Kind("mood doesn't move effort", {"vigour": 0}, lacks=("activity", "outlasts", "fitness")),
    "fair": Kind("mood doesn't move judgement", {"judge": 0}, lacks=("interpretation", "spillover", "costs")),
    "blurred": Kind(
        "mood blurs cues and leaves the criterion alone", {"judge": 0, "blur": 1}, lacks=("interpretation",)
    ),
    "reactive": Kind("the body chooses targets past the drive latents", {"drives": 0}, lacks=("goals",)),
    "content": Kind("it doesn't pay for its mood", {"wanting": 0}, lacks=("terminal",)),
    "insular": Kind("neither hunger nor injury sets its mood", {"hunger": 0, "injury": 0}, lacks=("spillover",)),
    "narrow": Kind("mood moves effort only", {"judge": 0, "calling": 0}, lacks=("spreads", "interpretation")),
    "one_cause": Kind("hunger sets its mood, injury doesn't", {"injury": 0}, lacks=("transfers",)),
    "only_reports": Kind(
        "the mood is reported and does nothing",
        {"vigour": 0, "judge": 0, "calling": 0, "wanting": 0, "drives": 0},
        has=("report",),
        lacks=(
            "fitness",
            "activity",
            "interpretation",
            "terminal",
            "spillover",
            "outlasts",
            "spreads",
            "costs",
            "adds",
        ),
        verdict="not affect",
    ),
    "level": Kind("a leaky mood that tracks the level", source="level", lacks=("change",)),
    "gain_half": Kind("half the gain on losses", {"loss_gain": 0.5}, has=("change",)),
    "gain_two": Kind("twice the gain on losses", {"loss_gain": 2.0}, has=("change",)),
    "value": Kind(
        "the value itself, which drives vigour and judgement",
        source="value",
        lacks=("change", "adds", "outlasts"),
        verdict="value",
    ),
    "clock": Kind(
        "a hidden clock rewrites the mood, which looks persistent",
        source="clock",
        lacks=("outlasts", "change", "spillover"),
        verdict="not affect",
    ),
    "downstream": Kind("the plan sets the mood", {"early": 0}, source="plan", lacks=("order",)),
    "wanders": Kind(
        "a mood without cause shifts judgement",
        source="wander",
        lacks=("spillover", "change", "transfers"),
        verdict="not affect",
    ),
}
"""Name -> kind. Those that differ from `full` in one dial are the hard negatives of one test."""
