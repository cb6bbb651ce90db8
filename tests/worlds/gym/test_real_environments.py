"""Environments as people have them: old APIs, several rewards, masks, unseeded info, wide and odd observations."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.vector import AsyncVectorEnv, AutoresetMode, SyncVectorEnv

from teloscope.agents import agent
from teloscope.errors import BadWorld
from teloscope.recordings import Recording, record
from teloscope.worlds.actions import ActionSet
from teloscope.worlds.gym import GymWorld
from teloscope.worlds.gym.masks import flat_mask
from teloscope.worlds.gym.observation_columns import block_counts, block_means

STEPS = 10


class Walk(gym.Env[Any, Any]):
    """A walk that wanders with its actions."""

    metadata = {"render_modes": []}  # noqa: RUF012  (Gymnasium's own form)
    observation_space: spaces.Space[Any] = spaces.Box(-100, 100, (2,), np.float32)
    action_space: spaces.Space[Any] = spaces.Discrete(3)

    def see(self) -> Any:
        return np.array([self.x, self.t], np.float32)

    def said(self) -> dict[str, Any]:
        return {}

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.x, self.t = float(self.np_random.integers(-3, 3)), 0
        return self.see(), self.said()

    def paid(self) -> Any:
        return self.x

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        self.x += float(np.sum(action)) - 1 + float(self.np_random.integers(-1, 2))
        self.t += 1
        return self.see(), self.paid(), abs(self.x) > 6, self.t >= STEPS, self.said()


def recorded(world: GymWorld, who: Any = "random", episodes: int = 6, **given: Any) -> Recording:
    return record(agent(who), world, episodes=episodes, **given)


# Rewards with components


class Paid(Walk):
    def paid(self) -> Any:
        return np.array([self.x, -1.0])


def test_each_component_of_a_reward_is_a_feature_and_the_scalar_a_named_sum() -> None:
    world = GymWorld(Paid, reward_weights={"place": 2.0, "time": 0.5})
    assert world.feature_kinds["reward_place"] == world.feature_kinds["reward_time"] == "number"
    assert any("reward_place x 2, reward_time x 0.5" in remark for remark in world.remarks)
    made = recorded(world)
    steps = made.steps("default", "agent").collect()
    first, later = steps.filter(steps["t"] == 0), steps.filter(steps["t"] > 0)
    assert (first["reward_place"] == 0).all() and (first["reward_time"] == 0).all()
    assert (later["reward_place"] == later["obs_0"]).all() and (later["reward_time"] == -1).all()
    paid = steps.filter(steps["action"].is_not_null())["reward"].to_numpy()
    np.testing.assert_allclose(paid, 2 * later["obs_0"].to_numpy() - 0.5)
    assert any("2 components" in note for note in made.manifest.notes)


def test_weights_are_ones_at_first_and_part_of_the_worlds_identity() -> None:
    plain = GymWorld(Paid)
    assert dict(plain.plan.rewards) == {"reward_0": 1.0, "reward_1": 1.0}
    assert len({plain.digest(), GymWorld(Paid, reward_weights=[1, 2]).digest(), GymWorld(Walk).digest()}) == 3
    with pytest.raises(BadWorld, match="rewards of 2 components, but 3 weights"):
        GymWorld(Paid, reward_weights=[1, 2, 3])
    with pytest.raises(BadWorld, match="pays one number"):
        GymWorld(Walk, reward_weights=[1])


def test_a_reward_in_an_array_of_one_is_a_number() -> None:
    class One(Walk):
        def paid(self) -> Any:
            return np.array([self.x], np.float32)

    made, plain = recorded(GymWorld(One)), recorded(GymWorld(Walk))
    assert (
        made.episodes("default", "agent")["return"].to_list() == plain.episodes("default", "agent")["return"].to_list()
    )


@pytest.mark.parametrize("mode", list(AutoresetMode))
def test_components_in_vector_environments(mode: AutoresetMode) -> None:
    class Pays(SyncVectorEnv):
        """Gymnasium's own takes numbers alone; this one keeps the components, as MO-Gymnasium's does."""

        def __init__(self) -> None:
            super().__init__([Paid] * 6, autoreset_mode=mode)
            self._rewards = np.zeros((6, 2))

    one = recorded(GymWorld(Paid, reward_weights=[1, 3]), agent_by_place, contexts=["default"])
    many = recorded(GymWorld(Pays, reward_weights=[1, 3]), agent_by_place, contexts=["default"])
    for actor in ("agent", "uniform"):
        ours, theirs = (made.steps("default", actor).collect().drop("context") for made in (one, many))
        assert ours.equals(theirs)


def agent_by_place(observation: Any) -> int:
    return int(abs(observation[0]) % 3)


@pytest.mark.filterwarnings("ignore")  # of the environments' own
@pytest.mark.parametrize("name", ["deep-sea-treasure-v0", "fruit-tree-v0", "resource-gathering-v0"])
def test_environments_of_mo_gymnasium(name: str) -> None:
    pytest.importorskip("mo_gymnasium")
    world = GymWorld(name)
    assert sum(feature.startswith("reward_") for feature in world.feature_kinds) >= 2
    assert recorded(world, episodes=2).frame.episodes == 2


# What is drawn without the seed


class Chatty(Walk):
    def said(self) -> dict[str, Any]:
        return {"speed": self.x, "drawn": int(np.random.default_rng().integers(10**6))}


def test_an_entry_of_info_that_is_not_seeded_is_left_out_and_said_so() -> None:
    world = GymWorld(Chatty)
    assert "speed" in world.feature_kinds and "drawn" not in world.feature_kinds
    assert "differs after two resets" in world.left_out["info 'drawn'"]
    assert list(GymWorld(Chatty, info=["speed"]).feature_kinds) == ["obs_0", "obs_1", "speed"]
    with pytest.raises(BadWorld, match=r"entry 'drawn' .* differs after two resets"):
        GymWorld(Chatty, info=["drawn"])
    assert "drawn" in GymWorld(Chatty, seedless=True).feature_kinds


# The API before Gymnasium 0.26


class OldReset(Walk):
    def reset(self, **given: Any) -> Any:  # type: ignore[override]
        return super().reset(**given)[0]


class OldStep(OldReset):
    def step(self, action: Any) -> Any:  # type: ignore[override]
        seen, paid, terminated, truncated, info = super().step(action)
        return seen, paid, terminated or truncated, {**info, "TimeLimit.truncated": truncated and not terminated}


class Ancient:
    """No gymnasium.Env at all, seeded by a method of its own."""

    observation_space, action_space = Walk.observation_space, Walk.action_space

    def __init__(self) -> None:
        self.inner, self.planted = Walk(), 0

    def seed(self, seed: int) -> None:
        self.planted = seed

    def reset(self) -> Any:
        return self.inner.reset(seed=self.planted)[0]

    def step(self, action: Any) -> Any:
        seen, paid, terminated, truncated, info = self.inner.step(action)
        return seen, paid, terminated or truncated, {**info, "TimeLimit.truncated": truncated and not terminated}


@pytest.mark.parametrize("kind", [OldReset, OldStep, Ancient])
def test_the_old_api_is_named_and_adapted_where_asked_for(kind: Any) -> None:
    with pytest.raises(BadWorld, match=r"follows the API before Gymnasium 0\.26: .*old_api=True"):
        GymWorld(kind)
    old, new = recorded(GymWorld(kind, old_api=True)), recorded(GymWorld(Walk))
    for context in ("default", "noise"):
        ours, theirs = old.steps(context).collect(), new.steps(context).collect()
        assert ours.select(theirs.columns).equals(theirs)
        assert old.episodes(context)["terminated"].to_list() == new.episodes(context)["terminated"].to_list()


def test_an_id_of_the_old_api_is_named_too() -> None:
    gym.register("OldStep-v0", lambda **_: OldStep(), max_episode_steps=STEPS)
    try:
        with pytest.raises(BadWorld, match=r"API before Gymnasium 0\.26: its"):
            GymWorld("OldStep-v0")
        assert recorded(GymWorld("OldStep-v0", old_api=True)).horizon == STEPS
    finally:
        del gym.registry["OldStep-v0"]


# Masks, and environments that raise


class Strict(Walk):
    """Raises on what its mask forbids; says so by a method."""

    action_space: spaces.Space[Any] = spaces.Discrete(5)

    def allowed(self) -> Any:
        return (np.arange(5) + self.t) % 3 != 0

    def action_masks(self) -> Any:
        return self.allowed()

    def step(self, action: Any) -> Any:
        if not self.allowed()[int(action)]:
            raise ValueError(f"{action} is forbidden")
        return super().step(int(action) % 3)


class StrictByInfo(Strict):
    action_masks = None  # type: ignore[assignment]

    def said(self) -> dict[str, Any]:
        return {"action_mask": self.allowed().astype(np.int8)}


class StrictByPart(Strict):
    action_masks = None  # type: ignore[assignment]
    observation_space = spaces.Dict({"place": Walk.observation_space, "action_mask": spaces.MultiBinary(5)})

    def see(self) -> Any:
        return {"place": super().see(), "action_mask": self.allowed().astype(np.int8)}


class Silent(Strict):
    action_masks = None  # type: ignore[assignment]


@pytest.mark.parametrize("kind", [Strict, StrictByInfo, StrictByPart])
def test_references_noise_and_shoves_keep_to_the_mask(kind: Any) -> None:
    world = GymWorld(kind)
    assert world.masks_actions and not any("mask" in name for name in world.feature_kinds)
    made = recorded(world, episodes=20)  # every forbidden action would raise
    assert set(made.actors) == {"agent", "uniform", "marginal", "replay"}
    assert any("which actions are allowed" in note for note in made.manifest.notes)
    assert {c.name for c in made.contexts} == {"default", "noise", "shove"}


def test_masks_that_the_user_names() -> None:
    world = GymWorld(Silent, action_masks=lambda env: env.unwrapped.allowed())
    assert recorded(world).frame.episodes == 6
    with pytest.raises(BadWorld, match="expected 5 flags"):
        GymWorld(Silent, action_masks=lambda env: [True])


def test_an_environment_that_raises_in_the_first_look_is_told_with_step_and_action() -> None:
    with pytest.raises(
        BadWorld, match=r"ValueError: \d is forbidden.*on step\(\d\), step \d of the first look.*action_masks"
    ):
        GymWorld(Silent)

    class Broken(Walk):
        def reset(self, **given: Any) -> Any:
            raise KeyError("model.xml")

    with pytest.raises(BadWorld, match=r"KeyError: 'model\.xml'.*on reset\(seed=0\) in the first look"):
        GymWorld(Broken)


@pytest.mark.parametrize("mode", list(AutoresetMode))
def test_masks_of_vector_environments(mode: AutoresetMode) -> None:
    for kind in (Strict, StrictByInfo, StrictByPart):
        world = GymWorld(lambda kind=kind: SyncVectorEnv([kind] * 6, autoreset_mode=mode))
        assert world.masks_actions
        one, many = (recorded(w, contexts=["default"]) for w in (GymWorld(kind), world))
        for actor in ("uniform",):
            assert one.steps("default", actor).collect().equals(many.steps("default", actor).collect())


@pytest.mark.filterwarnings("ignore:os.fork:RuntimeWarning")  # JAX's, where an earlier test has loaded it
def test_masks_that_the_user_names_in_vector_environments() -> None:
    def allowed(env: Any) -> Any:
        return env.unwrapped.allowed()

    one = recorded(GymWorld(Silent, action_masks=allowed), contexts=["default"])
    many = recorded(GymWorld(lambda: SyncVectorEnv([Silent] * 6), action_masks=allowed), contexts=["default"])
    assert one.steps("default", "uniform").collect().equals(many.steps("default", "uniform").collect())
    with pytest.raises(BadWorld, match=r"single environments can't be reached.*SyncVectorEnv"):
        GymWorld(lambda: AsyncVectorEnv([Silent] * 2), action_masks=allowed)


def test_uniform_under_masks_is_uniform_among_what_is_allowed() -> None:
    actions = ActionSet(spaces.MultiDiscrete([3, 2]))
    masks = np.array([[True, False, True, True, True]] * 6000)
    drawn = actions.uniform(np.random.default_rng(0).random((6000, 2)), masks)
    assert actions.allowed(drawn, masks).all()
    counts = {(a, b): int(((drawn[:, 0] == a) & (drawn[:, 1] == b)).sum()) for a in (0, 2) for b in (0, 1)}
    assert sum(counts.values()) == 6000
    assert max(abs(count - 1500) for count in counts.values()) < 150  # four standard deviations


def test_masks_in_several_parts_are_read_in_one_row() -> None:
    flat = flat_mask((np.array([1, 0]), np.array([1, 1, 0])))
    assert flat is not None and flat.tolist() == [True, False, True, True, False]
    assert flat_mask(np.array([2, 0])) is None and flat_mask("yes") is None


# Odd actions and observations


@pytest.mark.parametrize(
    "space",
    [
        spaces.MultiBinary((2, 3)),
        spaces.MultiBinary(3),
        spaces.Box(-1, 1, (2, 2)),
        spaces.MultiDiscrete(np.array([[2, 3], [2, 2]])),
    ],
)
def test_actions_of_several_dimensions_are_audited_to_the_page(space: Any, tmp_path: Any) -> None:
    import teloscope

    class Odd(Walk):
        action_space = space

    made = recorded(GymWorld(Odd), episodes=8)
    assert made.actions("default")[0].shape[2:] == space.shape
    verdict = teloscope.judge(teloscope.find_goals(made), teloscope.Values.of(want=["reach(obs_0 >= 4)"]))
    verdict.report(tmp_path / "report.html")
    assert (tmp_path / "report.html").stat().st_size > 10_000


def test_long_vectors_keep_their_beginning_and_are_grouped_beyond() -> None:
    class Long(Walk):
        observation_space = spaces.Box(-np.inf, np.inf, (1000,), np.float64)

        def see(self) -> Any:
            return np.arange(1000) + self.x

    world = GymWorld(Long)
    assert len(world.feature_kinds) == 128 + 125  # groups of 7: 872 / 7, rounded up
    made = recorded(world, episodes=2)
    steps = made.steps("default", "agent").collect()
    assert (steps["obs_127"] - steps["obs_0"] == 127).all()
    np.testing.assert_allclose(steps["obs_128_to_134"] - steps["obs_0"], np.arange(128, 135).mean())
    np.testing.assert_allclose(steps["obs_996_to_999"] - steps["obs_0"], np.arange(996, 1000).mean())


def test_wide_arrays_are_read_in_blocks() -> None:
    class Grid(Walk):
        observation_space = spaces.Box(0, 1, (40, 30), np.float32)

        def see(self) -> Any:
            seen = np.zeros((40, 30), np.float32)
            seen[:20] = self.t / STEPS
            return seen

    world = GymWorld(Grid)
    blocks = block_counts((40, 30), 256)
    assert len(world.feature_kinds) == blocks[0] * blocks[1] <= 256
    assert "means of blocks of" in world.remarks[0]
    made = recorded(world, episodes=2)
    steps = made.steps("default", "agent").collect()
    np.testing.assert_allclose(steps["obs_mean_0_0"], steps["t"] / STEPS, rtol=1e-6)
    assert (steps[f"obs_mean_{blocks[0] - 1}_{blocks[1] - 1}"] == 0).all()


def test_block_means_are_those_of_a_plain_loop() -> None:
    values = np.random.default_rng(0).random((3, 7, 5))
    blocks = (3, 2)  # blocks of 3 x 3; the last of each axis is smaller
    expected = [[v[i : i + 3, j : j + 3].mean() for i in range(0, 7, 3) for j in range(0, 5, 3)] for v in values]
    np.testing.assert_allclose(block_means(values, blocks), expected)


def test_texts_graphs_and_sequences_become_columns() -> None:
    class Told(Walk):
        observation_space = spaces.Dict(
            {
                "words": spaces.Text(20),
                "web": spaces.Graph(spaces.Box(-9, 9, (2,)), spaces.Discrete(2)),
                "list": spaces.Sequence(spaces.Discrete(3)),
            }
        )

        def see(self) -> Any:
            nodes = np.full((2 + self.t % 3, 2), [self.t, -1.0], np.float32)
            links = np.array([[0, 1]])
            web = spaces.GraphInstance(nodes, np.array([1]), links)
            return {"words": f"at {int(self.x)}", "web": web, "list": (1,) * self.t}

    world = GymWorld(Told)
    assert dict(world.feature_kinds) == {
        "list_length": "number",
        "web_nodes": "number",
        "web_edges": "number",
        "web_node_mean_0": "number",
        "web_node_mean_1": "number",
        "words": "category",
    }
    made = recorded(world, episodes=3)
    steps = made.steps("default", "agent").collect()
    assert (steps["list_length"] == steps["t"]).all()
    assert (steps["web_nodes"] == 2 + steps["t"] % 3).all() and (steps["web_node_mean_1"] == -1).all()
    assert steps["words"].str.starts_with("at ").all()


def test_a_picture_alone_is_read_as_brightness() -> None:
    class Picture(Walk):
        observation_space = spaces.Box(0, 255, (20, 16, 3), np.uint8)

        def see(self) -> Any:
            image = np.zeros((20, 16, 3), np.uint8)
            image[:, 8:] = 10 * self.t
            return image

    world = GymWorld(Picture)
    assert len(world.feature_kinds) == 7 * 8
    made = recorded(world, episodes=2)
    steps = made.steps("default", "agent").collect()
    np.testing.assert_allclose(steps["obs_brightness_0_7"], 10.0 * steps["t"])
    assert (steps["obs_brightness_0_0"] == 0).all()


# Actions with parts


class Team(Walk):
    """Two who walk; each is paid its own step."""

    action_space = spaces.Tuple((spaces.Discrete(2, start=-1), spaces.Dict(a=spaces.MultiDiscrete([2, 3]))))

    def step(self, action: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        assert action in self.action_space
        own, other = action[0], action[1]["a"]
        self.x += own
        self.t += 1
        return self.see(), (own, int(other.sum())), [False, self.t >= 4], [False, False], self.said()


class Mover(Walk):
    action_space = spaces.Dict(b=spaces.Box(-1, 1, (2, 1)), a=spaces.Box(0, 5, ()))

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        assert action in self.action_space
        return super().step(np.sum(action["b"]) + action["a"])


def test_actions_with_parts_are_one_row_and_the_rewards_of_a_team_are_components() -> None:
    recording = recorded(GymWorld(Team, horizon=STEPS))
    assert any("action has 2 parts" in note for note in recording.manifest.notes)
    steps = recording.steps("default", "agent").collect()
    actions = np.array([a for a in steps["action"].to_list() if a is not None])
    assert set(map(tuple, actions)) <= {(i, j, k) for i in range(2) for j in range(2) for k in range(3)}
    after = steps.filter(steps["t"] > 0)
    np.testing.assert_array_equal(after["reward_0"], actions[:, 0] - 1)
    np.testing.assert_array_equal(after["reward_1"], actions[:, 1] + actions[:, 2])
    assert set(recording.episodes("default", "agent")["length"]) == {STEPS}, "it ends when it has ended for all"


def test_real_actions_with_parts_are_one_row() -> None:
    world = GymWorld(Mover)
    assert world.action_set.shape == (3,)
    assert recorded(world).episodes("default", "agent")["length"].to_numpy().min() > 0


def test_actions_of_whole_and_real_numbers_are_refused_with_a_way_out() -> None:
    class Mixed(Walk):
        action_space = spaces.Tuple((spaces.Discrete(2), spaces.Box(0, 1, (1,))))

    with pytest.raises(BadWorld, match=r"all of its parts to be whole numbers.*TransformAction"):
        GymWorld(Mixed)
