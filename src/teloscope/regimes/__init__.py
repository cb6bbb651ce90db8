"""Regimes: one language for what an agent steers into and for what people value. Theory: A2, A3."""

from teloscope.regimes.language import compile_condition, holds
from teloscope.regimes.regime import MODES, Regime, achieved, late_window

__all__ = ["MODES", "Regime", "achieved", "compile_condition", "holds", "late_window"]
