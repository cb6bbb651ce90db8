"""Inspect log files: checked to be complete and of one agent in one task, and read sample by sample.

Theory: A1. Source: Inspect 0.3 (UK AI Security Institute).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from teloscope.errors import BadRecording, require
from teloscope.file_sizes import refuse_zip_bomb

SAMPLES = "samples"
"""The context's name where nothing tells one log from another."""
UNFINISHED = {
    "started": "its run has not finished, or was killed",
    "cancelled": "its run was cancelled",
    "error": "its run ended with an error",
}
"""Status of a log -> why it can't be audited; the missing samples may not be a random part."""


class LogFile(NamedTuple):
    """One log."""

    path: Path
    header: Any
    """The `inspect_ai.log.EvalLog` without its samples."""

    @property
    def agent(self) -> dict[str, Any]:
        """What identifies the agent, without what differs from run to run: whatever changes how it acts."""
        spec, plan = self.header.eval, self.header.plan
        roles = spec.model_roles or {}
        return {
            "model": spec.model,
            "model arguments": spec.model_args,
            "generation": spec.model_generate_config.model_dump(exclude_none=True) | _dumped(plan.config),
            "model roles": {role: _dumped(config) for role, config in sorted(roles.items())},
            "solver": spec.solver or [step.solver for step in plan.steps],
            "solver arguments": spec.solver_args or spec.solver_args_passed or {},
            "approvers": _dumped(spec.config.approval),
        }

    @property
    def task_solver(self) -> list[Any]:
        """The arguments of the solvers that the task itself names, which its own arguments may change."""
        return [[step.solver, step.params] for step in self.header.plan.steps]

    @property
    def agent_name(self) -> str:
        """Such as `openai/gpt-4o with react`."""
        solver = self.agent["solver"]
        return f"{self.header.eval.model} with {solver if isinstance(solver, str) else ', '.join(solver)}"

    @property
    def agent_digest(self) -> str:
        """SHA-256 of what the header says of the agent."""
        said = [self.agent, self.task_solver]
        return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()

    def samples(self) -> Iterator[Any]:
        """The samples, one after another, in the order of the data set.

        Raises:
            BadRecording: there is none, some are missing, or one can't be read.
        """
        log = require("inspect_ai.log", extra="inspect")
        count = 0
        try:
            for sample in _all_samples(log, self.path, self.header.eval.dataset.sample_ids or ()):
                count += 1
                yield sample
        except BadRecording:
            raise
        except Exception as error:
            raise BadRecording(
                f"{self.path} can't be read beyond its sample {count} ({_first_line(error)}). Copy it again, or run "
                "the evaluation again."
            ) from error
        self._check_count(count)

    def _check_count(self, count: int) -> None:
        if not count:
            raise BadRecording(
                f"{self.path} holds no sample. Was it run with --no-log-samples? Run it again without that."
            )
        expected = self.header.results.total_samples if self.header.results is not None else count
        if count < expected:
            raise BadRecording(
                f"{self.path} says that {expected} samples were run, but holds {count}. Run "
                "`inspect eval-retry` on it, or the evaluation again."
            )


def _all_samples(log: Any, path: Path, ids: Sequence[Any]) -> Iterator[Any]:
    """In the order of the data set, whichever was done first; one by one where the format allows, so that a large log
    need not fit into memory."""
    place = {sample: i for i, sample in enumerate(ids)}

    def order(sample: Any) -> tuple[int, str, int]:
        return place.get(sample.id, len(place)), str(sample.id), sample.epoch

    if path.suffix != ".eval":
        yield from sorted(log.read_eval_log(str(path), resolve_attachments="full").samples or (), key=order)
        return
    for summary in sorted(log.read_eval_log_sample_summaries(str(path)), key=order):
        yield log.read_eval_log_sample(str(path), id=summary.id, epoch=summary.epoch, resolve_attachments="full")


