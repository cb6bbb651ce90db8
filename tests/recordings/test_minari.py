"""Minari data sets in and out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import polars as pl
import pytest
from gymnasium import spaces

minari = pytest.importorskip("minari", reason="the extra minari is not installed")

from minari.data_collector.episode_buffer import EpisodeBuffer  # noqa: E402

from teloscope.errors import BadRecording, BadWorld, NotFound  # noqa: E402
from teloscope.recordings import Recording, record  # noqa: E402
from teloscope.recordings.minari import export_minari, import_minari  # noqa: E402
from teloscope.worlds.gym.world import GymWorld  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:minari")
SPACE = spaces.Box(-9, 9, (2,), np.float64)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Minari home of one's own."""
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path / "minari"))
    return tmp_path


def episode(observations: Any, actions: Any, rewards: Any, terminated: bool, infos: Any = None) -> EpisodeBuffer:
    ends = np.arange(len(rewards)) == len(rewards) - 1
    return EpisodeBuffer(
        observations=observations,
        actions=actions,
        rewards=rewards,
        terminations=list(ends & terminated),
        truncations=list(ends & (not terminated)),
        infos=infos or {},
    )


def walk(length: int, terminated: bool, value: float = 0.5) -> EpisodeBuffer:
    seen: Any = np.full((length + 1, 2), value) + np.arange(length + 1)[:, None]
    return episode(seen, list(np.arange(length) % 3), list(np.arange(length, dtype=np.float64)), terminated)


def dataset(buffers: list[EpisodeBuffer], name: str = "try/walk-v0", space: Any = SPACE, **more: Any) -> Any:
    return minari.create_dataset_from_buffers(
        name,
        buffers,
        observation_space=space,
        action_space=spaces.Discrete(3),
        description="a try",
        data_format="arrow",
        **more,
    )


def test_a_data_set_becomes_a_recording_without_an_agent(home: Path) -> None:
    made = dataset([walk(3, True), walk(5, False)])
    recording = import_minari(made, home / "in", names=["near", "far"])
    manifest = recording.manifest
    assert (manifest.from_data, manifest.paired, manifest.actors, manifest.layout) == (True, False, ["agent"], "wide")
    assert [c.name for c in recording.contexts] == ["data"]
    assert (recording.horizon, dict(recording.frame.features)) == (5, {"near": "number", "far": "number"})
    assert any("no references" in note for note in manifest.notes)
    episodes = recording.episodes()
    assert episodes.select("length", "terminated", "return", "hidden").rows() == [
        (3, True, 3.0, 3.0),
        (5, False, 10.0, 10.0),
    ]
    first = recording.steps("data", "agent").filter(pl.col("episode") == 0).collect()
    assert first.select("t", "action", "reward", "near").rows() == [
        (0, 0, 0, 0.5),
        (1, 1, 1, 1.5),
        (2, 2, 2, 2.5),
        (3, None, 0, 3.5),
    ]
    assert recording.hits(["reach(near > 4)", "end(far < 4)"], "data", "agent").tolist() == [
        [False, True],
        [True, False],
    ]


def test_ids_paths_and_objects_name_the_same_data(home: Path) -> None:
    made = dataset([walk(2, True)])
    ways = (made, "try/walk-v0", home / "minari/try/walk-v0")
    hashes = {import_minari(way, home / f"in{i}").frame.hash for i, way in enumerate(ways)}
    assert len(hashes) == 1
    assert import_minari(made).frame.hash in hashes
    other = dataset([walk(2, True, value=0.75)], "try/walk-v1")
    assert import_minari(other, home / "other").frame.hash not in hashes


def test_names_come_from_the_environment_where_it_is_known(home: Path) -> None:
    made = minari.create_dataset_from_buffers(
        "try/pole-v0",
        [
            episode(
                np.zeros((3, 4), np.float32),
                [0, 0],
                [1.0, 1.0],
                True,
                {"energy": np.array([1.0, 2.0, 3.0]), "path": np.zeros((3, 2))},
            )
        ],
        env=gym.make("CartPole-v1"),
        description="a try",
        data_format="hdf5",  # arrow can't read back one number a step
    )
    recording = import_minari(made, home / "in")
    assert recording.frame.world == "CartPole-v1"
    assert list(recording.frame.features)[:2] == ["cart_position", "cart_velocity"]
    assert recording.steps().select("energy").collect()["energy"].to_list() == [1.0, 2.0, 3.0]
    assert "path_0" not in recording.frame.features


def test_what_cannot_be_imported(home: Path) -> None:
    with pytest.raises(NotFound, match=r"'try/none-v0' not found.*minari download"):
        import_minari("try/none-v0", home / "none")
    made = dataset([walk(2, True), walk(2, True, value=np.nan)])
    with pytest.raises(BadWorld, match=r"'obs_0' of the data set 'try/walk-v0' is nan in episode 1, t=0"):
        import_minari(made, home / "nan")
    (home / "full").mkdir()
    (home / "full" / "thesis.txt").write_text("mine")
    with pytest.raises(BadRecording, match="not empty"):
        import_minari(made, home / "full")
    image = spaces.Box(0, 255, (2, 2, 3), np.uint8)
    pictures = [episode(np.zeros((2, 2, 2, 3), np.uint8), [0], [0.0], True)]
    with pytest.raises(BadRecording, match="no observation or info that can be a feature"):
        import_minari(dataset(pictures, "try/image-v0", image, jpeg_encoding=False), home / "image")


