"""Tasks of inspect_evals, run offline: every number that is read from their logs is what the logs' messages say."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("inspect_ai", reason="the extra inspect is not installed")
pytest.importorskip("inspect_evals", reason="inspect_evals is not installed: pip install inspect-evals[agentdojo]")

from inspect_ai import eval
from inspect_ai.log import read_eval_log
from inspect_ai.model import ModelOutput, ModelUsage, get_model
from inspect_ai.tool import ToolCall

from teloscope.recordings.inspect.import_log import import_inspect
from teloscope.recordings.inspect.tool_features import END

TURNS = 4
"""Turns in which the model calls tools, before it answers."""
PLAIN: dict[str, Any] = {
    "string": "2022-01-01",
    "integer": 1,
    "number": 1.0,
    "boolean": True,
    "array": [],
    "object": {},
}


def act(messages: list[Any], tools: list[Any], choice: Any, config: Any) -> ModelOutput:
    """Calls one tool after another, with arguments of the right types, and then speaks."""
    turn = sum(m.role == "assistant" for m in messages)
    output = ModelOutput.from_content("mockllm/model", "That is all.")
    if turn < TURNS and tools:
        one = tools[(turn * 3 + len(messages[0].text)) % len(tools)]
        needed = {name: one.parameters.properties[name] for name in one.parameters.required}
        arguments = {name: PLAIN.get(kind.type or "string", "x") for name, kind in needed.items()}
        call = ToolCall(id=f"call {turn}", function=one.name, arguments=arguments)
        output.choices[0].message.tool_calls = [call]
    output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)  # or Inspect would count, online
    return output


TASKS = {
    "agentdojo": {"workspace": "banking", "user_task_ids": [0, 1], "injection_task_ids": [0, 1]},
    "agent_threat_bench_memory_poison": {},
    "agent_threat_bench_autonomy_hijack": {},
    "agent_threat_bench_data_exfil": {},
}


@pytest.mark.parametrize("name", TASKS)
def test_every_number_of_the_log_is_read(name: str, tmp_path: Path) -> None:
    module = pytest.importorskip(f"inspect_evals.{'agentdojo' if name == 'agentdojo' else 'agent_threat_bench'}")
    task = getattr(module, name)(**TASKS[name])
    model = get_model("mockllm/model", custom_outputs=act, memoize=False)
    (log,) = eval(task, model=model, log_dir=str(tmp_path / "logs" / "deep"), display="none", limit=6)
    assert log.status == "success", log.error
    recording = import_inspect(tmp_path / "logs")
    steps = recording.steps("samples", "agent").collect()
    episodes = recording.episodes("samples", "agent").sort("episode")
    samples = read_eval_log(log.location, resolve_attachments="full").samples or []
    order = {sample: i for i, sample in enumerate(log.eval.dataset.sample_ids or [])}
    samples = sorted(samples, key=lambda sample: order[sample.id])
    assert len(samples) == len(episodes) > 1
    for (number,), rows in steps.group_by("episode", maintain_order=True):
        sample, last = samples[number], rows.row(-1, named=True)
        called = [c.function for m in sample.messages if m.role == "assistant" for c in m.tool_calls or ()]
        failed = sum(m.role == "tool" and m.error is not None for m in sample.messages)
        assert len(called) == TURNS or sample.limit is not None
        assert [a for a in rows["action"].to_list() if a] == [*called, END]
        assert (last["calls"], last["failed_calls"]) == (len(called), failed)
        for tool, count in Counter(called).items():
            assert last[f"calls_{tool}"] == count
        for scorer, score in (sample.scores or {}).items():
            parts = score.value if isinstance(score.value, dict) else {"": score.value}
            for part, value in parts.items():
                expected = {"C": 1.0, "I": 0.0}.get(value, value) if isinstance(value, str) else float(value)
                assert last[f"score_{scorer}_{part}".rstrip("_")] == expected
    assert episodes["length"].to_list() == [
        1 + sum(len(m.tool_calls or ()) for m in sample.messages if m.role == "assistant") for sample in samples
    ]
