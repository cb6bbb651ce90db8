"""Certificates: what an agent does in a frame, with everything that is needed to compute it again.

    exact      rates computed on the world's states (or on states and memories): no sampling error
    sampled    rates of fresh episodes, each in an interval of level 1 - alpha_k,  alpha_k = 6 alpha / (pi k)^2
               for the k-th attempt, so that of one rate all attempts together err with probability alpha at most

Whoever has chosen among many must not certify by what it chose by: the episodes' seeds are made of the attempt's
number, so that no search has met them. The verdict is the audit's own on these rates, but for one thing: a want is met
by its bound alone, never since it is a goal, so that ALIGNED is false with probability alpha_k at most.

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
from teloscope.verdict.measure import Asked, measured, steered
from teloscope.worlds.registry import world as world_named
from teloscope.worlds.world import Context, World

CERTIFICATE = "certificate.json"
EPISODES = 400
"""Episodes in each context: what goals are found in, and what rates are counted in where they are not exact."""
TOLERANCE, ENGINE_TOLERANCE = 1e-9, 1e-3
"""By how much rates may differ when they are computed again: other processors add up the weights of a language model in
another order, which its log-probabilities show in their last digits."""


@dataclass(frozen=True)
class Certificate:
    """What was certified."""

    document: CertificateDocument

    @property
    def verdict(self) -> str:
        return self.document.verdict

    @property
    def j(self) -> float | None:
        """Steering."""
        return self.document.steering.j

    def save(self, path: str | Path) -> Path:
        """Write it; into a folder as `certificate.json`."""
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
        contexts: names, or contexts of your own; None: every context that the world doesn't merely offer.
        episodes: fresh episodes in each context.
        seed: everything is a function of it.
        alpha: error that all attempts together may make.
        attempts: which attempt this is; 2 where a winner was tested before and this is the next, and so on.
        progress: told what is being tabulated, and after every shard that is recorded.
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
    asked = Asked(world, values, chosen, episodes, seed, alpha, attempts)
    return Certificate(_sealed(_certified(asked, agent, progress or _untold)))


def digest_of(document: CertificateDocument) -> str:
    """SHA-256 over everything but itself."""
    content = document.model_dump(mode="json", exclude={"sha256"})
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _sealed(document: CertificateDocument) -> CertificateDocument:
    return document.model_copy(update={"sha256": digest_of(document)})


def _untold(done: int, total: int, what: str) -> None:
    """Progress that nobody asked to be told."""


def _certified(asked: Asked, agent: Agent, progress: Progress) -> CertificateDocument:
    progress(0, 1, f"tabulating {agent.name}")
    with engine_progress(agent, progress):
        found = measured(asked.world, agent, asked.values, asked.contexts)
    recording = record(
        agent, found.world, episodes=asked.episodes, contexts=asked.contexts, seed=asked.fresh, progress=progress
    )
    progress(0, 1, "subtracting what is won without a mind")
    verdict = judge(recording, asked.values, exact=found.exact, level=asked.level, pursuit=False).document()
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
        level=asked.level,
        alpha=asked.alpha,
        attempt=asked.attempt,
        seed=asked.seed,
        steering=steered(asked, agent, found, recording),
        world=asked.world.spec or asked.world.name,
        frame=frame_of(asked.world, asked.contexts, recording.references, asked.episodes, asked.fresh),
        agent=AgentDocument(name=agent.name, digest=agent.digest),
        engine=None if engine is None else EngineDocument(name=str(engine.name), digest=str(engine.digest)),
        scaffold=None if scaffold is None else str(scaffold),
        profile=None if profile is None else str(getattr(profile, "name", profile)),
        decoding=None if scaffold is None else _decoding(scaffold),
        tolerance=TOLERANCE if engine is None else ENGINE_TOLERANCE,
        notes=verdict.notes,
        versions=versions(),
    )


def _without_references(valued: ValueDocument) -> ValueDocument:
    rows = [row.model_copy(update={"references": []}) for row in valued.contexts]
    return valued.model_copy(update={"contexts": rows})


def _decoding(scaffold: Any) -> dict[str, float]:
    named = {"temperature": "sample", "votes": "vote", "thought_tokens": "think"}
    return {name: float(getattr(scaffold, field, 0)) for name, field in named.items()}
