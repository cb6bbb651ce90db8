"""Gymnasium worlds: what becomes a feature, which seeds are accepted, and how contexts are set up."""

from __future__ import annotations

import sys
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from gymnasium.wrappers import TimeLimit

from teloscope.errors import BadWorld, NotFound, NotTrusted
from teloscope.worlds import Context
from teloscope.worlds.actions import ActionSet
from teloscope.worlds.gym.observation_columns import column_name
from teloscope.worlds.gym.world import GymWorld, is_gymnasium_id


class Line(gym.Env[Any, Any]):
    """Walks a line from a drawn place; everything about it can be set."""

    metadata = {"render_modes": []}  # noqa: RUF012  (Gymnasium's own form)

    def __init__(self, length: int = 6, space: spaces.Space[Any] | None = None, info: Any = None) -> None:
        self.length = length
        self.observation_space = space or spaces.Box(0.0, float(length), (1,), np.float32)
        self.action_space = spaces.Discrete(2)
        self.info = info or (
            lambda env: {"edge": env.x in (0, env.length), "x_again": env.x, "words": "at " + str(env.x)}
        )
        self.x = self.t = 0

    def see(self) -> Any:
        return np.array([self.x], np.float32)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.t = 0
        self.x = (options or {}).get("x", int(self.np_random.integers(1, self.length)))
        return self.see(), self.info(self)

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        self.x += 1 if action else -1
        self.t += 1
        return self.see(), float(self.x), self.x in (0, self.length), False, self.info(self)


class Sees(Line):
    """A line walker whose observation is drawn from any space."""

    def see(self) -> Any:
        self.observation_space.seed(self.x)
        return self.observation_space.sample()


class Unseeded(Line):
    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        super().reset(options=options)
        self.x = int(np.random.default_rng().integers(0, 2**31))
        return self.see(), self.info(self)


class RejectsSeeds(Line):
    def reset(self) -> tuple[Any, dict[str, Any]]:  # type: ignore[override]
        return super().reset()


def test_an_id_gives_named_features_actions_and_its_own_limit() -> None:
    world = GymWorld("CartPole-v1")
    assert list(world.feature_kinds) == ["cart_position", "cart_velocity", "pole_angle", "pole_angular_velocity"]
    assert set(world.feature_kinds.values()) == {"number"}
    assert world.actions == ("push_left", "push_right")
    assert world.horizon == 500
    assert [c.kind for c in world.contexts] == ["train", "test", "test"]


@pytest.mark.parametrize("names", [("a", "b", "c", "d"), {"obs_0": "a", "obs_1": "b", "obs_2": "c", "obs_3": "d"}])
def test_the_users_names_come_before_the_known_ones(names: Any) -> None:
    assert list(GymWorld("CartPole-v1", names=names).feature_kinds) == ["a", "b", "c", "d"]


def test_names_for_columns_that_are_not_there() -> None:
    with pytest.raises(BadWorld, match=r"obs_9.*obs_0"):
        GymWorld("CartPole-v1", names={"obs_9": "speed"})
    with pytest.raises(BadWorld, match="1 names are given for 4"):
        GymWorld("CartPole-v1", names=["speed"])


@pytest.mark.parametrize(
    ("space", "columns"),
    [
        (spaces.Box(-1, 1, (2,), np.float64), {"obs_0": "number", "obs_1": "number"}),
        (
            spaces.Box(-1, 1, (2, 2), np.float32),
            {"obs_0_0": "number", "obs_0_1": "number", "obs_1_0": "number", "obs_1_1": "number"},
        ),
        (spaces.Discrete(5), {"obs_0": "number"}),
        (spaces.MultiDiscrete([3, 4]), {"obs_0": "number", "obs_1": "number"}),
        (spaces.MultiBinary(2), {"obs_0": "bool", "obs_1": "bool"}),
        (spaces.Tuple([spaces.Discrete(2), spaces.Box(0, 1, (1,))]), {"0": "number", "1": "number"}),
        (
            spaces.Dict(
                {"Position (m)": spaces.Box(0, 1, (2,)), "open": spaces.MultiBinary(1), "actor": spaces.Discrete(3)}
            ),
            {"position_m_0": "number", "position_m_1": "number", "open": "bool", "obs_actor": "number"},
        ),
    ],
)
def test_every_kind_of_observation_becomes_columns(space: spaces.Space[Any], columns: dict[str, str]) -> None:
    world = GymWorld(lambda: Sees(space=space), info=[])
    assert dict(world.feature_kinds) == {
        column_name(name) if name[0].isdigit() else name: kind for name, kind in columns.items()
    }


