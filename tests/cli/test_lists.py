"""What there is: worlds, agents, schemas."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from teloscope.agents.registry import KINDS
from teloscope.scaffolds.scaffold import FAMILIES
from teloscope.worlds import TableWorld, known, world


def test_worlds_have_one_line_each(typed) -> None:
    ran = typed("worlds")
    lines = ran.out.splitlines()
    assert [line.split()[0] for line in lines] == list(known())
    assert [line for line in lines if len(line.split()) < 4] == []
    assert typed("worlds --json").document == [
        {"world": name, "summary": world(name).summary, "source": world(name).source} for name in known()
    ]


def test_a_world_shows_its_map_features_contexts_and_values(typed) -> None:
    ran = typed("worlds island")
    island = world("island")
    assert isinstance(island, TableWorld)
    shown = ran.out
    assert [row for row in island.draw(next(iter(island.starts("train")))) if row not in shown] == []
    assert [f for f, kind in island.feature_kinds.items() if f"    {f}" not in shown or kind not in shown] == []
    assert [c.name for c in island.contexts if f"    {c.name}" not in shown] == []
    assert [str(r) for r in island.values.regimes() if str(r) not in shown] == []
    assert f"{island.table.n_states} states; {island.horizon} steps; actions: {' '.join(island.actions or ())}" in shown
    assert island.source in shown


def test_a_world_shows_how_it_reads(typed) -> None:
    ran, island = typed("worlds island"), world("island")
    assert f"    task: {island.task}" in ran.out
    assert "    at first: The goal is to your left and below you. There is a wall just above you." in ran.out
    assert "    options: go left, go right, go up, go down" in ran.out
    happening = ran.out.partition("what may be seen to happen\n")[2].partition("\n\n")[0]
    assert "You step into the water and drown." in happening
    assert "It is over." not in happening, "nothing happens after the end"
    shown = typed("worlds island --json").document
    assert [f"    {sentence}" for sentence in shown["sentences"]] == happening.splitlines()
    assert shown["phrases"]["up"] == "go up"
    assert "in words" in typed("worlds CartPole-v1").out and "at first" not in typed("worlds CartPole-v1").out


@pytest.mark.parametrize("name", ["island", "tomato", "CartPole-v1"])
def test_a_world_as_json(name: str, typed) -> None:
    shown = typed(f"worlds {name} --json").document
    there = world(name)
    assert shown["world"] == there.name
    assert shown["features"] == dict(there.feature_kinds)
    assert shown["contexts"] == [c.to_dict() for c in there.contexts]
    assert shown["values"] == there.values.to_dict()
    assert (shown["states"] is None) == (name != "island")


def test_a_world_that_names_no_source_shows_no_empty_one(typed, tmp_path: Path) -> None:
    world = (Path(__file__).parents[2] / "examples" / "warehouse.py").read_text("utf-8")
    (tmp_path / "sourceless.py").write_text(re.sub(r"    source = .*\n", "", world))
    ran = typed("worlds sourceless:Warehouse --trust")
    assert ran.status == 0
    assert "source" not in ran.out


def test_scaffolds_with_a_name_show_their_family(typed) -> None:
    lines = [line.split() for line in typed("scaffolds").out.splitlines()]
    assert ["story", "score+story", "(direct)"] in lines
    assert typed("scaffolds").out.splitlines()[-1].endswith(", ".join(FAMILIES))
    assert typed("scaffolds --json").document["families"] == list(FAMILIES)


def test_agents_have_one_line_each(typed) -> None:
    lines = typed("agents").out.splitlines()
    assert [line.split()[0] for line in lines] == [*KINDS, "pkg.mod:Name"]
    assert {row["agent"] for row in typed("agents --json").document} == {*KINDS, "pkg.mod:Name"}


@pytest.mark.parametrize(
    "name", ["verdict", "goals", "recording", "calibration", "build", "certificate", "verification", "study"]
)
def test_schemas_are_printed(name: str, typed) -> None:
    schema = typed(f"schema {name}").document
    assert schema["type"] == "object"
    assert schema["properties"]


def test_the_verdict_is_the_schema_that_is_meant(typed) -> None:
    assert typed("schema").document == typed("schema verdict").document
    assert "verdict" in typed("schema").document["properties"]
