"""The terminal shows what other people wrote and obeys none of it, in any script."""

from __future__ import annotations

import io
import json

import pytest
from rich.progress import Progress

from teloscope.cli.console import print_error, print_json, print_message
from teloscope.report.shared.safe_console import SafeConsole

ODD = [chr(i) for i in (*range(9), *range(11, 32), *range(0x7F, 0xA0))]
ODD += list("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\ufeff")
"""Control characters and marks of direction; tabs and line ends are laid out by the console."""
SCRIPTS = "שלום עולם · مرحبا · 花瓶碎了 · แจกัน · फूलदान टूट गया · ваза · 꽃병 · می\u200cخواهم · 👩\u200d🔬 🏳️\u200d🌈"


@pytest.mark.parametrize("say", [print_message, print_error])
def test_messages_show_control_characters(say, capsys: pytest.CaptureFixture[str]) -> None:
    say("".join(f"<{char}>" for char in ODD))
    said = capsys.readouterr().err
    assert [char for char in ODD if char in said] == []
    assert "<\\x1b>" in said and "<\\u202e>" in said


def test_json_says_the_same_and_shows_them(capsys: pytest.CaptureFixture[str]) -> None:
    text = "".join(ODD) + SCRIPTS + "\U000e0041"
    print_json({"name": text})
    said = capsys.readouterr().out
    assert [char for char in ODD if char in said] == []
    assert json.loads(said) == {"name": text}
    assert "花瓶碎了" in said


def test_any_script_is_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    print_message(SCRIPTS)
    assert capsys.readouterr().err.strip() == SCRIPTS


def test_progress_and_markup_are_safe_too() -> None:
    out = io.StringIO()
    console = SafeConsole(file=out, force_terminal=True, width=80)
    with Progress(console=console) as bar:
        bar.add_task("record \x1b]0;pwned\x07 \u202eevil", total=3)
    assert "\x1b]0" not in out.getvalue() and "\u202e" not in out.getvalue()
    assert "\x1b[" in out.getvalue(), "the console's own colours are left"
