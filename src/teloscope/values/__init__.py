"""Values: the regimes that people want or want avoided. Theory: A3."""

from teloscope.values.declared import Avoid, Values, Want

__all__ = ["Avoid", "Values", "Want"]
