"""Unpickling what was saved with the old `gym` package: its spaces are read as Gymnasium's, which took its place.

Unpickling executes code, so callers check for trust first.
"""

from __future__ import annotations

import importlib
import io
import pickle
from typing import Any

import numpy as np


class _Forgotten:
    """Stands for an object of `gym` that Gymnasium has no like of; nothing that acts depends on it."""

    def __init__(self, *given: Any, **named: Any) -> None:
        pass

    def __setstate__(self, state: Any) -> None:
        pass


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if module != "gym" and not module.startswith("gym."):
            return super().find_class(module, name)
        if (module, name) == ("gym.utils.seeding", "RandomNumberGenerator"):
            return np.random.Generator
        try:
            return getattr(importlib.import_module("gymnasium" + module.removeprefix("gym")), name)
        except (ImportError, AttributeError):
            return _Forgotten


def unpickle(pickled: bytes) -> Any:
    """The object, with Gymnasium's classes in the place of gym's."""
    return _Unpickler(io.BytesIO(pickled)).load()


def unpickle_space(pickled: bytes) -> Any:
    """A space that `gym` saved, as a Gymnasium space of the same shape and bounds."""
    found = unpickle(pickled)
    vars(found).update({"_np_random": None})
    return found
