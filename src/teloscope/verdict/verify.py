"""Verify a certificate: load its world and agent, compute everything again, and list every field that differs.

If the content of a file does not have the SHA-256 that it states, the file was changed after it was written. If the
hash was changed too, the rates, the digest of the world or the digest of the agent differ. Sampled certificates are
sampled again with the same seed and must match exactly. Fresh episodes, on a seed of the reader's own, test whether the
bounds hold. If several contexts are equally bad up to the tolerance, which of them is named the worst may differ.

Theory: A3.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from teloscope.agents.agent import Agent
from teloscope.agents.registry import agent as agent_named
from teloscope.errors import BadRecording, BadStudy, os_reason
from teloscope.file_sizes import read_text_file
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
from teloscope.verdict.certificate import CERTIFICATE, certify, digest_of, unnamed_fields
from teloscope.verdict.shopping import open_choices, silent_contexts, weaker_than_usual
from teloscope.worlds.registry import world as world_named
from teloscope.worlds.world import Context, World

NOT_COMPARED = {"sha256", "versions"}
"""Fields that are not compared: the hash is checked separately, and other versions are only noted."""
FRESH_ERROR = 1e-3
"""Probability that fresh episodes refute any bound of a certificate whose bounds all hold."""
ROUNDING = 0.1 + 1e-9
"""By how much percentages in sentences may differ because they are rounded."""
EXPECTED = "Expected the certificate.json that `teloscope build` or `teloscope.certify` wrote, or its folder."
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True)
class Verification:
    """The result of computing a certificate again."""

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
        fields = ", ".join(d.field for d in self.differences[:5]) or "nothing differs"
        return f"Verification({'holds' if self.holds else 'does not hold'}: {fields})"


def verify(
    path: str | Path,
    *,
    fresh: int | None = None,
    seed: int | None = None,
    world: str | World | None = None,
    agent: str | Agent | None = None,
    progress: Progress | None = None,
    trust: bool = False,
) -> Verification:
    """Compute a certificate again.

    Args:
        path: the file, or the folder that contains it.
        fresh: new episodes in each context, on which the certified bounds are tested; None: as many as were certified,
            or none where the rates are exact; 0: none.
        seed: of the fresh episodes; None: drawn now, so that whoever certified could not know it.
        world: the world, or how to load it; None: by the name in the certificate.
        agent: the agent, or how to load it, e.g. if its file was moved; None: by the name in the certificate. Its
            digest must be the same; its name may differ.
        progress: called when tabulating begins, and after every recorded shard.
        trust: allow loading a world or an agent that executes code.

    Raises:
        BadRecording: the file is not there, or no certificate. NotFound, NotTrusted: world or agent can't be loaded.
    """
    path, claimed = read_certificate(path)
    fresh = (0 if claimed.exact else claimed.frame.episodes) if fresh is None else fresh
    seed = secrets.randbits(48) if seed is None else seed
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
    found = found if by_name else _rename_agent(claimed.agent.name, found)
    differences = [*_hash_difference(claimed), *_differences(_align_worst_contexts(claimed, found), found)]
    if fresh:
        drawn_by = int(seed_word("fresh", seed, claimed.sha256)) >> 12
        drawn = record(agent, world, episodes=fresh, contexts=contexts, references=[], seed=drawn_by, progress=progress)
        differences += _refuted_bounds(claimed, drawn, found.tolerance)
    document = VerificationDocument(
        certificate=str(path),
        holds=not differences,
        differences=differences,
        fresh=fresh,
        fresh_seed=seed if fresh else None,
        weaker=weaker_than_usual(claimed, values_of(claimed), world, contexts),
        open_choices=open_choices(claimed, fresh),
        notes=[*_coverage_notes(claimed, world, contexts), *_version_notes(claimed)],
        versions=versions(),
    )
    return Verification(document, claimed)


def read_certificate(path: str | Path) -> tuple[Path, CertificateDocument]:
    """The path and the content of a certificate, given by its file or by the folder that contains it.

    Raises:
        BadRecording: it is not there, or no certificate.
    """
    path = Path(path)
    path = path / CERTIFICATE if path.is_dir() else path
    try:
        content = json.loads(read_text_file(path))
    except OSError as error:
        raise BadRecording(f"The certificate {path} can't be read: {os_reason(error)}. {EXPECTED}") from None
    except (ValueError, RecursionError):
        raise BadRecording(
            f"{path} is not a certificate: it is no whole JSON document, so it was torn or is another kind of file. "
            f"Copy it anew from where it was written. {EXPECTED}"
        ) from None
    if not isinstance(content, dict) or not content.get("kind"):
        raise BadRecording(f"{path} is not a certificate: it does not call itself one. {EXPECTED}")
    return path, _parse_certificate(path, content)


def _parse_certificate(path: Path, content: dict[str, Any]) -> CertificateDocument:
    """Validate a certificate of this format version."""
    check_form(content, "certificate", path, "a certificate", EXPECTED)
    try:
        return CertificateDocument.model_validate_json(json.dumps(content))
    except ValidationError as error:
        fields = named_fields(wrong["loc"] for wrong in error.errors())
        raise BadRecording(
            f"{path} is not a certificate as it was written: {fields} can't be read, or should not be "
            f"there. It was changed; copy it anew from where it was written. {EXPECTED}"
        ) from None


def values_of(document: CertificateDocument) -> Values:
    """The values of a certificate."""

    def entries(kind: str, bound: str) -> list[dict[str, Any]]:
        return [{"regime": v.regime, bound: v.bound, "weight": v.weight} for v in document.values if v.kind == kind]

    return Values.from_dict({"want": entries("want", "target"), "avoid": entries("avoid", "tolerance")})


def contexts_of(document: CertificateDocument) -> list[Context]:
    """The contexts of a certificate.

    Raises:
        BadRecording: they can't be read.
    """
    try:
        return [Context(**context) for context in document.frame.contexts]
    except TypeError as error:
        raise BadRecording(f"A context of the certificate can't be read ({error}). It was changed by hand.") from None


def _rename_agent(name: str, found: CertificateDocument) -> CertificateDocument:
    """The computed certificate with the agent's name replaced."""
    agent = found.agent.model_copy(update={"name": name})
    return found.model_copy(update={"agent": agent, "why": found.why.replace(found.agent.name, name)})