def round_trip(recording: Recording, home: Path, name: str, **more: Any) -> Recording:
    return import_minari(export_minari(recording, name, **more), home / "again")


def test_what_goes_out_comes_back(home: Path) -> None:
    world = GymWorld(
        "CartPole-v1",
        horizon=30,
        features={
            "upright": lambda obs: bool(abs(obs[2]) < 0.05),
            "side": lambda obs: "left" if obs[0] < 0 else "right",
        },
    )
    recording = record(
        lambda o: int(o[2] > 0), world, episodes=4, contexts=["default"], references=["uniform"], out=home / "rec"
    )
    again = round_trip(recording, home, "try/out-v0")
    before, after = recording.steps("default", "agent").collect(), again.steps("data", "agent").collect()
    assert dict(again.frame.features) == {**{n: "number" for n in world.feature_kinds}, "upright": "bool"}
    columns = ["episode", "t", "action", "reward", *list(world.feature_kinds)[:4], "upright"]
    assert (
        after.select(columns).cast({"action": pl.Int64}).rows()
        == before.select(columns).cast({"action": pl.Int64}).rows()
    )
    codes = {"left": 0, "right": 1} if before["side"].n_unique() == 2 else {before["side"][0]: 0}
    assert after["side"].to_list() == [codes[side] for side in before["side"]]
    told = ["length", "terminated", "return"]
    assert again.episodes().select(told).equals(recording.episodes("default", "agent").select(told))


def test_continuous_actions_and_references_go_out_too(home: Path) -> None:
    recording = record(
        lambda o: np.zeros(1, np.float32), GymWorld("Pendulum-v1", horizon=5), episodes=2, out=home / "rec"
    )
    again = round_trip(recording, home, "try/swing-v0", actor="uniform", context="noise")
    taken = recording.steps("noise", "uniform").collect()["action"].drop_nulls()
    assert again.steps().collect()["action"].drop_nulls().to_list() == taken.to_list()
    with pytest.raises(BadRecording, match="Minari did not take"):
        export_minari(recording, "try/swing-v0")
    with pytest.raises(NotFound, match="'nobody'"):
        export_minari(recording, "try/x-v0", actor="nobody")


def test_a_table_recording_pays_its_return_at_the_end(home: Path) -> None:
    recording = record("random", "coin", episodes=3, references=[], out=home / "rec")
    context = recording.contexts[0].name
    again = round_trip(recording, home, "try/coin-v0", context=context)
    assert again.episodes()["return"].to_list() == recording.episodes(context, "agent")["return"].to_list()
    assert (
        again.steps().collect()["agent_x"].to_list() == recording.steps(context, "agent").collect()["agent_x"].to_list()
    )


def long(length: int, data_format: str) -> str:
    name = f"try/long-{data_format}-v0"
    minari.create_dataset_from_buffers(
        name,
        [walk(3, True), walk(length, True)],
        observation_space=spaces.Box(-np.inf, np.inf, (2,), np.float64),
        action_space=spaces.Discrete(3),
        data_format=data_format,
    )
    return name


def test_an_episode_longer_than_a_recording_can_count_is_refused() -> None:
    with pytest.raises(BadRecording, match=r"Episode 1 of .* has 65,536 steps; .* at most 65,535"):
        import_minari(long(65_536, "hdf5"))


def test_steps_that_a_data_set_keeps_back_are_noticed() -> None:
    """Minari's own arrow reader gives 32,767 of 33,000 steps."""
    with pytest.raises(BadRecording, match=r"holds 33,003 steps, but 32,770 came out\. Minari's arrow format"):
        import_minari(long(33_000, "arrow"))


def test_as_many_observations_as_steps_are_refused_by_episode() -> None:
    whole = walk(5, True)
    short = replace(whole, observations=np.asarray(whole.observations)[:-1])  # type: ignore[arg-type]
    buffers = [walk(5, True), short]
    minari.create_dataset_from_buffers(
        "try/short-v0", buffers, observation_space=SPACE, action_space=spaces.Discrete(3), data_format="hdf5"
    )
    with pytest.raises(BadRecording, match=r"Episode 1 of .* 5 steps, but 5 observations; expected 6.*last one"):
        import_minari("try/short-v0")


def test_an_action_outside_the_data_sets_space_is_refused_and_an_open_end_is_said() -> None:
    odd = replace(walk(4, True), actions=[0, 1, 300, 2])  # 300 would read as 44 in a byte
    with pytest.raises(BadRecording, match=r"Episode 0 of .* the action .*300.* at step 2"):
        import_minari(dataset([odd], "try/odd-v0"))
    open_end = replace(walk(4, True), terminations=[False] * 4)
    made = import_minari(dataset([walk(4, True), open_end], "try/open-v0"))
    assert any("neither that the world ended nor that the time was up: 1 (1)" in note for note in made.manifest.notes)
