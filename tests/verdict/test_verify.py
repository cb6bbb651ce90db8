"""Verifying: an honest certificate holds, and every lie is found."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from teloscope.agents.llm import LlmAgent
from teloscope.engines.synthetic import synthetic
from teloscope.errors import BadRecording, BadStudy, NotFound
from teloscope.schema import CertificateDocument
from teloscope.values import Values
from teloscope.verdict import measure
from teloscope.verdict.certificate import Certificate, certify, digest_of
from teloscope.verdict.verify import Verification, read_certificate, values_of, verify
from teloscope.worlds.registry import world

Edit = Callable[[dict[str, Any]], object]
MADE_AGAIN: dict[str, Certificate] = {}
"""What was asked -> the certificate, for the tests that ask for `remembered`."""


@pytest.fixture(scope="module")
def exact(tmp_path_factory) -> Path:
    return certify("island", "optimal:visible?eps=0.2", episodes=60).save(tmp_path_factory.mktemp("exact"))


@pytest.fixture(scope="module")
def sampled(tmp_path_factory) -> Path:
    found = certify("tomato", "exemplar:hidden", contexts=["train", "noisy"], episodes=30, seed=3, attempts=2)
    return found.save(tmp_path_factory.mktemp("sampled"))


@pytest.fixture
def remembered(monkeypatch):
    """The same question is certified once: most lies are about the answers, and none but these are compared here."""

    def again(world, agent, values, contexts, progress=None, **asked) -> Certificate:
        key = repr((world.name, world.digest(), agent.name, agent.digest, values, contexts, sorted(asked.items())))
        if key not in MADE_AGAIN:
            MADE_AGAIN[key] = certify(world, agent, values, contexts, progress=progress, **asked)
        return MADE_AGAIN[key]

    monkeypatch.setattr(sys.modules[verify.__module__], "certify", again)


def tampered(path: Path, folder: Path, edit: Edit, rehash: bool) -> Path:
    """A certificate with something changed; with a hash that fits again, if whoever did it was careful."""
    document = json.loads(path.read_text("utf-8"))
    edit(document)
    if rehash:
        document["sha256"] = digest_of(CertificateDocument.model_validate(document))
    (folder / "tampered.json").write_text(json.dumps(document))
    return folder / "tampered.json"


def fields(found: Verification) -> set[str]:
    return {d.field for d in found.differences}


@pytest.mark.parametrize("which", ["exact", "sampled"])
def test_an_honest_certificate_holds(which, request):
    path = request.getfixturevalue(which)
    found = verify(path, fresh=50)
    assert found.holds and found.differences == []
    assert found.document.fresh == 50
    assert found.certificate == read_certificate(path.parent)[1]
    assert repr(found) == "Verification(holds: nothing differs)"


def rate(place: int, context: int, value: float) -> Edit:
    return lambda d: d["values"][place]["contexts"][context].update(rate=value, low=value, high=value)


LIES: dict[str, tuple[Edit, str]] = {
    "a rate": (rate(1, 0, 0.0), "values[reach(in_water)].contexts[train].rate"),
    "the verdict": (lambda d: d.update(verdict="ALIGNED", sense=None), "verdict"),
    "steering": (lambda d: d["steering"].update(j=0.9), "steering.j"),
    "the best": (lambda d: d["steering"].update(v_best=0.9), "steering.v_best"),
    "another world": (lambda d: d["frame"].update(world_digest="0" * 64), "frame.world_digest"),
    "another frame": (lambda d: d["frame"].update(hash="0" * 64), "frame.hash"),
    "another agent": (lambda d: d["agent"].update(digest="0" * 64), "agent.digest"),
    "weights it has not": (lambda d: d.update(engine={"name": "x", "digest": "0"}), "engine"),
    "a generous tolerance": (lambda d: d.update(tolerance=1.0), "tolerance"),
    "a reason": (lambda d: d["reasons"].pop(), "reasons"),
    "a reason's words": (
        lambda d: d["reasons"][0].update(text="All is well, 7 of 7."),
        "reasons[reach(in_water)].text",
    ),
    "satisfied": (lambda d: d["values"][1].update(satisfied="yes"), "values[reach(in_water)].satisfied"),
    "that it was sampled": (lambda d: d.update(exact=False), "exact"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_found_even_with_a_hash_that_fits(lie, exact, tmp_path, remembered):
    edit, field = LIES[lie]
    found = verify(tampered(exact, tmp_path, edit, rehash=True))
    assert not found.holds
    assert any(f == field or f.startswith(f"{field}[") or f.split("[")[0] == field for f in fields(found))
    assert "sha256" not in fields(found)


def test_a_file_that_was_changed_no_longer_has_its_hash(exact, tmp_path, remembered):
    path = tampered(exact, tmp_path, lambda d: d["versions"].update(teloscope="9.9"), rehash=False)
    found = verify(path)
    assert fields(found) == {"sha256"}
    assert found.document.notes == ["It was written with teloscope 9.9; this is 0.1.0."]


def test_other_versions_alone_are_only_told(exact, tmp_path, remembered):
    path = tampered(exact, tmp_path, lambda d: d["versions"].update(numpy="1.0"), rehash=True)
    found = verify(path)
    assert found.holds
    assert "numpy 1.0" in found.document.notes[0]


def test_sampled_counts_must_match_exactly(sampled, tmp_path, remembered):
    def one_more(d: dict[str, Any]) -> None:
        d["values"][1]["contexts"][0]["hits"] += 1

    assert fields(verify(tampered(sampled, tmp_path, one_more, rehash=True))) == {
        "values[keep(on_bucket)].contexts[train].hits"
    }


def test_other_seeds_are_other_episodes(sampled, tmp_path):
    found = verify(tampered(sampled, tmp_path, lambda d: d.update(seed=4), rehash=True))
    assert "frame.seed" in fields(found)


def test_fresh_episodes_speak_against_bounds_that_are_too_good(sampled, tmp_path, remembered):
    def pretty(d: dict[str, Any]) -> None:
        d["values"][0]["contexts"][1].update(rate=0.01, low=0.0, high=0.02)

    path = tampered(sampled, tmp_path, pretty, rehash=True)
    assert "fresh[keep(watered >= 5)][noisy]" in fields(verify(path, fresh=100))
    assert "fresh[keep(watered >= 5)][noisy]" not in fields(verify(path, fresh=0))


def test_other_weights_are_found(tmp_path):
    one, other = LlmAgent(synthetic("competent"), "score"), LlmAgent(synthetic("saboteur"), "score")
    path = certify("island", one, contexts=["train"], episodes=40).save(tmp_path)
    assert verify(path, agent=one).holds
    found = fields(verify(path, agent=other))
    assert {"engine.digest", "engine.name", "agent.digest", "verdict", "steering.j"} <= found


def test_an_agent_may_have_another_name_but_not_another_profile(tmp_path):
    world_held = world("island+hold")
    free, gated = (LlmAgent(synthetic("competent"), "score", profile) for profile in (None, "researcher"))
    assert gated.name.endswith("?profile=researcher")
    path = certify(world_held, gated, contexts=["train"], episodes=40).save(tmp_path)
    assert read_certificate(path)[1].profile == "researcher"
    assert verify(path, agent=LlmAgent(synthetic("competent"), "score", "researcher", name="moved")).holds
    assert {"profile", "agent.digest"} <= fields(verify(path, agent=free))


def test_an_engine_may_differ_in_its_last_digits(tmp_path):
    actor = LlmAgent(synthetic("competent", temperature=1.0), "score")
    path = certify("island", actor, contexts=["train"], episodes=40).save(tmp_path)
    near = tampered(path, tmp_path, lambda d: d["steering"].update(v=d["steering"]["v"] + 5e-4), rehash=True)
    assert verify(near, agent=actor).holds
    far = tampered(path, tmp_path, lambda d: d["steering"].update(v=d["steering"]["v"] + 5e-3), rehash=True)
    assert fields(verify(far, agent=actor)) == {"steering.v"}


def test_a_changed_world_is_found(exact):
    assert verify(exact, world=type(world("island"))()).holds, "the same world, made anew"

    class Wetter(type(world("island"))):
        horizon = 29

    found = verify(exact, world=Wetter())
    assert {"frame.hash", "frame.horizon"} <= fields(found)


def test_values_are_read_back(exact):
    _, document = read_certificate(exact)
    assert values_of(document) == world("island").values


NO_CERTIFICATES: dict[str, tuple[bytes, str]] = {
    "an image": (b"\xff\xfe", "no whole JSON document"),
    "torn": (b'{"kind": "certificate", "verd', "no whole JSON document"),
    "empty": (b"", "no whole JSON document"),
    "endless": (b"[" * 100_000, "no whole JSON document"),
    "a list": (b"[1]", "does not call itself one"),
    "a verdict": (b'{"kind": "verdict"}', "calls itself 'verdict'"),
    "of the future": (b'{"kind": "certificate", "format": 2}', "of another version: its format is 2.* reads 1"),
    "emptied": (b'{"kind": "certificate"}', r"verdict, sense, reasons and \d+ more can't be read"),
}


@pytest.mark.parametrize("what", NO_CERTIFICATES)
def test_what_is_no_certificate_is_said_in_plain_words(what, tmp_path):
    content, said = NO_CERTIFICATES[what]
    (tmp_path / "certificate.json").write_bytes(content)
    with pytest.raises(BadRecording, match=said) as found:
        read_certificate(tmp_path)
    assert not any(word in str(found.value) for word in ("validation error", "Errno", "pydantic", "char ", "codec"))


def test_a_certificate_that_is_not_there_is_said_to_be_missing(tmp_path):
    with pytest.raises(BadRecording, match=r"nowhere.json can't be read: it is not there. Expected the certificate"):
        verify(tmp_path / "nowhere.json")


def test_what_cannot_be_verified(exact, tmp_path):
    with pytest.raises(BadStudy, match="fresh=-1"):
        verify(exact, fresh=-1)
    path = tampered(exact, tmp_path, lambda d: d.update(world="iland"), rehash=True)
    with pytest.raises(NotFound, match="Did you mean 'island'"):
        verify(path)


@pytest.mark.parametrize("spec", ["optimal:hidden", "optimal:visible"])
@pytest.mark.parametrize("name", ["off-switch", "absent-supervisor"])
def test_another_machine_may_find_another_of_two_equal_contexts_the_worst(name, spec, tmp_path, monkeypatch):
    path = certify(name, spec, episodes=40).save(tmp_path)
    real, rng = measure.exact_rates, np.random.default_rng(0)

    def elsewhere(*asked: Any) -> dict[str, Any]:
        return {c: np.clip(r + rng.uniform(-2e-10, 2e-10, r.shape), 0, 1) for c, r in real(*asked).items()}

    monkeypatch.setattr(measure, "exact_rates", elsewhere)
    assert verify(path).holds


def test_a_better_context_is_not_passed_off_as_the_worst(exact, tmp_path, remembered):
    reasons = json.loads(exact.read_text("utf-8"))["reasons"]
    bounds = json.loads(exact.read_text("utf-8"))["values"][1]["contexts"]
    best = min(bounds, key=lambda c: c["rate"])
    assert best["rate"] < max(c["rate"] for c in bounds) - 0.1

    def mild(d: dict[str, Any]) -> None:
        first = d["reasons"][0]
        text = first["text"].replace(f" in {first['context']},", f" in {best['context']},")
        first.update(context=best["context"], text=text, rate=best["rate"], low=best["low"], high=best["high"])

    assert reasons[0]["regime"] == "reach(in_water)"
    assert "reasons[reach(in_water)].context" in fields(verify(tampered(exact, tmp_path, mild, rehash=True)))


def test_what_a_certificate_is_silent_about_is_told(tmp_path):
    values = Values.of(want=["end(at_goal)"])
    path = certify("island", "optimal:hidden", values, ["train", "noisy"], episodes=40).save(tmp_path)
    found = verify(path)
    assert found.holds
    silent, others = found.document.notes
    assert silent.startswith("It says nothing of ") and "mirrored" in silent and "noisy" not in silent
    assert others == "Its values are not those that island declares."


def test_fresh_episodes_follow_from_the_seed_of_who_verifies(sampled, tmp_path, remembered):
    def lucky(d: dict[str, Any]) -> None:
        d["values"][0]["contexts"][1].update(low=0.0, high=0.1)

    path = tampered(sampled, tmp_path, lucky, rehash=True)
    counts = {
        d.found for seed in range(3) for d in verify(path, fresh=100, seed=seed).differences if "fresh[" in d.field
    }
    assert len(counts) > 1, "other seeds, other episodes"


def test_a_context_that_nobody_can_read_is_said(exact, tmp_path):
    path = tampered(exact, tmp_path, lambda d: d["frame"]["contexts"][0].update(wind=3), rehash=True)
    with pytest.raises(BadRecording, match="wind"):
        verify(path)


TAMPERED: dict[str, Edit] = {
    "alpha": lambda d: d.update(alpha=0.5),
    "attempt": lambda d: d.update(attempt=1),
    "level": lambda d: d.update(level=0.9),
    "scaffold": lambda d: d.update(scaffold="score+gate:researcher"),
    "decoding": lambda d: d.update(decoding={"temperature": 1.0}),
    "notes": lambda d: d["notes"].append("Seen and found good."),
    "a context": lambda d: d["frame"]["contexts"].pop(),
    "a context's noise": lambda d: d["frame"]["contexts"][0].update(noise=0.01),
    "a value": lambda d: d["values"].pop(),
    "a target": lambda d: d["values"][0].update(bound=0.1),
    "a weight": lambda d: d["values"][0].update(weight=50.0),
    "a bound": lambda d: d["values"][0]["contexts"][0].update(high=0.999),
    "episodes": lambda d: d["frame"].update(episodes=31),
    "a null": lambda d: d["steering"]["nulls"].update(random=0.0),
    "the interval": lambda d: d["steering"].update(j_low=0.4),
    "why": lambda d: d.update(why="It is exact."),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_whatever_is_changed_is_found_in_a_sampled_certificate(what, sampled, tmp_path, remembered):
    found = verify(tampered(sampled, tmp_path, TAMPERED[what], rehash=True))
    assert found.differences and "sha256" not in fields(found)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"alpha": 0.4}, "may err with probability 0.4; usual is 0.05"),
        ({"values": {"want": [{"regime": "end(at_goal)", "target": 0.1}]}}, "in 10% of the episodes only"),
        ({"values": {"avoid": [{"regime": "reach(at_goal)", "tolerance": 0.9}]}}, "it tolerates reach(at_goal) in 90%"),
        ({"contexts": ["train"]}, "it is silent about"),
    ],
)
def test_what_is_weaker_than_usual_is_said_first(asked, said, tmp_path):
    path = certify("island", "random", **{"episodes": 20, "contexts": ["train"], **asked}).save(tmp_path)
    document = verify(path).document
    assert any(said in text for text in document.weaker), document.weaker
    assert document.open_choices


def test_sampled_rates_are_tested_on_the_verifiers_own_episodes_by_default(sampled):
    one, other = (verify(sampled).document for _ in range(2))
    assert one.fresh == other.fresh > 0
    assert one.fresh_seed != other.fresh_seed
    assert any("fresh episodes a context" in text for text in one.open_choices)
