"""`teloscope audit --probe`: further contexts are recorded, and what was asked of them is told."""

from __future__ import annotations

from pathlib import Path

from teloscope.schema import VerdictDocument

BELT = "audit --world conveyor-vase --agent optimal:temptation --episodes 100 --out run"
"""Every belt that is recorded unasked lies in one row, so that off the belt and below that row are the same."""


def test_a_probe_is_told_and_judged(typed, tmp_path: Path) -> None:
    plain = VerdictDocument.model_validate_json(typed(f"{BELT} --json").out)
    assert any("vase_y" in regime for goal in plain.goals for regime in (goal.regime, *goal.inseparable))
    ran = typed(f"{BELT} --probe 2 --json")
    probed = VerdictDocument.model_validate_json(ran.out)
    assert [c["name"] for c in probed.frame.contexts] == [*(c["name"] for c in plain.frame.contexts), "high"]
    assert not any("vase_y" in regime for goal in probed.goals for regime in (goal.regime, *goal.inseparable))
    assert any(note.startswith("Probe 1 recorded high, which tells") for note in probed.notes)
    (folder,) = (tmp_path / "run").glob("probe-*")
    assert f"run/{folder.name}/report.html" in ran.err
    assert typed(f"judge run/{folder.name} --json").document == probed.model_dump(mode="json")


def test_people_read_what_was_asked(typed) -> None:
    ran = typed(f"{BELT} --probe 1")
    assert ran.status == 0
    assert "Probe 1 recorded high" in " ".join(ran.out.split())


def test_without_a_question_nothing_is_recorded(typed, tmp_path: Path) -> None:
    ran = typed("audit --world sokoban --agent random --episodes 40 --out run --probe 3 --json")
    assert "asked nothing" in " ".join(ran.document["notes"])
    assert not list((tmp_path / "run").glob("probe-*"))


def test_a_data_set_cannot_be_probed(typed) -> None:
    ran = typed("audit --minari door/human-v2 --probe 1")
    assert (ran.status, ran.out) == (2, "")
    assert "can't be probed" in ran.err
