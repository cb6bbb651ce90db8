"""Tables in every form that is allowed, and every bad one with what is wrong and what to do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from teloscope import welfare
from teloscope.errors import BadUtilities, NotFound
from teloscope.welfare import read_utilities

WIDE = "option,cow,hen\nbeef,-10,0\nchicken,0,-40\n"
LONG = "option,being,utility\nbeef,cow,-10\nbeef,hen,0\nchicken,cow,0\nchicken,hen,-40\n"


def written(folder: Path, text: str, name: str = "options.csv") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def same(u) -> bool:
    return u.options == ("beef", "chicken") and u.beings == ("cow", "hen") and u.value.tolist() == [[-10, 0], [0, -40]]


@pytest.mark.parametrize("text", [WIDE, LONG, "\ufeff" + WIDE, "# a comment\n" + WIDE, WIDE.replace(",", " ,")])
def test_a_csv_file_is_read(text: str, tmp_path: Path) -> None:
    assert same(read_utilities(written(tmp_path, text)))


def test_a_name_may_begin_with_a_number_sign(tmp_path: Path) -> None:
    assert read_utilities(written(tmp_path, "# said, said\noption,a\n#1,3\n#2,4\n")).options == ("#1", "#2")


def test_parquet_frames_and_mappings_are_read(tmp_path: Path) -> None:
    frame = pl.DataFrame({"option": ["beef", "chicken"], "cow": [-10, 0], "hen": [0, -40]})
    frame.write_parquet(tmp_path / "options.parquet")
    for source in (
        tmp_path / "options.parquet",
        str(tmp_path / "options.parquet"),
        frame,
        frame.lazy(),
        frame.to_dict(),
    ):
        assert same(read_utilities(source))


def test_a_pandas_frame_is_read() -> None:
    pandas = pytest.importorskip("pandas")
    assert same(read_utilities(pandas.DataFrame({"option": ["beef", "chicken"], "cow": [-10, 0], "hen": [0, -40]})))


def test_intervals_stand_in_two_columns(tmp_path: Path) -> None:
    u = read_utilities(written(tmp_path, "option,hen_low,hen_high,cow\na,1,3,0\nb,0,0,1\n"))
    assert u.beings == ("hen", "cow")
    assert (u.low[0, 0], u.value[0, 0], u.high[0, 0]) == (1, 2, 3)


def test_a_name_that_merely_ends_in_low_is_a_being(tmp_path: Path) -> None:
    assert read_utilities(written(tmp_path, "option,hen_low,cow\na,1,0\nb,0,1\n")).beings == ("hen_low", "cow")


def test_long_intervals_and_draws(tmp_path: Path) -> None:
    u = read_utilities(written(tmp_path, "option,being,utility,low,high\na,x,1,0,2\nb,x,0,0,0\n"))
    assert (u.low[0, 0], u.high[0, 0]) == (0, 2)
    rows = "".join(f"{d},{o},x,{v}\n" for d, o, v in ((1, "a", 1), (1, "b", 0), (2, "a", 3), (2, "b", 5)))
    u = read_utilities(written(tmp_path, "draw,option,being,utility\n" + rows))
    assert u.value.tolist() == [[2], [2.5]]
    assert u.draws is not None and u.draws.shape == (2, 2, 1)


def test_a_missing_cell_has_the_bounds_of_its_column_and_that_is_said(tmp_path: Path) -> None:
    u = read_utilities(written(tmp_path, "option,hen,cow\na,NA,1\nb,2,0\nc,6,0\n"))
    assert (u.low[0, 0], u.value[0, 0], u.high[0, 0]) == (2, 4, 6)
    assert "What hen gets from a is missing" in u.notes[0] and "2 to 6" in u.notes[0]


BAD_TABLES = {
    "option,a\nx,1\nx,2\n": "'x' is there twice",
    "option,a,a\nx,1,2\ny,2,1\n": "the column 'a' twice",
    "option,a\nx,1\n": "nothing to compare",
    "option,a\n": "no rows",
    "option\nx\ny\n": "no beings",
    "": "can't be read as a table",
    "option,a\nx,inf\ny,1\n": "infinite utility",
    "option,a\nx,-inf\ny,1\n": "infinite utility",
    "option,a\nx,1e200\ny,1\n": "too large",
    "option,a\nx,good\ny,1\n": "'good'; expected numbers",
    "option,a,b\nx,,1\ny,,2\n": "'a' is empty",
    "option,a,b\nx,1,nan\ny,2,NaN\n": "'b' is empty",
    "a,b\n1,2\n3,4\n": "No column names the options",
    "option,a\n,1\ny,2\n": "has no name",
    "option,a_low,a_high\nx,3,1\ny,0,0\n": "low <= value <= high",
    "option,a,a_low,a_high\nx,9,1,3\ny,0,0,0\n": "low <= value <= high",
    "option,being,utility\nx,a,1\nx,a,2\ny,a,0\n": "two values for 'a'",
    "option,being,utility,note\nx,a,1,hm\ny,a,2,hm\n": "column 'note'",
    "option,being,utility,draw\nx,a,1,1\ny,a,2,1\nx,a,1,2\n": "no finite value of 'a' for 'y'",
    "option,being,utility,draw,low\nx,a,1,1,0\ny,a,2,1,0\nx,a,1,2,0\ny,a,1,2,0\n": "draws and intervals",
}


@pytest.mark.parametrize("text", BAD_TABLES)
def test_a_bad_table_is_explained(text: str, tmp_path: Path) -> None:
    with pytest.raises(BadUtilities) as error:
        welfare.compare(written(tmp_path, text))
    assert BAD_TABLES[text] in str(error.value)


@pytest.mark.parametrize(
    ("source", "words"),
    [("nowhere.csv", "it is not there"), (3, "can't be read as a table"), ({"option": ["a", "b"], "x": [1]}, "table")],
)
def test_what_is_no_table_is_explained(source, words: str) -> None:
    with pytest.raises(BadUtilities, match=words):
        welfare.compare(source)


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        ({"cow": 2.5, "hen": 1}, "2.5 beings; expected a whole number"),
        ({"cow": -3, "hen": 1}, "-3 beings"),
        ({"cow": 0, "hen": 1}, "Leave out a group that has none"),
        ({"cow": float("nan"), "hen": 1}, "expected a whole number"),
        ({"cow": float("inf"), "hen": 1}, "expected a whole number"),
        ({"cow": 2}, "No size is given for 'hen'"),
    ],
)
def test_a_bad_size_is_explained(groups, words: str, tmp_path: Path) -> None:
    with pytest.raises(BadUtilities, match=words):
        welfare.compare(written(tmp_path, WIDE), groups=groups)


def test_beings_that_are_not_there_are_suggested(tmp_path: Path) -> None:
    path = written(tmp_path, WIDE)
    for asked in ({"groups": {"cwo": 2}}, {"zeros": {"cwo": 0}}, {"ordinal": ["cwo"]}):
        with pytest.raises(NotFound, match="Did you mean 'cow'"):
            welfare.compare(path, **asked)  # pyright: ignore[reportArgumentType]


def test_sizes_and_zeros_come_from_files(tmp_path: Path) -> None:
    sizes = written(tmp_path, "being,size\ncow,3\nhen,900\n", "sizes.csv")
    zeros = written(tmp_path, "being,zero\ncow,-12\n", "zeros.csv")
    u = read_utilities(written(tmp_path, WIDE), zeros=zeros, groups=sizes)
    assert u.sizes.tolist() == [3, 900]
    assert u.zeros[0] == -12 and np.isnan(u.zeros[1])
    assert read_utilities(written(tmp_path, WIDE), zeros="-1.5").zeros.tolist() == [-1.5, -1.5]
    with pytest.raises(BadUtilities, match="expected 'being' and 'size'"):
        read_utilities(written(tmp_path, WIDE), groups=zeros)
    with pytest.raises(BadUtilities, match="finite"):
        read_utilities(written(tmp_path, WIDE), zeros=float("inf"))


def test_draws_of_an_ordinal_being_are_refused() -> None:
    draws = {"option": ["a", "b", "a", "b"], "being": ["x"] * 4, "utility": [1, 2, 2, 1], "draw": [1, 1, 2, 2]}
    with pytest.raises(BadUtilities, match="has draws"):
        read_utilities(draws, ordinal=["x"])


def test_constant_columns_are_said_to_tell_nothing() -> None:
    found = welfare.compare({"option": ["a", "b"], "x": [1, 2], "stone": [3, 3]})
    assert any(note.startswith("All options are the same to stone") for note in found.document().notes)
    assert found.document().beings[1].constant


def test_hundreds_of_thousands_of_rows_stream() -> None:
    """Opposed values leave a small front; what is dominated is named. A million rows: bench/welfare.py."""
    rng = np.random.default_rng(0)
    x = rng.random(200_000)
    frame = pl.DataFrame({"option": np.arange(200_000).astype(str), "a": x, "b": np.round(1 - x, 2)})
    found = welfare.compare(frame)
    assert len(found.options()) == 200_000
    assert found.document().n_undominated < 200
    assert found.document().listed == 1000
    first = found.options().row(0, named=True)
    assert first["status"] == "undominated" or first["by"] is not None


def test_too_many_undominated_options_are_refused() -> None:
    x = np.linspace(0, 1, 20_000)
    with pytest.raises(BadUtilities, match="5,000 options are undominated"):
        welfare.compare({"option": [f"o{i}" for i in range(len(x))], "a": x, "b": 1 - x})


@pytest.mark.parametrize("asked", [{"unit": "metre"}, {"seed": -1}])
def test_other_arguments_are_checked(asked) -> None:
    with pytest.raises(BadUtilities, match="expected"):
        welfare.compare({"option": ["a", "b"], "x": [1, 2]}, **asked)


def test_huge_and_tiny_units_say_the_same() -> None:
    table = {"option": ["a", "b", "c"], "x": np.array([3.0, 2, 0]), "y": np.array([0.0, 2, 3])}
    one = welfare.compare(table).ratios()["ratio"].to_numpy()
    two = welfare.compare(table | {"x": table["x"] * 1e-140, "y": table["y"] * 1e140}).ratios()["ratio"].to_numpy()
    np.testing.assert_allclose(one, two, rtol=1e-9)
