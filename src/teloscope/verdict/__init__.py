"""Verdicts: does the agent steer into what we value? Theory: A3."""

from teloscope.verdict.judge import Verdict, judge

__all__ = ["Verdict", "judge"]