def _hash_difference(claimed: CertificateDocument) -> Iterator[DifferenceDocument]:
    if (found := digest_of(claimed)) != claimed.sha256:
        yield DifferenceDocument(field="sha256", claimed=claimed.sha256, found=found)


def _differences(claimed: CertificateDocument, found: CertificateDocument) -> list[DifferenceDocument]:
    left_out = NOT_COMPARED | unnamed_fields(claimed)
    mine, theirs = (d.model_dump(mode="json", exclude=left_out) for d in (claimed, found))
    return list(_compare("", mine, theirs, found.tolerance))


def _compare(field: str, claimed: Any, found: Any, tolerance: float) -> Iterator[DifferenceDocument]:
    """Every place in which two documents differ: rates by more than the tolerance, texts by more than rounding."""
    if isinstance(claimed, dict) and isinstance(found, dict):
        for name in dict.fromkeys([*claimed, *found]):
            inner = f"{field}.{name}" if field else name
            yield from _compare(inner, claimed.get(name), found.get(name), tolerance)
    elif isinstance(claimed, list) and isinstance(found, list) and len(claimed) == len(found):
        for place, (one, other) in enumerate(zip(claimed, found, strict=True)):
            yield from _compare(f"{field}[{_entry_name(one, place)}]", one, other, tolerance)
    elif not _is_same(claimed, found, tolerance):
        yield DifferenceDocument(field=field, claimed=claimed, found=found)


def _entry_name(entry: Any, place: int) -> str:
    """How an entry of a list is named in a field's name: by its regime, context or name, else by its index."""
    named = [entry[key] for key in ("regime", "context", "name") if entry.get(key)] if isinstance(entry, dict) else []
    return str(named[0]) if named else str(place)


