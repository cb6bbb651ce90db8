"""`teloscope profiles`: lists, shows what can be saved and used, and says what is wrong with a file."""

from __future__ import annotations

from pathlib import Path

from teloscope.scaffolds.profiles import PROFILES, profile


def test_profiles_have_one_line_each(typed) -> None:
    lines = typed("profiles").out.splitlines()
    assert [line.split()[0] for line in lines] == list(PROFILES)
    assert [row["about"] for row in typed("profiles --json").document] == [profile(name).about for name in PROFILES]


def test_what_is_shown_can_be_saved_and_used(typed) -> None:
    for name in PROFILES:
        Path("mine.toml").write_text(typed(f"profiles {name}").out)
        assert profile("mine.toml") == profile(name)


def test_a_file_of_ones_own(typed) -> None:
    Path("mine.toml").write_text('about = "x"\n[act]\nchecks = ["stated-harm"]\nwhen_blocked = "ask"\n')
    shown = typed("profiles mine.toml").out
    assert "mine: x" in shown and "thought  free" in shown
    assert "act      stated-harm; a person is asked" in shown
    assert typed("profiles mine.toml --json").document["stated-harm"]["by"] == "read"


def test_mistakes(typed) -> None:
    ran = typed("profiles reseacher")
    assert (ran.status, ran.out) == (2, "") and "Did you mean 'researcher'" in ran.err
    Path("mine.toml").write_text("[act]\nchekcs = []")
    ran = typed("profiles mine.toml")
    assert ran.status == 2 and "mine.toml" in ran.err and "Did you mean `checks`" in ran.err
