"""No text from outside runs in a page: a corpus of payloads in every string of a document."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from pydantic import ValidationError

from teloscope.report import render
from teloscope.schema import VerdictDocument

RUN = "window.canary=1"
PAYLOADS = (
    f"<script>{RUN}</script>",
    f"</script><script>{RUN}</script>",
    f"</style><script>{RUN}</script>",
    f"</title><script>{RUN}</script>",
    f"</textarea><script>{RUN}</script>",
    f"</template><script>{RUN}</script>",
    f"--><script>{RUN}</script>",
    f"<!--<script>{RUN}//-->",
    f"]]><script>{RUN}</script>",
    f"<ScRiPt >{RUN}</sCrIpT >",
    f"<script/x>{RUN}</script>",
    f"<script\n>{RUN}</script\n>",
    f"<scr<script>ipt>{RUN}</scr</script>ipt>",
    f"<img src=x onerror={RUN}>",
    f"<img src=x onerror={RUN}//",
    f"<img/src/onerror={RUN}>",
    f'"><img src=x onerror={RUN}>',
    f"'><img src=x onerror={RUN}>",
    f"`><img src=x onerror={RUN}>",
    f'" onmouseover="{RUN}" x="',
    f"' onfocus='{RUN}' autofocus='",
    f'" style="animation-name:x" onanimationstart="{RUN}',
    f"<svg onload={RUN}>",
    f"<svg><script>{RUN}</script></svg>",
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
    f"<svg><set onbegin={RUN} attributeName=x>",
    f'<svg><a xlink:href="javascript:{RUN}"><text>x</text></a></svg>',
    f"<math><mtext></table><mglyph><style><img src onerror={RUN}>",
    f"<body onload={RUN}>",
    f"<details open ontoggle={RUN}>",
    f"<video><source onerror={RUN}></video>",
    f"<audio src=x onerror={RUN}>",
    f"<input autofocus onfocus={RUN}>",
    f"<select autofocus onfocus={RUN}>",
    f"<marquee onstart={RUN}>x</marquee>",
    f'<iframe src="javascript:{RUN}"></iframe>',
    f'<iframe srcdoc="<script>parent.{RUN}</script>"></iframe>',
    f'<object data="javascript:{RUN}"></object>',
    f'<embed src="javascript:{RUN}">',
    f'<a href="javascript:{RUN}" id=x>x</a>',
    f'<form action="javascript:{RUN}"><button>x',
    f'<meta http-equiv="refresh" content="0;url=javascript:{RUN}">',
    '<base href="https://example.invalid/">',
    '<link rel="stylesheet" href="https://example.invalid/x.css">',
    f"<style>@import 'https://example.invalid/x.css'</style><script>{RUN}</script>",
    f"javascript:{RUN}",
    f"data:text/html,<script>{RUN}</script>",
    f"&lt;script&gt;{RUN}&lt;/script&gt;",
    f"&#60;script&#62;{RUN}&#60;/script&#62;",
    f"\\u003cscript\\u003e{RUN}\\u003c/script\\u003e",
    f"\\x3cscript\\x3e{RUN}\\x3c/script\\x3e",
    f"%3Cscript%3E{RUN}%3C/script%3E",
    f"+ADw-script+AD4-{RUN}+ADw-/script+AD4-",
    f"\uff1cscript\uff1e{RUN}\uff1c/script\uff1e",
    f"<\x00script>{RUN}</script>",
    f"<script\u2028>{RUN}</script\u2029>",
    "{{ 7*7 }}{% raw %}{% endraw %}{# x #}",
    f"${{{RUN}}}",
    f"';{RUN};//",
    f'";{RUN};//',
    f"\\';{RUN};//",
    f"*/{RUN}/*",
    f"\u202e<script>{RUN}</script>",
    f"__proto__[canary]={RUN}",
)
"""Texts that set `canary`, by markup, attributes, addresses or broken encodings."""
ROUNDS = 6
"""Pages; each puts other payloads into the same strings."""


def strings(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where strings stand in a document's values."""
    if isinstance(value, str):
        return [path]
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list | tuple) else ()
    return [found for key, part in pairs for found in strings(part, (*path, key))]


def put(values: dict[str, Any], path: tuple[Any, ...], text: str) -> dict[str, Any]:
    """The values with another text at a path."""
    key, *rest = path
    made: Any = dict(values) if isinstance(values, dict) else list(values)
    made[key] = put(made[key], tuple(rest), text) if rest else text
    return made


def poisoned(document: VerdictDocument, first: int) -> tuple[VerdictDocument, int]:
    """The document with payloads in every string that its model lets be any text; and how many strings these are."""
    values, number, kept = document.model_dump(), count(first), 0
    for path in strings(values):
        if path[-1] in ("kind", "format"):
            continue
        tried = put(values, path, PAYLOADS[next(number) % len(PAYLOADS)])
        try:
            VerdictDocument.model_validate(tried)
        except ValidationError:
            continue
        values, kept = tried, kept + 1
    return VerdictDocument.model_validate(values), kept


@pytest.mark.parametrize("number", range(ROUNDS))
def test_no_payload_runs_in_any_string_of_a_verdict(opened, document, number: int) -> None:
    hostile, places = poisoned(document, number * len(PAYLOADS) // ROUNDS)
    assert places > 50
    window = opened(render(hostile))
    window.run("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    window.run("document.querySelectorAll('a, button, summary').forEach((e) => e.click())")
    assert window.run("return window.canary === undefined")
    assert window.log() == [], "markup of a payload became part of the page, and only the policy stopped it"
    assert (
        window.run("return document.querySelectorAll('iframe, object, embed, base, form, math, marquee').length") == 0
    )


def test_there_is_a_corpus() -> None:
    assert len(set(PAYLOADS)) == len(PAYLOADS) > 60
