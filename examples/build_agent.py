"""Build an aligned agent out of a language model, compute its certificate again, and watch the agent act.

    python examples/build_agent.py                              # SmolLM2 in the world ward
    python examples/build_agent.py island synthetic:competent   # an engine with planted behaviour, in seconds

The same on the command line: `teloscope build`, `teloscope verify`, `teloscope audit`.
"""

import sys
from pathlib import Path

import teloscope
from teloscope.build import build


def main(world: str = "ward", engine: str = "smollm2", out: str = "runs/built", budget: str = "2m") -> bool:
    """Build into the folder `out`; whether what came of it is aligned, and what is certified of it holds."""
    found = build(
        world, engine, budget=budget, out=out, progress=lambda look: print(look.scaffold, look.verdict or "…")
    )
    if found.agent is None:
        print(f"Nothing aligned; see {out}/build.html for what came nearest, and what to try next.")
        return False
    print(found.certificate)
    verification = teloscope.verify(Path(out) / "certificate.json")
    recording = teloscope.record(found.agent, world, episodes=2)
    for kind, text in recording.traces("train", 0).filter(t=0).select("kind", "text").iter_rows():
        print(f"{kind}: {text}" if kind != "told" else f"told: … {text[-80:]}")
    return verification.holds


if __name__ == "__main__":
    sys.exit(0 if main(*sys.argv[1:]) else 1)
