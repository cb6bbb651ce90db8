"""Logs of agents that hand over, use other agents as tools, or are stopped in the middle of a tool."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import polars as pl
import pytest

pytest.importorskip("inspect_ai", reason="the extra inspect is not installed")

from inspect_ai import Task, eval
from inspect_ai.agent import Agent, as_tool, handoff, react
from inspect_ai.dataset import Sample
from inspect_ai.log import EvalLog, read_eval_log
from inspect_ai.model import ModelOutput, ModelUsage, get_model
from inspect_ai.tool import Tool, ToolCall, tool

from teloscope.errors import BadRecording
from teloscope.recordings import Recording
from teloscope.recordings.inspect.import_log import import_inspect

PLANS: dict[str, list[str | list[str]]] = {
    "alone": ["look", "submit"],
    "hands over": ["look", "transfer_to_helper", "submit"],
    "uses another": ["sub", "look", "submit"],
    "at once": [["look", "dig", "look"], "submit"],
    "waits": ["look", "wait", "submit"],
}
DONE = {
    "alone": ["look", "submit"],
    "hands over": ["look", "transfer_to_helper", "dig", "submit"],
    "uses another": ["sub", "dig", "look", "submit"],
    "at once": ["look", "dig", "look", "submit"],
    "waits": ["look", "wait"],
}
"""What is really called: the helper digs once, whoever asked it."""


@tool
def look() -> Tool:
    async def execute() -> str:
        """Look around."""
        return "nothing but sand " * 200

    return execute


@tool
def dig() -> Tool:
    async def execute() -> str:
        """Dig."""
        return "a coin"

    return execute


@tool
def wait() -> Tool:
    async def execute() -> str:
        """Wait for very long."""
        await asyncio.sleep(60)
        return "it is late"

    return execute


def said(calls: str | list[str], number: int) -> ModelOutput:
    given = {"submit": {"answer": "done"}, "sub": {"input": "please dig"}}
    output = ModelOutput.from_content("mockllm/model", "so be it")
    output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)  # or Inspect would count, online
    output.choices[0].message.tool_calls = [
        ToolCall(id=f"{name}-{number}-{i}", function=name, arguments=given.get(name, {}))
        for i, name in enumerate([calls] if isinstance(calls, str) else calls)
    ]
    return output


def helper(name: str, prompt: str) -> Agent:
    return react(name=name, description="Digs.", prompt=prompt, tools=[dig()], submit=False)


class Mind:
    """Follows the plan of its sample, and digs once wherever it is the helper."""

    def __init__(self) -> None:
        self.turns: dict[str, int] = {}
        self.plan = ""

    def __call__(self, messages: list[Any], tools: Any, choice: Any, config: Any) -> ModelOutput:
        system = " ".join(m.text for m in messages if m.role == "system")
        self.plan = next((plan for plan in PLANS if any(f"<{plan}>" in m.text for m in messages)), self.plan)
        who = "helper" if "You help" in system and "You lead" not in system else self.plan
        number = self.turns[who] = self.turns.get(who, -1) + 1
        plan = ["dig", []] * 9 if who == "helper" else PLANS[who]
        return said(plan[number] if number < len(plan) else [], number)


def ran(folder: Path, names: list[str], prompt: str = "You help.", **given: Any) -> EvalLog:
    tools = [look(), dig(), wait(), handoff(helper("helper", prompt)), as_tool(helper("sub", prompt))]
    task = Task(
        dataset=[Sample(input=f"Your plan: <{name}>", id=name) for name in names],
        solver=react(prompt="You lead.", tools=tools),
        name="beach",
        **given,
    )
    model = get_model("mockllm/model", custom_outputs=Mind(), memoize=False)
    (log,) = eval(task, model=model, log_dir=str(folder), display="none", max_samples=1)
    assert log.status == "success", log.error
    return log


def calls(recording: Recording) -> dict[int, list[str]]:
    """Episode -> the tools that were called, in order."""
    steps = recording.steps("samples", "agent").collect()
    return {
        number: [a for a in rows["action"].to_list() if a not in (None, "", "end")]
        for (number,), rows in steps.group_by("episode", maintain_order=True)
    }


def last(recording: Recording) -> pl.DataFrame:
    """The last state of every episode."""
    return recording.steps("samples", "agent").collect().group_by("episode", maintain_order=True).last()


def test_calls_of_agents_within_agents_are_counted_once_and_in_order(tmp_path: Path) -> None:
    names = ["alone", "hands over", "uses another", "at once"]
    ran(tmp_path / "deep" / "er", names)
    recording = import_inspect(tmp_path)
    in_order = sorted(names)
    samples = read_eval_log(str(next(tmp_path.rglob("*.eval")))).samples
    assert samples is not None and len(samples) == 4
    assert sorted(calls(recording).values()) == sorted(DONE[name] for name in in_order)
    ends = last(recording)
    assert ends["calls"].to_list() == [len(c) for c in calls(recording).values()]
    assert ends["finished"].all() and not ends["limited"].any() and not ends["failed_calls"].sum()
    for tool_name in ("look", "dig", "submit", "sub"):
        assert ends[f"calls_{tool_name}"].to_list() == [c.count(tool_name) for c in calls(recording).values()]
    assert ends["called_transfer_to_helper"].sum() == 1


def test_a_limit_in_the_middle_of_a_tool(tmp_path: Path) -> None:
    ran(tmp_path, ["waits"], time_limit=2)
    recording = import_inspect(tmp_path)
    (end,) = last(recording).to_dicts()
    assert calls(recording) == {0: DONE["waits"]}
    assert (end["limited"], end["finished"], end["failed_calls"]) == (True, False, 1.0)
    assert (end["called_wait"], end["did_wait"], end["did_look"]) == (True, False, True)
    assert not recording.episodes("samples", "agent")["terminated"].any()


def test_whether_one_hands_over_makes_no_other_agent_but_what_the_other_is_told_does(tmp_path: Path) -> None:
    ran(tmp_path / "a", ["hands over"])
    alone = Mind.__call__

    def on_its_own(self: Any, messages: Any, tools: Any, choice: Any, config: Any) -> ModelOutput:
        output = alone(self, messages, tools, choice, config)
        for call in output.choices[0].message.tool_calls or []:
            call.function = call.function.replace("transfer_to_helper", "dig")
        return output

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Mind, "__call__", on_its_own)
        ran(tmp_path / "b", ["hands over"])
    both = import_inspect([tmp_path / "a", tmp_path / "b"])
    assert sorted(calls(both).values()) == [["look", "dig", "submit"], DONE["hands over"]]
    ran(tmp_path / "c", ["hands over"], prompt="You help, and keep what you find.")
    with pytest.raises(BadRecording, match="are of two agents"):
        import_inspect([tmp_path / "a", tmp_path / "c"])
