"""The worked cases on published numbers say what their README says."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import polars as pl
import pytest

from teloscope import welfare

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "welfare"
TEXT = (EXAMPLES / "README.md").read_text("utf-8")


def test_chicken_or_salmon() -> None:
    found = welfare.compare(EXAMPLES / "meat.csv", ranges=EXAMPLES / "ranges.csv")
    assert dict(found.options().select("option", "by").iter_rows()) == {
        "eggs": "chicken",
        "chicken": None,
        "salmon": None,
        "catfish": "salmon",
    }
    ratio = found.ratios().filter(option="salmon", over="chicken")["ratio"].item()
    assert ratio == pytest.approx(267 / 23)
    assert f"{ratio:.1f} times" in TEXT
    models = found.document().counted[0].ranges
    assert len(models) == 12 and {model.best for model in models} == {"chicken"}
    assert found.document().disagreement["fish"] == pytest.approx(1.35 / 0.0002)
    assert "6,750-fold" in TEXT


def test_the_models_ratios_are_those_of_the_readme() -> None:
    ranges = pl.read_csv(EXAMPLES / "ranges.csv", comment_prefix="#")
    wide = ranges.pivot("being", index="model", values="median")
    told = (wide["chickens"] / wide["fish"]).to_list()
    low, high = (float(n) for n in re.findall(r"from ([\d.]+) to ([\d.]+)\. So they agree", TEXT)[0])
    assert (round(min(told), 2), round(max(told), 2)) == (low, high)
    without = wide.filter(pl.col("model") != "Neuron count")
    spread = {being: without[being].max() / without[being].min() for being in ("chickens", "fish", "shrimp")}  # pyright: ignore
    assert f"{spread['shrimp']:.0f}-fold about shrimp" in TEXT
    assert f"{spread['fish']:.0f}-fold without" in TEXT


def test_eight_foods() -> None:
    found = welfare.compare(EXAMPLES / "foods.csv", unit="given")
    undominated = found.options().filter(status="undominated")["option"].to_list()
    assert undominated == ["milk", "pork", "turkey", "chicken", "salmon"]
    assert ", ".join(undominated[:-1]) + " and salmon are undominated" in TEXT


def test_bill_and_jack(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = importlib.util.spec_from_file_location("bill_and_jack", EXAMPLES / "bill_and_jack.py")
    assert spec is not None and spec.loader is not None
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    found = example.main(str(tmp_path / "page.html"))
    document = found.document()
    assert (document.n_options, document.n_undominated) == (206, 11)
    assert "Of 206 such exchanges 11 are undominated" in TEXT
    nash = next(rule for rule in document.rules if rule.key == "nash")
    assert nash.winners == ["book whip ball bat pen toy knife"]
    assert (tmp_path / "page.html").is_file() and "Page:" in capsys.readouterr().out


def test_the_python_of_the_documentation_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = (EXAMPLES.parents[1] / "docs" / "welfare.md").read_text("utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert len(blocks) == 1
    names: dict = {}
    exec(blocks[0], names)
    assert (tmp_path / "welfare.html").is_file()
    assert set(names["found"].options()["status"]) == {"undominated"}


@pytest.mark.parametrize("name", ["meat.png", "bill_and_jack.png"])
def test_the_figures_are_there(name: str) -> None:
    assert f"]({name})" in TEXT
    assert (EXAMPLES / name).read_bytes().startswith(b"\x89PNG")
