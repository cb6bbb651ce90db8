"""Inspect offline: a model that answers what one says, and evaluations whose logs are read back from the disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def saying() -> Callable[[Callable[[str], str]], Any]:
    """A model that answers a function of what was last said to it."""
    from inspect_ai.model import ModelOutput, ModelUsage, get_model

    def make(answer: Callable[[str], str]) -> Any:
        def output(messages: list[Any], tools: Any, choice: Any, config: Any) -> ModelOutput:
            said = ModelOutput.from_content("mockllm/model", answer(messages[-1].text))
            said.usage = ModelUsage(input_tokens=10, output_tokens=3, total_tokens=13)  # or it would count, online
            return said

        return get_model("mockllm/model", custom_outputs=output, memoize=False)

    return make


@pytest.fixture
def evaluated(tmp_path: Path) -> Callable[..., Any]:
    """Evaluates a task and reads its log back, as the viewer does."""
    from inspect_ai import eval
    from inspect_ai.log import read_eval_log

    def run(task: Any, model: Any = None, **options: Any) -> Any:
        (log,) = eval(task, model=model, log_dir=str(tmp_path / "logs"), display="none", **options)
        return read_eval_log(log.location, resolve_attachments="full")

    return run
