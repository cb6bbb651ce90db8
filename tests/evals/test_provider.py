"""Engines of ours as a model of Inspect's, and what Inspect finds by the entry point."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

pytest.importorskip("inspect_ai", reason="the extra inspect is not installed")

from inspect_ai import Task
from inspect_ai.dataset import Sample
from inspect_ai.model import ChatMessageSystem, ChatMessageUser, GenerateConfig, get_model
from inspect_ai.solver import generate, use_tools
from inspect_ai.tool import tool

from teloscope.engines import Decoding, Engine, Message, Prompt, Reply
from teloscope.engines.engine import LogProbs


class Parrot(Engine):
    """Says how it was asked."""

    name, digest = "parrot", "00"

    def __init__(self) -> None:
        self.asked: list[tuple[Prompt, Decoding, int]] = []

    def complete(
        self, prompts: Sequence[Prompt], decoding: Decoding, draws: Sequence[int] | None = None
    ) -> list[Reply]:
        self.asked += [(p, decoding, d) for p, d in zip(prompts, draws or (), strict=True)]
        finish = "length" if decoding.max_tokens < 5 else "stop"
        return [Reply(f"heard: {p.messages[-1].text}", finish, 7, 3) for p in prompts]

    def choose(self, prompts: Sequence[Prompt], options: Sequence[Sequence[str]]) -> list[LogProbs]:
        raise NotImplementedError


@pytest.fixture
def parrot(monkeypatch: pytest.MonkeyPatch) -> Parrot:
    """What every spec names."""
    made = Parrot()
    monkeypatch.setattr("teloscope.engines.registry.engine", lambda spec, cache=True: made)
    return made


def test_an_engine_answers_as_a_model_of_inspects(parrot: Parrot, evaluated: Any) -> None:
    task = Task(dataset=[Sample(input=[ChatMessageSystem(content="Be brief."), ChatMessageUser(content="Hello?")])])
    log = evaluated(task, "teloscope/parrot", temperature=0.5, seed=9, max_tokens=20, stop_seqs=["\n"])
    assert log.status == "success", log.error
    (sample,) = log.samples
    assert sample.output.completion == "heard: Hello?"
    usage = sample.model_usage["teloscope/parrot"]
    assert (usage.input_tokens, usage.output_tokens, usage.total_tokens) == (7, 3, 10)
    ((prompt, decoding, draw),) = parrot.asked
    assert prompt.messages == (Message("system", "Be brief."), Message("user", "Hello?"))
    assert (decoding, draw) == (Decoding(20, 0.5, ("\n",)), 9)


async def _asked(config: GenerateConfig) -> Any:
    return await get_model("teloscope/parrot", memoize=False).generate("Hi", config=config)


def test_a_reply_that_was_cut_says_so(parrot: Parrot) -> None:
    import anyio

    assert anyio.run(_asked, GenerateConfig(max_tokens=2)).stop_reason == "max_tokens"
    assert anyio.run(_asked, GenerateConfig()).stop_reason == "stop"
    assert parrot.asked[-1][1] == Decoding(256, 0.0, ())


def test_each_epoch_without_a_seed_is_a_draw_of_its_own(parrot: Parrot, evaluated: Any) -> None:
    task = Task(dataset=[Sample(input="Hello?")])
    evaluated(task, "teloscope/parrot", temperature=1.0, epochs=3)
    evaluated(task, "teloscope/parrot", epochs=2)
    assert sorted(draw for *_, draw in parrot.asked) == [0, 0, 0, 1, 2]


def test_tools_are_refused_in_words(parrot: Parrot, evaluated: Any) -> None:
    @tool
    def bell() -> Any:
        async def execute() -> str:
            """Ring."""
            return "ding"

        return execute

    task = Task(dataset=[Sample(input="Ring it.")], solver=[use_tools(bell()), generate()])
    log = evaluated(task, "teloscope/parrot")
    assert log.status == "error"
    assert "calls no tools, but the task gives it 1" in log.error.message


def test_inspect_finds_us_by_the_entry_point() -> None:
    from importlib.metadata import entry_points

    found = {e.value for e in entry_points(group="inspect_ai", name="teloscope")}
    assert found <= {"teloscope.evals._registry"}
    from inspect_ai._util.registry import registry_lookup

    import teloscope.evals._registry as registered

    assert registered.__all__
    for kind, name in (("task", "audit"), ("agent", "built"), ("scorer", "values"), ("modelapi", "teloscope")):
        assert registry_lookup(kind, f"teloscope/{name}") is not None  # pyright: ignore[reportArgumentType]
