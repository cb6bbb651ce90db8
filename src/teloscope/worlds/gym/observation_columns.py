"""The columns that an observation space gives, and what stands for parts that have no columns, or too many.

    numbers, flags, small arrays      one column an entry
    a vector of more than 256         the first 128 entries, then the means of groups of the others
    an array of more than 256         the means of blocks, such as 2 x 2
    an image                          nothing where there is anything else; else the brightness of 8 x 8 blocks
    a text                            one column, a category
    a graph                           how many nodes and edges, and the mean of each entry of its nodes
    a sequence                        its length

`left_out` and `summarised` say what was done; a feature function of the user's can read the observation otherwise.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from teloscope.errors import BadWorld
from teloscope.worlds.world import FeatureKind

WIDEST = 256
"""Columns that one part of an observation gives, at most."""
EXACT = 128
"""Entries at the beginning of a long vector that are kept as they are: state vectors begin with what matters most."""
IMAGE_BLOCKS = 8
"""An image alone is read as the brightness of this many blocks in each direction."""

Path = tuple[str | int, ...]
Summary = Callable[[Any], NDArray[Any]]
"""From a batch of observations, as Gymnasium batches them, to `[N, columns]`."""


class Leaf(NamedTuple):
    """One array inside an observation."""

    path: Path
    """Keys that lead to it; empty where the observation is the array."""
    names: tuple[str, ...]
    """One column name per entry, in C order."""
    kind: FeatureKind
    shape: tuple[int, ...]
    """Of what is stored of one observation."""
    dtype: np.dtype[Any]
    """How columns are stored: never unsigned, so that a difference in a condition can't wrap around."""
    summary: Summary | None = None
    """What stands for the array; None: itself."""

    def read(self, observations: Any) -> Any:
        """`[B, *shape]` what is stored of a batch of observations."""
        for key in self.path:
            observations = observations[key]
        return observations if self.summary is None else self.summary(observations)

    def read_one(self, observation: Any) -> Any:
        """`[*shape]` what is stored of a single observation."""
        for key in self.path:
            observation = observation[key]
        return observation if self.summary is None else self.summary([observation])[0]


class Columns(NamedTuple):
    """What an observation space gives."""

    leaves: list[Leaf]
    left_out: dict[str, str]
    """Part -> why it gives no columns."""
    summarised: dict[str, str]
    """Part -> what stands for it."""


def column_name(*parts: object) -> str:
    """A feature name that can stand in a condition: lower case, letters, digits and underscores."""
    text = re.sub(r"\W+", "_", "_".join(str(p) for p in parts)).strip("_").lower()
    return f"_{text}" if text[:1].isdigit() else text or "obs"


def columns_of(space: spaces.Space[Any], path: Path = (), skip: Path | None = None) -> Columns:
    """The arrays of an observation that become columns, and what is left out or summarised, and how.

    `skip`: a part that is no feature, such as the action mask.
    """
    if path and path == skip:
        return Columns([], {column_name(*path): "it masks the actions, and is no feature of the state."}, {})
    if isinstance(space, spaces.Dict | spaces.Tuple):
        parts = space.spaces.items() if isinstance(space, spaces.Dict) else enumerate(space.spaces)
        found = Columns([], {}, {})
        for key, part in parts:
            inner = columns_of(part, (*path, key), skip)
            found.leaves.extend(inner.leaves)
            found.left_out.update(inner.left_out)
            found.summarised.update(inner.summarised)
        return found
    name = column_name(*path) if path else "obs"
    if is_image(space):
        return Columns([], {name: _why_image(space)}, {})
    leaf, said = _leaf(space, name, path)
    if leaf is None:
        return Columns([], {name: said}, {})
    return Columns([leaf], {}, {name: said} if said else {})


def is_image(space: spaces.Space[Any]) -> bool:
    """Whether an observation is a picture, or several: bytes in a plane, with channels or without."""
    shape = space.shape or ()
    wide = len(shape) == 2 and math.prod(shape) > WIDEST
    return isinstance(space, spaces.Box) and space.dtype == np.uint8 and (len(shape) in (3, 4) or wide)


