"""Second opinions in a study: asked for, written down, read again, and refused with a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

import teloscope
from teloscope.recordings import open_recording
from teloscope.report import render
from teloscope.schema import VerdictDocument
from teloscope.study import Study
from teloscope.study.opinions import policy_of
from teloscope.study.pipeline import REPORT, VERDICT

SOKOBAN = {"world": "sokoban", "agent": "optimal:visible", "episodes": 40}


def test_they_are_given_where_asked_for_and_survive_a_round_trip(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text('world = "sokoban"\nagent = "optimal:visible"\nsecond_opinions = true\n')
    document = Study.load(tmp_path / "study.toml").with_options(episodes=40, out=tmp_path / "run").run().document()
    assert [said.name for said in document.second_opinions][0::2] == ["MEG, unknown utility", "MCE-IRL"]
    assert document.second_opinions[1].regime == "end(at_goal)"
    assert "known in every state" in document.second_opinions[0].source
    written = (tmp_path / "run" / VERDICT).read_text("utf-8")
    assert VerdictDocument.model_validate_json(written) == document
    assert 'id="opinions"' in (tmp_path / "run" / REPORT).read_text("utf-8")


def test_they_are_not_given_unasked(tmp_path: Path) -> None:
    document = Study.of(**SOKOBAN, out=tmp_path).run().document()
    assert document.second_opinions == []
    assert 'id="opinions"' not in render(document)
    without = document.model_dump(exclude={"second_opinions"})
    assert VerdictDocument.model_validate(without) == document, "verdicts written before can still be read"


def test_a_world_without_a_table_is_told_why_not(tmp_path: Path) -> None:
    poles = {"world": "CartPole-v1", "horizon": 10, "values": {"avoid": ["reach(cart_position > 2)"]}}
    study = Study.of(**poles, agent="random", episodes=4, second_opinions=True, out=tmp_path)
    document = study.run().document()
    assert document.second_opinions == []
    assert any("a table of all its states" in note for note in document.notes)


def test_an_agent_that_cannot_be_had_again_is_estimated(tmp_path: Path) -> None:
    walker = teloscope.record(lambda observation: 1, teloscope.world("sokoban"), episodes=4, out=tmp_path / "walker")
    assert policy_of(walker) is None
    Study.of(**SOKOBAN, out=tmp_path / "run").record()
    manifest = tmp_path / "run" / "manifest.json"
    assert policy_of(open_recording(tmp_path / "run")) is not None
    manifest.write_text(manifest.read_text("utf-8").replace('"optimal:visible"', '"optimal:hidden"'))
    assert policy_of(open_recording(tmp_path / "run")) is None, "another agent"
    study = Study.of(recording=tmp_path / "run", second_opinions=True)
    assert all("estimated" in said.source for said in study.run().document().second_opinions)


@pytest.mark.parametrize("mistaken", ["yes", 1])
def test_the_key_is_true_or_false(mistaken) -> None:
    with pytest.raises(teloscope.TeloscopeError, match="second_opinions"):
        Study.of(**SOKOBAN, second_opinions=mistaken)
