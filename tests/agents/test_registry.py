"""Agents by name: every kind, its options, and what is said when a name is wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import teloscope
from teloscope.agents import Agent, agent
from teloscope.agents.agent import TableAgent, checked_policy
from teloscope.agents.habits import Drift, Idle, Random, RandomTable
from teloscope.agents.planner import Planner, RewardPlanner
from teloscope.agents.registry import KINDS, USER_AGENT, Kind
from teloscope.errors import BadAgent, BadRegime, BadStudy, NotFound, NotTrusted
from teloscope.worlds import world
from teloscope.worlds.table.world import TableWorld


@pytest.mark.parametrize(
    ("spec", "kind", "holds"),
    [
        ("random", Random, {}),
        ("idle", Idle, {}),
        ("drift", Drift, {"seed": 0, "evenness": 0.5}),
        ("drift?seed=3&evenness=2", Drift, {"seed": 3, "evenness": 2.0}),
        ("table?seed=4&soft=yes", RandomTable, {"seed": 4, "soft": True}),
        ("table?soft=0", RandomTable, {"seed": 0, "soft": False}),
        ("plan:end(at_goal)", Planner, {"eps": 0.0, "temperature": 0.0, "horizon": None}),
        (
            "plan:keep(x >= 3)?eps=.3&temperature=1e-2&horizon=5",
            Planner,
            {"eps": 0.3, "temperature": 0.01, "horizon": 5},
        ),
        ("optimal:visible", RewardPlanner, {"what": "visible", "eps": 0.0}),
        ("optimal:hidden?eps=0.1&noise=0.2", RewardPlanner, {"what": "hidden", "eps": 0.1, "noise": 0.2}),
    ],
)
def test_a_name_with_options_becomes_an_agent(spec: str, kind: type[Agent], holds: dict) -> None:
    made = agent(spec)
    assert type(made) is kind
    assert {name: vars(made)[name] for name in holds} == holds
    again = agent(made.name)
    assert vars(again) == vars(made)


@pytest.mark.parametrize(
    ("spec", "condition"),
    [
        ("plan:end(tile = '?')", "tile = '?'"),
        ("plan:end(tile = 'a?b=c')?eps=0.5", "tile = 'a?b=c'"),
        ('plan:end("is it?" and x > 1)', '"is it?" and x > 1'),
        ("plan:end(tile = 'a:b')", "tile = 'a:b'"),
    ],
)
def test_question_marks_and_colons_in_a_condition_are_its_own(spec: str, condition: str) -> None:
    made = agent(spec)
    assert isinstance(made, Planner)
    assert made.regime.condition == condition
    assert made.eps == (0.5 if spec.endswith("=0.5") else 0.0)


def test_an_agent_stays_what_it_is_and_a_function_becomes_one() -> None:
    here = Random()
    assert agent(here) is here
    assert isinstance(agent(lambda observation: 0), Agent)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("randon", r"Agent 'randon' not found. Did you mean 'random'"),
        ("plam:end(x = 1)", r"Agent 'plam' not found. Did you mean 'plan'.*asked for as 'plam:end\(x = 1\)'"),
        ("optimla:visible", r"Agent 'optimla' not found. Did you mean 'optimal'"),
        ("", r"Known: drift, exemplar, idle"),
        ("nobody", r"`teloscope agents`"),
        ("drift?sead=1", r"Option 'sead' not found. Did you mean 'seed'.*agent 'drift'"),
        ("optimal:visibel", r"Reward 'visibel' not found. Did you mean 'visible'"),
        ("plan:ends(x = 1)", r"Mode 'ends' not found. Did you mean 'end'"),
        ("onnx:no_such_file.onnx", r"Network 'no_such_file.onnx' not found"),
        ("sb3:no_such_file.zip", r"Model 'no_such_file.zip' not found"),
    ],
)
def test_a_wrong_name_is_met_with_the_nearest(spec: str, said: str) -> None:
    with pytest.raises(NotFound, match=said):
        agent(spec)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("drift?seed=one", r"Option seed of the agent 'drift' is 'one'; expected a whole number"),
        ("drift?seed=1.5", "expected a whole number"),
        ("plan:end(x = 1)?eps=much", "expected a number"),
        ("table?soft=maybe", "expected yes or no"),
        ("drift?seed", r"options of agent 'drift\?seed' can't be read. Write them like"),
        ("plan:end(x = 1)?eps=2", r"expected eps in 0..1"),
        ("random:fast", r"'random' takes nothing after a colon, but got 'fast'"),
        ("drift:1", r"'drift' takes nothing after a colon"),
        ("exemplar", "asked for by its name"),
    ],
)
def test_options_that_can_not_be_read_are_said(spec: str, said: str) -> None:
    with pytest.raises(BadAgent, match=said):
        agent(spec)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, str]]]:
    """What the builder of language models is asked for."""
    met: list[tuple[str, dict[str, str]]] = []

    def build(rest: str, options: dict[str, str], trust: bool) -> Agent:
        met.append((rest, options))
        return Random()

    monkeypatch.setitem(KINDS, "llm", Kind(build, "a language model"))
    return met


@pytest.mark.parametrize("profile", ["researcher", "/my place/a+b&c=d?.toml"])
def test_a_profile_becomes_part_of_a_language_models_name(asked, profile: str) -> None:
    agent("llm:inspect:openai/gpt-5/text+think:48", profile=profile)
    agent("llm:smollm2/direct?profile=researcher", profile="researcher")
    assert asked == [
        ("inspect:openai/gpt-5/text+think:48", {"profile": profile}),
        ("smollm2/direct", {"profile": "researcher"}),
    ]


@pytest.mark.parametrize("spec", ["random", "my.mod:Llm", Random(), lambda observation: 0])
def test_nobody_but_a_language_model_acts_under_a_profile(spec) -> None:
    with pytest.raises(BadStudy, match=r"'researcher' .* none\. Leave the profile out"):
        agent(spec, trust=True, profile="researcher")


def test_two_profiles_are_one_too_many(asked) -> None:
    with pytest.raises(BadStudy, match=r"names the profile 'assistant', and 'researcher' was given too"):
        agent("llm:smollm2/direct?profile=assistant", profile="researcher")
    assert asked == []


def test_a_plan_without_a_regime_is_refused() -> None:
    for spec in ("plan", "plan:", "plan:at_goal"):
        with pytest.raises(BadRegime, match="is not a regime"):
            agent(spec)


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module with an agent, in the current folder."""
    name = f"agents_{tmp_path.name}"
    (tmp_path / f"{name}.py").write_text("def go(observation):\n    return 1\n")
    monkeypatch.chdir(tmp_path)
    return name


