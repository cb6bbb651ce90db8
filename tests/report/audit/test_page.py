"""The page as text: whole, escaped, light, and written whole or not at all."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teloscope.errors import TeloscopeError
from teloscope.report import render, write_page
from teloscope.report.audit.page import script_json
from teloscope.report.shared import glossary

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(JSON)
def test_an_island_cannot_end_its_element(value) -> None:
    text = str(script_json(value))
    assert not set(text) & {"<", ">", "&", "\u2028", "\u2029"}
    assert text.isascii()
    json.loads(text)


def test_an_island_keeps_what_it_holds() -> None:
    assert str(script_json("</script><!--&")) == r'"\u003c/script\u003e\u003c!--\u0026"'
    value = {"</script>": ["<!--", "\u2028", "&amp;", 1.5, None, True]}
    assert json.loads(str(script_json(value))) == value
    assert json.loads(str(script_json([float("nan"), float("inf"), -float("inf")]))) == [None, None, None]


def test_the_policy_names_the_hashes_of_style_and_script(page: str) -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    for name in ("style", "script"):
        text = re.search(rf"<{name}>(.*?)</{name}>", page, re.DOTALL)
        assert text is not None
        digest = base64.b64encode(hashlib.sha256(text.group(1).encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy.group(1).replace("&#39;", "'")
    assert "default-src 'none'" in policy.group(1)
    assert "unsafe" not in policy.group(1)


def test_nothing_on_the_page_lies_elsewhere(page: str) -> None:
    bare = page.replace("http://www.w3.org/2000/svg", "")
    assert re.findall(r"""(?:src|href|action|data)\s*=\s*["'](?!\#|data:)""", bare) == []
    assert re.findall(r"https?://|@import|url\(", bare) == []
    assert re.findall(r"\sstyle=|\son[a-z]+=", bare) == [], "the policy would refuse them"


def test_a_page_is_light(page: str) -> None:
    assert len(page.encode()) < 1_000_000


def test_the_same_verdict_gives_the_same_page(document, recording, page: str) -> None:
    assert render(document, recording) == page


def test_the_verdict_itself_is_on_the_page(document, page: str) -> None:
    found = re.search(r'id="verdict-json">(.*?)</script>', page)
    assert found is not None
    assert type(document).model_validate_json(found.group(1)) == document


def test_regimes_in_sentences_are_set_as_code(page: str) -> None:
    assert "It takes <code>keep(agent_x &gt;= 12)</code> and misses <code>end(coin_taken)</code>." in page


def test_a_command_in_a_sentence_is_set_as_code(document) -> None:
    mend = ['Look on: `teloscope build ward --want "end(coin_taken)"`.']
    page = render(document.model_copy(update={"mend": mend}))
    assert "Look on: <code>teloscope build ward --want &#34;end(coin_taken)&#34;</code>." in page


@pytest.mark.parametrize("verdict", ["ALIGNED", "MISALIGNED", "AIMLESS", "UNDECIDED"])
def test_every_verdict_has_a_page_even_an_empty_one(document, verdict: str) -> None:
    empty = {"goals": [], "values": [], "reasons": [], "mend": [], "notes": [], "sense": None, "verdict": verdict}
    page = render(document.model_copy(update=empty))
    assert glossary.SUMMARIES[verdict] in page
    assert "No regime was confirmed" in page


def test_exact_rates_are_said_to_be_exact(document) -> None:
    exact = {"hits": None, "n": None, "rate": 0.25, "low": 0.25, "high": 0.25}
    reason = document.reasons[0].model_copy(update=exact)
    row = document.values[0].contexts[0].model_copy(update=exact | {"references": []})
    value = document.values[0].model_copy(update={"contexts": [row]})
    page = render(document.model_copy(update={"exact": True, "reasons": [reason], "values": [value], "goals": []}))
    assert "25\u00a0%, exact · coin-near" in page
    assert "agent: exact, 25\u00a0% exactly" in page
    assert "exact rates have none" in page


def test_a_page_is_written_beside_its_place_first(document, recording, tmp_path) -> None:
    verdict = SimpleNamespace(document=lambda: document, recording=recording)
    path = write_page(verdict, tmp_path / "new" / "report.html")  # type: ignore[arg-type]
    assert path.read_text("utf-8").startswith("<!doctype html>")
    assert [p.name for p in path.parent.iterdir()] == ["report.html"]


def test_a_page_that_cannot_be_written_says_so(document, tmp_path) -> None:
    (tmp_path / "file").write_text("in the way")
    verdict = SimpleNamespace(document=lambda: document, recording=None)
    with pytest.raises(TeloscopeError, match=r"can't be written to .*report\.html"):
        write_page(verdict, tmp_path / "file" / "report.html")  # type: ignore[arg-type]