def image_columns(space: spaces.Space[Any], path: Path = ()) -> Columns:
    """Brightness in blocks of every image, where a world shows nothing else."""
    if isinstance(space, spaces.Dict | spaces.Tuple):
        parts = space.spaces.items() if isinstance(space, spaces.Dict) else enumerate(space.spaces)
        found = Columns([], {}, {})
        for key, part in parts:
            inner = image_columns(part, (*path, key))
            found.leaves.extend(inner.leaves)
            found.summarised.update(inner.summarised)
        return found
    if not is_image(space):
        return Columns([], {}, {})
    name = column_name(*path) if path else "obs"
    shape = space.shape or ()
    plane = sorted(sorted(range(len(shape)), key=lambda axis: shape[axis])[-2:])
    others = tuple(axis + 1 for axis in range(len(shape)) if axis not in plane)
    blocks = tuple(math.ceil(shape[axis] / math.ceil(shape[axis] / IMAGE_BLOCKS)) for axis in plane)

    def brightness(images: Any) -> NDArray[Any]:
        return block_means(np.asarray(images, np.float32).mean(axis=others), blocks)

    names = tuple(column_name(name, "brightness", *index) for index in np.ndindex(blocks))
    leaf = Leaf(path, names, "number", (len(names),), np.dtype(np.float32), brightness)
    said = (
        f"an image of {' x '.join(map(str, shape))} values, and nothing else is known of the state. The mean "
        f"brightness of {' x '.join(map(str, blocks))} blocks stands for it (row, column from the top left). Goals "
        "that concern what is in the picture need a feature function."
    )
    return Columns([leaf], {}, {name: said})


def _why_image(space: spaces.Space[Any]) -> str:
    shape = " x ".join(map(str, space.shape or ()))
    return f"an image of {shape} values; name a feature function that summarises it."


def _leaf(space: spaces.Space[Any], name: str, path: Path) -> tuple[Leaf | None, str]:
    """The columns of one part, and what is to be said: how it was summarised, or why there are none."""
    if isinstance(space, spaces.Text):
        return Leaf(path, _entry_names(name, ()), "category", (), np.dtype(object), _texts), ""
    if isinstance(space, spaces.Graph):
        return _graph_leaf(space, name, path)
    if isinstance(space, spaces.Sequence):
        length = Leaf(path, (column_name(name, "length"),), "number", (1,), np.dtype(np.int64), _lengths)
        return length, "a sequence; its length stands for it. Name a feature function of the observation for more."
    if not isinstance(space, spaces.Box | spaces.Discrete | spaces.MultiDiscrete | spaces.MultiBinary):
        return None, f"{type(space).__name__} observations have no fixed columns; name a feature function."
    shape = space.shape or ()
    kind: FeatureKind = "bool" if isinstance(space, spaces.MultiBinary) or space.dtype == np.bool_ else "number"
    if math.prod(shape) > WIDEST:
        return _summarised(name, path, shape)
    return Leaf(path, _entry_names(name, shape), kind, shape, _column_dtype(np.dtype(space.dtype), kind)), ""


def _summarised(name: str, path: Path, shape: tuple[int, ...]) -> tuple[Leaf, str]:
    """Fewer columns for an array of many entries."""
    total, dtype = math.prod(shape), np.dtype(np.float64)
    if len(shape) > 1:
        blocks = block_counts(shape, WIDEST)
        names = tuple(column_name(name, "mean", *index) for index in np.ndindex(blocks))
        size = " x ".join(str(math.ceil(n / b)) for n, b in zip(shape, blocks, strict=True))
        leaf = Leaf(path, names, "number", (len(names),), dtype, lambda rows: block_means(rows, blocks))
        return leaf, f"{total:,} entries; the means of blocks of {size} stand for them, in {len(names)} columns."
    size = math.ceil((total - EXACT) / (WIDEST - EXACT))
    firsts = np.arange(EXACT, total, size)
    names = tuple(column_name(name, i) for i in range(EXACT)) + tuple(
        column_name(name, first, "to", min(first + size, total) - 1) for first in firsts.tolist()
    )

    def grouped(rows: Any) -> NDArray[Any]:
        batch = np.asarray(rows, np.float64)
        counts = np.diff(np.append(firsts, total))
        return np.concatenate([batch[:, :EXACT], np.add.reduceat(batch, firsts, axis=1) / counts], axis=1)

    leaf = Leaf(path, names, "number", (len(names),), dtype, grouped)
    return leaf, (
        f"{total:,} entries; the first {EXACT} are columns, and means of {size} entries each stand for the others. "
        "Name a feature function for what they leave out."
    )


