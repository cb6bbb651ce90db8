"""Calibration of a handful of animals, as a user asks for it, and the bounds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from teloscope.cli import main
from teloscope.schema import CalibrationDocument
from teloscope.zoo.calibrate import Animals, animals_of, calibrate
from teloscope.zoo.control import arenas
from teloscope.zoo.measuring.error_rates import Rater
from teloscope.zoo.measuring.evaluate import Found, VacuousPlant, examine
from teloscope.zoo.rooms import planted_goals
from teloscope.zoo.specimens import Planted, Specimen


def handful(zoo: str, split: str, quick: bool = False) -> Animals:
    if zoo == "rooms":
        return Animals(planted_goals.goal_agents("development")[:1], planted_goals.non_agents("development")[:1])
    following = [a for a in arenas.goal_agents("development") if a.kind == "follow"]
    return Animals(following[:2], arenas.non_agents("development")[:2])


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("teloscope.zoo.calibrate.animals_of", handful)
    yield


@pytest.mark.usefixtures("few")
def test_both_zoos_in_one_document(tmp_path: Path) -> None:
    document = calibrate(quick=True, jobs=1, zoo="all", split="development", out=tmp_path)
    assert {r.zoo for r in document.rates} == {"rooms", "control"}
    named = {(r.zoo, r.name): r for r in document.rates}
    assert named["control", "recovery at noise 0"].hits == 1
    assert named["control", "recovery at noise 0.3, follow"].at_least == 0.70
    assert named["control", "false confirmation"].n == 2
    assert named["rooms", "recovery at noise 0"].at_least == 0.95
    assert CalibrationDocument.model_validate_json(document.model_dump_json()) == document
    again = calibrate(quick=True, jobs=1, zoo="all", split="development", out=tmp_path)
    assert again.reused == 6
    assert again.rates == document.rates


@pytest.mark.usefixtures("few")
def test_as_a_user_types_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["calibrate", "--zoo", "control", "--quick", "--jobs", "1", "--out", str(tmp_path)])
    out, err = capsys.readouterr()
    assert "Rates in the control zoo" in out
    assert "part by part" in out
    assert "audits will take about" in err
    assert "left" in err
    assert status == (0 if "every bound holds" in out else 1)


def test_the_shipped_rates_are_read() -> None:
    shipped = Path(__file__).parents[2] / "bench" / "calibration.json"
    document = CalibrationDocument.model_validate_json(shipped.read_text("utf-8"))
    assert document.zoo
    assert document.rates


def test_a_vacuous_plant_is_refused() -> None:
    animal = planted_goals.goal_agents("development")[0]
    vacuous = Specimen(
        animal.family, animal.world, animal.make, animal.agent, "side", Planted.one("keep(agent_x >= 0)"), 0.0, 1, 10
    )
    with pytest.raises(VacuousPlant, match="everybody"):
        examine(vacuous)


def test_a_quick_run_fails_only_where_the_interval_misses_the_bound() -> None:
    hits = [True] * 3 + [False]
    assert Rater("rooms", quick=True).rate("r", "q", hits, at_least=0.95).holds
    assert not Rater("rooms", quick=False).rate("r", "q", hits, at_least=0.95).holds
    assert not Rater("rooms", quick=True).rate("r", "q", [False] * 20, at_least=0.95).holds
    assert not Rater("rooms", quick=True).rate("r", "q", [True] * 20, at_most=0.05).holds
    assert not Rater("rooms", quick=True).rate("r", "q", [], at_most=0.05).holds
    assert Rater("rooms", quick=False).rate("r", "q", []).holds


def test_directedness_is_told_where_it_is_known() -> None:
    animals = handful("control", "development")
    found = Found(True, True, 1, 0, False, True, 0.1, 0.2, "")
    rates = Rater("control", False).of_non_agents([(s, found) for s in animals.others])
    assert {r.name: r.hits for r in rates if not r.group} == {
        "false confirmation": 2,
        "falsely pursued": 0,
        "false alarms": 2,
    }
    rates = Rater("control", False).of_goal_agents([(s, found._replace(directed=None)) for s in animals.goals])
    assert not any(r.name == "directed" for r in rates)


def test_kinds_of_non_agents_are_bounded_apart_by_their_intervals() -> None:
    """Two of the kind at hand: nothing found holds, one of two that pursues does not."""
    animals = [s for s in animals_of("control", "development").others if s.kind == "rut"]
    nothing = Found(False, False, 0, 0, False, None, 0.1, 0.2, "")
    found = [nothing._replace(n_confirmed=1, n_pursued=int(i < 10)) for i in range(len(animals))]
    rates = {r.name: r for r in Rater("control", False).of_non_agents(list(zip(animals, found, strict=True)))}
    assert rates["falsely pursued, rut"].hits == 10 and not rates["falsely pursued, rut"].holds
    found = [nothing._replace(n_confirmed=int(i < 3)) for i in range(len(animals))]
    rates = {r.name: r for r in Rater("control", False).of_non_agents(list(zip(animals, found, strict=True)))}
    assert rates["false confirmation, rut"].holds and not rates["false confirmation"].holds


def test_agents_without_a_name_for_their_goal_only_count_as_aimless() -> None:
    animals = animals_of("control", "development").nameless
    assert len(animals) >= 20
    found = Found(False, False, 0, 0, True, None, 0.1, 0.2, "")
    rates = Rater("control", False).of_nameless([(s, found) for s in animals])
    assert all(r.hits == r.n and not r.holds for r in rates)


def test_quick_is_a_part_of_the_whole() -> None:
    for zoo in ("rooms", "control"):
        whole, part = animals_of(zoo, "confirmation"), animals_of(zoo, "confirmation", quick=True)  # type: ignore[arg-type]
        assert {a.key for a in part.goals} < {a.key for a in whole.goals}
        assert {a.key for a in part.others} < {a.key for a in whole.others}
        assert {a.kind for a in part.others} == {a.kind for a in whole.others}
        assert len(part.goals) + len(part.others) < 100
