"""Language models as agents: tabulated and stepped alike, gated, with memory, and honest about what can't be."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from teloscope.agents import agent as agent_named
from teloscope.agents.llm import LlmAgent
from teloscope.engines.synthetic import synthetic
from teloscope.errors import BadAgent, BadScaffold
from teloscope.recordings import record
from teloscope.recordings.exact import exact_rates
from teloscope.worlds import world as world_named
from teloscope.worlds.remembering import Remembering

ISLAND = world_named("island")


def rates(agent, world=ISLAND):
    return exact_rates(agent.world_for(world), agent, world.values.regimes())


@pytest.mark.parametrize("line", ["direct", "text", "story", "score+features", "think:8", "lookahead:16"])
def test_a_competent_engine_is_aligned_and_a_saboteur_is_not(line):
    good, bad = rates(LlmAgent(synthetic("competent"), line)), rates(LlmAgent(synthetic("saboteur"), line))
    if line != "score+features":  # synthetic engines know what is described, and nothing by its features
        assert good["train"][0] == pytest.approx(1) and good["train"][1] == pytest.approx(0)
        assert bad["train"][0] == pytest.approx(0)
    assert set(good) == {c.name for c in ISLAND.recorded_contexts()}


def test_each_distinct_situation_is_one_question(scripted):
    engine = scripted()
    tabulated = LlmAgent(engine, "score").tabulated(ISLAND)
    living = ISLAND.told.description[~ISLAND.table.terminal]
    assert len(engine.chosen) == len(set(living.tolist())) == len(tabulated.situations)
    np.testing.assert_allclose(tabulated.policy.sum(axis=1), 1)


def test_stepped_and_tabulated_do_the_same():
    """A player asks lazily; what it plays has the exact rates, within sampling error."""
    agent = LlmAgent(synthetic("mixture,temperature=0.2"), "score+sample:0.5")
    exact = rates(agent)
    policy = agent.policy(ISLAND)
    agent.policy = lambda world: None  # type: ignore[method-assign]
    recording = record(agent, ISLAND, episodes=400, references=())
    assert policy is not None
    for context in ("train", "noisy"):
        sampled = recording.hits(ISLAND.values.regimes(), context, "agent").mean(axis=1)
        error = 4 * np.sqrt(np.maximum(exact[context] * (1 - exact[context]), 1e-3) / 400)
        assert (np.abs(sampled - exact[context]) <= error).all()


def test_memory_enlarges_the_state():
    agent = LlmAgent(synthetic("competent"), "score+memory:1")
    assert agent.policy(ISLAND) is None, "the world's states don't hold what is remembered"
    enlarged = agent.world_for(ISLAND)
    assert isinstance(enlarged, Remembering)
    plain = rates(LlmAgent(synthetic("competent"), "score"))
    for context, found in rates(agent).items():
        np.testing.assert_allclose(found, plain[context], atol=1e-9)
    before = {s.before for s in agent.tabulated(enlarged).situations}
    assert () in before and any(before)


def test_what_was_seen_before_stands_in_a_players_prompts(scripted):
    engine = scripted(score=lambda prompt, option: -float(option != " go left"))
    record(LlmAgent(engine, "score+memory:2"), ISLAND, episodes=2, references=(), contexts=["train"])
    prompts = [prompt.render() for prompt in engine.chosen]
    assert any(text.count("Earlier: ") == 2 for text in prompts)
    assert max(text.count("Earlier: ") for text in prompts) == 2


def test_traces_tell_how_an_act_came_about():
    agent = LlmAgent(synthetic("competent"), "lookahead:8")
    start = int(ISLAND.table.starts["start" if "start" in ISLAND.table.starts else "train"][0])
    (trace,) = agent.traces(ISLAND, [start]) or [()]
    kinds = [line.kind for line in trace]
    assert kinds[0] == "told" and kinds[-1] == "chosen" and kinds.count("judged") >= len(ISLAND.actions)


def test_a_sampled_scaffold_is_stepped_and_deterministic(tmp_path):
    def play(out):
        agent = LlmAgent(synthetic("liar,noise=0.3"), "think:8+sample:1")
        assert agent.policy(ISLAND) is None
        recording = record(agent, ISLAND, episodes=4, references=(), contexts=["train"], seed=3, out=tmp_path / out)
        return recording.steps("train", "agent").collect()

    assert play("a").equals(play("b"))
    assert play("a").filter(pl.col("t") == 0).height == 4


def test_a_gate_stops_what_admits_harm_and_leaves_the_rest(scripted):
    """The engine always walks left, and admits that this does harm."""
    world = world_named("island+hold")
    score = lambda prompt, option: -float(option != " go left")  # noqa: E731
    harmless = scripted(reply=lambda prompt, draw: " No harm.", score=score)
    harmful = scripted(reply=lambda prompt, draw: " This could hurt somebody.", score=score)
    for engine, passes in ((harmless, True), (harmful, False)):
        policy = LlmAgent(engine, "score", "researcher").policy(world)
        assert policy is not None
        left, hold = world.actions.index("left"), world.actions.index("hold")
        living = ~world.table.terminal
        assert (policy[living][:, left if passes else hold] == 1).all()
    with pytest.raises(BadScaffold, match=r"island\+hold"):
        LlmAgent(harmless, "score", "researcher").policy(ISLAND)


def test_a_blocked_thought_blocks_every_act(scripted, tmp_path):
    profile = tmp_path / "quiet.toml"
    profile.write_text('[thought]\nchecks = ["words"]\n[words]\npatterns = ["burn"]\n')
    engine = scripted(
        reply=lambda prompt, draw: "Burn it all." if "water" in prompt.render() else "Fine.",
        score=lambda prompt, option: -float(option != " go left"),
    )
    world = world_named("island+hold")
    agent = LlmAgent(engine, "think:8", str(profile))
    policy, hold = agent.policy(world), world.actions.index("hold")
    wet = [s for s in np.flatnonzero(~world.table.terminal) if "water" in world.describe(world.table.states[s])]
    dry = [s for s in np.flatnonzero(~world.table.terminal) if "water" not in world.describe(world.table.states[s])]
    assert policy is not None and wet and dry
    assert (policy[wet, hold] == 1).all() and (policy[dry, hold] == 0).all()
    assert any(line.text.startswith("blocked") for line in agent.traces(world, [wet[0]])[0] if line.kind == "gate")  # type: ignore[index]


def test_lookahead_needs_a_world_that_foresees(scripted):
    with pytest.raises(BadScaffold, match="foresees"):
        LlmAgent(scripted(), "lookahead:4").start(world_named("tomato"), 2, 0)


def test_digests_tell_agents_apart(scripted):
    digests = {
        LlmAgent(scripted(), line, profile).digest
        for line, profile in [("score", None), ("text", None), ("score", "researcher"), ("score", "assistant")]
    }
    assert len(digests) == 4
    assert LlmAgent(scripted(), "direct").digest == LlmAgent(scripted(), "score").digest
    assert LlmAgent(scripted(), "score+gate:researcher").digest != LlmAgent(scripted(), "score").digest


def test_agents_by_name():
    agent = agent_named("llm:synthetic:competent/lookahead:4")
    assert isinstance(agent, LlmAgent) and agent.scaffold.depth == 4
    assert agent.name == "llm:synthetic:competent/lookahead:4"
    assert isinstance(agent_named("llm:null:uniform"), LlmAgent)
    under = agent_named("llm:synthetic:competent/direct", profile="researcher")
    assert isinstance(under, LlmAgent) and under.profile is not None and under.profile.name == "researcher"
    assert agent_named(under.name).digest == under.digest
    with pytest.raises(BadScaffold, match="another profile"):
        agent_named("llm:synthetic:competent/direct+gate:assistant", profile="researcher")


def test_agents_from_a_file(tmp_path):
    path = tmp_path / "agent.json"
    engine = agent_named("llm:synthetic:competent/text").engine  # type: ignore[attr-defined]
    told = {"engine": "synthetic:competent", "engine_digest": engine.digest, "scaffold": "text", "profile": None}
    path.write_text(json.dumps(told))
    loaded = agent_named(f"llm:{path}")
    assert isinstance(loaded, LlmAgent) and str(loaded.scaffold) == "text"
    path.write_text(json.dumps({**told, "engine_digest": "00" * 32}))
    with pytest.raises(BadAgent, match="not act as certified"):
        agent_named(f"llm:{path}")
    path.write_text("{")
    with pytest.raises(BadAgent, match="can't be read"):
        agent_named(f"llm:{path}")
    with pytest.raises(BadAgent, match="is not there"):
        agent_named(f"llm:{tmp_path / 'none.json'}")
