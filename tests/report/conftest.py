"""A verdict and its recording made by hand, and a headless Chromium to look at its page with."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import select
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from scipy.stats import beta

from teloscope.recordings import Recording, record
from teloscope.regimes import Regime
from teloscope.report import render
from teloscope.schema import (
    AGENT,
    ContextRate,
    GoalDocument,
    Rate,
    Reason,
    ReferenceRate,
    ValueDocument,
    VerdictDocument,
)
from teloscope.worlds.gym.world import GymWorld

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)
KEYS = {"ArrowLeft": 37, "ArrowRight": 39, "Home": 36, "End": 35}
PATIENCE = 30.0
"""Seconds that the browser has for an answer."""


class Browser:
    """One page of a headless Chromium, spoken to in the devtools protocol over a pair of pipes. A context manager."""

    def __init__(self, chromium: str, profile: Path) -> None:
        theirs_in, self.out = os.pipe()
        self.inward, theirs_out = os.pipe()
        high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 10) for fd in (theirs_in, theirs_out)]  # out of the way of 3 and 4
        self.process = subprocess.Popen(
            [chromium, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            close_fds=False,
            preexec_fn=lambda: [os.dup2(fd, 3 + i) for i, fd in enumerate(high)],
        )
        for fd in (theirs_in, theirs_out, *high):
            os.close(fd)
        self.buffer, self.asked, self.session = b"", 0, ""
        self.events: list[dict[str, Any]] = []
        page = next(t for t in self.devtools("Target.getTargets")["targetInfos"] if t["type"] == "page")
        self.session = self.devtools("Target.attachToTarget", targetId=page["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.devtools(f"{domain}.enable")

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_: object) -> None:
        self.session = ""
        with contextlib.suppress(OSError, EOFError, TimeoutError):
            self.devtools("Browser.close")
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.out)
        os.close(self.inward)

    def devtools(self, command: str, **parameters: Any) -> Any:
        """The result of one command of the devtools protocol."""
        self.asked += 1
        said = {"id": self.asked, "method": command, "params": parameters}
        os.write(self.out, json.dumps(said | ({"sessionId": self.session} if self.session else {})).encode() + b"\0")
        while True:
            heard = self._heard()
            if heard.get("id") == self.asked:
                assert "error" not in heard, f"{command}: {heard['error']}"
                return heard["result"]
            self.events.append(heard)

    def _heard(self) -> dict[str, Any]:
        """The next message."""
        while b"\0" not in self.buffer:
            if not select.select([self.inward], [], [], PATIENCE)[0]:
                raise TimeoutError(f"the browser said nothing for {PATIENCE} s")
            more = os.read(self.inward, 1 << 16)
            if not more:
                raise EOFError("the browser went away")
            self.buffer += more
        message, _, self.buffer = self.buffer.partition(b"\0")
        return json.loads(message)

    def look_like(self, width: int, height: int = 800, dark: bool = False, medium: str = "screen") -> None:
        """Set the viewport, the colour scheme and the medium."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        self.devtools("Emulation.setDeviceMetricsOverride", **metrics)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.devtools("Emulation.setEmulatedMedia", media=medium, features=[scheme])

    def open(self, url: str) -> None:
        """Load a page, and forget what was said before."""
        self.events.clear()
        loads = "loaderId" in self.devtools("Page.navigate", url=url)  # else only the part after # changes
        while loads and not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._heard())

    def run(self, script: str, *arguments: Any) -> Any:
        """What the body of a function returns that runs in the page."""
        call = f"(function () {{ {script} }}).apply(null, {json.dumps(arguments)})"
        done = self.devtools("Runtime.evaluate", expression=call, returnByValue=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def click(self, selector: str) -> None:
        """Press and release the mouse in the middle of the first element that a CSS selector finds."""
        middle = """
          const element = document.querySelector(arguments[0]);
          element.scrollIntoView({ block: "center", behavior: "instant" });
          const box = element.getBoundingClientRect();
          return [box.x + box.width / 2, box.y + box.height / 2];
        """
        x, y = self.run(middle, selector)
        for kind in ("mousePressed", "mouseReleased"):
            self.devtools("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def press(self, selector: str, *keys: str) -> None:
        """Press keys on an element."""
        self.run("document.querySelector(arguments[0]).focus()", selector)
        for key in keys:
            named = {"key": key, "code": key, "windowsVirtualKeyCode": KEYS[key]}
            for kind in ("rawKeyDown", "keyUp"):
                self.devtools("Input.dispatchKeyEvent", type=kind, **named)

    def text(self, selector: str) -> str:
        """Text of the first element that a CSS selector finds."""
        return self.run("return document.querySelector(arguments[0]).textContent", selector)

    def log(self) -> list[str]:
        """Errors, warnings and console messages of the page."""
        self.run("")  # what was said before is heard now
        told = {"Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"}
        return [json.dumps(event["params"]) for event in self.events if event.get("method") in told]

    def until(self, script: str, seconds: float = 60) -> bool:
        """Whether a script returns something true within some seconds."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.run(script):
                return True
            time.sleep(0.05)
        return False

    def picture(self, path: Path) -> None:
        """A screenshot of the viewport."""
        path.write_bytes(base64.b64decode(self.devtools("Page.captureScreenshot", format="png")["data"]))


GOAL, WANT = "keep(agent_x >= 12)", "end(coin_taken)"


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """An agent that wants the right end of the room, not the coin."""
    return record(f"plan:{GOAL}", "coin", episodes=12, out=tmp_path_factory.mktemp("recordings") / "coin")


@pytest.fixture(scope="session")
def document(recording: Recording) -> VerdictDocument:
    """What would be said of it."""
    return judged(recording, [GOAL, "reach(agent_x >= 10)"], [WANT], ["keep(agent_y < 1)"], "coin-near")


@pytest.fixture(scope="session")
def mapless(tmp_path_factory: pytest.TempPathFactory) -> tuple[VerdictDocument, Recording]:
    """A world without a map, and what would be said of an agent that pushes to one side."""
    world = GymWorld("CartPole-v1", horizon=30)
    folder = tmp_path_factory.mktemp("recordings") / "cart"
    recording = record(lambda observation: int(observation[2] > -0.05), world, episodes=6, out=folder)
    goals, wants = ["keep(cart_position > 0)"], ["keep(abs(pole_angle) < 0.1)"]
    return judged(recording, goals, wants, [], recording.contexts[0].name), recording


def judged(
    recording: Recording, goals: list[str], wants: list[str], avoids: list[str], context: str
) -> VerdictDocument:
    """A verdict made by hand, with rates as recorded."""
    values = [("want", regime, 0.9, "no") for regime in wants] + [("avoid", regime, 0.05, "yes") for regime in avoids]
    apart = next(row for row in rates(recording, wants[0]) if row.context == context)
    numbers = apart.model_dump(include={"context", "hits", "n", "rate", "low", "high"})
    text = f"It takes {goals[0]} and misses {wants[0]}."
    return VerdictDocument(
        verdict="MISALIGNED",
        sense="off-target",
        reasons=[Reason(kind="off-target", text=text, regime=goals[0], **numbers)],
        mend=["Train where the coin lies elsewhere."],
        goals=[goal(regime, rates(recording, regime), 5.2 - 3 * i, i == 0) for i, regime in enumerate(goals)],
        values=[
            ValueDocument.model_validate(
                {"kind": kind, "regime": regime, "bound": bound, "weight": 1, "satisfied": satisfied}
                | {"contexts": rates(recording, regime)}
            )
            for kind, regime, bound, satisfied in values
        ],
        exact=False,
        notes=["Only one room was seen."],
        frame=recording.frame,
        agent=recording.manifest.agent,
        versions={"teloscope": "0.1.0"},
    )


def goal(regime: str, contexts: list[ContextRate], bits: float = 5.2, censored: bool = True) -> GoalDocument:
    """A pursued goal."""
    parsed = Regime.parse(regime)
    return GoalDocument(
        regime=regime,
        mode=parsed.mode,
        condition=parsed.condition,
        status="pursued",
        serves=None,
        bits=bits,
        bits_low=bits - 0.5,
        bits_high=bits + 0.5,
        censored=censored,
        p_value=1e-6,
        pursuit="It comes back after shoves.",
        contexts=contexts,
        inseparable=["end(agent_x >= 12)"],
        separating="Wall off the right end.",
    )


def rates(recording: Recording, regime: str) -> list[ContextRate]:
    """Counted rates of a regime, context by context."""
    return [
        ContextRate(
            context=context.name,
            kind=context.kind,
            references=[
                ReferenceRate(name=name, **counted(recording, regime, context.name, name).model_dump())
                for name in recording.references
            ],
            **counted(recording, regime, context.name, AGENT).model_dump(),
        )
        for context in recording.contexts
    ]


def counted(recording: Recording, regime: str, context: str, actor: str) -> Rate:
    """A rate with its Clopper-Pearson interval."""
    hits = recording.hits([regime], context, actor)[0]
    k, n = int(hits.sum()), len(hits)
    low = float(beta.ppf(0.025, k, n - k + 1)) if k else 0.0
    high = float(beta.ppf(0.975, k + 1, n - k)) if k < n else 1.0
    return Rate(hits=k, n=n, rate=k / n, low=low, high=high)


@pytest.fixture(scope="session")
def browser(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser; tests that need it are skipped, and say so, where there is none."""
    with Browser(chromium, tmp_path_factory.mktemp("chromium")) as window:
        yield window


@pytest.fixture(scope="session")
def page(document: VerdictDocument, recording: Recording) -> str:
    """The page as text."""
    return render(document, recording)


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Callable[..., Browser]:
    """Opens a page's text in the browser, at a width, in light or dark."""

    def open_page(text: str, at: str = "", width: int = 1100, dark: bool = False, medium: str = "screen") -> Browser:
        path = tmp_path / "report.html"
        path.write_text(text, encoding="utf-8")
        browser.look_like(width, dark=dark, medium=medium)
        browser.open("about:blank")
        browser.open(path.as_uri() + at)
        return browser

    return open_page
