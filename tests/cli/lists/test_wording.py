"""`worlds --check` and `--wish` as a user types them."""

from __future__ import annotations

from pathlib import Path

import pytest

WISH = 'worlds errands:dev-0 --wish "never break anything"'


def test_a_checked_world_is_fine_or_says_what_is_not(typed) -> None:
    done = typed("worlds errands:dev-1 --check")
    assert done.status == 0 and "is told:" in done.out and "--engine" in done.out
    found = typed("worlds errands:dev-1 --check --json").document
    assert found["kind"] == "wording" and found["fine"] and found["engine"] is None
    silent = typed("worlds errands:dev-1 --check --engine null:uniform")
    assert silent.status == 1 and "can't tell" in silent.out


def test_a_wish_is_proposed_then_taken_then_used(typed, tmp_path: Path) -> None:
    shown = typed(WISH)
    assert shown.status == 0 and "reach(lamp_broken)" in shown.out and "proposals" in shown.out
    taken = typed(f"{WISH} --take 1 --out values.toml")
    assert taken.status == 0 and "Taken: reach(lamp_broken)" in taken.out
    assert (tmp_path / "values.toml").read_text() == '# never break anything\navoid = ["reach(lamp_broken)"]\n'
    checked = typed("worlds errands:dev-0 --check --values values.toml --json").document
    assert [row["regime"] for row in checked["values"]] == ["reach(lamp_broken)"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("worlds --check", "need a world"),
        ("worlds errands:dev-0 --wish sing", "No feature of the world"),
        (f"{WISH} --take 9", "numbers from 1 to"),
        (f"{WISH} --take 1 --out /dev/null/values.toml", "can't be written"),
        ("worlds CartPole-v1 --check", "no table"),
        ("worlds errands:deV-0", "is no errand"),
    ],
)
def test_mistakes_are_said(line: str, said: str, typed) -> None:
    done = typed(line)
    assert done.status == 2 and said in " ".join(done.err.split())
