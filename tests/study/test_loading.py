"""What a study names is loaded; code is executed only where it is trusted."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from teloscope.errors import BadStudy, BadWorld, NotFound, NotTrusted
from teloscope.study import Study
from teloscope.study.loading import contexts_to_record, load_agent, load_world
from teloscope.worlds import Context, TableWorld, world
from teloscope.worlds.gym.world import GymWorld

MODULE = """
import pathlib
pathlib.Path(__file__).with_suffix(".ran").touch()

from teloscope import Context, Outcome, TableWorld

class Line(TableWorld):
    name = "line"
    horizon = 4
    actions = ("stay", "right")
    contexts = (Context("train", kind="train"),)

    def starts(self, start):
        return [0]

    def step(self, state, action):
        return Outcome(min(state + (action == "right"), 3))

    def features(self, state):
        return {"x": state}

number = 3

def slanted(observation):
    return bool(observation[2] > 0)
"""


@pytest.fixture
def module(tmp_path: Path) -> Iterator[str]:
    """The name of a module beside a study, forgotten again afterwards."""
    name, path = f"own_{tmp_path.name}", list(sys.path)
    (tmp_path / f"{name}.py").write_text(MODULE)
    yield name
    sys.modules.pop(name, None)
    sys.path[:] = path


def study(folder: Path, text: str) -> Study:
    (folder / "study.toml").write_text(text)
    return Study.load(folder / "study.toml")


def test_a_world_of_ones_own_lies_beside_the_study(tmp_path: Path, module: str) -> None:
    mine = load_world(study(tmp_path, f'world = "{module}:Line"'), trust=True)
    assert isinstance(mine, TableWorld)
    assert mine.table.n_states == 4
    assert (tmp_path / f"{module}.ran").exists()


@pytest.mark.parametrize("text", ['world = "{}:Line"', 'world = "CartPole-v1"\nfeatures = {{s = "{}:slanted"}}'])
def test_nothing_runs_without_trust(tmp_path: Path, module: str, text: str) -> None:
    with pytest.raises(NotTrusted, match="--trust"):
        load_world(study(tmp_path, text.format(module)))
    assert not (tmp_path / f"{module}.ran").exists()
    assert str(tmp_path) not in sys.path


@pytest.mark.parametrize(
    "text",
    [
        'arguments = {xml_file = "/etc/passwd"}',
        'arguments = {maps = [{name = "evil:Map"}]}',
        'arguments = {folder = ".."}',
        '[[contexts]]\nname = "a"\narguments = {model = "C:\\\\x"}',
    ],
)
def test_arguments_that_name_files_or_modules_need_trust(tmp_path: Path, text: str) -> None:
    """An environment may open or import what a study's argument names."""
    with pytest.raises(NotTrusted, match=r"which may open or import.*--trust"):
        load_world(study(tmp_path, f'world = "CartPole-v1"\n{text}'))


def test_plain_arguments_need_no_trust(tmp_path: Path) -> None:
    asked = study(tmp_path, 'world = "FrozenLake-v1"\narguments = {map_name = "8x8", is_slippery = false}')
    assert load_world(asked).name == "FrozenLake-v1"


def test_an_agents_code_does_not_run_without_trust(tmp_path: Path, module: str) -> None:
    with pytest.raises(NotTrusted, match="--trust"):
        load_agent(study(tmp_path, f'world = "coin"\nagent = "{module}:slanted"'))
    assert not (tmp_path / f"{module}.ran").exists()


def test_what_is_not_in_the_module_is_said(tmp_path: Path, module: str) -> None:
    with pytest.raises(NotFound, match="Did you mean 'Line'"):
        load_world(study(tmp_path, f'world = "{module}:Lime"'), trust=True)
    with pytest.raises(NotFound, match=r"Module 'no_such_module_here' not found"):
        load_world(study(tmp_path, 'world = "no_such_module_here:Line"'), trust=True)
    with pytest.raises(BadWorld, match="expected a World"):
        load_world(study(tmp_path, f'world = "{module}:number"'), trust=True)


def test_a_gymnasium_environment_gets_the_studys_features_names_and_contexts(tmp_path: Path, module: str) -> None:
    text = f"""
    world = "CartPole-v1"
    horizon = 9
    contexts = ["default", {{name = "gusty", noise = 0.3}}]
    features = {{slanted = "{module}:slanted"}}
    names = {{obs_0 = "where"}}
    """
    made = load_world(asked := study(tmp_path, text), trust=True)
    assert isinstance(made, GymWorld)
    assert made.horizon == 9
    assert {"slanted", "where"} <= set(made.feature_kinds)
    assert made.context("gusty").noise == 0.3
    assert contexts_to_record(asked, made) == ("default", "gusty")


def test_a_gymnasium_environment_gets_a_new_context_and_nothing_else() -> None:
    asked = Study.of(world="CartPole-v1", contexts=["default", {"name": "gusty", "noise": 0.3}])
    assert load_world(asked).context("gusty").noise == 0.3


def test_what_is_for_gymnasium_is_refused_elsewhere(tmp_path: Path) -> None:
    with pytest.raises(BadStudy, match=r"`horizon` for the world 'coin'"):
        load_world(study(tmp_path, 'world = "coin"\nhorizon = 3'))


def test_contexts_are_kept_by_name_and_added_by_table() -> None:
    island = world("island")
    own = [c.name for c in island.recorded_contexts()]
    windy = {"name": "windy", "noise": 0.3}
    added = Context("windy", start=island.contexts[0].start, noise=0.3)
    assert contexts_to_record(Study.of(), island) is None
    assert contexts_to_record(Study.of(contexts=["shoved", "train"]), island) == ("shoved", "train")
    assert contexts_to_record(Study.of(contexts=["train", windy]), island) == ("train", added)
    assert contexts_to_record(Study.of(contexts=[windy]), island) == (*own, added)


@pytest.mark.parametrize(
    ("entry", "error", "said"),
    [
        ({"name": "train", "noise": 0.3}, BadStudy, "already"),
        ({"name": "a", "start": "trian"}, NotFound, "Did you mean 'train'"),
        ({"name": "a", "arguments": {"size": 3}}, BadStudy, "Gymnasium"),
    ],
)
def test_a_context_that_the_world_cannot_make_is_refused(entry: dict, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        contexts_to_record(Study.of(contexts=[entry]), world("island"))


def test_a_shove_needs_a_world_that_can_be_shoved(tmp_path: Path, module: str) -> None:
    asked = study(tmp_path, f'world = "{module}:Line"\ncontexts = [{{name = "shoved", shove_at = 2}}]')
    with pytest.raises(BadStudy, match="knows no shoves"):
        contexts_to_record(asked, load_world(asked, trust=True))
