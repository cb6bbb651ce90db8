"""`teloscope verify` as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from teloscope.schema import VerificationDocument
from teloscope.values import Values
from teloscope.verdict.certificate import certify


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = certify("whisky", "optimal:visible?eps=0.1", contexts=["train", "noisy"], episodes=40)
    return found.save(tmp_path_factory.mktemp("certified"))


def test_what_holds_is_said_to_hold(certificate, typed) -> None:
    ran = typed(f"verify {certificate} --fresh 200")
    assert ran.status == 0
    assert "optimal:visible?eps=0.1 in whisky" in ran.out
    assert "holds: computed again, nothing differs" in ran.out
    assert "200\u00a0fresh episodes" in ran.out
    assert typed(f"verify {certificate.parent}").status == 0


def test_what_does_not_hold_is_shown_field_by_field(certificate, typed, tmp_path) -> None:
    document = json.loads(certificate.read_text("utf-8"))
    document["verdict"] = "ALIGNED"
    (tmp_path / "forged.json").write_text(json.dumps(document))
    ran = typed("verify forged.json")
    assert ran.status == 1
    assert "does not hold: 2\u00a0fields differ" in ran.out
    assert "verdict: claimed ALIGNED, found MISALIGNED" in ran.out
    assert "sha256: claimed" in ran.out


def test_a_weak_certificate_holds_unless_one_is_strict(typed, tmp_path) -> None:
    certify("island", "optimal:hidden", values=Values.of(want=["end(at_goal)"])).save(tmp_path / "weak.json")
    certify("island", "optimal:hidden").save(tmp_path / "usual.json")
    assert typed("verify weak.json").status == 0
    ran = typed("verify weak.json --strict")
    assert ran.status == 1
    assert ran.out.startswith("weak: island wants reach(in_water) avoided")
    assert typed("verify usual.json --strict").status == 0


def test_json_is_one_document(certificate, typed) -> None:
    ran = typed(f"verify {certificate} --json")
    found = VerificationDocument.model_validate(ran.document)
    assert "tabulating optimal:visible?eps=0.1" in ran.err and "agent in noisy" in ran.err, "while it works, it talks"
    assert (ran.status, found.holds, found.differences, found.fresh) == (0, True, [], 0)


def test_what_is_no_certificate_is_a_mistake(typed, tmp_path) -> None:
    (tmp_path / "verdict.json").write_text("{}")
    for name, said in (("verdict.json", "is not a certificate"), ("nowhere.json", "it is not there")):
        ran = typed(f"verify {name}")
        assert ran.status == 2
        assert said in ran.err
        assert ran.out == ""


def test_its_schema_is_printed(typed) -> None:
    assert "sha256" in typed("schema certificate").document["properties"]
