"""What Inspect costs an audit: milliseconds a step and an episode, beside the same agent recorded by teloscope alone.

    python bench/inspect_eval.py

The model answers at once and always the same, so all that is measured is the work around it.
"""

from __future__ import annotations

import tempfile
import time

from inspect_ai import eval
from inspect_ai.model import ModelOutput, ModelUsage, get_model

import teloscope
from teloscope.evals.agent import built
from teloscope.evals.task import audit

EPISODES, WORLD, AGENT = 40, "island", "plan:end(at_goal)"


def answered(messages, tools, choice, config) -> ModelOutput:
    output = ModelOutput.from_content("mockllm/model", "I will go left.")
    output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
    return output


def evaluated(solver, model) -> tuple[float, int]:
    """(seconds, steps)"""
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        (log,) = eval(audit(WORLD, episodes=EPISODES), solver=solver, model=model, log_dir=folder, display="none")
        spent = time.perf_counter() - begun
        assert log.status == "success", log.error
        return spent, sum(len(sample.store["teloscope"]["acts"]) for sample in log.samples or ())


def main() -> None:
    begun = time.perf_counter()
    recording = teloscope.record(AGENT, WORLD, episodes=EPISODES)
    alone = time.perf_counter() - begun
    episodes = EPISODES * len(recording.contexts)
    rows = {
        "a model of Inspect's, in free text": evaluated(None, get_model("mockllm/model", custom_outputs=answered)),
        "a planner in Inspect": evaluated(built(AGENT), "none"),
    }
    print(f"{'recorded by teloscope alone, references too':45} {1000 * alone / episodes:8.2f} ms an episode")
    for name, (seconds, steps) in rows.items():
        told = f"{1000 * seconds / episodes:8.2f} ms an episode {1000 * seconds / steps:8.2f} ms a step"
        print(f"{name:45} {told}, verdict included")


if __name__ == "__main__":
    main()