def test_images_are_left_out_and_wide_parts_summarised_and_said_so() -> None:
    space = spaces.Dict(
        {
            "image": spaces.Box(0, 255, (8, 8, 3), np.uint8),
            "note": spaces.Text(4),
            "wide": spaces.Box(0, 1, (300,)),
            "x": spaces.Discrete(4),
        }
    )
    world = GymWorld(lambda: Sees(space=space), info=[])
    names = list(world.feature_kinds)
    assert names[0] == "note" and world.feature_kinds["note"] == "category"
    assert names[-1] == "x"
    assert "8 x 8 x 3" in world.left_out["image"] and not any("brightness" in name for name in names)
    assert "300 entries; the first 128 are columns, and means of 2" in world.plan.summarised["wide"]
    assert sum(name.startswith("wide") for name in names) == 128 + 86
    assert any("300 entries" in remark for remark in world.remarks)


def test_an_image_can_be_summarised_and_a_world_without_features_is_refused() -> None:
    image = spaces.Box(0, 255, (4, 4, 3), np.uint8)
    alone = GymWorld(lambda: Sees(space=image), info=[])
    assert len(alone.feature_kinds) == 16 and "obs_brightness_3_3" in alone.feature_kinds
    assert "nothing else is known of the state" in alone.remarks[0]
    either = spaces.OneOf([spaces.Discrete(2), spaces.Discrete(3)])
    with pytest.raises(BadWorld, match=r"no features.*OneOf observations have no fixed columns"):
        GymWorld(lambda: Sees(space=either), info=[])
    world = GymWorld(lambda: Sees(space=image), info=[], features={"Brightness": lambda obs, info: float(obs.mean())})
    assert dict(world.feature_kinds) == {"brightness": "number"}


def test_scalars_of_info_become_features_if_they_are_in_every_step() -> None:
    def info(env: Any) -> dict[str, Any]:
        late = {"late": 1} if env.t else {}
        return {"edge": False, "count": np.int64(3), "words": "far", "path": np.zeros(3), "state": 1.0} | late

    world = GymWorld(lambda: Line(info=info))
    assert dict(world.feature_kinds) == {
        "obs_0": "number",
        "edge": "bool",
        "count": "number",
        "words": "category",
        "info_state": "number",
    }
    assert {"info 'path'", "info 'late'"} <= set(world.left_out)
    assert list(GymWorld(lambda: Line(info=info), info=["edge"]).feature_kinds) == ["obs_0", "edge"]
    with pytest.raises(NotFound, match=r"'egde' not found. Did you mean 'edge'"):
        GymWorld(lambda: Line(info=info), info=["egde"])


def test_functions_are_called_as_their_parameters_say() -> None:
    world = GymWorld(
        Line,
        info=[],
        features={
            "of_both": lambda observation, info: info["x_again"] * 2,
            "of_env": lambda env: env.unwrapped.x > 2,
            "of_observation": lambda obs: str(int(obs[0])),
        },
    )
    assert dict(world.feature_kinds) == {
        "obs_0": "number",
        "of_both": "number",
        "of_env": "bool",
        "of_observation": "category",
    }


@pytest.mark.parametrize(
    ("features", "message"),
    [
        ({"x": lambda: 1}, "0 parameters"),
        ({"x": lambda a, b, c: 1}, "3 parameters"),
        ({"x": 3}, "expected a function"),
        ({"x": lambda env: np.zeros(2)}, "expected a number, a boolean or a text"),
        ({"x": lambda env: 1 / 0}, "ZeroDivisionError"),
        ({"obs_0": lambda env: 1}, "two features called 'obs_0'"),
    ],
)
def test_functions_that_cannot_be_features(features: Any, message: str) -> None:
    with pytest.raises(BadWorld, match=message):
        GymWorld(Line, info=[], features=features)


