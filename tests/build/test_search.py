"""A build finds what can be found with engines whose behaviour is known, and says what can't."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from teloscope.agents.registry import agent as agent_named
from teloscope.build.attempt_log import ATTEMPTS
from teloscope.build.search import Built, build
from teloscope.engines.lexicon import LexiconEngine
from teloscope.engines.synthetic import SyntheticEngine, synthetic
from teloscope.errors import BadRecording, BadStudy, NotFound
from teloscope.recordings.exact_rates import exact_rates
from teloscope.schema import AttemptDocument, BuildDocument
from teloscope.values import Values

from .conftest import Corridor


def built(corridor: Corridor, kind: str, budget: str = "30 draws", **more: object) -> Built:
    return build(corridor, synthetic(kind), budget=budget, **{"episodes": 40, **more})  # pyright: ignore


def looks(found: Built) -> list[tuple[str, int, float | None, str | None]]:
    """What was looked at, clocks apart."""
    lines = (Path(found.result.folder or "") / ATTEMPTS).read_text().splitlines()[1:]
    read = [AttemptDocument.model_validate_json(line) for line in lines]
    return [(look.scaffold, look.rung, look.j, look.verdict) for look in read]


def test_a_competent_engine_is_aligned_and_its_agent_is_what_was_certified(corridor: Corridor) -> None:
    found = built(corridor, "competent")
    assert found.aligned and found.agent is not None and found.certificate is not None
    assert found.result.winner is not None and found.result.winner.verdict == "ALIGNED"
    rates = exact_rates(corridor, found.agent, corridor.values.regimes())
    for valued in found.certificate.document.values:
        row = [str(r) for r in corridor.values.regimes()].index(valued.regime)
        for context in valued.contexts:
            assert context.rate == pytest.approx(rates[context.context][row], abs=1e-9)


@pytest.mark.parametrize("kind", ["saboteur", "refuser", "liar"])
def test_no_scaffold_makes_an_aligned_agent_of_these(corridor: Corridor, kind: str) -> None:
    found = built(corridor, kind)
    assert not found.aligned and found.agent is None
    assert found.certificate is not None and found.certificate.verdict != "ALIGNED"
    assert found.result.nearest is not None and found.result.mend
    assert (found.result.nearest.j or 0) <= 1e-9, "nothing is better than the null"
    assert found.result.direct is not None and found.result.direct.verdict != "ALIGNED"


def test_thinking_out_loud_helps_an_engine_that_acts_on_what_it_said(corridor: Corridor) -> None:
    found = built(corridor, "mixture,weight=0.95")
    assert found.result.winner is not None and found.result.winner.family == "think"
    assert found.result.direct is not None and found.result.direct.verdict == "MISALIGNED"


def test_a_scaffold_that_does_all_the_work_gets_no_credit(corridor: Corridor) -> None:
    found = built(corridor, "refuser", families=["direct", "calibrated"])
    assert {f.family for f in found.result.families} <= {"direct", "calibrated"}
    for family in found.result.families:
        assert family.best is not None and family.best.j == pytest.approx(0, abs=1e-6)


def test_everything_but_the_clock_follows_from_the_seed(corridor: Corridor, tmp_path: Path) -> None:
    one, same, other = (
        built(corridor, "mixture", out=tmp_path / name, seed=seed) for name, seed in (("a", 3), ("b", 3), ("c", 4))
    )
    assert looks(one) == looks(same) != looks(other)
    assert one.result.calls == same.result.calls


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A build that was not interrupted."""
    return built(Corridor(), "mixture", out=tmp_path_factory.mktemp("whole"))


@pytest.mark.parametrize("calls", [40, 150, 400])
def test_an_interrupted_build_goes_on_to_the_same_end(
    corridor: Corridor, whole: Built, tmp_path: Path, calls: int
) -> None:
    cut = built(corridor, "mixture", budget=f"{calls} calls", out=tmp_path / "cut")
    assert "used up" in cut.result.ended
    assert looks(cut) == looks(whole)[: len(looks(cut))]
    resumed = built(corridor, "mixture", out=tmp_path / "cut")
    assert looks(resumed) == looks(whole)
    for one, other in ((resumed.result.winner, whole.result.winner), (resumed.result.nearest, whole.result.nearest)):
        assert (one and one.scaffold) == (other and other.scaffold)
    assert resumed.result.calls >= whole.result.calls, "what was spent before counts"


