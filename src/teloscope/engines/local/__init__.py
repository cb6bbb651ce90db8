"""Language models in this process: GGUF files, where they come from, and how they are run. Theory: A5."""

from teloscope.engines.local.engine import LocalEngine

__all__ = ["LocalEngine"]