def test_a_world_without_seeds_is_refused_or_declared() -> None:
    with pytest.raises(BadWorld, match=r"different episodes.*seedless=True"):
        GymWorld(Unseeded)
    with pytest.raises(BadWorld, match=r"can't be seeded.*seedless=True"):
        GymWorld(RejectsSeeds)
    for kind in (Unseeded, RejectsSeeds):
        world = GymWorld(kind, seedless=True)
        assert (world.seeded, world.seeding) == (False, "none")
    assert GymWorld(Line).seeding == "episode"
    assert GymWorld("CartPole-v1").seeding == "block"


def test_contexts_of_the_user_stand_beside_the_defaults() -> None:
    world = GymWorld(
        Line,
        contexts={"long": {"length": 9, "noise": 0.3, "kind": "train"}, "left": {"options": {"x": 1}}, "shove": None},
    )
    assert [c.name for c in world.contexts] == ["default", "noise", "long", "left"]
    assert (world.context("long").noise, world.context("long").kind) == (0.3, "train")
    assert dict(world.setups["long"].kwargs) == {"length": 9}
    sub_envs = world.sub_envs(3, world.context("left"))
    assert sub_envs.reset(np.arange(3, dtype=np.uint64)).tolist() == [[1.0]] * 3
    assert world.sub_envs(1, world.context("long")).envs[0].unwrapped.length == 9  # type: ignore[attr-defined]


def test_contexts_may_be_given_as_such_and_bad_ones_are_refused() -> None:
    assert [c.name for c in GymWorld(Line, contexts=[Context("only", start="default")]).contexts] == ["only"]
    with pytest.raises(BadWorld, match="expected environment arguments"):
        GymWorld(Line, contexts={"far": 3})  # type: ignore[dict-item]
    with pytest.raises(NotFound, match=r"'shoves' not found. Did you mean 'shove'"):
        GymWorld(Line, contexts={"shoves": None})
    with pytest.raises(BadWorld, match=r"can't be made with \{'size': 4\}"):
        world = GymWorld(Line, contexts={"small": {"size": 4}})
        world.sub_envs(1, world.context("small"))


def test_a_context_whose_start_the_world_does_not_have() -> None:
    world = GymWorld(Line)
    world.check_context(Context("mine", start="default", noise=0.5))
    for context in (Context("mine"), Context("mine", start="defualt")):
        with pytest.raises(NotFound, match=rf"Start '{context.start}' not found.*default"):
            world.sub_envs(1, context)


def test_horizons_come_from_the_environment_or_the_user() -> None:
    assert GymWorld(lambda: TimeLimit(Line(), 7)).horizon == 7
    assert GymWorld(Line, horizon=9).horizon == 9
    assert GymWorld("CartPole-v1", horizon=900).horizon == 900
    with pytest.raises(BadWorld, match="after 7 steps"):
        GymWorld(lambda: TimeLimit(Line(), 7), horizon=8)
    with pytest.raises(BadWorld, match="at least 1"):
        GymWorld(Line, horizon=0)


def test_an_environment_may_be_handed_over_and_stays_the_users() -> None:
    env = Line()
    world = GymWorld(env, info=[])
    sub_envs = world.sub_envs(2, world.context("default"))
    assert all(sub_env.unwrapped is not env for sub_env in sub_envs.envs)  # type: ignore[attr-defined]
    with pytest.raises(BadWorld, match="handed over ready-made"):
        GymWorld(env, length=3)
    with pytest.raises(BadWorld, match="expected an id"):
        GymWorld(3)  # type: ignore[arg-type]
    with pytest.raises(BadWorld, match="expected a Gymnasium environment"):
        GymWorld(dict)


