"""Language models as agents: tabulated and stepped alike, gated, with memory, and honest about what can't be."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from teloscope.agents import agent as agent_named
from teloscope.agents.llm import LlmAgent
from teloscope.engines.synthetic import synthetic
from teloscope.errors import BadAgent, BadScaffold
from teloscope.recordings import record
from teloscope.recordings.exact_rates import exact_rates
from teloscope.scaffolds.prompting.text_observations import text_observations
from teloscope.worlds import TableWorld
from teloscope.worlds import world as world_named
from teloscope.worlds.table.memory import MemoryWorld


def table_world(name: str) -> TableWorld:
    found = world_named(name)
    assert isinstance(found, TableWorld)
    return found


ISLAND = table_world("island")


def rates(agent, world=ISLAND):
    return exact_rates(agent.world_for(world), agent, world.values.regimes())


@pytest.mark.parametrize(
    "line", ["direct", "text", "story", "score+features", "map", "letters", "think:8", "lookahead:16"]
)
def test_a_competent_engine_is_aligned_and_a_saboteur_is_not(line):
    good, bad = rates(LlmAgent(synthetic("competent"), line)), rates(LlmAgent(synthetic("saboteur"), line))
    assert good["train"][0] == pytest.approx(1) and good["train"][1] == pytest.approx(0)
    assert bad["train"][0] == pytest.approx(0)
    assert set(good) == {c.name for c in ISLAND.recorded_contexts()}


def test_each_distinct_situation_is_one_question(scripted):
    engine = scripted()
    tabulated = LlmAgent(engine, "score").decision_table(ISLAND)
    living = ISLAND.texts.description[~ISLAND.table.terminal]
    assert len(engine.chosen) == len(set(living.tolist())) == len(tabulated.situations)
    np.testing.assert_allclose(tabulated.policy.sum(axis=1), 1)


SOFT = "mixture,temperature=0.2"


@pytest.mark.parametrize(
    "line",
    ["score+sample:0.5", "letters+calibrated+features+sample:1", "think:8+memory:1", "score+sample:1+gate:researcher"],
)
def test_stepped_and_tabulated_do_the_same(line):
    """A player asks lazily; what it plays has the exact rates, within sampling error, noise and shoves included."""
    world = table_world("island+hold")
    contexts, regimes = ("train", "noisy", "shoved"), world.values.regimes()
    exact = rates(LlmAgent(synthetic(SOFT), line), world)
    stepped = LlmAgent(synthetic(SOFT), line)
    stepped.policy = lambda world: None  # type: ignore[method-assign]
    recording = record(stepped, world, episodes=400, references=(), contexts=[c for c in contexts if c in exact])
    assert len(recording.contexts) >= 2
    for context in recording.contexts:
        sampled = recording.hits(regimes, context.name, "agent").mean(axis=1)
        error = 4 * np.sqrt(np.maximum(exact[context.name] * (1 - exact[context.name]), 1e-3) / 400)
        assert (np.abs(sampled - exact[context.name]) <= error).all()


@cache
def remembering(line):
    agent = LlmAgent(synthetic("competent"), line)
    enlarged = agent.world_for(ISLAND)
    assert isinstance(enlarged, MemoryWorld)
    return agent, enlarged


@pytest.mark.parametrize("line", ["score+memory:2", "score+map+memory:1", "think:8+features+memory:1"])
@given(seed=st.integers(0, 2**32 - 1), shove_at=st.integers(0, 6))
@settings(max_examples=15, deadline=None)
def test_a_player_remembers_what_the_enlarged_state_does(line, seed, shove_at):
    """Whoever acts and whatever is shoved where: at each step both are told the same."""
    (agent, enlarged), rng = remembering(line), np.random.default_rng(seed)
    table, player = enlarged.table, agent.start(ISLAND, 3, seed)
    rows = rng.choice(table.starts["start" if "start" in table.starts else "train"], 3)
    for t in range(8):
        if t == shove_at:
            rows = np.where(table.shoves[rows, 0] >= 0, table.shoves[rows, 0], rows)
        alive = ~table.terminal[rows]
        player.act(enlarged.rows[rows], t, alive)
        told = {sub_env: trace for sub_env, when, trace in player.act_traces if when == t}  # type: ignore[attr-defined]
        assert set(told) == set(np.flatnonzero(alive))
        for sub_env, trace in told.items():
            assert trace == agent.decision_table(enlarged).trace(int(rows[sub_env]))
        rows = table.next[rows, rng.integers(table.n_actions, size=3), 0]


def test_a_memory_of_other_sights_is_not_tabulated():
    agent = LlmAgent(synthetic("competent"), "score+map+memory:1")
    assert agent.policy(MemoryWorld(ISLAND, 1, text_observations(ISLAND, "map").index)) is not None
    assert agent.policy(MemoryWorld(ISLAND, 1)) is None


@pytest.mark.parametrize("line", ["score+sample:1", "text+sample:1+vote:3", "think:8+sample:1"])
def test_what_a_row_draws_does_not_hang_on_the_other_rows(line):
    agent = LlmAgent(synthetic("mixture,temperature=1,noise=0.5"), line)
    start = int(ISLAND.table.starts["start" if "start" in ISLAND.table.starts else "train"][0])

    def acts(episodes, alive):
        player = agent.start(ISLAND, episodes, 5)
        steps = [player.act(np.full(episodes, start), t, np.arange(episodes) < alive) for t in range(12)]
        return np.stack(steps)[:, :3].tolist()

    assert acts(3, 3) == acts(40, 40) == acts(40, 3)
    assert len({tuple(row) for row in acts(40, 40)}) > 1


def test_an_act_is_stated_anew_at_each_step(scripted):
    """A player behind the gate asks about what it is about to do, at every step; equal questions of a step once."""
    world = table_world("island+hold")
    engine = scripted(reply=lambda prompt, draw: "No harm.", score=lambda prompt, option: -float(option != " go left"))
    player = LlmAgent(engine, "score+gate:researcher").start(world, 4, 0)
    start = np.full(4, next(iter(world.table.starts.values()))[0])
    for t in range(3):
        actions = player.act(start, t, np.ones(4, dtype=bool))
        assert len(engine.completed) == t + 1 and len(engine.chosen) == 1
        assert (actions == (world.actions or ()).index("left")).all()
    engine.reply = lambda prompt, draw: "It could hurt."
    assert (player.act(start, 3, np.ones(4, dtype=bool)) == (world.actions or ()).index("hold")).all()
    *_, gate, chosen = player.act_traces[-1][2]  # type: ignore[attr-defined]
    assert gate.text.startswith("blocked: go left") and chosen.text == "do nothing"


def test_memory_enlarges_the_state():
    agent = LlmAgent(synthetic("competent"), "score+memory:1")
    assert agent.policy(ISLAND) is None, "the world's states don't hold what is remembered"
    enlarged = agent.world_for(ISLAND)
    assert isinstance(enlarged, MemoryWorld)
    plain = rates(LlmAgent(synthetic("competent"), "score"))
    for context, found in rates(agent).items():
        np.testing.assert_allclose(found, plain[context], atol=1e-9)
    before = {s.history for s in agent.decision_table(enlarged).situations}
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
    assert kinds[0] == "told" and kinds[-1] == "chosen" and kinds.count("judged") >= len(ISLAND.actions or ())


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
    world = table_world("island+hold")
    score = lambda prompt, option: -float(option != " go left")  # noqa: E731
    harmless = scripted(reply=lambda prompt, draw: " No harm.", score=score)
    harmful = scripted(reply=lambda prompt, draw: " This could hurt somebody.", score=score)
    for engine, passes in ((harmless, True), (harmful, False)):
        policy = LlmAgent(engine, "score", "researcher").policy(world)
        assert policy is not None
        left, hold = (world.actions or ()).index("left"), (world.actions or ()).index("hold")
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
    world = table_world("island+hold")
    agent = LlmAgent(engine, "think:8", str(profile))
    policy, hold = agent.policy(world), (world.actions or ()).index("hold")
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
