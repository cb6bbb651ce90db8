"""The identity of a user's function or object, for digests: its source code and the plain values that it captures."""

from __future__ import annotations

import hashlib
import inspect
from types import CodeType
from typing import Any

import numpy as np


def source_texts(thing: Any) -> list[str]:
    """Texts that identify a function, object or class: source, constants, captured values, attributes.

    Source alone is not enough: two functions on one line share it. Code alone is not enough: two closures share it. Of
    values that are not plain, only the type is used.
    """
    home = thing if inspect.isfunction(thing) or isinstance(thing, type) else type(thing)
    try:
        source = inspect.getsource(home)
    except (OSError, TypeError):
        source = getattr(home, "__qualname__", "")
    held = _constants(getattr(thing, "__code__", None))
    held += [cell.cell_contents for cell in getattr(thing, "__closure__", None) or ()]
    held += list(getattr(thing, "__defaults__", None) or ())
    if not isinstance(thing, type):
        held += [value for _, value in sorted(getattr(thing, "__dict__", {}).items())]
    return [source, *map(_plain, held)]


def _constants(code: CodeType | None) -> list[Any]:
    if code is None:
        return []
    inner = [c for const in code.co_consts if isinstance(const, CodeType) for c in _constants(const)]
    return [code.co_names, *(c for c in code.co_consts if not isinstance(c, CodeType)), *inner]


def _plain(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()
    if isinstance(value, tuple | list):
        return f"({', '.join(map(_plain, value))})"
    return repr(value) if isinstance(value, bool | int | float | str | bytes | None) else type(value).__qualname__