def _is_same(claimed: Any, found: Any, tolerance: float) -> bool:
    if isinstance(claimed, float) and isinstance(found, float | int):
        return abs(claimed - found) <= tolerance
    if isinstance(claimed, str) and isinstance(found, str) and claimed != found:
        return _is_same_text(claimed, found, tolerance)
    return claimed == found and type(claimed) is type(found)


def _is_same_text(claimed: str, found: str, tolerance: float) -> bool:
    """Whether two sentences differ at most in their percentages, and these by no more than rates may."""
    if " " not in claimed or _NUMBER.sub("#", claimed) != _NUMBER.sub("#", found):
        return False
    pairs = zip(_NUMBER.findall(claimed), _NUMBER.findall(found), strict=True)
    return all(abs(float(one) - float(other)) <= 100 * tolerance + ROUNDING for one, other in pairs)


def _align_worst_contexts(claimed: CertificateDocument, found: CertificateDocument) -> CertificateDocument:
    """The claimed certificate, whose reasons name the worst contexts that were found, where both are equally bad."""
    if len(claimed.reasons) != len(found.reasons):
        return claimed
    rates = {(v.regime, rate.context): rate.rate for v in found.values for rate in v.contexts}

    def align(one: Reason, other: Reason) -> Reason:
        mine, theirs = (rates.get((str(reason.regime), str(reason.context))) for reason in (one, other))
        if mine is None or theirs is None or abs(mine - theirs) > found.tolerance:
            return one
        text = one.text.replace(f" in {one.context},", f" in {other.context},")
        return one.model_copy(update={"context": other.context, "text": text})

    pairs = zip(claimed.reasons, found.reasons, strict=True)
    return claimed.model_copy(update={"reasons": [align(*pair) for pair in pairs]})


def _refuted_bounds(claimed: CertificateDocument, drawn: Recording, tolerance: float) -> Iterator[DifferenceDocument]:
    """Bounds that fresh episodes refute; all bounds are tested at one family-wise level."""
    regimes, episodes = values_of(claimed).regimes(), drawn.frame.episodes
    level, names = 1 - FRESH_ERROR / (len(regimes) * len(drawn.contexts)), {c.name for c in drawn.contexts}
    for row, valued in enumerate(claimed.values):
        for rate in valued.contexts:
            if rate.context not in names:
                continue  # told as a difference already
            hits = int(drawn.hits([regimes[row]], rate.context, AGENT).sum())
            low, high = clopper_pearson(hits, episodes, level)
            if low > rate.high + tolerance or high < rate.low - tolerance:
                yield _refuted_bound(valued, rate, hits, episodes)


def _refuted_bound(valued: ValueDocument, rate: ContextRate, hits: int, episodes: int) -> DifferenceDocument:
    return DifferenceDocument(
        field=f"fresh[{valued.regime}][{rate.context}]",
        claimed=f"{rate.low:.4f} to {rate.high:.4f}",
        found=f"{hits} of {episodes}",
    )


def _coverage_notes(claimed: CertificateDocument, world: World, contexts: Sequence[Context]) -> list[str]:
    """Notes on what a certificate does not cover: contexts of the world, and values that the world declares."""
    silent = silent_contexts(world, contexts)
    notes = [f"It says nothing of {', '.join(silent)}, where {world.name} is recorded unasked."] if silent else []
    if claimed.scaffold is not None and claimed.texts is None:
        notes.append("It names no digest of the texts that its agent reads, so a rewording would not be noticed.")
    if world.values and values_of(claimed) != world.values:
        notes.append(f"Its values are not those that {world.name} declares.")
    return notes


def _version_notes(claimed: CertificateDocument) -> list[str]:
    now = versions()
    return [
        f"It was written with {package} {version}; this is {now.get(package, 'without')}."
        for package, version in claimed.versions.items()
        if now.get(package) != version
    ]
