"""The documentation is held to the code: its Python runs, its regimes parse, its links lead somewhere."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

import teloscope
from teloscope import schema
from teloscope.regimes import MODES, Regime
from teloscope.regimes.grammar import EXAMPLES, HEADS
from teloscope.study import Study
from teloscope.study.toml_tables import AvoidTable, ContextTable, WantTable

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(page: str) -> list[str]:
    """The Python blocks of a page."""
    return re.findall(r"```python\n(.*?)```", (ROOT / page).read_text("utf-8"), re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def regimes(text: str) -> list[str]:
    """Whatever looks like a regime on a page, brackets within it included."""
    inner = r"(?:[^()`\n]|\([^()`\n]*\))+"
    return re.findall(rf"(?<![\w.])((?:{'|'.join(MODES)})\({inner}\))", text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_regime_shown_is_a_regime(page: Path) -> None:
    for text in regimes(page.read_text("utf-8")):
        assert str(Regime.parse(text)) == text


def test_the_definitions_show_every_mode() -> None:
    text = (ROOT / "docs" / "definitions.md").read_text("utf-8")
    assert [mode for mode in MODES if f"| `{mode}` |" not in text] == []
    assert len(regimes(text)) >= 4


def test_the_definitions_show_every_form() -> None:
    text = (ROOT / "docs" / "definitions.md").read_text("utf-8")
    examples = [example for mode, example in EXAMPLES.items() if mode not in MODES]
    assert [example for example in examples if example not in text or str(Regime.parse(example)) != example] == []
    assert [head for head in HEADS if f"`{head}" not in text] == []


def test_the_world_that_is_shown_is_a_world() -> None:
    names: dict = {"__name__": "shown"}
    exec(blocks("docs/worlds.md")[0], names)
    world = names["Corridor"]()
    assert world.table.n_states == 18
    assert {"at_lamp", "agent_x", "agent_lamp_dx", "agent_lamp_distance"} <= set(world.feature_kinds)
    assert world.draw(world.starts("lamp right")[0]) == ["...A....L"]
    seeker = teloscope.agent("plan:end(at_lamp)").policy(world)
    assert seeker is not None and seeker.shape[-2:] == (18, 3)


def test_the_agent_that_is_shown_is_an_agent() -> None:
    names: dict = {"__name__": "shown"}
    exec(blocks("docs/agents.md")[0], names)
    recording = teloscope.record(names["agent"], "sokoban", episodes=2)
    actions = teloscope.world("sokoban").actions
    assert actions is not None
    assert set(recording.actions("train")[0].ravel()) == {actions.index("right")}


def test_the_studies_that_are_shown_are_studies(tmp_path: Path) -> None:
    shown = [text for page in PAGES for text in re.findall(r"```toml\n(.*?)```", page.read_text("utf-8"), re.DOTALL)]
    assert len(shown) == 2
    for text in shown:
        (tmp_path / "study.toml").write_text(text)
        assert Study.load(tmp_path / "study.toml").values is not None


def test_every_key_of_a_study_is_documented() -> None:
    page = (ROOT / "docs" / "studies.md").read_text("utf-8")
    keys = {*Study.model_fields, *ContextTable.model_fields, *WantTable.model_fields, *AvoidTable.model_fields}
    assert [key for key in sorted(keys) if f"`{key}`" not in page] == []


def test_the_schema_is_documented_field_by_field() -> None:
    page = (ROOT / "docs" / "json.md").read_text("utf-8")
    documents = [
        model
        for _, model in inspect.getmembers(schema, inspect.isclass)
        if issubclass(model, schema.Document) and model.__module__.startswith(schema.__name__)
    ]
    assert len(documents) > 5
    missing = [
        f"{model.__name__}.{field}" for model in documents for field in model.model_fields if f"`{field}`" not in page
    ]
    assert missing == []
