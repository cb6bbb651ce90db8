"""`teloscope affect` as a user types it."""

from __future__ import annotations

from pathlib import Path

from teloscope.schema import AffectDocument

QUICK = "--candidate slow --episodes 4 --steps 60 --clones 4 --directions 20 --quick"


def test_planted_minds_are_asked_and_shown(typed, tmp_path: Path) -> None:
    ran = typed(f"affect battery --agent planted:full {QUICK} --out page.html")
    assert ran.status == 0
    for part in ("planted:full", "Five criteria", "Ten tests", "What may not be claimed", "page.html"):
        assert part in ran.out
    assert (tmp_path / "page.html").read_text("utf-8").startswith("<!doctype html>")


def test_everything_is_one_document(typed) -> None:
    ran = typed(f"affect battery --agent planted:value {QUICK} --json")
    document = AffectDocument.model_validate(ran.document)
    assert document.verdict == "value"


def test_mistakes_are_told_without_a_traceback(typed, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("Three = 3\n")
    for command, said in (
        ("affect battery", "No subject was named"),
        ("affect battery --agent nothing.eqx", "'nothing.eqx' not found"),
        ("affect battery --agent planted:ful", "Did you mean 'full'"),
        ("affect battery --agent mine:Three", "--trust"),
        ("affect battery --agent mine:Three --trust", "not a subject"),
        ("affect calibrate --subjects 1", "at least 2"),
        ("affect calibrate --kinds nobody", "not found"),
    ):
        ran = typed(command)
        assert ran.status == 2, command
        assert said in " ".join(ran.err.split()), (command, ran.err)
        assert "Traceback" not in ran.err