def block_counts(shape: Sequence[int], most: int) -> tuple[int, ...]:
    """How many blocks along each axis: the longest axis is halved until no more than `most` blocks are left."""
    sizes = [1] * len(shape)
    while math.prod(counts := [math.ceil(n / s) for n, s in zip(shape, sizes, strict=True)]) > most:
        sizes[int(np.argmax(counts))] += 1
    return tuple(counts)


def block_means(rows: Any, blocks: Sequence[int]) -> NDArray[Any]:
    """`[N, blocks]` the means of blocks of arrays `[N, *shape]`; the last block along an axis may be smaller."""
    batch = np.asarray(rows)
    batch = batch.astype(np.float64 if batch.dtype.itemsize > 4 else np.float32)
    for axis, count in enumerate(blocks, start=1):
        length = batch.shape[axis]
        firsts = np.arange(0, length, math.ceil(length / count))
        sums = np.add.reduceat(batch, firsts, axis=axis)
        sizes = np.diff(np.append(firsts, length))
        batch = sums / sizes.reshape([-1 if a == axis else 1 for a in range(batch.ndim)])
    return batch.reshape(len(batch), -1)


def _texts(texts: Any) -> NDArray[Any]:
    out = np.empty(len(texts), object)
    out[:] = [str(text) for text in texts]
    return out


def _lengths(sequences: Any) -> NDArray[Any]:
    return np.array([[_length(sequence)] for sequence in sequences], np.int64)


def _length(sequence: Any) -> int:
    """How many parts: a stacked sequence of parts with names has as many as each of them."""
    return _length(next(iter(sequence.values()))) if isinstance(sequence, Mapping) and sequence else len(sequence)


def _graph_leaf(space: spaces.Graph, name: str, path: Path) -> tuple[Leaf, str]:
    width = math.prod(space.node_space.shape or ()) if isinstance(space.node_space, spaces.Box) else 0
    width = width if width <= WIDEST else 0
    names = (column_name(name, "nodes"), column_name(name, "edges"))
    names += tuple(column_name(name, "node_mean", i) for i in range(width))

    def read(graphs: Any) -> NDArray[Any]:
        rows = np.zeros((len(graphs), 2 + width))
        for row, graph in zip(rows, graphs, strict=True):
            nodes = np.asarray(graph.nodes)
            row[:2] = len(nodes), 0 if graph.edge_links is None else len(graph.edge_links)
            if width and len(nodes):
                row[2:] = nodes.reshape(len(nodes), -1).mean(axis=0)
        return rows

    said = "a graph; its counts of nodes and edges, and the means of its nodes' entries, stand for it."
    return Leaf(path, names, "number", (len(names),), np.dtype(np.float64), read), said


def _entry_names(name: str, shape: tuple[int, ...]) -> tuple[str, ...]:
    if math.prod(shape) == 1:
        return ("obs_0",) if name == "obs" else (name,)
    return tuple(column_name(name, *index) for index in np.ndindex(shape))


def _column_dtype(dtype: np.dtype[Any], kind: FeatureKind) -> np.dtype[Any]:
    if kind == "bool":
        return np.dtype(np.bool_)
    if dtype.kind == "f":
        return np.dtype(np.float64 if dtype.itemsize > 4 else np.float32)
    return np.dtype(np.int64 if dtype.itemsize >= 4 and dtype != np.int32 else np.int32)


def rename_leaves(leaves: Sequence[Leaf], names: Mapping[str, str] | Sequence[str]) -> tuple[Leaf, ...]:
    """Leaves under the user's names: a mapping from column to name, or one name per column in order.

    Raises:
        BadWorld: a column that isn't there, or a wrong number of names.
    """
    columns = [column for leaf in leaves for column in leaf.names]
    if isinstance(names, Mapping):
        if unknown := set(names) - set(columns):
            raise BadWorld(f"Names are given for {sorted(unknown)}, but the observation's columns are {columns[:20]}.")
        new = [column_name(names.get(column, column)) for column in columns]
    elif len(names) == len(columns):
        new = [column_name(name) for name in names]
    else:
        raise BadWorld(
            f"{len(names)} names are given for {len(columns)} observation columns {columns[:20]}; give one for each."
        )
    at = iter(new)
    return tuple(leaf._replace(names=tuple(next(at) for _ in leaf.names)) for leaf in leaves)