def test_code_is_loaded_only_with_trust(module: str) -> None:
    with pytest.raises(NotTrusted, match=r"executes that code. Add --trust"):
        agent(f"{module}:go")
    assert module not in sys.modules
    assert agent(f"{module}:go", trust=True).name == f"{module}:go"
    with pytest.raises(NotTrusted, match=r"--trust"):
        agent("some.plan:Name")
    with pytest.raises(BadAgent, match=r"takes no options, but got 'eps=1'"):
        agent(f"{module}:go?eps=1", trust=True)


def test_an_exemplar_is_looked_up_when_it_meets_its_world() -> None:
    tomato, coin = world("tomato"), world("coin")
    made = agent("exemplar:visible")
    assert (made.name, made.digest) == (agent("exemplar:visible").name, agent("exemplar:visible").digest)
    assert made.digest != agent("exemplar:hidden").digest
    recording = teloscope.record(made, tomato, episodes=2, contexts=["train"], references=[])
    best, good = recording.episodes()["return"].mean(), tomato.horizon * 13 * 0.02
    assert isinstance(best, float)
    assert best > good, "under the bucket everything looks watered"
    with pytest.raises(NotFound, match=r"Exemplar 'visibel' not found. Did you mean 'visible'.*world 'tomato'"):
        agent("exemplar:visibel").start(tomato, 1, 0)
    assert isinstance(coin, TableWorld)
    with pytest.raises(BadAgent, match=r"'coin' has no exemplars.*`optimal:visible`"):
        made.policy(coin)


def test_an_exemplar_of_a_table_world_may_have_a_policy(dice) -> None:
    own = dice(1)
    own.exemplars = lambda: {"mine": Idle()}
    np.testing.assert_array_equal(agent("exemplar:mine").policy(own), Idle().policy(own))


def test_every_kind_is_listed_with_a_line() -> None:
    assert all(kind.about and "\n" not in kind.about for kind in KINDS.values())
    for name, kind in KINDS.items():
        example = kind.about.rpartition(": ")[2]
        assert not example.startswith(name) or example.partition("?")[0].partition(":")[0] == name
    assert USER_AGENT[0] not in KINDS


def test_listing_kinds_imports_no_network_library() -> None:
    code = (
        "import sys, teloscope.agents.registry; print({'torch', 'onnxruntime', 'stable_baselines3'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_policy_array_is_an_agent_of_its_world(dice) -> None:
    own = dice(1, count=3, horizon=4)
    even = np.full((own.table.n_states, 2), 0.5)
    made = TableAgent(even)
    np.testing.assert_array_equal(made.policy(own), even)
    assert made.digest != TableAgent(np.eye(2)[[0, 0, 0]]).digest
    assert checked_policy(np.stack([even] * 4), own, "x").shape == (4, 3, 2)
    for bad in (even[:2], np.stack([even] * 3), even[0], np.full((3, 3), 1 / 3)):
        with pytest.raises(BadAgent, match=r"needs \(3, 2\), or \(4, 3, 2\)"):
            checked_policy(bad, own, "x")
    for bad in (even * 1.1, even * np.nan, even + np.array([0.7, -0.7])):
        with pytest.raises(BadAgent, match=r"not probability distributions over 2 actions"):
            checked_policy(bad, own, "x")


def test_an_engines_own_option_stands_behind_the_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str | None]] = []
    monkeypatch.setattr("teloscope.agents.llm.llm_agent", lambda rest, profile=None: asked.append((rest, profile)))
    agent("llm:smollm2?context=4096/direct")
    agent("llm:smollm2?context=4096/direct?profile=researcher")
    agent("llm:smollm2?context=4096/direct", profile="researcher")
    assert asked == [("smollm2?context=4096/direct", profile) for profile in (None, "researcher", "researcher")]
