"""Regimes: one language for what an agent steers into and for what people value. Theory: A2, A3."""

from teloscope.regimes.language import column, compile_condition, holds, numbers_of
from teloscope.regimes.modes import MODES, achieved, keep_count, late_window
from teloscope.regimes.reading import features_of, hits_among, readings, readings_in
from teloscope.regimes.regime import Regime

__all__ = [
    "MODES",
    "Regime",
    "achieved",
    "column",
    "compile_condition",
    "features_of",
    "hits_among",
    "holds",
    "keep_count",
    "late_window",
    "numbers_of",
    "readings",
    "readings_in",
]
