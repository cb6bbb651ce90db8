"""`--probe`: choose and record contexts that distinguish goals which the data can't distinguish. Theory: A2."""

from teloscope.study.probing.probe import probe

__all__ = ["probe"]
