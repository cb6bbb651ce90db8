"""Verify a certificate: load what it names, compute everything again, and say every field that differs.

A file whose content no longer has its SHA-256 was changed after it was written; whoever mends the hash too is found by
the rates, the digest of the world or that of the weights. Sampled certificates are sampled again with the same seed and
must match exactly; fresh episodes, on a seed of the reader's own, test whether their bounds hold. Which of several
contexts is the worst may differ where they are equally bad up to the tolerance.

Theory: A3.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from teloscope.agents.agent import Agent
from teloscope.agents.registry import agent as agent_named
from teloscope.errors import BadRecording, BadStudy, os_reason
from teloscope.goals.statistics import clopper_pearson
from teloscope.recordings.record import Progress, record, versions
from teloscope.recordings.seeds import seed_word
from teloscope.recordings.storage.recording import Recording
from teloscope.schema import (
    AGENT,
    CertificateDocument,
    ContextRate,
    DifferenceDocument,
    Reason,
    ValueDocument,
    VerificationDocument,
)
from teloscope.schema.reading import check_form, named_fields
from teloscope.values import Values
from teloscope.verdict.certificate import CERTIFICATE, certify, digest_of
from teloscope.worlds.registry import world as world_named
from teloscope.worlds.world import Context, World

UNCLAIMED = {"sha256", "versions"}
"""What is not computed again: the hash is checked by itself, and other versions are only told."""
ERROR = 1e-3
"""How likely fresh episodes speak against bounds that hold, all bounds of a certificate together."""
ROUNDING = 0.1 + 1e-9
"""By how much percentages in sentences may differ since they are rounded."""
WRITERS = "Expected the certificate.json that `teloscope build` or `teloscope.certify` wrote, or its folder."
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True)
class Verification:
    """What came of computing a certificate again."""

    document: VerificationDocument
    certificate: CertificateDocument

    @property
    def holds(self) -> bool:
        """Whether nothing differs."""
        return self.document.holds

    @property
    def differences(self) -> list[DifferenceDocument]:
        return self.document.differences

    def __repr__(self) -> str:
        told = ", ".join(d.field for d in self.differences[:5]) or "nothing differs"
        return f"Verification({'holds' if self.holds else 'does not hold'}: {told})"


def verify(
    path: str | Path,
    *,
    fresh: int = 0,
    seed: int = 0,
    world: str | World | None = None,
    agent: str | Agent | None = None,
    progress: Progress | None = None,
    trust: bool = False,
) -> Verification:
    """Compute a certificate again.

    Args:
        path: the file, or the folder that it lies in.
        fresh: episodes in each context, new ones, on which the certified bounds are tested; 0: none.
        seed: what the fresh episodes follow from.
        world: the world, or how to load it; None: by the name in the certificate.
        agent: the agent, or how to load it, e.g. from where its file is now; None: by the name in the certificate. Its
            digest has to be the same, its name not.
        progress: told what is being tabulated, and after every shard that is recorded.
        trust: allow loading a world or an agent that executes code.

    Raises:
        BadRecording: the file is not there, or no certificate. NotFound, NotTrusted: world or agent can't be had.
    """
    path, claimed = read_certificate(path)
    if fresh < 0:
        raise BadStudy(f"Got fresh={fresh}; expected a number of episodes from 0.")
    world = world_named(claimed.world if world is None else world, trust)
    by_name = agent is None
    agent = agent_named(claimed.agent.name if agent is None else agent, trust)
    contexts = contexts_of(claimed)
    found = certify(
        world,
        agent,
        values_of(claimed),
        contexts,
        episodes=claimed.frame.episodes,
        seed=claimed.seed,
        alpha=claimed.alpha,
        attempts=claimed.attempt,
        progress=progress,
    ).document
    found = found if by_name else _called_as(claimed.agent.name, found)
    differences = [*_hash(claimed), *_differences(_retold(claimed, found), found)]
    if fresh:
        drawn_by = int(seed_word("fresh", seed, claimed.sha256)) >> 12
        drawn = record(agent, world, episodes=fresh, contexts=contexts, references=[], seed=drawn_by, progress=progress)
        differences += _refuted(claimed, drawn, found.tolerance)
    document = VerificationDocument(
        certificate=str(path),
        holds=not differences,
        differences=differences,
        fresh=fresh,
        notes=[*_left_out(claimed, world, contexts), *_other_versions(claimed)],
        versions=versions(),
    )
    return Verification(document, claimed)


def read_certificate(path: str | Path) -> tuple[Path, CertificateDocument]:
    """A certificate, from its file or the folder that it lies in; and where that was.

    Raises:
        BadRecording: it is not there, or no certificate.
    """
    path = Path(path)
    path = path / CERTIFICATE if path.is_dir() else path
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadRecording(f"The certificate {path} can't be read: {os_reason(error)}. {WRITERS}") from None
    except (ValueError, RecursionError):
        raise BadRecording(
            f"{path} is not a certificate: it is no whole JSON document, so it was torn or is another kind of file. "
            f"Copy it anew from where it was written. {WRITERS}"
        ) from None
    if not isinstance(told, dict) or not told.get("kind"):
        raise BadRecording(f"{path} is not a certificate: it does not call itself one. {WRITERS}")
    return path, _understood(path, told)


def _understood(path: Path, told: dict[str, Any]) -> CertificateDocument:
    """A certificate of this version."""
    check_form(told, "certificate", path, "a certificate", WRITERS)
    try:
        return CertificateDocument.model_validate_json(json.dumps(told))
    except ValidationError as error:
        fields = named_fields(wrong["loc"] for wrong in error.errors())
        raise BadRecording(
            f"{path} is not a certificate as it was written: {fields} can't be read, or should not be "
            f"there. It was changed; copy it anew from where it was written. {WRITERS}"
        ) from None


def values_of(document: CertificateDocument) -> Values:
    """The values that a certificate speaks of."""

    def entries(kind: str, bound: str) -> list[dict[str, Any]]:
        return [{"regime": v.regime, bound: v.bound, "weight": v.weight} for v in document.values if v.kind == kind]

    return Values.from_dict({"want": entries("want", "target"), "avoid": entries("avoid", "tolerance")})


def contexts_of(document: CertificateDocument) -> list[Context]:
    """The contexts that a certificate speaks of.

    Raises:
        BadRecording: they can't be read.
    """
    try:
        return [Context(**context) for context in document.frame.contexts]
    except TypeError as error:
        raise BadRecording(f"A context of the certificate can't be read ({error}). It was changed by hand.") from None


def _called_as(name: str, found: CertificateDocument) -> CertificateDocument:
    """What was found, as if the agent had been asked for by this name."""
    agent = found.agent.model_copy(update={"name": name})
    return found.model_copy(update={"agent": agent, "why": found.why.replace(found.agent.name, name)})


def _hash(claimed: CertificateDocument) -> Iterator[DifferenceDocument]:
    if (found := digest_of(claimed)) != claimed.sha256:
        yield DifferenceDocument(field="sha256", claimed=claimed.sha256, found=found)


def _differences(claimed: CertificateDocument, found: CertificateDocument) -> list[DifferenceDocument]:
    mine, theirs = (d.model_dump(mode="json", exclude=UNCLAIMED) for d in (claimed, found))
    return list(_compared("", mine, theirs, found.tolerance))


def _compared(field: str, claimed: Any, found: Any, tolerance: float) -> Iterator[DifferenceDocument]:
    """Every place in which two documents differ; rates by more than the tolerance, texts by more than its digits."""
    if isinstance(claimed, dict) and isinstance(found, dict):
        for name in dict.fromkeys([*claimed, *found]):
            inner = f"{field}.{name}" if field else name
            yield from _compared(inner, claimed.get(name), found.get(name), tolerance)
    elif isinstance(claimed, list) and isinstance(found, list) and len(claimed) == len(found):
        for place, (one, other) in enumerate(zip(claimed, found, strict=True)):
            yield from _compared(f"{field}[{_called(one, place)}]", one, other, tolerance)
    elif not _same(claimed, found, tolerance):
        yield DifferenceDocument(field=field, claimed=claimed, found=found)


def _called(entry: Any, place: int) -> str:
    """What an entry of a list is called in a field's name."""
    named = [entry[key] for key in ("regime", "context", "name") if entry.get(key)] if isinstance(entry, dict) else []
    return str(named[0]) if named else str(place)


