"""Certificates in a terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from teloscope.report.certificate import print_certificate, print_verification
from teloscope.schema import CertificateDocument, DifferenceDocument, VerificationDocument
from teloscope.verdict.certificate import certify


@pytest.fixture(scope="module")
def document() -> CertificateDocument:
    return certify("island", "optimal:visible", contexts=["train", "noisy"], episodes=40).document


def printed(show, *arguments) -> str:
    console = Console(file=io.StringIO(), width=110, color_system=None)
    show(*arguments, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_certificate_says_whom_what_and_how_well(document):
    text = printed(print_certificate, document)
    assert f"{document.verdict}: optimal:visible in island" in text
    assert "It has a policy on all 169 states." in text
    assert "end(at_goal)" in text and "exactly in noisy" in text
    assert f"J {document.steering.j:.3f}: V" in text
    assert document.sha256[:12] in text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"j": None, "j_low": None, "j_high": None}, "J is undefined: nothing can be won here"),
        ({"best_exact": False}, "J ≥ "),
        ({"j": 0.5, "j_low": 0.25, "j_high": 0.75}, "J 0.500 (0.250 to 0.750): V"),
        ({"j": 0.5, "j_low": None, "j_high": 0.75}, "J 0.500 (at most 0.750): V"),
        ({"j": -0.2, "j_low": None, "j_high": 0.1, "best_exact": False}, "J ≤ -0.200 (at most 0.100): V"),
    ],
)
def test_steering_is_said_with_its_bounds(document, changes, said):
    changed = document.model_copy(update={"steering": document.steering.model_copy(update=changes)})
    assert said in printed(print_certificate, changed)


def test_foreign_names_are_shown_and_not_obeyed(document):
    agent = document.agent.model_copy(update={"name": "[red]x\u202e\x1b[2J"})
    text = printed(print_certificate, document.model_copy(update={"agent": agent}))
    assert "[red]x\\u202e\\x1b[2J in island" in text


def test_many_differences_are_counted(document):
    differences = [DifferenceDocument(field=f"field {i}", claimed="[b]" + "y" * 80, found=None) for i in range(15)]
    verification = VerificationDocument(
        certificate="c.json", holds=False, differences=differences, fresh=0, notes=[], versions={}
    )
    text = printed(print_verification, verification, document)
    assert "does not hold: 15\u00a0fields differ" in text
    assert "field 11: claimed [b]yyy" in text and "…, found None" in text
    assert "field 12" not in text and "and 3 more" in text
