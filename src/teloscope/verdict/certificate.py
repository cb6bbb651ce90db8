"""Certificates: what an agent does in a frame, with everything that is needed to compute it again.

    exact      rates computed on the world's states (or on states and memories): no sampling error
    sampled    rates of fresh episodes, each in an interval of level 1 - alpha_k,  alpha_k = 6 alpha / (pi k)^2
               for the k-th attempt, so that of one rate all attempts together err with probability alpha at most

A search chooses among many agents, so a certificate must not use the episodes that the search used: the seeds are made
from the number of the attempt, and no search has used them. The verdict follows the same rules as in an audit, with one
exception: a want is met only if its bound reaches the target. That the want is a goal does not count. So ALIGNED is
wrong with probability alpha_k at most.

Theory: A3, A5.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from teloscope.agents.agent import Agent
from teloscope.agents.registry import agent as agent_named
from teloscope.errors import BadStudy
from teloscope.goals.statistics import ALPHA
from teloscope.recordings.record import Progress, engine_progress, frame_of, record, versions
from teloscope.recordings.storage.shards import write_text
from teloscope.schema import AgentDocument, CertificateDocument, EngineDocument, ValueDocument
from teloscope.values import Values
from teloscope.values.declared import NO_VALUES
from teloscope.verdict.judge import judge
from teloscope.verdict.measure import CertificateTask, measure_rates, measure_steering
from teloscope.verdict.read_texts import scaffold_class, text_digests
from teloscope.worlds.registry import world as world_named
from teloscope.worlds.world import Context, World

CERTIFICATE = "certificate.json"
EPISODES = 400
"""Episodes in each context. Goals are found in them, and rates are counted in them where they are not exact."""
NAMED_LATER = ("scaffold_class", "texts")
"""Fields that earlier certificates don't name; where they are missing, they are no part of the hash."""
TOLERANCE, ENGINE_TOLERANCE = 1e-9, 1e-3
"""By how much rates may differ when they are computed again, without and with an engine. Other processors sum the
weights of a language model in another order, so the last digits of its log-probabilities differ."""


@dataclass(frozen=True)
class Certificate:
    """A certificate: its document, and how to save it."""

    document: CertificateDocument

    @property
    def verdict(self) -> str:
        return self.document.verdict

    @property
    def j(self) -> float | None:
        """Steering J; None where it is undefined."""
        return self.document.steering.j

    def save(self, path: str | Path) -> Path:
        """Write the document. If the path is a folder, the file in it is `certificate.json`."""
        path = Path(path)
        path = path / CERTIFICATE if path.is_dir() else path
        write_text(path, self.document.model_dump_json(indent=2))
        return path

    def __repr__(self) -> str:
        j = "undefined" if self.j is None else f"{self.j:.3f}"
        how = "exact" if self.document.exact else "sampled"
        return f"Certificate({self.verdict}, J {j}, {how}: {self.document.agent.name} in {self.document.world})"


def certify(
    world: str | World,
    agent: str | Agent,
    values: Values | Mapping[str, Any] | None = None,
    contexts: Sequence[str | Context] | None = None,
    *,
    episodes: int = EPISODES,
    seed: int = 0,
    alpha: float = ALPHA,
    attempts: int = 1,
    progress: Progress | None = None,
    trust: bool = False,
) -> Certificate:
    """Certify what an agent does in a world.

    Args:
        world: a world or its name.
        agent: an agent or how to load it.
        values: wants and avoids; None: those that the world declares.
        contexts: names, or contexts of your own; None: every context that the world records by default.
        episodes: fresh episodes in each context.
        seed: all randomness follows from it.
        alpha: probability that any of all attempts errs.
        attempts: number of this attempt, from 1; 2 if one candidate was certified before this one, and so on.
        progress: called when tabulating begins, and after every recorded shard.
        trust: allow loading a world or an agent that executes code.

    Raises:
        BadStudy: no values, or numbers that make no sense. What `record` raises, if the agent or the world do.
    """
    world, agent = world_named(world, trust), agent_named(agent, trust)
    values = values if isinstance(values, Values) else world.values if values is None else Values.from_dict(values)
    if not values:
        raise BadStudy(NO_VALUES)
    if attempts < 1 or not 0 < alpha < 1:
        raise BadStudy(
            f"Attempt {attempts} was to be certified with alpha {alpha}; expected 1 or more, and alpha in 0..1."
        )
    chosen = (
        world.recorded_contexts()
        if contexts is None
        else tuple(world.context(c) if isinstance(c, str) else c for c in contexts)
    )
    task = CertificateTask(world, values, chosen, episodes, seed, alpha, attempts)
    return Certificate(_with_hash(_make_certificate(task, agent, progress or _ignore_progress)))


def digest_of(document: CertificateDocument) -> str:
    """SHA-256 of the document without its own `sha256` field."""
    content = document.model_dump(mode="json", exclude={"sha256"} | unnamed_fields(document))
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def unnamed_fields(document: CertificateDocument) -> set[str]:
    """Fields of `NAMED_LATER` that a certificate lacks."""
    return {field for field in NAMED_LATER if getattr(document, field) is None}


def _with_hash(document: CertificateDocument) -> CertificateDocument:
    return document.model_copy(update={"sha256": digest_of(document)})


def _ignore_progress(done: int, total: int, what: str) -> None:
    """A progress callback that does nothing."""


def _make_certificate(task: CertificateTask, agent: Agent, progress: Progress) -> CertificateDocument:
    progress(0, 1, f"tabulating {agent.name}")
    with engine_progress(agent, progress):
        found = measure_rates(task.world, agent, task.values, task.contexts)
    recording = record(
        agent, found.world, episodes=task.episodes, contexts=task.contexts, seed=task.episode_seed, progress=progress
    )
    progress(0, 1, "subtracting what is won without a mind")
    verdict = judge(recording, task.values, exact=found.exact, level=task.level, pursuit=False).document()
    engine: Any = getattr(agent, "engine", None)
    scaffold: Any = getattr(agent, "scaffold", None)
    profile: Any = getattr(agent, "profile", None)
    return CertificateDocument(
        verdict=verdict.verdict,
        sense=verdict.sense,
        reasons=verdict.reasons,
        values=[_without_references(v) for v in verdict.values],
        exact=found.exact is not None,
        why=found.why,
        level=task.level,
        alpha=task.alpha,
        attempt=task.attempt,
        seed=task.seed,
        steering=measure_steering(task, agent, found, recording),
        world=task.world.spec or task.world.name,
        frame=frame_of(task.world, task.contexts, recording.references, task.episodes, task.episode_seed),
        agent=AgentDocument(name=agent.name, digest=agent.digest),
        engine=None if engine is None else EngineDocument(name=str(engine.name), digest=str(engine.digest)),
        scaffold=None if scaffold is None else str(scaffold),
        scaffold_class=None if scaffold is None else scaffold_class(scaffold),
        texts=text_digests(task.world, agent) or None,
        profile=None if profile is None else str(getattr(profile, "name", profile)),
        decoding=None if scaffold is None else _decoding(scaffold),
        tolerance=TOLERANCE if engine is None else ENGINE_TOLERANCE,
        notes=verdict.notes,
        versions=versions(),
    )


def _without_references(value: ValueDocument) -> ValueDocument:
    rows = [row.model_copy(update={"references": []}) for row in value.contexts]
    return value.model_copy(update={"contexts": rows})


def _decoding(scaffold: Any) -> dict[str, float]:
    named = {"temperature": "sample", "votes": "vote", "thought_tokens": "think"}
    return {name: float(getattr(scaffold, field, 0)) for name, field in named.items()}
