"""The statistics of the battery: effects with the mind as the unit, regressions, signal detection, decisions."""

from teloscope.affect.statistics.decisions import Decision, decide, holm
from teloscope.affect.statistics.effects import Measure, interval, t_test
from teloscope.affect.statistics.regression import increment, slopes
from teloscope.affect.statistics.signal_detection import bias, sensitivity

__all__ = [
    "Decision",
    "Measure",
    "bias",
    "decide",
    "holm",
    "increment",
    "interval",
    "sensitivity",
    "slopes",
    "t_test",
]