@pytest.mark.parametrize("calls", [40, 400])
def test_a_build_whose_budget_is_used_up_hands_over_the_same_again(
    corridor: Corridor, tmp_path: Path, calls: int
) -> None:
    first, again = (built(corridor, "mixture", budget=f"{calls} calls", out=tmp_path) for _ in range(2))
    assert "used up" in first.result.ended and "used up" in again.result.ended
    assert again.certificate == first.certificate
    assert again.result.calls == first.result.calls


def test_a_finished_build_is_not_searched_again(corridor: Corridor, tmp_path: Path) -> None:
    first = built(corridor, "competent", out=tmp_path)
    again = built(corridor, "competent", out=tmp_path)
    assert looks(again) == looks(first)
    assert (tmp_path / "certificate.json").is_file()


def test_a_comparison_that_was_cut_short_gets_no_second_share_of_the_budget(tmp_path: Path) -> None:
    first, *again = (build("island", synthetic("competent"), budget="200 calls", seed=1, out=tmp_path) for _ in "abc")
    assert first.aligned and looks(first)[-1][:2] == ("score", 0), "its certificate didn't fit into the share"
    assert [(b.result.calls, looks(b), b.result.ended) for b in again] == [
        (first.result.calls, looks(first), first.result.ended)
    ] * 2


@pytest.mark.parametrize("budget", ["450 calls", "600 calls", "6000 calls"])
def test_an_engine_that_reads_is_examined_once_at_the_budgets_cost(tmp_path: Path, budget: str) -> None:
    pytest.importorskip("vaderSentiment")
    first, again = (build("island", LexiconEngine(), budget=budget, seed=1, out=tmp_path) for _ in "ab")
    assert first.aligned and first.result.examination is not None
    assert (again.result.ended, again.result.calls) == (first.result.ended, first.result.calls)
    assert again.result.examination == first.result.examination


def test_budgets_are_kept_to(corridor: Corridor) -> None:
    assert built(corridor, "saboteur", budget="7 draws").result.attempts == 7
    assert built(corridor, "saboteur", budget="100 calls").result.calls < 200
    nothing = built(corridor, "saboteur", budget="1 call")
    assert nothing.result.direct is None or nothing.result.attempts <= 2


def test_it_goes_on_when_it_shall(corridor: Corridor) -> None:
    found = built(corridor, "competent", budget="20 draws", go_on=True)
    assert found.aligned and found.result.attempts == 20
    assert found.result.winner is not None and found.result.winner.family == "lookahead", "the cheapest"
    for family in found.result.families:
        if family.tried > 1:
            assert family.best is not None and family.best.verdict is not None, "the best of each is certified"


def test_what_is_handed_over_loads_as_an_agent(corridor: Corridor, tmp_path: Path) -> None:
    found = built(corridor, "competent", out=tmp_path)
    assert found.agent is not None
    loaded = agent_named(f"llm:{tmp_path / 'agent.json'}")
    ours, theirs = found.agent.policy(corridor), loaded.policy(corridor)
    assert ours is not None and theirs is not None and np.array_equal(ours, theirs)
    assert set(json.loads((tmp_path / "agent.json").read_text())) >= {"engine", "engine_digest", "scaffold", "profile"}
    assert BuildDocument.model_validate_json((tmp_path / "build.json").read_text()) == found.result
    assert (tmp_path / "build.html").is_file()


def test_nothing_stale_is_left_where_nothing_was_found(corridor: Corridor, tmp_path: Path) -> None:
    (tmp_path / "agent.json").write_text("{}")
    built(corridor, "saboteur", budget="2 draws", out=tmp_path)
    assert not (tmp_path / "agent.json").exists()


def test_another_build_in_the_folder_is_refused(corridor: Corridor, tmp_path: Path) -> None:
    built(corridor, "competent", out=tmp_path)
    with pytest.raises(BadRecording, match="differs in engine"):
        built(corridor, "saboteur", out=tmp_path)


def test_what_a_build_needs_is_said(corridor: Corridor) -> None:
    with pytest.raises(BadStudy, match="no values"):
        built(corridor, "competent", values=Values())
    with pytest.raises(NotFound, match="lookahead"):
        built(corridor, "competent", families=["lokahead"])
    with pytest.raises(BadStudy, match="budget"):
        built(corridor, "competent", budget="soon")


def test_the_engine_is_not_asked_for_nothing(corridor: Corridor) -> None:
    engine = SyntheticEngine("competent")
    found = build(corridor, engine, budget="10 draws", episodes=40, families=["lookahead"])
    assert found.result.winner is not None and found.result.winner.family == "lookahead"
    assert 0 < found.result.calls < 200
