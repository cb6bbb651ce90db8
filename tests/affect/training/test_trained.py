"""Training: it raises offspring, goes on where it was stopped, and says when it diverged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from teloscope.affect.minds import load_mind
from teloscope.affect.training import trained
from teloscope.affect.training.ppo import Setting, _advantages, _Stretch
from teloscope.affect.training.trained import train, worse_than_before
from teloscope.errors import BadAgent, BadStudy, NotFound


@pytest.fixture(scope="module")
def whole(small: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mind that was trained without a stop."""
    path = tmp_path_factory.mktemp("trained") / "mind.safetensors"
    assert train(path, **small).path == path
    return path


def test_training_raises_offspring_and_a_stopped_one_ends_with_the_same_bytes(
    small: dict[str, Any], whole: Path, tmp_path: Path
) -> None:
    path, told = tmp_path / "mind.safetensors", []
    first = train(path, **small, pieces=1, progress=lambda *said: told.append(said))
    assert first.path is None and not path.exists() and len(first.offspring) == 1
    assert path.with_name("mind.safetensors.training").exists()
    second = train(path, **small, progress=lambda *said: told.append(said))
    assert path.read_bytes() == whole.read_bytes()
    assert not path.with_name("mind.safetensors.training").exists()
    assert [said[0] for said in told] == [16 * 1024 * i for i in (1, 2, 3, 4)] and told[0][1] == 16 * 1024 * 4
    assert second.offspring[-1] > 1.3 * second.offspring[0] and second.diverged == ""
    again = train(path, **small)
    assert again.path == path and again.offspring == second.offspring


def test_another_training_in_the_same_file_is_refused(small: dict[str, Any], whole: Path, tmp_path: Path) -> None:
    with pytest.raises(BadAgent, match=r"another training.*Nothing was touched"):
        train(whole, **{**small, "seed": 4})
    path = tmp_path / "mind.safetensors"
    path.with_name("mind.safetensors.training").write_bytes(b"torn")
    with pytest.raises(BadAgent, match="Remove it to train from the beginning"):
        train(path, **small)


def test_numbers_that_are_not_finite_end_a_training_as_diverged(
    small: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = trained.learn

    def ruined(learner: Any, *rest: Any) -> Any:
        after, tally = really(learner, *rest)
        broken = jax.tree.map(lambda leaf: leaf * jnp.nan, after.mind)
        return after._replace(mind=broken), tally

    monkeypatch.setattr(trained, "learn", ruined)
    found = train(tmp_path / "mind.safetensors", **small)
    assert found.diverged == "numbers that are not finite in piece 1 of 4"
    mind, head = load_mind(tmp_path / "mind.safetensors")
    assert head["diverged"] == found.diverged and np.isfinite(mind.head.weight).all()


def test_offspring_that_fell_are_diverged_by_the_rule() -> None:
    assert worse_than_before([1.0, 3.0, 2.0]) == ""
    assert worse_than_before([1.0]) == ""
    told = worse_than_before([2.0] * 10 + [5.0] * 8 + [1.5, 1.5])
    assert told == "1.50 offspring an episode in the last tenth of training, fewer than 2.00 in the first"


def test_advantages_are_what_a_loop_says() -> None:
    rng = np.random.default_rng(0)
    reward, value = rng.normal(size=(2, 7)), rng.normal(size=(2, 7))
    done, last = (rng.random((2, 7)) < 0.3).astype(float), rng.normal(size=2)
    setting = Setting(updates=1)
    lived = _Stretch(*(jnp.asarray(x, jnp.float32) for x in (reward, reward, reward, value, reward, done, done)))
    expected = np.zeros((2, 7))
    for row in range(2):
        following, advantage = last[row], 0.0
        for t in reversed(range(7)):
            surprise = reward[row, t] + setting.discount * following * (1 - done[row, t]) - value[row, t]
            advantage = surprise + setting.discount * setting.trace * (1 - done[row, t]) * advantage
            expected[row, t], following = advantage, value[row, t]
    np.testing.assert_allclose(_advantages(lived, jnp.asarray(last, jnp.float32), setting), expected, rtol=1e-4)


@pytest.mark.parametrize(
    ("asked", "error", "message"),
    [
        ({"steps": 0}, BadStudy, "0 steps; expected at least 1"),
        ({"worlds": 3}, BadStudy, "3 worlds"),
        ({"depth": 99}, BadStudy, "depth 99"),
        ({"variant_name": "tundra"}, NotFound, "tundra"),
    ],
)
def test_a_training_that_can_not_be_is_refused(asked: dict[str, Any], error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        train(None, **asked)