def test_vector_environments_of_the_user_set_the_block() -> None:
    vector = SyncVectorEnv([Line, Line, Line], autoreset_mode=AutoresetMode.SAME_STEP)
    world = GymWorld(vector, horizon=20)
    assert (world.block, world.seeding) == (3, "episode")
    assert dict(world.feature_kinds) == {"obs_0": "number", "edge": "bool", "x_again": "number", "words": "category"}
    with pytest.raises(BadWorld, match="resets in the same step"):
        GymWorld(vector, features={"n": lambda env: env.num_envs})


def test_ids_are_recognised_and_unknown_ones_get_a_suggestion() -> None:
    assert is_gymnasium_id("CartPole-v1")
    assert not is_gymnasium_id("coin")
    with pytest.raises(NotFound, match="CartPole-v1"):
        is_gymnasium_id("CartPol-v1")
    with pytest.raises(BadWorld, match="no_such_module"):
        is_gymnasium_id("no_such_module:Env-v0", trust=True)


def test_a_module_that_registers_is_imported(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_envs.py").write_text(
        "import gymnasium\n"
        "gymnasium.register('Mine-v0', 'gymnasium.envs.classic_control:CartPoleEnv', max_episode_steps=12)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(NotTrusted, match="my_envs"):
        GymWorld("my_envs:Mine-v0")
    assert "my_envs" not in sys.modules
    world = GymWorld("my_envs:Mine-v0", trust=True)
    assert (world.name, world.horizon, world.seeding) == ("Mine-v0", 12, "episode")
    gym.registry.pop("Mine-v0")


def test_another_set_up_is_another_world() -> None:
    one = GymWorld(Line)
    assert one.digest() == GymWorld(Line).digest()
    others = [
        GymWorld(Line, length=7),
        GymWorld(Line, horizon=3),
        GymWorld(Line, info=[]),
        GymWorld(Line, contexts={"a": {"length": 3}}),
    ]
    others += [GymWorld(Line, features={"f": lambda env: 1}), GymWorld(Line, features={"f": lambda env: 2})]
    assert len({w.digest() for w in [one, *others]}) == len(others) + 1


@pytest.mark.parametrize(
    "space",
    [
        spaces.Discrete(5, start=3),
        spaces.MultiDiscrete([2, 5]),
        spaces.MultiBinary(3),
        spaces.Box(-2, 3, (2,)),
        spaces.Box(-np.inf, np.inf, (2,)),
        spaces.Box(np.array([0, -np.inf], np.float32), np.array([np.inf, 0], np.float32)),
    ],
    ids=str,
)
def test_uniform_actions_are_legal_for_the_environment_and_for_us(space: spaces.Space[Any]) -> None:
    actions = ActionSet(space)
    drawn = actions.uniform(np.random.default_rng(0).random((500, actions.draws)))
    assert actions.illegal(drawn, np.ones(500, np.bool_)) is None
    assert all(
        space.contains(a if actions.count is None else int(a)) for a in actions.native(drawn).astype(space.dtype)
    )
    edges = actions.uniform(np.stack([np.zeros(actions.draws), np.full(actions.draws, 1 - 2.0**-53)]))
    assert actions.illegal(edges, np.ones(2, np.bool_)) is None


def test_uniform_actions_are_uniform() -> None:
    actions = ActionSet.of(4).uniform(np.random.default_rng(0).random((40_000, 1)))
    assert np.bincount(actions) == pytest.approx([10_000] * 4, abs=400)


def test_illegal_actions_are_found_where_they_count() -> None:
    actions = ActionSet.of(3)
    alive = np.array([True, True, False])
    assert actions.illegal(np.array([0, 2, 9]), alive) is None
    assert actions.illegal(np.array([0, 3, 0]), alive) == 1
    assert actions.illegal(np.array([-1, 0, 0]), alive) == 0
    box = ActionSet(spaces.Box(-1, 1, (2,)))
    assert box.illegal(np.array([[0, 0], [0, np.nan], [9, 9]]), alive) == 1
    assert box.illegal(np.zeros((3, 3)), alive) == 0
    with pytest.raises(BadWorld, match="action space is Dict"):
        ActionSet(spaces.Dict({"a": spaces.Discrete(2)}))
