"""The identity of a user's function or object, for digests: its source code and the values that it captures.

Values are followed through containers, objects, functions, and the weights of networks. Of what can't be followed
(generators of random numbers, files, objects of the standard library), only the type is used.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import sys
from collections.abc import Iterable, Mapping
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

DEEPEST = 8
"""Values inside of values are followed this far."""
_LIBRARIES = ("numpy", "torch", "gymnasium", "teloscope", "stable_baselines3", "sb3_contrib")
"""Whose methods are known by their versions."""
_PLAIN = bool | int | float | complex | str | bytes | None


def source_texts(thing: Any) -> list[str]:
    """Texts that identify a function, object or class: source, constants, captured values, attributes.

    Source alone is not enough: two functions on one line share it. Code alone is not enough: two closures share it.
    """
    return _Reader().texts(thing, 0)


class _Reader:
    """Reads one thing; what was met before is not read again."""

    def __init__(self) -> None:
        self.met: dict[int, Any] = {}
        """Ids of what was met, which is kept so that no id is used twice."""

    def texts(self, thing: Any, depth: int) -> list[str]:
        """Texts of a function, object or class."""
        if isinstance(thing, functools.partial):
            parts = (thing.func, thing.args, thing.keywords)
            return ["partial", *(self.value(part, depth + 1) for part in parts)]
        if isinstance(thing, MethodType):
            return [*self.texts(thing.__func__, depth), self.value(thing.__self__, depth + 1)]
        home = thing if inspect.isfunction(thing) or isinstance(thing, type) else type(thing)
        homes = [k for k in home.__mro__ if k is home or _is_users(k)] if isinstance(home, type) else [home]
        return [*map(_source, homes), *(self.value(held, depth + 1) for held in self._held(thing))]

    def _held(self, thing: Any) -> list[Any]:
        """What it holds: constants, captured and global values of a function, attributes of an object."""
        if isinstance(thing, FunctionType):
            return [*_held_by_function(thing), *(thing.__kwdefaults__ or {}).items()]
        if isinstance(thing, type):
            return []
        if callable(weights := getattr(thing, "state_dict", None)):
            return [weights()]
        slots = {name: getattr(thing, name, None) for name in getattr(type(thing), "__slots__", ())}
        methods = [
            m for k in type(thing).__mro__ if _is_users(k) for m in vars(k).values() if isinstance(m, FunctionType)
        ]
        return [getattr(thing, "__dict__", {}), slots, *methods]

    def value(self, value: Any, depth: int) -> str:
        """A value as a text that is the same for the same value."""
        if isinstance(value, _PLAIN | np.generic):
            return repr(value)
        if isinstance(value, np.ndarray) and value.dtype != object:
            return f"{value.dtype}{value.shape}{hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()}"
        kind = type(value).__qualname__
        if depth > DEEPEST or id(value) in self.met:
            return kind
        self.met[id(value)] = value
        if hasattr(value, "detach"):  # a tensor
            tensor: Any = value
            return self.value(tensor.detach().cpu().numpy(), depth)
        if isinstance(value, Mapping):
            items = [f"{self.value(k, depth + 1)}: {self.value(v, depth + 1)}" for k, v in value.items()]
            return f"{{{', '.join(sorted(items))}}}"
        if isinstance(value, set | frozenset):
            return f"{{{', '.join(sorted(self.value(part, depth + 1) for part in value))}}}"
        if isinstance(value, tuple | list | np.ndarray):
            return f"({', '.join(self.value(part, depth + 1) for part in value)})"
        if isinstance(value, type):
            return f"{value.__module__}.{value.__qualname__}"
        if isinstance(value, ModuleType) or not _of_user(value):
            return kind
        return f"{kind}({', '.join(self.texts(value, depth))})"


def _is_users(kind: type) -> bool:
    return kind.__module__.partition(".")[0] not in {*sys.stdlib_module_names, *_LIBRARIES} - {"__main__"}


def _of_user(value: Any) -> bool:
    """Whether a value's insides belong to its identity: not those of the standard library's objects or of NumPy's."""
    home = (getattr(value, "__module__", None) if callable(value) else None) or type(value).__module__
    if isinstance(value, FunctionType | MethodType | functools.partial):
        return True
    return str(home).partition(".")[0] not in {*sys.stdlib_module_names, "numpy"} - {"__main__"}


def _source(home: Any) -> str:
    try:
        return inspect.getsource(home)
    except (OSError, TypeError):
        return getattr(home, "__qualname__", "")


def _held_by_function(function: FunctionType) -> Iterable[Any]:
    """Constants, captured values, defaults, and the global values that are named: not modules and classes, and of
    functions only those of the same module."""
    code = function.__code__
    yield from _constants(code)
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # not filled yet: a function that names itself
            continue
    yield from function.__defaults__ or ()
    for name in _names(code):
        if name not in function.__globals__:
            continue
        value = function.__globals__[name]
        foreign = isinstance(value, FunctionType) and value.__module__ != function.__module__
        if not (foreign or isinstance(value, type | ModuleType)):
            yield name
            yield value


def _names(code: CodeType) -> list[str]:
    """Names that code and the functions inside it refer to."""
    inner = [name for const in code.co_consts if isinstance(const, CodeType) for name in _names(const)]
    return list(dict.fromkeys([*code.co_names, *inner]))


def _constants(code: CodeType) -> list[Any]:
    inner = [c for const in code.co_consts if isinstance(const, CodeType) for c in _constants(const)]
    return [code.co_names, *(c for c in code.co_consts if not isinstance(c, CodeType)), *inner]
