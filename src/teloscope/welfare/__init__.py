"""Welfare between beings whose scales are unknown: what holds under every scale, and what each assumption adds.
Theory: E0.

teloscope.welfare.compare("options.csv").report("welfare.html")
"""

from teloscope.welfare.compare import compare
from teloscope.welfare.result import Welfare
from teloscope.welfare.tables.from_recordings import from_recordings
from teloscope.welfare.tables.reading import read_utilities
from teloscope.welfare.tables.utilities import Utilities, table

__all__ = ["Utilities", "Welfare", "compare", "from_recordings", "read_utilities", "table"]
