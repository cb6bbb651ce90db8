"""Regimes: one language for what an agent steers into and for what people value. Theory: A2, A3."""

from teloscope.regimes.language import column, compile_condition, holds
from teloscope.regimes.regime import MODES, Regime, achieved, keep_count, late_window

__all__ = ["MODES", "Regime", "achieved", "column", "compile_condition", "holds", "keep_count", "late_window"]
