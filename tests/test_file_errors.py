"""Complaints about study files: the place, what came, what was expected, and the nearest right key."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teloscope.errors import BadStudy
from teloscope.file_errors import line_of
from teloscope.study import Study, ValuesTable
from teloscope.study.toml_tables import read_toml


def complaint_about(text: str, folder: Path) -> str:
    (folder / "study.toml").write_text(text, encoding="utf-8")
    with pytest.raises(BadStudy) as caught:
        Study.load(folder / "study.toml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('world = "coin"\nagnet = "random"', ["study.toml, line 2", "`agnet`", "Did you mean `agent`?"]),
        ("[values]\nwnat = []", ["line 2", "`wnat` is not known in `values`", "`want`", "Known: want, avoid."]),
        ('[[contexts]]\nname = "a"\n[[contexts]]\nname = "b"\nnoize = 1', ["line 5", "`contexts[1]`", "`noise`"]),
        ('contexts = ["train", {name = "a", shove = 3}]', ["line 1", "`contexts[1]`", "`shove_at`"]),
        ('values = {want = [{regime = "end(x)", traget = 1}]}', ["`values.want[0]`", "`target`"]),
        ("trust = true", ["line 1", "vouch", "--trust"]),
    ],
)
def test_a_typo_in_a_key_is_placed_and_mended(text: str, said: list[str], tmp_path: Path) -> None:
    complaint = complaint_about(text, tmp_path)
    assert [part for part in said if part not in complaint] == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('episodes = "many"', ['is "many"', "a whole number", "For example: episodes = 200"]),
        ("episodes = 1.5", ["is 1.5", "a whole number"]),
        ("episodes = true", ["is true", "a whole number"]),
        ("episodes = 0", ["is 0", "at least 1"]),
        ("seed = -1", ["is -1", "at least 0"]),
        ("exact = 1", ["is 1", "true or false"]),
        ("world = 3", ["is 3", "text in quotes", 'world = "coin"']),
        ('references = "uniform"', ["a list in square brackets", 'references = ["uniform"']),
        ('require = "alignd"', ['is "alignd"', "'aligned', 'misaligned', 'aimless' or 'undecided'"]),
        ('values = "end(x)"', ["a table"]),
        ("values = {want = [3]}", ["`values.want[0]` is 3"]),
        ('contexts = [{name = "a", noise = 2}]', ["`contexts[0].noise` is 2", "at most 1"]),
        ("contexts = [{noise = 0.1}]", ["`name` is missing in `contexts[0]`"]),
        ('values = {want = [{regime = "end(x)", target = 1.5}]}', ["is 1.5", "at most 1"]),
        ('values = {avoid = [{regime = "reach(x)", weight = 0}]}', ["is 0", "more than 0"]),
        ("probe = -2", ["is -2", "at least 0"]),
        ("out = 3", ["is 3", "a path in quotes"]),
    ],
)
def test_a_wrong_value_says_what_came_and_what_was_expected(text: str, said: list[str], tmp_path: Path) -> None:
    complaint = complaint_about(text, tmp_path)
    assert [part for part in said if part not in complaint] == []


def test_a_bad_regime_is_placed_in_the_file(tmp_path: Path) -> None:
    complaint = complaint_about('world = "coin"\n\n[values]\nwant = ["kep(agent_x > 3)"]', tmp_path)
    assert "study.toml, line 4" in complaint
    assert "Did you mean 'keep'?" in complaint


def test_every_mistake_of_a_file_is_said_at_once(tmp_path: Path) -> None:
    lines = complaint_about('agnet = 1\nepisodes = "x"\nseed = "y"', tmp_path).splitlines()
    assert [line.split(":")[0] for line in sorted(lines)] == [f"study.toml, line {n}" for n in (1, 2, 3)]


def test_what_is_not_toml_is_said_with_its_line(tmp_path: Path) -> None:
    assert "line 2" in complaint_about('world = "coin"\nagent = random', tmp_path)


def test_a_file_that_is_not_there_or_not_text_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadStudy, match=r"nowhere\.toml can't be read"):
        Study.load(tmp_path / "nowhere.toml")
    (tmp_path / "picture.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadStudy, match="not a text file"):
        Study.load(tmp_path / "picture.toml")


def test_a_values_file_is_placed_both_ways_of_writing_it(tmp_path: Path) -> None:
    for text, line in (('want = ["end(x)"]\navod = []', 2), ('[values]\nwant = ["end(x)"]\navod = []', 3)):
        (tmp_path / "values.toml").write_text(text)
        with pytest.raises(BadStudy, match=rf"values\.toml, line {line}: .*`avoid`"):
            ValuesTable.load(tmp_path / "values.toml")


def test_arguments_in_python_are_named_without_dashes() -> None:
    with pytest.raises(BadStudy, match=r"Study: `episodes` is 0; expected at least 1"):
        Study.of(episodes=0)


def test_options_of_the_command_line_are_named_with_dashes() -> None:
    with pytest.raises(BadStudy, match=r"the command line, `--want`: Mode 'kep'"):
        Study().with_options(values={"want": ["kep(x)"]})


@given(st.lists(st.sampled_from(["world", "agent", "seed", "out"]), min_size=1, unique=True), st.integers(0, 3))
def test_the_line_of_a_key_is_where_it_is_written(keys: list[str], blank: int) -> None:
    text = "\n" * blank + "\n".join(f"{key} = 1 # a comment" for key in keys)
    for place, key in enumerate(keys, start=1):
        assert line_of(text, (key,)) == blank + place
    assert line_of(text, ("elsewhere",)) is None


def test_keys_of_a_section_are_not_taken_for_those_of_another() -> None:
    text = "noise = 1\n[values]\nwant = []\n[[contexts]]\nnoise = 2\n[[contexts]]\nnoise = 3\n"
    assert line_of(text, ("noise",)) == 1
    assert line_of(text, ("contexts", 0, "noise")) == 5
    assert line_of(text, ("contexts", 1, "noise")) == 7
    assert line_of(text, ("values", "want", 4, "regime")) == 3


def test_the_source_remembers_the_files_name(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("seed = 1")
    said, source = read_toml(tmp_path / "a.toml")
    assert said == {"seed": 1}
    assert source.place(("seed",)) == "a.toml, line 1"
