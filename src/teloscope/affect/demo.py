"""A demonstration that fits into minutes: trains small minds in the savanna, with and without the slow channel, and
asks them the battery.

The minds are trained for a fraction of what learning takes, and they are few; the page says what that rules out.

Theory: E1-E9.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from teloscope.affect.examination.run import Examined, battery

STEPS = 393_216
"""Of training, each mind."""
MINDS = 2
SMALL = {"episodes": 8, "steps": 64, "clones": 4, "directions": 40}
LOOK_AHEAD = 24


def demo(folder: Path, *, seed: int = 0, progress: Callable[[str], None] = lambda what: None) -> Examined:
    """Train the minds that are not in the folder yet, and ask them.

    Args:
        folder: minds are written there, so that the same call goes on where it was stopped.
        seed: the first mind's; the others have the next ones.
        progress: told what is being done.

    Raises:
        MissingExtra: JAX is not installed.
    """
    from teloscope.affect.minds import Recipe, new_mind
    from teloscope.affect.subjects import SavannaSubject
    from teloscope.affect.training import train

    made: dict[bool, list[Path]] = {True: [], False: []}
    for slow in (True, False):
        for each in range(seed, seed + MINDS):
            path = folder / f"{'mind' if slow else 'without'}-{each}.eqx"
            if not path.exists():
                progress(f"training {path.stem}")
                train(path, seed=each, steps=STEPS, slow=slow)
            made[slow].append(path)
    whole, without = (SavannaSubject.of_files(made[slow], look_ahead=LOOK_AHEAD) for slow in (True, False))
    untrained = SavannaSubject(
        [new_mind(Recipe(), each) for each in range(seed, seed + MINDS)], name="untrained minds", look_ahead=LOOK_AHEAD
    )
    return battery(
        whole,
        without=without,
        compare={"untrained minds": untrained},
        candidate="slow",
        seed=seed,
        controls=False,
        progress=progress,
        **SMALL,
    )
