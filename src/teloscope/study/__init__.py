"""Studies: what to audit, written in a file; the one place that strings the steps together. Theory: A1-A3."""

from teloscope.study.study import Study
from teloscope.study.toml_tables import ValuesTable

__all__ = ["Study", "ValuesTable"]
