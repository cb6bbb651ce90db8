"""The calibration: pieces are kept and gone on with, splits differ, and rates are counted on the right side."""

from __future__ import annotations

from pathlib import Path

import pytest

from teloscope.affect.examination.assess import EVERYTHING
from teloscope.affect.planted import calibrate as module
from teloscope.affect.planted.calibrate import ALL_KINDS, SEEDS, calibrate
from teloscope.errors import BadStudy, NotFound


def test_pieces_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "EPISODES", 4)
    monkeypatch.setattr(module, "STEPS", 60)
    monkeypatch.setattr(module, "CLONES", 4)
    monkeypatch.setattr(module, "DIRECTIONS", 32)
    first = calibrate(subjects=2, kinds=["full", "value"], keep=tmp_path)
    asked = len(list(tmp_path.glob("*.json")))
    assert asked == 2

    def refuse(*arguments):
        raise AssertionError("this piece is there already")

    monkeypatch.setattr(module, "ask", refuse)
    again = calibrate(subjects=2, kinds=["full", "value"], keep=tmp_path)
    assert again.rates == first.rates and again.verdicts == first.verdicts
    value = next(v for v in first.verdicts if v.kind == "value")
    assert value.called == {"value": 2} and value.holds
    assert {r.side for r in first.rates if r.test == "adds"} == {"has", "lacks"}


def test_every_test_has_planted_subjects_on_both_sides() -> None:
    for side in ("has", "lacks"):
        known = {test for made in ALL_KINDS.values() for test in getattr(made, side)}
        assert known == set(EVERYTHING)


def test_the_splits_share_no_seed() -> None:
    assert abs(SEEDS["development"] - SEEDS["confirmation"]) > 1000 * (len(ALL_KINDS) + 1)


def test_what_cant_be_calibrated() -> None:
    with pytest.raises(NotFound, match="Did you mean 'value'"):
        calibrate(subjects=2, kinds=["valu"])
    with pytest.raises(BadStudy, match="at least 2"):
        calibrate(subjects=1)
