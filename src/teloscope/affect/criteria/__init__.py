"""The five criteria that separate an affect from a value estimate, and the verdict that follows from them."""

from teloscope.affect.criteria import adds, costs, outlasts, spreads, transfers

CRITERIA = {test.name: test for test in (adds.TEST, transfers.TEST, outlasts.TEST, spreads.TEST, costs.TEST)}
"""Name -> criterion, C1 to C5 in order."""

__all__ = ["CRITERIA"]
