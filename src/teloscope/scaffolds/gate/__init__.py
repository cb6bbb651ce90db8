"""The gate: an act is done only if the agent states out loud, for this act, that it harms nobody. Theory: A7."""

import warnings

from teloscope.scaffolds.gate.gate import Gate, HarmStatement, ProposedAct, Ruling

__all__ = ["Gate", "HarmStatement", "ProposedAct", "Ruling"]

_RENAMED = {"Asked": ProposedAct, "Stated": HarmStatement}
"""Names until 0.1, which documentation showed; they still lead here."""


def __getattr__(name: str) -> type:
    if name not in _RENAMED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    warnings.warn(f"{name} is called {_RENAMED[name].__name__} now.", DeprecationWarning, stacklevel=2)
    return _RENAMED[name]
