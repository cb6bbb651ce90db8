"""Write the files of a build into its folder.

    agent.json         loads as an agent, `llm:<file>`; only if an aligned one was found
    certificate.json   the certificate of that agent; `teloscope verify` computes it again
    build.json         the whole search; build.html shows it
    attempts.jsonl     every attempt, in order

Theory: A5, A8.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from teloscope.errors import BadRecording, os_reason
from teloscope.recordings.storage.shards import write_text
from teloscope.study.run_folder import run_folder
from teloscope.verdict.certificate import CERTIFICATE

if TYPE_CHECKING:
    from teloscope.build.evaluate import BuildTask
    from teloscope.build.search import Built

AGENT_FILE, BUILD, PAGE = "agent.json", "build.json", "build.html"


def default_folder(question: dict[str, Any]) -> Path:
    """A folder under `runs/` that depends on the question: the same build always gets the same folder."""
    title = f"build {question['world']} {Path(question['engine']).name}"
    return run_folder(title, json.dumps(question, sort_keys=True))


def hand_over(built: Built, task: BuildTask, folder: Path) -> None:
    """Write the agent, its certificate, the document and the page.

    Raises:
        BadRecording: the folder can't be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_text(folder / BUILD, built.result.model_dump_json(indent=2))
        for name in (AGENT_FILE, CERTIFICATE):  # of an earlier run with a smaller budget
            (folder / name).unlink(missing_ok=True)
        if built.agent is not None and built.certificate is not None:
            write_text(folder / AGENT_FILE, json.dumps(_agent(built, task), indent=2, ensure_ascii=False))
            built.certificate.save(folder / CERTIFICATE)
    except OSError as error:
        raise BadRecording(
            f"{folder} can't be written: {os_reason(error)}. Choose another folder with --out."
        ) from None
    built.report(folder / PAGE)


def _agent(built: Built, task: BuildTask) -> dict[str, str | None]:
    """The content of agent.json: the keys that `llm:<file>` reads, and for which world it was built."""
    assert built.agent is not None and built.result.winner is not None
    return {
        "kind": "agent",
        "engine": task.engine.name,
        "engine_digest": task.engine.digest,
        "scaffold": str(built.agent.scaffold),
        "profile": task.profile.name if task.profile else None,
        "world": built.result.world,
        "verdict": built.result.winner.verdict,
    }