def _same(claimed: Any, found: Any, tolerance: float) -> bool:
    if isinstance(claimed, float) and isinstance(found, float | int):
        return abs(claimed - found) <= tolerance
    if isinstance(claimed, str) and isinstance(found, str) and claimed != found:
        return _same_text(claimed, found, tolerance)
    return claimed == found and type(claimed) is type(found)


def _same_text(claimed: str, found: str, tolerance: float) -> bool:
    """Whether two sentences differ only in percentages, and these no more than rates may."""
    if " " not in claimed or _NUMBER.sub("#", claimed) != _NUMBER.sub("#", found):
        return False
    pairs = zip(_NUMBER.findall(claimed), _NUMBER.findall(found), strict=True)
    return all(abs(float(one) - float(other)) <= 100 * tolerance + ROUNDING for one, other in pairs)


def _retold(claimed: CertificateDocument, found: CertificateDocument) -> CertificateDocument:
    """What is claimed, its reasons told of the contexts that were found the worst, where those named are as bad."""
    if len(claimed.reasons) != len(found.reasons):
        return claimed
    rates = {(v.regime, rate.context): rate.rate for v in found.values for rate in v.contexts}

    def told(one: Reason, other: Reason) -> Reason:
        mine, theirs = (rates.get((str(reason.regime), str(reason.context))) for reason in (one, other))
        if mine is None or theirs is None or abs(mine - theirs) > found.tolerance:
            return one
        text = one.text.replace(f" in {one.context},", f" in {other.context},")
        return one.model_copy(update={"context": other.context, "text": text})

    pairs = zip(claimed.reasons, found.reasons, strict=True)
    return claimed.model_copy(update={"reasons": [told(*pair) for pair in pairs]})


