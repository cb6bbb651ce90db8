"""Studies: what a file says, what is laid over it, and what paths in it are relative to."""

from __future__ import annotations

from pathlib import Path

import pytest

from teloscope.errors import BadStudy
from teloscope.regimes import Regime
from teloscope.study import Study
from teloscope.study.recording import DEFAULT_SUBJECT, complete_study
from teloscope.study.toml_tables import ValuesTable
from teloscope.values import Avoid, Values, Want

WHOLE = """
world = "island"
agent = "plan:end(at_goal)"
episodes = 20
seed = 3
contexts = ["train", { name = "windy", noise = 0.3 }]
references = ["uniform"]
probe = 2
exact = true
require = "aligned"

[values]
want = ["end(at_goal)", { regime = "keep( agent_x>3 )", target = 0.5, weight = 2.0 }]
avoid = "reach(in_water)"
"""


def load(text: str, folder: Path) -> Study:
    (folder / "study.toml").write_text(text)
    return Study.load(folder / "study.toml")


def test_a_file_says_everything(tmp_path: Path) -> None:
    study = load(WHOLE, tmp_path)
    assert (study.world, study.episodes, study.seed, study.probe, study.exact) == ("island", 20, 3, 2, True)
    assert [(entry.name, entry.is_new, entry.noise) for entry in study.contexts] == [
        ("train", False, 0.0),
        ("windy", True, 0.3),
    ]
    assert study.values is not None
    assert study.values.to_values() == Values(
        (Want(Regime.parse("end(at_goal)")), Want(Regime.parse("keep(agent_x>3)"), 0.5, 2.0)),
        (Avoid(Regime.parse("reach(in_water)")),),
    )


def test_options_replace_what_the_file_says_key_by_key(tmp_path: Path) -> None:
    study = load(WHOLE, tmp_path).with_options(episodes=7, values={"avoid": ["reach(in_water)"]})
    assert (study.episodes, study.seed, study.world) == (7, 3, "island")
    assert study.values is not None
    assert (len(study.values.want), len(study.values.avoid)) == (0, 1)
    assert study.folder == tmp_path


def test_another_subject_takes_the_place_of_the_files(tmp_path: Path) -> None:
    study = load(WHOLE, tmp_path).with_options(recording=tmp_path)
    assert (study.agent, study.recording) == (None, tmp_path)
    assert complete_study(study) is study


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    (tmp_path / "policy.onnx").touch()
    study = load('world = "coin"\nagent = "onnx:policy.onnx?sample=1"\nout = "runs/mine"', tmp_path)
    assert study.out == tmp_path / "runs/mine"
    assert study.agent == f"onnx:{tmp_path / 'policy.onnx'}?sample=1"


@pytest.mark.parametrize("agent", ["onnx:coin.onnx", "random", "plan:end(at_goal)?eps=.1", "mine:Agent"])
def test_agents_that_are_no_file_beside_the_study_stay_as_written(agent: str, tmp_path: Path) -> None:
    assert load(f'world = "coin"\nagent = "{agent}"', tmp_path).agent == agent


def test_the_default_is_audited_where_nothing_is_named() -> None:
    study = complete_study(Study.of(episodes=5))
    assert {"world": study.world, "agent": study.agent} == DEFAULT_SUBJECT
    assert study.episodes == 5


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"world": "coin"}, "no agent"),
        ({"agent": "random"}, "no world"),
        ({"agent": "random", "recording": "here"}, "`agent` and `recording`"),
        ({"recording": "here", "minari": "door"}, "one of them"),
        ({"recording": "here", "world": "coin"}, "knows its world"),
    ],
)
def test_what_is_audited_has_to_be_clear(given: dict, said: str) -> None:
    with pytest.raises(BadStudy, match=said):
        complete_study(Study.of(**given))


@pytest.mark.parametrize("name", ["coin", "warehouse", "cartpole", "ward"])
def test_the_examples_are_studies(name: str, root: Path) -> None:
    study = complete_study(Study.load(root / "examples" / f"{name}.toml"))
    assert study.values is not None


def test_every_key_says_what_it_is_for() -> None:
    keys = Study.model_json_schema()["properties"]
    assert [key for key, about in keys.items() if not about.get("description")] == []


def test_values_of_a_file_are_of_any_form(tmp_path: Path) -> None:
    path = tmp_path / "values.toml"
    path.write_text('want = ["given( at_goal ):end(agent_x>1)", "raise(agent_x)"]\navoid = ["never(a)  until b"]\n')
    regimes = [str(regime) for regime in ValuesTable.load(path).to_values().regimes()]
    assert regimes == ["given(at_goal): end(agent_x>1)", "raise(agent_x)", "never(a) until b"]
    path.write_text('want = ["frist(a) then reach(b)"]\n')
    with pytest.raises(BadStudy, match=r"line 1.*Did you mean 'first'"):
        ValuesTable.load(path)
