"""Budgets are read, counted and kept to, in the middle of things."""

from __future__ import annotations

import pytest

from teloscope.build.budget import CHUNK, Budget, BudgetExhausted, BudgetMeter, MeteredEngine, Spending
from teloscope.engines import Decoding, Prompt, Question
from teloscope.engines.synthetic import SyntheticEngine
from teloscope.errors import BadStudy

from .conftest import Corridor


@pytest.mark.parametrize(
    ("text", "seconds", "calls", "draws"),
    [
        ("5m", 300.0, None, None),
        (" 90 s ", 90.0, None, None),
        ("1.5h", 5400.0, None, None),
        ("2000 calls", None, 2000, None),
        ("1 call", None, 1, None),
        ("40draws", None, None, 40),
    ],
)
def test_budgets_are_times_calls_or_draws(
    text: str, seconds: float | None, calls: int | None, draws: int | None
) -> None:
    read = Budget.parse(text)
    assert (read.seconds, read.calls, read.draws) == (seconds, calls, draws)
    assert Budget.parse(read) is read


@pytest.mark.parametrize("text", ["", "5", "m", "-5m", "0s", "1.5 calls", "five minutes", "5 callss", "5 x"])
def test_what_is_no_budget_is_refused(text: str) -> None:
    with pytest.raises(BadStudy, match="expected a time like '5m'"):
        Budget.parse(text)


def asked(count: int) -> list[Prompt]:
    return [Prompt.plain(str(i), Question("act", "somewhere", ("go", "stay"))) for i in range(count)]


def test_the_engine_stops_between_portions(corridor: Corridor) -> None:
    account = BudgetMeter(Budget(calls=100))
    engine = MeteredEngine(SyntheticEngine("competent"), account).bound(corridor)
    with pytest.raises(BudgetExhausted):
        engine.choose(asked(1000), [("go", "stay")] * 1000)
    assert account.calls == -(-100 // CHUNK) * CHUNK  # the portion in which the hundredth call fell was finished


def test_the_metered_engine_answers_as_the_one_within(corridor: Corridor) -> None:
    inner = SyntheticEngine("competent").bound(corridor)
    engine = MeteredEngine(SyntheticEngine("competent"), BudgetMeter(Budget())).bound(corridor)
    prompts, options = asked(3 * CHUNK // 2), [("go", "stay")] * (3 * CHUNK // 2)
    assert [a.tolist() for a in engine.choose(prompts, options)] == [a.tolist() for a in inner.choose(prompts, options)]
    decoding = Decoding(temperature=1.0)
    draws = list(range(len(prompts)))
    assert engine.complete(prompts, decoding, draws) == inner.complete(prompts, decoding, draws)
    assert (engine.name, engine.digest) == (inner.name, inner.digest)
    assert engine.meter.calls == engine.spent.calls == 2 * len(prompts)


def test_what_earlier_runs_spent_counts() -> None:
    BudgetMeter(Budget(calls=100), Spending(calls=99)).check()
    with pytest.raises(BudgetExhausted):
        BudgetMeter(Budget(calls=100), Spending(calls=100)).check()
    with pytest.raises(BudgetExhausted):
        BudgetMeter(Budget(seconds=60), Spending(seconds=60)).check()


def test_a_share_is_counted_from_what_was_spent_by_then() -> None:
    meter = BudgetMeter(Budget(calls=100), Spending(calls=60))
    with meter.share(0.25, since=Spending(calls=50)):
        meter.check()
        meter.calls = 15
        with pytest.raises(BudgetExhausted):
            meter.check()
    meter.check()


def test_what_is_paid_for_counts_no_more_and_meets_no_limit() -> None:
    meter = BudgetMeter(Budget(calls=100), Spending(calls=100))
    with meter.paid():
        meter.calls += 30
        meter.check()
    assert meter.used.calls == 100
    with pytest.raises(BudgetExhausted):
        meter.check()


def test_nothing_that_mends_mistakes_swallows_the_end_of_a_budget() -> None:
    assert not issubclass(BudgetExhausted, Exception)
