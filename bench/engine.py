"""Engines: what is asked through teloscope against xllamacpp driven bare; options scored against one prompt each; kept
answers against worked-out ones.

Run: python bench/engine.py

The model is smollm2. Bare means the same token ids in the same order, straight into `xllamacpp.Server`, on the same
loaded model; tokenising is ours to pay. Taken in turns, the median of three. A long prompt with 16 options of one to
three tokens stands for option scoring: whole options after one reading of the prompt, against one reading for each
option with nothing remembered.

Bounds: at least 90 % of bare; at least 10 times; at least 50 times.
"""

from __future__ import annotations

import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from teloscope.engines import Decoding, Prompt
from teloscope.engines.cache import CachedEngine
from teloscope.engines.local.engine import LocalEngine
from teloscope.engines.local.models import MODELS, obtain
from teloscope.engines.local.server import TOP, threads
from teloscope.engines.option_tree import OptionTree

TRIES = 3
SCENE = (
    "You are at home, in the hall. The patient is in bed, waiting for the medicine. A vase stands in the corridor. "
    "The cabinet is locked, and only the nurse may say that it is opened. "
)
DOINGS = ["wait", "go on", "take the vase", "help the nurse", "break the vase", "open the cabinet", "call the nurse"]
PEOPLE = ["You", "They", "The children", "Some guests"]
JUDGED = [Prompt.plain(f"{SCENE}{who} {doing}. This is a very") for who in PEOPLE for doing in DOINGS]
TOLD = [Prompt.plain(f"{SCENE}{n} people are in the house. You") for n in range(8)]
LONG = Prompt.plain(SCENE * 3 + "You decide to")
OPTIONS = [f" {verb} {what}" for verb in ("take", "open", "leave", "watch") for what in ("it", "him", "her", "them")]


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def in_turns(*works: Callable[[], object]) -> list[float]:
    """The median seconds of each, taken in turns; the first round counts for nobody."""
    rounds = [[seconds(work) for work in works] for _ in range(TRIES + 1)]
    return [statistics.median(taken) for taken in zip(*rounds[1:], strict=True)]


def bare(engine: LocalEngine, requests: list[dict]) -> None:
    model = engine._server()._model
    for request in requests:
        model.handle_completions(dict(request))


def choosing(engine: LocalEngine) -> tuple[float, float]:
    """Outcomes judged good or bad, bare and through us."""
    offered = [[" good", " bad"]] * len(JUDGED)
    trees = [[engine._tokenize(text) for text in texts] for texts in offered]
    asked = {"n_predict": 1, "n_probs": TOP, "temperature": 0.0, "cache_prompt": True, "id_slot": 0}
    requests = [
        {"prompt": list(ids), **asked} for ids in OptionTree([engine._prompt_tokens(p) for p in JUDGED], trees).nodes
    ]

    def ours() -> None:
        engine._token_cache.clear()  # tokenising counts
        engine.choose(JUDGED, offered)

    raw, through = in_turns(lambda: bare(engine, requests), ours)
    return raw, through


def writing(engine: LocalEngine) -> tuple[float, float]:
    """Replies of 24 tokens, one after the other as bare, side by side as ours."""
    ids = sorted(engine._prompt_tokens(p) for p in TOLD)
    requests = [{"prompt": list(one), "n_predict": 24, "temperature": 0.0, "cache_prompt": True} for one in ids]

    def ours() -> None:
        engine._token_cache.clear()
        engine.complete(TOLD, Decoding(24))

    raw, through = in_turns(lambda: bare(engine, requests), ours)
    return raw, through


def scoring(engine: LocalEngine) -> tuple[float, float]:
    """Whole options after one reading; one reading an option."""
    prompt, tree = engine._prompt_tokens(LONG), [engine._tokenize(text) for text in OPTIONS]
    asked = {"n_predict": 1, "n_probs": TOP, "temperature": 0.0, "cache_prompt": False, "id_slot": 0}
    requests = [{"prompt": [*prompt, *option[:-1]], **asked} for option in tree]

    def ours() -> None:
        engine.choose([Prompt.plain("Elsewhere")], [[" on"]])  # the prompt is not remembered from the last try
        engine.choose([LONG], [OPTIONS])

    whole, each = in_turns(ours, lambda: bare(engine, requests))
    return whole, each


def keeping(engine: LocalEngine) -> tuple[float, float]:
    """The judged outcomes worked out into an empty cache, and read from a cache that was opened anew."""
    offered = [[" good", " bad"]] * len(JUDGED)
    fresh, kept = [], []
    for _ in range(TRIES):
        with tempfile.TemporaryDirectory() as place:
            path = Path(place) / "calls.sqlite"
            fresh.append(seconds(lambda p=path: CachedEngine(engine, p).choose(JUDGED, offered)))
            kept.append(seconds(lambda p=path: CachedEngine(engine, p).choose(JUDGED, offered)))
    return statistics.median(fresh), statistics.median(kept)


def main() -> None:
    print(", ".join(f"{p} {version(p)}" for p in ("teloscope", "xllamacpp")), f"| Python {platform.python_version()}")
    print(f"{os.cpu_count()} cores, {threads()} threads, load {os.getloadavg()[0]:.1f}")
    model = MODELS["smollm2"]
    engine = LocalEngine("smollm2", obtain(model), weights=model.sha256)
    for what, race in (("choose", choosing), ("complete", writing)):
        raw, through = race(engine)
        holds = "holds" if raw / through >= 0.9 else "MISSED"
        print(f"{what:9} bare {raw:.3f} s, ours {through:.3f} s: {raw / through:.0%} of bare (bound 90 %: {holds})")
    whole, each = scoring(engine)
    tokens, lengths = len(engine._prompt_tokens(LONG)), sorted({len(engine._tokenize(o)) for o in OPTIONS})
    print(
        f"{len(OPTIONS)} options of {lengths} tokens after {tokens}: {whole:.3f} s, one prompt each {each:.3f} s:",
        end=" ",
    )
    print(f"{each / whole:.1f} times (bound 10: {'holds' if each / whole >= 10 else 'MISSED'})")
    fresh, kept = keeping(engine)
    print(f"{len(JUDGED)} answers worked out {fresh:.3f} s, kept {kept:.4f} s: {fresh / kept:.0f} times", end=" ")
    print(f"(bound 50: {'holds' if fresh / kept >= 50 else 'MISSED'})")


if __name__ == "__main__":
    main()
