"""Tables of utilities from files and dataframes: wide (a row an option, a column a being) or long.

Wide: the first column names the options; `hen_low` and `hen_high` are the ends of an interval of `hen`.
A CSV file may begin with lines of comment, each with a # before it; later on a # is part of a name.

Long: the columns `option`, `being`, `utility`, and if there are any `low`, `high`, `draw` (1, 2, … of equally likely
tables).
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from itertools import islice, takewhile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from teloscope.errors import BadUtilities, NotFound, one_line, os_reason
from teloscope.welfare.tables.utilities import Floats, Utilities, table

OPTION, BEING, UTILITY, LOW, HIGH, DRAW = "option", "being", "utility", "low", "high", "draw"
MISSING = ["", "NA", "N/A", "na", "n/a", "null", "None", "?"]
CELLS, BEINGS = 200_000_000, 20_000
"""Cells that are read at most, 1.6 GB of numbers; and beings, each of whom has a scale that is drawn."""


def read_utilities(
    source: str | Path | pl.DataFrame | pl.LazyFrame | Mapping[str, Any] | Any,
    zeros: float | str | Path | Mapping[str, float] | None = None,
    groups: str | Path | Mapping[str, float] | None = None,
    ordinal: Sequence[str] = (),
) -> Utilities:
    """The table in a file, a dataframe, or a mapping of columns.

    Args:
        source: a CSV or Parquet file, a dataframe (polars or pandas), or a mapping from column names to values.
        zeros: each being's neutral point: one number for all, a mapping, or a CSV file with `being` and `zero`.
        groups: how many beings a column stands for: a mapping, or a CSV file with `being` and `size`.
        ordinal: beings of whom only the order is known.

    Raises:
        BadUtilities: it can't be read as a table of utilities.
        NotFound: a zero, a size or an order is given for a being that the table does not have.
    """
    if isinstance(source, Utilities):
        return source
    frame = read_frame(source)
    if frame.height == 0:
        raise BadUtilities("The table has no rows. Give one row an option and one column a being.")
    parts = _long(frame) if {OPTION, BEING, UTILITY} <= set(frame.columns) else _wide(frame)
    beings: Sequence[str] = parts["beings"]
    _check_beings(beings)
    for name in ordinal:
        _known(name, beings)
    only_order = np.array([name in ordinal for name in beings])
    if parts["draws"] is not None and only_order.any():
        raise BadUtilities(
            f"{ordinal[0]!r} has draws, and of it only the order is said to be known. Draws are numbers; give the "
            "column without draws, or leave it out of the ordinal ones."
        )
    return table(**parts, zeros=_zeros(zeros, beings), sizes=_sizes(groups, beings), ordinal=only_order)


def read_frame(source: Any) -> pl.DataFrame:
    """A dataframe, whatever it comes as.

    Raises:
        BadUtilities: no dataframe can be made of it.
    """
    try:
        if isinstance(source, str | Path):
            return _read_file(Path(source))
        if isinstance(source, pl.LazyFrame):
            return source.collect()
        return source if isinstance(source, pl.DataFrame) else _foreign(source)
    except (pl.exceptions.PolarsError, TypeError, ValueError, UnicodeDecodeError) as error:
        what = str(error).splitlines()[0] if str(error) else one_line(error)
        where = f"{source}" if isinstance(source, str | Path) else "What was given"
        raise BadUtilities(
            f"{where} can't be read as a table ({what}). Expected a CSV or Parquet file, a dataframe, or a mapping "
            "from column names to values."
        ) from None


def _foreign(source: Any) -> pl.DataFrame:
    """A mapping, or a pandas dataframe column by column."""
    if hasattr(source, "columns") and hasattr(source, "to_dict"):
        names = [str(name) for name in source.columns]
        if len(set(names)) < len(names):
            raise BadUtilities("Two columns have the same name; give each being a name of its own.")
        return pl.DataFrame({name: source.iloc[:, i].tolist() for i, name in enumerate(names)}, strict=False)
    return pl.DataFrame(source, strict=False)


def _read_file(path: Path) -> pl.DataFrame:
    try:
        if path.suffix.lower() in (".parquet", ".pq"):
            return pl.read_parquet(path, glob=False)
        with path.open(encoding="utf-8-sig", newline="") as file:
            lead = list(takewhile(lambda line: line.startswith("#"), file))
            file.seek(0)
            header = next(csv.reader(islice(file, len(lead), None)), [])
    except OSError as error:
        raise BadUtilities(f"{path} can't be read ({os_reason(error)}). Name a CSV or Parquet file.") from None
    names = [name.strip() for name in header]
    if len(names) == 1 and ";" in names[0]:
        raise BadUtilities(f"{path} is separated by semicolons; expected commas, and points in numbers.")
    if twice := [name for i, name in enumerate(names) if name in names[:i]]:
        raise BadUtilities(f"{path} has the column {twice[0]!r} twice; give each being a name of its own.")
    frame = pl.read_csv(path, infer_schema_length=None, null_values=MISSING, glob=False, skip_lines=len(lead))
    return frame.rename({old: old.strip() for old in frame.columns})


def _wide(frame: pl.DataFrame) -> dict[str, Any]:
    """The parts of a table with a row an option and a column a being."""
    first = OPTION if OPTION in frame.columns else frame.columns[0]
    if first != OPTION and frame.schema[first].is_numeric():
        raise BadUtilities(
            f"No column names the options: the first, {first!r}, holds numbers. Expected the options' names in the "
            "first column, or in one that is called 'option'."
        )
    options = _names(frame[first], "option")
    others = [name for name in frame.columns if name != first]
    ends = {name.removesuffix("_low") for name in others if name.endswith("_low")}
    ends &= {name.removesuffix("_high") for name in others if name.endswith("_high")}
    beings = list(dict.fromkeys(_being(name, ends) for name in others))
    _check_size(len(options), len(beings))
    empty = np.full(len(options), np.nan)
    columns = {name: _numbers(frame[name]) for name in others}
    value, low, high = (
        np.stack([columns.get(f"{being}{end}", empty) for being in beings], axis=1)
        if beings
        else np.empty((len(options), 0))
        for end in ("", "_low", "_high")
    )
    interval = {"low": low, "high": high} if ends else {}
    return {"options": options, "beings": beings, "value": value, "draws": None} | interval


def _being(column: str, with_ends: set[str]) -> str:
    for end in ("_low", "_high"):
        if column.endswith(end) and column.removesuffix(end) in with_ends:
            return column.removesuffix(end)
    return column


def _long(frame: pl.DataFrame) -> dict[str, Any]:
    """The parts of a table with a row a cell."""
    if unknown := set(frame.columns) - {OPTION, BEING, UTILITY, LOW, HIGH, DRAW}:
        raise BadUtilities(
            f"The long table has a column {min(unknown)!r}; expected option, being, utility, and low, high or draw. "
            "Leave the others out."
        )
    rows, columns = _names(frame[OPTION], "option"), _names(frame[BEING], "being")
    options, beings = list(dict.fromkeys(rows)), list(dict.fromkeys(columns))
    draws = [0] * frame.height if DRAW not in frame.columns else frame[DRAW].to_list()
    depth = list(dict.fromkeys(draws))
    _check_size(len(options) * len(depth), len(beings))
    at = [{name: i for i, name in enumerate(names)} for names in (depth, options, beings)]
    place = tuple(
        np.array([at[k][name] for name in names], dtype=np.intp) for k, names in enumerate((draws, rows, columns))
    )
    flat = np.ravel_multi_index(place, (len(depth), len(options), len(beings)))
    if len(np.unique(flat)) < len(flat):
        twice = int(flat[np.setdiff1d(np.arange(len(flat)), np.unique(flat, return_index=True)[1])[0]])
        d, o, b = np.unravel_index(twice, (len(depth), len(options), len(beings)))
        draw = "" if len(depth) == 1 else f" in draw {depth[int(d)]}"
        raise BadUtilities(f"{options[int(o)]!r} has two values for {beings[int(b)]!r}{draw}; expected one.")

    def laid_out(name: str) -> Floats:
        out = np.full((len(depth), len(options), len(beings)), np.nan)
        if name in frame.columns:
            out[place] = _numbers(frame[name])
        return out

    value = laid_out(UTILITY)
    if len(depth) == 1:
        ends = {"low": laid_out(LOW)[0], "high": laid_out(HIGH)[0]} if {LOW, HIGH} & set(frame.columns) else {}
        return {"options": options, "beings": beings, "value": value[0], "draws": None} | ends
    if {LOW, HIGH} & set(frame.columns):
        raise BadUtilities("A table has draws and intervals; expected one of the two, since draws say more.")
    return {"options": options, "beings": beings} | of_draws(value, options, beings)


def of_draws(draws: Floats, options: Sequence[str], beings: Sequence[str]) -> dict[str, Any]:
    """The parts of a table whose values are known by draws: the mean, and the draws themselves.

    Args:
        draws: `[D, O, B]`.
        options: `O` names.
        beings: `B` names.

    Raises:
        BadUtilities: a draw lacks a value, or has one that is not finite.
    """
    if (bad := np.argwhere(~np.isfinite(draws))).size:
        d, o, b = bad[0]
        raise BadUtilities(
            f"Draw {d + 1} has no finite value of {beings[b]!r} for {options[o]!r}; expected every draw to be a whole "
            "table."
        )
    note = (
        f"{len(draws)} draws say how sure the utilities are. Their mean is what every single answer uses; "
        f"probabilities "
        "and ratios are given over all draws too."
    )
    return {"value": draws.mean(axis=0), "draws": draws, "notes": [note]}


def _names(column: pl.Series, noun: str) -> list[str]:
    if column.null_count():
        row = int(column.is_null().arg_max() or 0)
        raise BadUtilities(f"Row {row + 1} has no name of its {noun}; give every {noun} a name.")
    return [str(name).strip() for name in column.to_list()]


def _numbers(column: pl.Series) -> Floats:
    if column.dtype == pl.Null:
        return np.full(len(column), np.nan)
    try:
        cast = column.cast(pl.Float64)
    except pl.exceptions.PolarsError:
        numbers = column.cast(pl.String).str.strip_chars().cast(pl.Float64, strict=False)
        bad = column.filter(numbers.is_null() & column.is_not_null())
        if len(bad):
            raise BadUtilities(
                f"The column {column.name!r} holds {str(bad[0])[:40]!r}; expected numbers. If it does not name a "
                "being, leave it out."
            ) from None
        cast = numbers
    return cast.fill_null(float("nan")).to_numpy().astype(np.float64)


def _check_size(options: int, beings: int) -> None:
    if options * beings > CELLS:
        raise BadUtilities(
            f"The table has {options:,} x {beings:,} cells; at most {CELLS:,} fit. Compare fewer options at once: what "
            "another option dominates can be left out before."
        )


def _check_beings(beings: Sequence[str]) -> None:
    if len(beings) > BEINGS:
        raise BadUtilities(
            f"The table has {len(beings):,} beings; at most {BEINGS:,} have scales of their own. Make one column of "
            f"those "
            "who want the same, and give their number in a file for groups."
        )


def _known(name: str, beings: Sequence[str]) -> None:
    if name not in beings:
        raise NotFound("being", name, beings)


def read_numbers(
    source: str | Path | Mapping[str, float], column: str, beings: Sequence[str], noun: str
) -> dict[str, float]:
    """Being -> number, from a mapping or a CSV file with `being` and one more column.

    Raises:
        BadUtilities: it can't be read.
        NotFound: a being is not in the table.
    """
    if isinstance(source, Mapping):
        numbers = {str(name): float(value) for name, value in source.items()}
    else:
        frame = read_frame(source)
        if BEING not in frame.columns or column not in frame.columns:
            raise BadUtilities(
                f"{source} has the columns {', '.join(frame.columns)}; expected 'being' and {column!r}, for {noun}."
            )
        names = _names(frame[BEING], "being")
        if len(set(names)) < len(names):
            raise BadUtilities(f"{source} names a being twice; expected one {column} each.")
        numbers = dict(zip(names, _numbers(frame[column]).tolist(), strict=True))
    for name in numbers:
        _known(name, beings)
    return numbers


def _zeros(zeros: float | str | Path | Mapping[str, float] | None, beings: Sequence[str]) -> Floats | None:
    if zeros is None:
        return None
    try:
        everywhere = float(zeros)  # pyright: ignore[reportArgumentType]
    except (TypeError, ValueError):
        numbers = read_numbers(zeros, "zero", beings, "the neutral points")  # pyright: ignore[reportArgumentType]
        told = np.array([numbers.get(name, np.nan) for name in beings])
    else:
        told = np.full(len(beings), everywhere)
    if np.isinf(told).any() or np.isnan(told).all():
        raise BadUtilities(f"A neutral point is {zeros!r}; expected finite numbers.")
    return told


def _sizes(groups: str | Path | Mapping[str, float] | None, beings: Sequence[str]) -> Floats | None:
    if groups is None:
        return None
    numbers = read_numbers(groups, "size", beings, "the sizes of groups")
    if without := [name for name in beings if name not in numbers]:
        raise BadUtilities(f"No size is given for {without[0]!r}; expected one for every group. A single being has 1.")
    return np.array([numbers[name] for name in beings])
