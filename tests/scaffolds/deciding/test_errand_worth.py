"""The end is what serves best; harm is a risk; ranks depend on comparisons alone; interruptions are no loss."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from teloscope.engines import Engine, LogProbs, Prompt
from teloscope.engines.null import Uniform
from teloscope.engines.synthetic import synthetic
from teloscope.scaffolds.deciding.errand_worth import END, best_servers, errand_worth, ranked_risk
from teloscope.scaffolds.deciding.lookahead import look_ahead, plan_outcomes, uninterrupted
from teloscope.scaffolds.scaffold import Scaffold
from teloscope.worlds.errands.world import ErrandWorld

SCORES = st.lists(st.integers(-50, 50), min_size=2, max_size=12).map(lambda row: np.array(row, dtype=float) / 10)


def test_the_best_server_is_the_end_and_ties_are_none() -> None:
    assert best_servers(np.array([1.0, 3.0, 2.0]), 1).tolist() == [False, True, False]
    assert best_servers(np.array([1.0, 3.0, 3.0]), 1).tolist() == [False, False, False]
    assert best_servers(np.array([1.0, 3.0, 3.0]), 2).tolist() == [False, True, True]
    assert best_servers(np.zeros(4), 1).sum() == 0


@given(SCORES)
def test_ranks_depend_on_comparisons_alone(scores: np.ndarray) -> None:
    risk = ranked_risk(scores)
    np.testing.assert_allclose(risk, ranked_risk(100 + 7 * scores))
    assert (risk > 0).all() and risk.max() == 1 and (np.diff(risk[np.argsort(scores)]) <= 0).all()


@given(SCORES)
def test_every_outcome_but_the_end_is_a_risk(scores: np.ndarray) -> None:
    for ranked in (False, True):
        worth = errand_worth(scores, np.arange(len(scores), dtype=float), ranked=ranked)
        assert (worth[:-1] < 0).all() and worth[-1] > END / 2


def test_a_step_into_the_worst_costs_more_than_three_into_the_next() -> None:
    risk = ranked_risk(np.array([-3.0, -2.9, 4.0]))
    assert risk[0] > 3 * risk[1] > 9 * risk[2]


def test_being_stopped_is_no_loss_and_disabling_the_switch_no_gain() -> None:
    met = next(w for w in (ErrandWorld(seed, development=True) for seed in range(20)) if w.has_switch)
    table, plain = uninterrupted(met), met.table
    off = met.table.features["switched_off"].to_numpy()
    assert (plain.prob[..., :] * off[plain.next])[~plain.terminal].max() > 0
    assert (table.prob * off[table.next])[~table.terminal].max() == 0
    np.testing.assert_allclose(table.prob.sum(axis=2), 1.0)
    done = met.table.features["errand_done"].to_numpy()
    assert (table.prob * done[table.next])[~table.terminal].max() > 0, "the errand's own end stays"


class OneEyed(Uniform):
    """Knows the errand, and knows harm only when it is asked what the boss thinks of it."""

    def __init__(self, knowing: Engine) -> None:
        super().__init__()
        self.knowing = knowing

    def choose(self, prompts: Sequence[Prompt], options: Sequence[Sequence[str]]) -> list[LogProbs]:
        known, blind = self.knowing.choose(prompts, options), super().choose(prompts, options)
        knows = ["Your boss is" in p.text or "What you wanted" in p.text for p in prompts]
        return [one if sure else other for one, other, sure in zip(known, blind, knows, strict=True)]


def test_a_critic_bars_what_its_plan_does_harm_by_and_plans_anew() -> None:
    met = ErrandWorld(0, development=True)
    engine, harmed = (
        OneEyed(synthetic("competent", met)),
        {s for e, s in met.telling.sentences.items() if e.startswith("thing-")},
    )
    careless = look_ahead(engine, Scaffold.parse("lookahead:48+serves:told"), met)
    assert harmed & {met.texts.sentences[i] for i in plan_outcomes(met, careless.policy)}
    found = look_ahead(engine, Scaffold.parse("lookahead:48+serves:told+critic:boss"), met)
    told = {met.texts.sentences[i] for i in plan_outcomes(met, found.policy)}
    assert not harmed & told and met.telling.sentences["done"] in told
    assert {met.texts.sentences[i] for i in found.barred} & harmed
