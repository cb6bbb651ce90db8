"""Minds as files: safetensors, plain arrays under a JSON head. Loading one executes nothing.

The head says the recipe, how it was trained, and why the training counts as diverged if it does.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from teloscope.affect.minds.mind import Mind, Recipe, shape_of_mind
from teloscope.errors import BadAgent, os_reason
from teloscope.file_sizes import refuse_unpacked
from teloscope.file_writing import whole_file

KIND, FORMAT = "teloscope-mind", 1
HEAD = "teloscope"
"""The entry of the file's metadata that holds the JSON head."""


def named_arrays(tree: Any) -> dict[str, np.ndarray]:
    """The arrays of a tree, each by its path: `.gru.from_input.weight`."""
    return {name: np.asarray(leaf) for name, leaf in _named(tree).items()}


def _named(tree: Any) -> dict[str, Any]:
    """The arrays of a tree, or the shapes that stand for them, each by its path."""
    leaves, _ = jax.tree_util.tree_flatten_with_path(eqx.filter(tree, _is_leaf))
    return {jax.tree_util.keystr(path): leaf for path, leaf in leaves}


def _is_leaf(leaf: Any) -> bool:
    return eqx.is_array(leaf) or isinstance(leaf, jax.ShapeDtypeStruct)


def with_arrays(template: Any, arrays: dict[str, np.ndarray], where: str) -> Any:
    """The tree with these arrays in the place of its own, or of its shapes.

    Raises:
        BadAgent: names or shapes differ, or a number is not finite.
    """
    expected = _named(template)
    if expected.keys() != arrays.keys():
        lacks, has = sorted(expected.keys() - arrays.keys())[:3], sorted(arrays.keys() - expected.keys())[:3]
        raise BadAgent(f"{where} does not hold such a mind: it lacks {lacks}, and has {has} besides. Train it anew.")
    for name, array in arrays.items():
        if array.shape != expected[name].shape or array.dtype != expected[name].dtype:
            raise BadAgent(
                f"{where}: {name} has the shape {array.shape} of {array.dtype}; expected {expected[name].shape} of "
                f"{expected[name].dtype}. Train the mind anew with this version."
            )
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise BadAgent(
                f"{where}: {name} has {int((~np.isfinite(array)).sum())} numbers that are not finite; its training "
                "diverged. Train with another seed or a lower learning rate."
            )
    dynamic, static = eqx.partition(template, _is_leaf)
    paths, shape = jax.tree_util.tree_flatten_with_path(dynamic)
    leaves = [jax.numpy.asarray(arrays[jax.tree_util.keystr(path)]) for path, _ in paths]
    return eqx.combine(jax.tree_util.tree_unflatten(shape, leaves), static)


def mind_text(mind: Mind, about: dict[str, Any]) -> bytes:
    """The file's content."""
    head = {"kind": KIND, "format": FORMAT, "recipe": mind.recipe.to_dict(), **about}
    return save(named_arrays(mind), {HEAD: json.dumps(head, sort_keys=True)})


def read_tensors(path: Path) -> tuple[Any, dict[str, np.ndarray]]:
    """The head of a file and its arrays.

    Raises:
        OSError, SafetensorError, ValueError: it can't be read.
    """
    refuse_unpacked(path, path.stat().st_size)
    with safe_open(path, framework="numpy") as file:
        head = json.loads((file.metadata() or {}).get(HEAD, "{}"))
        return head, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118


def save_mind(mind: Mind, path: str | Path, **about: Any) -> Path:
    """Write a mind.

    Args:
        mind: the mind.
        path: the file.
        about: plain facts for the head: how it was trained.

    Raises:
        BadAgent: it can't be written.
    """
    path = Path(path)
    try:
        with whole_file(path) as file:
            file.write(mind_text(mind, about))
    except OSError as error:
        raise BadAgent(f"The mind can't be written to {path}: {os_reason(error)}. Choose another file.") from error
    return path


def load_mind(path: str | Path) -> tuple[Mind, dict[str, Any]]:
    """A mind and its head.

    Raises:
        BadAgent: it is missing, damaged, of another kind or version, or not finite.
    """
    path = Path(path)
    try:
        head, arrays = read_tensors(path)
    except OSError as error:
        raise BadAgent(
            f"The mind {path} can't be read: {os_reason(error)}. Name a file that training wrote."
        ) from error
    except (SafetensorError, ValueError) as error:
        raise BadAgent(f"{path} is no mind, or is torn ({error}). Name a file that training wrote.") from error
    if not isinstance(head, dict) or head.get("kind") != KIND or head.get("format") != FORMAT:
        raise BadAgent(
            f"{path} is no mind that this version can read; expected kind {KIND!r}, format {FORMAT}. "
            "Name a file that `teloscope.affect.train` wrote."
        )
    try:
        recipe = Recipe(**head["recipe"])
    except (KeyError, TypeError) as error:
        raise BadAgent(f"The head of {path} has no recipe that this version knows ({error}). Train it anew.") from None
    return with_arrays(shape_of_mind(recipe), arrays, str(path)), head
