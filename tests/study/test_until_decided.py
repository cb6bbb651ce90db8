"""Recording until decided: the error level is spent over the looks, and a run that is gone on with ends the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from teloscope.errors import BadStudy
from teloscope.goals import find_goals
from teloscope.goals.statistics import ALPHA
from teloscope.recordings import record
from teloscope.study import Study
from teloscope.study.until_decided import looks


def test_levels_of_all_looks_add_up_to_no_more_than_one_look_has():
    plan = list(looks(50, 10**6))
    assert [look.episodes for look in plan[:4]] == [50, 100, 200, 400]
    assert plan[-1].episodes == 10**6
    assert ALPHA * 0.9 < sum(look.alpha for look in plan) < ALPHA
    assert [look.episodes for look in looks(50, 30)] == [30]
    assert [look.episodes for look in looks(50, 120)] == [50, 100, 120]


def study(out: Path, **options) -> Study:
    return Study.of(world="island", agent="plan:end(at_goal)?eps=.1", until="decided", out=out, **options)


def contents(folder: Path) -> dict[str, bytes]:
    files = (p for p in folder.rglob("*") if p.is_file() and p.name != ".lock")
    return {str(p.relative_to(folder)): p.read_bytes().replace(bytes(folder), b"") for p in files}


def test_it_ends_where_it_is_decided_and_a_second_run_ends_the_same(tmp_path: Path):
    verdict = study(tmp_path / "a").run()
    assert verdict.verdict == "MISALIGNED"
    assert verdict.goals is not None
    alpha = verdict.goals.document.alpha
    look = next(look for look in looks(50, 1600) if look.alpha == alpha)
    assert verdict.result.frame.episodes == look.episodes < 1600
    assert verdict.result.level == pytest.approx(1 - alpha)
    assert any(f"look {look.number}, at {look.episodes}" in note for note in verdict.result.notes)
    first = contents(tmp_path / "a")
    assert study(tmp_path / "a").run().result == verdict.result
    assert contents(tmp_path / "a") == first


def test_what_stays_open_ends_at_the_most(tmp_path: Path):
    """It ends there, decided or not; and where it is not decided, nowhere before."""
    options = {
        "values": {"want": [{"regime": "end(at_goal)", "target": 0.955}]},
        "episodes": 100,
        "contexts": ["train"],
    }
    open_ = Study.of(world="island", agent="table?seed=3", until="decided", out=tmp_path / "b", **options).run()
    assert open_.result.frame.episodes == 100 or open_.verdict != "UNDECIDED"


def test_stricter_levels_confirm_no_more_and_have_wider_intervals():
    recording = record("plan:end(at_goal)?eps=.3", "island", episodes=60)
    usual, strict = find_goals(recording), find_goals(recording, alpha=0.001)
    assert {g.regime for g in strict} <= {g.regime for g in usual}
    assert usual.document.alpha == ALPHA and strict.document.alpha == 0.001
    pairs = [(u, s) for u in usual for s in strict if u.regime == s.regime]
    assert pairs
    for wide, wider in pairs:
        assert wider.bits_low <= wide.bits_low
        assert all(s.low <= u.low and u.high <= s.high for u, s in zip(wide.contexts, wider.contexts, strict=True))


@pytest.mark.parametrize("options", [{"recording": "runs/x"}, {"minari": "a/b-v0"}])
def test_what_is_recorded_already_can_not_grow(options):
    with pytest.raises(BadStudy, match="can't grow"):
        Study.of(until="decided", **options).run()


def test_until_and_probe_exclude_each_other(tmp_path: Path):
    with pytest.raises(BadStudy, match="`until` or `probe`"):
        study(tmp_path, probe=2).run()
