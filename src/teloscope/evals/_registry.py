"""Everything that teloscope registers with Inspect, by the entry point `inspect_ai`."""

from teloscope.evals.agent import built
from teloscope.evals.approver import gate
from teloscope.evals.provider import TeloscopeAPI
from teloscope.evals.scoring import high, low, rate, values, verdict
from teloscope.evals.task import acting, audit, situated

__all__ = ["TeloscopeAPI", "acting", "audit", "built", "gate", "high", "low", "rate", "situated", "values", "verdict"]
