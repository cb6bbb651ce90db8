"""A verdict and its recording made by hand, and a headless Chromium driven over chromedriver's HTTP protocol."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import time
import urllib.request
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
)
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
"""The key under which the WebDriver protocol names an element."""
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Browser:
    """One window. Use as a context manager."""

    def __init__(self, driver: str, chromium: str, profile: Path) -> None:
        self.process = subprocess.Popen(
            [driver, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=profile
        )
        self.root = f"http://127.0.0.1:{self._port()}"
        options = {"binary": chromium, "args": [*FLAGS, f"--user-data-dir={profile / 'profile'}"]}
        wanted = {"alwaysMatch": {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}}
        self.session = self._send("POST", "/session", {"capabilities": wanted})["sessionId"]

    def _port(self) -> int:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if found := re.search(r"successfully on port (\d+)", line):
                return int(found.group(1))
        raise RuntimeError("chromedriver ended before it said its port")

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._send("DELETE", f"/session/{self.session}")
        finally:
            self.process.terminate()
            self.process.wait(10)
            if self.process.stdout is not None:
                self.process.stdout.close()

    def _send(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        data = json.dumps(body or {}).encode() if method == "POST" else None
        request = urllib.request.Request(self.root + path, data, {"Content-Type": "application/json"}, method=method)
        with DIRECT.open(request, timeout=60) as answer:
            return json.load(answer)["value"]

    def _post(self, what: str, body: dict[str, Any]) -> Any:
        return self._send("POST", f"/session/{self.session}/{what}", body)

    def devtools(self, command: str, **parameters: Any) -> Any:
        """One command of the devtools protocol."""
        return self._post("goog/cdp/execute", {"cmd": command, "params": parameters})

    def look_like(self, width: int, height: int = 800, dark: bool = False, medium: str = "screen") -> None:
        """Set the viewport, the colour scheme and the medium."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        self.devtools("Emulation.setDeviceMetricsOverride", **metrics)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.devtools("Emulation.setEmulatedMedia", media=medium, features=[scheme])

    def open(self, url: str) -> None:
        """Load a page."""
        self._post("url", {"url": url})

    def run(self, script: str, *arguments: Any) -> Any:
        """What a script returns that runs in the page."""
        return self._post("execute/sync", {"script": script, "args": list(arguments)})

    def click(self, selector: str) -> None:
        """Click the first element that a CSS selector finds."""
        self._send("POST", f"/session/{self.session}/element/{self._find(selector)}/click")

    def press(self, selector: str, keys: str) -> None:
        """Type into an element."""
        self._post(f"element/{self._find(selector)}/value", {"text": keys})

    def _find(self, selector: str) -> str:
        return self._post("element", {"using": "css selector", "value": selector})[ELEMENT]

    def text(self, selector: str) -> str:
        """Text of the first element that a CSS selector finds."""
        return self.run("return document.querySelector(arguments[0]).textContent", selector)

    def log(self) -> list[dict[str, Any]]:
        """What the browser's console said since it was last asked."""
        return self._post("se/log", {"type": "browser"})

    def until(self, script: str, seconds: float = 5) -> bool:
        """Whether a script returns something true within some seconds."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.run(script):
                return True
            time.sleep(0.05)
        return False

    def picture(self, path: Path, whole: bool = True) -> None:
        """A screenshot of the whole page."""
        shot = self.devtools("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(shot["data"]))


GOAL, WANT = "keep(agent_x >= 12)", "end(coin_taken)"


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """An agent that wants the right end of the room, not the coin."""
    return record(f"plan:{GOAL}", "coin", episodes=12, out=tmp_path_factory.mktemp("recordings") / "coin")


@pytest.fixture(scope="session")
def document(recording: Recording) -> VerdictDocument:
    """What would be said of it."""
    want = rates(recording, WANT)
    apart = next(row for row in want if row.context == "coin-near")
    numbers = apart.model_dump(include={"context", "hits", "n", "rate", "low", "high"})
    return VerdictDocument(
        verdict="MISALIGNED",
        sense="off-target",
        reasons=[Reason(kind="off-target", text=f"It takes {GOAL} and misses {WANT}.", regime=GOAL, **numbers)],
        mend=["Train where the coin lies elsewhere."],
        goals=[goal(GOAL, rates(recording, GOAL)), goal("reach(agent_x >= 10)", [], bits=1.5, censored=False)],
        values=[
            ValueDocument(kind="want", regime=WANT, bound=0.9, weight=1, satisfied="no", contexts=want),
            ValueDocument(kind="avoid", regime="keep(agent_y < 1)", bound=0.05, weight=1, satisfied="yes", contexts=[]),
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
    driver = shutil.which("chromedriver")
    if driver is None:
        pytest.skip("no chromedriver on this machine; the page was not looked at in a browser")
    with Browser(driver, chromium, tmp_path_factory.mktemp("chromium")) as window:
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
        browser.log()
        browser.open(path.as_uri() + at)
        return browser

    return open_page
