"""Minari data sets from elsewhere: what their files say of their sizes, and whether they stay in their folder, is
looked at before anything is read.

HDF5 can hold links to other files and data that lie in other files; a data set with those is refused, since reading it
would read files that its writer named.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from teloscope.errors import BadRecording, require
from teloscope.file_sizes import refuse_unpacked

HDF5, TABLES = "main_data.hdf5", ("*/*.arrow", "*/*.feather", "*/*.parquet")
CELL = 8
"""Bytes that are counted for a value whose length its file does not say beforehand."""


def refuse_minari_bomb(data: Path) -> None:
    """Raise `BadRecording` where the data of a data set would unpack to more than is allowed, or lie elsewhere.

    Args:
        data: the folder `data` of the data set.
    """
    if (path := data / HDF5).is_file():
        refuse_unpacked(path, _hdf5_bytes(path))
    for path in (path for pattern in TABLES for path in data.glob(pattern)):
        refuse_unpacked(path, _table_bytes(path))


def _hdf5_bytes(path: Path) -> int:
    """What all arrays of a file take."""
    h5py = require("h5py", extra="minari")
    try:
        with h5py.File(path, "r") as file:
            return _group_bytes(h5py, file, path)
    except (OSError, RuntimeError, KeyError) as error:
        raise BadRecording(f"{path} can't be read as HDF5: {str(error).splitlines()[0]}. Fetch it again.") from error


def _group_bytes(h5py: Any, group: Any, path: Path) -> int:
    total = 0
    for name in group:
        link = group.get(name, getlink=True)
        if isinstance(link, h5py.ExternalLink):
            raise _elsewhere(path, f"{group.name}/{name}", f"is a link to {link.filename}")
        if isinstance(link, h5py.SoftLink):
            continue  # to another place in the same file, which is counted there
        entry = group[name]
        if isinstance(entry, h5py.Group):
            total += _group_bytes(h5py, entry, path)
        elif isinstance(entry, h5py.Dataset):
            if entry.external or entry.is_virtual:
                raise _elsewhere(path, entry.name, "keeps its values in other files")
            total += int(entry.size or 0) * max(int(entry.dtype.itemsize), CELL)
    return total


def _elsewhere(path: Path, name: str, how: str) -> BadRecording:
    return BadRecording(
        f"{name} of {path} {how}. Expected a data set that holds everything itself; nothing was read. Write it again "
        "with Minari."
    )


def _table_bytes(path: Path) -> int:
    """What the rows of an Arrow or Parquet file take, at least."""
    pyarrow, dataset = require("pyarrow", extra="minari"), require("pyarrow.dataset", extra="minari")
    try:
        table = dataset.dataset(str(path), format="parquet" if path.suffix == ".parquet" else "arrow")
        width = sum(_width(pyarrow, field.type) for field in table.schema)
        return int(table.count_rows()) * width
    except (OSError, ValueError, pyarrow.ArrowException) as error:
        raise BadRecording(f"{path} can't be read: {str(error).splitlines()[0]}. Fetch it again.") from error


def _width(pyarrow: Any, kind: Any) -> int:
    """Bytes of one value of this type, at least."""
    types = pyarrow.types
    if types.is_fixed_size_list(kind):
        return int(kind.list_size) * _width(pyarrow, kind.value_type)
    if types.is_struct(kind):
        return sum(_width(pyarrow, kind.field(i).type) for i in range(kind.num_fields))
    return CELL
