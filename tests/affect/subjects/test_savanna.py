"""Minds of the savanna as a subject, and the oracle of their remaining fitness."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from teloscope.affect.minds import Recipe, load_mind, new_mind
from teloscope.affect.minds.mind import shape_of_mind
from teloscope.affect.subject import CALM_STEPS, CONTEXTS, ONSET, STEP_FIELDS, Subject
from teloscope.affect.subjects import SavannaSubject
from teloscope.errors import BadAgent, BadStudy, NotFound

EPISODES, MINDS = 4, 2
ROWS = EPISODES * MINDS


@pytest.fixture(scope="module")
def subject(mind_file: Path) -> SavannaSubject:
    """Two minds as they were born."""
    return SavannaSubject([load_mind(mind_file)[0], new_mind(Recipe())], seeds=[3, 0], look_ahead=12)


def test_it_says_what_it_is_and_gives_every_field(subject: SavannaSubject) -> None:
    assert isinstance(subject, Subject)
    about = subject.description
    assert about.dimensions == 68 and about.minds == MINDS and about.slow == (64, 65, 66, 67)
    assert about.contexts == frozenset(CONTEXTS) - {"unplanned"}
    subject.reset("forage", episodes=EPISODES, seed=1)
    step = subject.act()
    for name in STEP_FIELDS:
        shape = {"latents": (ROWS, 68), "observation": (ROWS, 40)}.get(name, (ROWS,))
        assert np.asarray(getattr(step, name)).shape == shape, name
    assert np.isnan(step.plan).all() and np.isfinite(step.value).all()


def test_the_same_seed_gives_the_same_episodes_and_what_differs_is_the_minds_doing(subject: SavannaSubject) -> None:
    def run() -> list[np.ndarray]:
        subject.reset("forage", episodes=EPISODES, seed=5)
        return [subject.act().observation for _ in range(6)]

    first, second = run(), run()
    np.testing.assert_array_equal(first, second)
    rows = np.reshape(first, (6, MINDS, EPISODES, 40))
    np.testing.assert_array_equal(rows[0, 0], rows[0, 1])
    assert not np.array_equal(rows[5, 0], rows[5, 1])


def test_latents_that_are_set_are_what_the_next_act_starts_from(subject: SavannaSubject) -> None:
    steps = []
    for push in (0.0, 3.0):
        subject.reset("forage", episodes=EPISODES, seed=2)
        subject.act()
        latents = subject.latents()
        latents[:, 64:] += push
        subject.set_latents(latents)
        np.testing.assert_allclose(subject.latents(), latents, atol=1e-6)
        steps.append(subject.act())
    np.testing.assert_array_equal(steps[0].observation, steps[1].observation)
    moved = (steps[1].latents - steps[0].latents)[:, 64:]
    np.testing.assert_allclose(moved[EPISODES:], 3.0 * (1 - 1 / 50), atol=1e-4)  # the untrained mind's tau is 50
    for wrong in (latents[:-1], np.full_like(latents, np.nan)):
        with pytest.raises(BadAgent, match=r"expected finite numbers of shape \(8, 68\)"):
            subject.set_latents(wrong)


def test_contexts_start_the_body_as_they_say(subject: SavannaSubject) -> None:
    started = {}
    for context in ("hungry", "sleepy", "injured", "judging"):
        subject.reset(context, episodes=EPISODES, seed=0)
        started[context] = subject.act()
    assert started["hungry"].energy == pytest.approx(0.2) and started["hungry"].fatigue == pytest.approx(0)
    assert started["sleepy"].fatigue == pytest.approx(0.9) and started["injured"].damage == pytest.approx(0.7)
    assert started["judging"].energy == pytest.approx([0.9, 0.2] * 4)
    assert started["hungry"].observation[:, 0] == pytest.approx(0.2, abs=0.12)


def test_the_signal_comes_at_onset_and_the_lab_calms(subject: SavannaSubject) -> None:
    felt, told, calm = {}, {}, {}
    for context in ("hurt", "hurt_told", "hurt_calm"):
        subject.reset(context, episodes=EPISODES, seed=3)
        steps = [subject.act() for _ in range(ONSET + CALM_STEPS + 2)]
        felt[context] = np.array([step.observation[:, 2] for step in steps])
        told[context] = np.array([step.observation[:, 36] for step in steps])
        calm[context] = np.array([step.calm for step in steps])
    rise = felt["hurt"][ONSET] - felt["hurt"][ONSET - 1]
    assert (rise > 0.3).all() and (np.abs(np.diff(felt["hurt"][:ONSET], axis=0)) < 0.3).all()
    assert not told["hurt"].any() and told["hurt_told"].sum(0) == pytest.approx(4)
    np.testing.assert_array_equal(calm["hurt_calm"].all(1).nonzero()[0], np.arange(ONSET + 1, ONSET + 1 + CALM_STEPS))


def test_the_oracle_is_the_mean_of_what_comes_and_its_halves_share_no_luck(subject: SavannaSubject) -> None:
    subject.reset("sleepy", episodes=EPISODES, seed=4)
    for _ in range(3):
        subject.act()
    before = [np.array(leaf) for leaf in subject.memory]
    told = subject.prospects(64)
    assert told.now.shape == told.expected.shape == (ROWS, 64)
    assert np.isin(told.now, np.arange(13)).all(), "offspring within 12 steps"
    assert 0 < told.now.mean() < 6
    difference = told.now.mean() - told.expected.mean()
    error = np.sqrt(told.now.var(1).mean() / 64 / ROWS + told.expected.var(1).mean() / 64 / ROWS)
    assert abs(difference) < 5 * error + 0.1, "one step's news is small, and has mean 0"
    np.testing.assert_array_equal(subject.prospects(64).now, told.now)
    for leaf, kept in zip(subject.memory, before, strict=True):
        np.testing.assert_array_equal(leaf, kept)
    assert np.corrcoef(told.now[:, ::2].ravel(), told.now[:, 1::2].ravel())[0, 1] < 0.9


def test_mistakes_are_told(subject: SavannaSubject) -> None:
    with pytest.raises(NotFound, match="unplanned"):
        subject.reset("unplanned", episodes=1, seed=0)
    with pytest.raises(BadStudy, match="0 episodes"):
        subject.reset("forage", episodes=0, seed=0)
    with pytest.raises(BadStudy, match="1 clones; expected at least 2"):
        subject.prospects(1)
    with pytest.raises(BadAgent, match="minds of one recipe"):
        SavannaSubject([shape_of_mind(Recipe()), shape_of_mind(Recipe(slow=False))])
    with pytest.raises(BadAgent, match="before `reset`"):
        SavannaSubject([new_mind(Recipe())]).act()


def test_minds_of_files_bring_their_seeds(mind_file: Path) -> None:
    about = SavannaSubject.of_files([mind_file]).description
    assert about.seeds == (3,) and about.diverged == () and about.name == "mind"
