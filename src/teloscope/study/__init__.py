"""Studies: files that say what to audit, and the pipeline that runs all steps of an audit. Theory: A1-A3."""

from teloscope.study.study import Study
from teloscope.study.toml_tables import ValuesTable

__all__ = ["Study", "ValuesTable"]