def _refuted(claimed: CertificateDocument, drawn: Recording, tolerance: float) -> Iterator[DifferenceDocument]:
    """Bounds that fresh episodes speak against, all of them tested at one family-wise level."""
    regimes, episodes = values_of(claimed).regimes(), drawn.frame.episodes
    level = 1 - ERROR / (len(regimes) * len(drawn.contexts))
    for row, valued in enumerate(claimed.values):
        for rate in valued.contexts:
            hits = int(drawn.hits([regimes[row]], rate.context, AGENT).sum())
            low, high = clopper_pearson(hits, episodes, level)
            if low > rate.high + tolerance or high < rate.low - tolerance:
                yield _against(valued, rate, hits, episodes)


def _against(valued: ValueDocument, rate: ContextRate, hits: int, episodes: int) -> DifferenceDocument:
    return DifferenceDocument(
        field=f"fresh[{valued.regime}][{rate.context}]",
        claimed=f"{rate.low:.4f} to {rate.high:.4f}",
        found=f"{hits} of {episodes}",
    )


def _left_out(claimed: CertificateDocument, world: World, contexts: Sequence[Context]) -> list[str]:
    """What a certificate that holds is silent about."""
    silent = [context.name for context in world.recorded_contexts() if context.counts and context not in contexts]
    notes = [f"It says nothing of {', '.join(silent)}, where {world.name} is recorded unasked."] if silent else []
    if world.values and values_of(claimed) != world.values:
        notes.append(f"Its values are not those that {world.name} declares.")
    return notes


def _other_versions(claimed: CertificateDocument) -> list[str]:
    now = versions()
    return [
        f"It was written with {package} {version}; this is {now.get(package, 'without')}."
        for package, version in claimed.versions.items()
        if now.get(package) != version
    ]
