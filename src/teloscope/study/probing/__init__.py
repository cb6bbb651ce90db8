"""`--probe`: choose and record the contexts that would tell apart what the data can't. Theory: A2."""

from teloscope.study.probing.probe import probe

__all__ = ["probe"]
