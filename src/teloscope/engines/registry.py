"""Engines by name: the names that can be written for an engine, and how each is built.

Theory: A5.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from teloscope.engines.engine import Engine
from teloscope.errors import BadEngine, NotFound


class Kind(NamedTuple):
    """A kind of engine."""

    build: Callable[[str, dict[str, str]], Engine]
    """From (what stands after the colon, the options)."""
    about: str
    cached: bool = True
    """Whether its answers are cached: they take time, and depend only on what the engine is shown."""
    extra: str = ""
    """The extra that installs what it needs."""
    package: str = ""
    """A package of that extra, by which a missing extra is noticed."""


def engine(spec: str | Engine, cache: bool | Path | None = True) -> Engine:
    """The engine of that name.

    Args:
        spec: a name as listed by `teloscope engines`, or an engine.
        cache: whether answers are cached on disk, or the cache file; None: not.

    Raises:
        NotFound: no such kind. BadEngine: its file is missing or damaged, or its options are wrong.
    """
    if isinstance(spec, Engine):
        return spec
    head, _, query = spec.partition("?") if not spec.startswith("inspect:") else (spec, "", "")
    kind, _, rest = head.partition(":")
    if kind not in ENGINES:
        raise NotFound("engine", kind, ENGINES, "List them with `teloscope engines`.")
    found = ENGINES[kind].build(rest, dict(parse_qsl(query, keep_blank_values=True)))
    if not ENGINES[kind].cached or cache is None or cache is False:
        return found
    from teloscope.engines.cache import CachedEngine

    return CachedEngine(found, cache if isinstance(cache, Path) else None)


def readiness(kind: str) -> str:
    """What a kind of engine needs on this machine, and how to get it; "" if it is ready."""
    from teloscope.engines.local.models import MODELS, find

    if (extra := ENGINES[kind].extra) and importlib.util.find_spec(ENGINES[kind].package) is None:
        return f"pip install 'teloscope[{extra}]'"
    try:
        there = kind not in MODELS or find(MODELS[kind]) is not None
    except BadEngine as error:
        return str(error)
    return "" if there else f"fetched when it is first asked for, or now: teloscope engines --fetch {kind}"


def _model(name: str) -> Callable[[str, dict[str, str]], Engine]:
    """A builder for one of the models that come in packages."""

    def build(rest: str, options: dict[str, str]) -> Engine:
        from teloscope.engines.local.engine import LocalEngine
        from teloscope.engines.local.models import MODELS, obtain

        _refuse(name, rest)
        model, context = MODELS[name], _context(name, options)
        return LocalEngine(_named(name, options), obtain(model), context, model.chat_template, model.sha256)

    return build


def _gguf(rest: str, options: dict[str, str]) -> Engine:
    from teloscope.engines.local.engine import LocalEngine

    if not rest:
        raise BadEngine("The engine 'gguf' needs a file behind the colon: gguf:models/some.gguf")
    return LocalEngine(_named(f"gguf:{rest}", options), Path(rest).expanduser(), _context("gguf", options))


def _context(name: str, options: dict[str, str]) -> int:
    """The option `context` of local models, in tokens."""
    value = options.get("context", "2048")
    if set(options) - {"context"}:
        raise NotFound("option", min(set(options) - {"context"}), ["context"], f"It was given to the engine {name!r}.")
    if not value.isdecimal() or not 16 <= int(value) <= 1 << 20:
        raise BadEngine(f"Option context of the engine {name!r} is {value!r}; expected tokens, 16 to 1,048,576.")
    return int(value)


def _named(name: str, options: dict[str, str]) -> str:
    return name + "".join(f"?{key}={value}" for key, value in options.items())


def _inspect(rest: str, options: dict[str, str]) -> Engine:
    from teloscope.engines.inspect import InspectEngine

    return InspectEngine(rest)


def _null(rest: str, options: dict[str, str]) -> Engine:
    from teloscope.engines.null import Uniform

    if rest != "uniform" or options:
        raise NotFound("engine", f"null:{rest}", ["null:uniform"])
    return Uniform()


def _synthetic(rest: str, options: dict[str, str]) -> Engine:
    from teloscope.engines.synthetic import synthetic

    if options:
        raise BadEngine(f"A synthetic engine's options follow a comma: synthetic:{rest},noise=0.1")
    return synthetic(rest)


def _lexicon(rest: str, options: dict[str, str]) -> Engine:
    from teloscope.engines.lexicon import LexiconEngine

    if rest or options:
        raise NotFound("engine", f"lexicon:{rest}", ["lexicon"])
    return LexiconEngine()


def _refuse(name: str, rest: str) -> None:
    if rest:
        raise BadEngine(f"Engine {name!r} takes nothing after a colon, but got {rest!r}.")


_LLM: Any = {"extra": "llm", "package": "xllamacpp"}
ENGINES: dict[str, Kind] = {
    "smollm2": Kind(_model("smollm2"), "SmolLM2-135M-Instruct in this process; the default", **_LLM),
    "gemma270m": Kind(_model("gemma270m"), "Gemma 3 270M in this process (pretrained; Google's terms of use)", **_LLM),
    "qwen1.5b": Kind(_model("qwen1.5b"), "Qwen2.5-Coder-1.5B-Instruct in this process (Apache-2.0; 1.1 GB)", **_LLM),
    "gguf": Kind(_gguf, "any GGUF file in this process: gguf:models/some.gguf?context=4096", **_LLM),
    "inspect": Kind(
        _inspect,
        "any model of Inspect's providers: inspect:openai/gpt-4o-mini",
        extra="inspect",
        package="inspect_ai",
    ),
    "lexicon": Kind(
        _lexicon,
        "adds up the sentiment of words (VADER): what a world's author gave away",
        cached=False,
        extra="lexicon",
        package="vaderSentiment",
    ),
    "null": Kind(_null, "thinks nothing, to be subtracted: null:uniform", cached=False),
    "synthetic": Kind(_synthetic, "planted behaviour, for calibration: synthetic:competent", cached=False),
}
"""Kind -> how to build it, and a line for the listing."""