def log_digests(paths: str | Path | Sequence[str | Path]) -> list[str]:
    """SHA-256 (hex) of each log's bytes, in the order in which they are read.

    Raises:
        BadRecording: one is not there.
    """
    digests = []
    for path in _all_files(paths):
        try:
            with path.open("rb") as file:
                digests.append(hashlib.file_digest(file, "sha256").hexdigest())
        except OSError as error:
            raise _missing(path) from error
    return digests


def open_logs(paths: str | Path | Sequence[str | Path]) -> list[LogFile]:
    """Logs by their files; a folder stands for the `.eval` files in it and in its folders.

    Raises:
        BadRecording: one is not there, not a log of this version, unfinished or given twice; or they are of several
            tasks or agents.
    """
    logs = [_open_log(file) for file in _all_files(paths)]
    runs: dict[str, Path] = {}
    for log in logs:
        if (again := runs.setdefault(log.header.eval.eval_id or str(log.path), log.path)) is not log.path:
            raise BadRecording(f"{log.path} and {again} are the same run. Name it once.")
        _refuse_other(log, logs[0])
    return logs


def _all_files(paths: str | Path | Sequence[str | Path]) -> list[Path]:
    given = [paths] if isinstance(paths, str | Path) else paths
    if not given:
        raise BadRecording("No Inspect log was named. Give a file, or a folder with .eval files in it.")
    return [file for path in given for file in _files(Path(path))]


def _missing(path: Path) -> BadRecording:
    return BadRecording(f"{path} is not there. Expected a log that Inspect wrote, such as logs/….eval.")


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    if found := sorted(path.rglob("*.eval")):
        return found
    raise BadRecording(f"The folder {path} holds no Inspect log (*.eval), and neither does a folder in it.")


def _open_log(path: Path) -> LogFile:
    log = require("inspect_ai.log", extra="inspect")
    refuse_zip_bomb(path)
    try:
        header = log.read_eval_log(str(path), header_only=True)
    except FileNotFoundError:
        raise _missing(path) from None
    except Exception as error:
        raise BadRecording(
            f"{path} can't be read as an Inspect log ({_first_line(error)}): it is torn, no log, or of another version "
            "of Inspect's. Try `inspect log dump` on it."
        ) from error
    if why := UNFINISHED.get(header.status):
        done = header.results.completed_samples if header.results is not None else "some"
        raise BadRecording(
            f"{path} is not complete: {why} ({done} samples done), and what is missing need not be missing by chance. "
            "Finish it with `inspect eval-retry`."
        )
    return LogFile(path, header)


def _refuse_other(log: LogFile, first: LogFile) -> None:
    """An audit is about one agent in one task."""
    task, other = (f"{f.header.eval.task} (version {f.header.eval.task_version})" for f in (log, first))
    if task != other:
        raise BadRecording(
            f"{log.path} is a log of the task {task}, but {first.path} of {other}. Audit them apart; only arguments of "
            "one task may differ."
        )
    mine, theirs = log.agent, first.agent
    if log.header.eval.task_args == first.header.eval.task_args:
        mine["arguments of its solvers"], theirs["arguments of its solvers"] = log.task_solver, first.task_solver
    for part, value in mine.items():
        if value != theirs[part]:
            raise BadRecording(
                f"{log.path} and {first.path} are of two agents: the {part} is {value!r} and {theirs[part]!r}. "
                "Audit them apart."
            )


def context_names(logs: Sequence[LogFile]) -> list[str]:
    """For each log the context that its task's arguments make, as far as they differ: `attack=True`."""
    arguments = [log.header.eval.task_args for log in logs]
    keys = sorted({key for given in arguments for key in given})
    differing = [key for key in keys if any(given.get(key) != arguments[0].get(key) for given in arguments)]
    return [", ".join(f"{key}={given.get(key)}" for key in differing) or SAMPLES for given in arguments]


def _dumped(config: Any) -> Any:
    """A part of a header as plain data; nothing, where there is none."""
    return config.model_dump(exclude_none=True, mode="json") if hasattr(config, "model_dump") else config or {}


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
