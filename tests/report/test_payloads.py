"""No text from outside runs in a page: a corpus of payloads in every string of a document."""

from __future__ import annotations

from itertools import count
from typing import Any, TypeVar

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces
from pydantic import BaseModel, ValidationError

from teloscope.agents.agent import Agent
from teloscope.goals import find_goals
from teloscope.recordings import record
from teloscope.report import render
from teloscope.report.build.page import render_build
from teloscope.scaffolds.trace import Line, Trace
from teloscope.schema import AttemptDocument, BuildDocument, CurvePoint, FamilyDocument, Reason
from teloscope.values import Values
from teloscope.verdict import judge
from teloscope.worlds import World
from teloscope.worlds.gym import GymWorld

D = TypeVar("D", bound=BaseModel)

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


def poisoned(document: D, first: int) -> tuple[D, int]:
    """The document with payloads in every string that its model lets be any text; and how many strings these are."""
    values, number, kept = document.model_dump(), count(first), 0
    for path in strings(values):
        if path[-1] in ("kind", "format", "scaffold"):  # a page refuses what is no scaffold
            continue
        tried = put(values, path, PAYLOADS[next(number) % len(PAYLOADS)])
        try:
            type(document).model_validate(tried)
        except ValidationError:
            continue
        values, kept = tried, kept + 1
    return type(document).model_validate(values), kept


@pytest.mark.parametrize("number", range(ROUNDS))
def test_no_payload_runs_in_any_string_of_a_verdict(opened, document, number: int) -> None:
    hostile, places = poisoned(document, number * len(PAYLOADS) // ROUNDS)
    assert places > 50
    assert_harmless(opened(render(hostile)))


def test_there_is_a_corpus() -> None:
    assert len(set(PAYLOADS)) == len(PAYLOADS) > 60


@pytest.mark.parametrize("number", range(ROUNDS))
@pytest.mark.parametrize("found", [True, False])
def test_no_payload_runs_in_any_string_of_a_build(opened, found: bool, number: int) -> None:
    hostile, places = poisoned(built(found), number * len(PAYLOADS) // ROUNDS)
    assert places > 15
    assert_harmless(opened(render_build(hostile)))


def built(found: bool) -> BuildDocument:
    """What a build came to."""
    seen = AttemptDocument(
        number=1, scaffold="score", family="direct", rung=2, episodes=4, v=0.5, v_null=0.2, v_best=1.0, j=0.4,
        verdict="ALIGNED" if found else "MISALIGNED", cost=9.0, calls=10, seconds=1.0, note="a note",
        reasons=[Reason(kind="no-goal", text="a reason", regime="end(x)")],
    )  # fmt: skip
    point = CurvePoint(calls=10, seconds=1.5, attempts=1, j=0.4, verdict="ALIGNED", scaffold="score")
    return BuildDocument(
        aligned=found, winner=seen if found else None, direct=seen, nearest=None if found else seen, mend=["try"],
        world="ward", world_digest="0" * 64, engine="smollm2", engine_digest="1" * 64, profile="mine",
        values={"want": [{"regime": "end(x)", "target": 0.9, "weight": 1.0}], "avoid": []},
        best_exact=True, seed=0, budget="5m", ended="It was found.", attempts=9, certified=2, calls=200,
        tokens_read=1000, tokens_written=10, seconds=30.0, folder="mine", notes=["a note"],
        versions={"teloscope": "0"}, families=[FamilyDocument(family="direct", tried=3, best=seen)], curve=[point],
    )  # fmt: skip


class Prompter(Agent):
    """Goes on, and every line of its traces is a payload."""

    name, sees = "prompter", "observation"

    def start(self, world: World, episodes: int, seed: int) -> Prompting:
        return Prompting()


class Prompting:
    def __init__(self) -> None:
        self.heard: list[tuple[int, int, Trace]] = []

    def act(self, seen: np.ndarray, t: int, alive: np.ndarray) -> np.ndarray:
        kinds: tuple[Any, ...] = ("told", "thought", "said", "parsed", "gate", "chosen")
        lines = [Line(kind, PAYLOADS[(6 * t + i) % len(PAYLOADS)]) for i, kind in enumerate(kinds)]
        self.heard += [(row, t, tuple(lines)) for row in range(len(alive))]
        return np.zeros(len(alive), np.int64)


class Sayer(gym.Env[Any, Any]):
    """A world that says a payload in every state."""

    observation_space = spaces.Box(0, 99, (1,), np.float32)
    action_space = spaces.Discrete(2)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.t = 0
        return np.array([0], np.float32), {"sign": PAYLOADS[0]}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        self.t += 1
        info = {"sign": PAYLOADS[self.t % len(PAYLOADS)]}
        return np.array([self.t], np.float32), 0.0, False, self.t >= len(PAYLOADS), info


def test_no_payload_runs_that_was_recorded(opened, tmp_path) -> None:
    world = GymWorld(Sayer, actions=[f"go {PAYLOADS[0]}", f"no {PAYLOADS[17]}"])
    recording = record(Prompter(), world, episodes=4, references=["uniform"], out=tmp_path / "run")
    verdict = judge(find_goals(recording), Values.of(want=["reach(obs_0 >= 40)"]))
    page = render(verdict.document(), recording)
    assert "window.canary" in page, "what was recorded is shown"
    assert_harmless(opened(page))


def assert_harmless(window: Any) -> None:
    """Open and click whatever there is: no payload has run, and none became a part of the page."""
    window.run("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    window.run("document.querySelectorAll('a, button, summary').forEach((e) => e.click())")
    window.run("document.querySelectorAll('input, select').forEach((e) => e.dispatchEvent(new Event('input')))")
    assert window.run("return window.canary === undefined")
    assert window.log() == [], "markup of a payload became part of the page, and only the policy stopped it"
    foreign = "iframe, object, embed, base, form, math, marquee, img[onerror], [onload], [onfocus]"
    assert window.run(f"return document.querySelectorAll('{foreign}').length") == 0
