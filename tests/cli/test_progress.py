"""Progress: plain lines where nobody watches a terminal, and never on standard output."""

from __future__ import annotations

from pathlib import Path

from teloscope.cli.console import progress_bar


def test_plain_lines_where_it_is_piped(capsys) -> None:
    with progress_bar() as tell:
        for done in range(1, 101):
            tell(done, 100, "agent in train")
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [f"{n}/100 agent in train" for n in (1, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100)]


def test_a_terminal_gets_a_bar(capsys, monkeypatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    with progress_bar() as tell:
        tell(3, 7, "agent in train")
    out, err = capsys.readouterr()
    assert out == ""
    assert "3/7" in err
    assert "\x1b[" in err


def test_a_recording_names_its_folder_and_nothing_else(typed, tmp_path: Path) -> None:
    ran = typed("record --world island --agent random --episodes 2 --out deep/er")
    assert ran.out == "deep/er\n"
    assert (tmp_path / "deep" / "er" / "manifest.json").exists()
    assert ran.err.splitlines()[-1].startswith("36/36")
