"""Steps a second of the savanna under random actions, beside other worlds in JAX; and a race of reactive agents.

Run: python bench/savanna.py          writes bench/savanna.json
     python bench/savanna.py --tune   searches the thresholds of the reactive agent (`affect/minds/reactive.py`)

All in one process on the same cores, round after round: 1,024 worlds, `jax.vmap` of `step` with auto-reset within
`jax.lax.scan`, compiled beforehand. Craftax, xminigrid and navix are raced where they are installed; craftax needs a
Python of its own:

    python -m venv other && other/bin/pip install ".[affect]" craftax navix xminigrid
    other/bin/python bench/savanna.py

A busy machine shows in `cores`: the CPU seconds that a second of the clock had.

Bound: the savanna makes at least 1 M steps a second on 2 cores.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from teloscope.affect.minds import Reactions, react
from teloscope.affect.savanna import ACTIONS, Savanna

RESULT = Path(__file__).with_suffix(".json")
WORLDS, ROUNDS, LEAST = 1024, 3, 1e6
SCANNED = {"savanna": 256, "Craftax-Classic": 8, "xminigrid": 128, "navix": 256}
"""Steps of each world in a round; fewer of the slow ones."""
Run = Callable[[jax.Array], Any]


def savanna() -> Run:
    """The savanna."""
    env = Savanna()
    params = env.default_params

    def begin(key: jax.Array) -> Any:
        return jax.vmap(env.reset, (0, None))(jax.random.split(key, WORLDS), params)[1]

    def step(state: Any, key: jax.Array, action: jax.Array) -> Any:
        keys = jax.random.split(key, WORLDS)
        seen, state, reward, _, _ = jax.vmap(env.step, (0, 0, 0, None))(keys, state, action, params)
        return state, reward.sum() + seen.sum()

    return scanned(begin, step, ACTIONS, SCANNED["savanna"])


def craftax() -> Run:
    """Craftax-Classic with symbols, auto-reset."""
    from craftax.craftax_env import make_craftax_env_from_name  # pyright: ignore[reportMissingImports]

    env = make_craftax_env_from_name("Craftax-Classic-Symbolic-v1", auto_reset=True)
    params = env.default_params

    def begin(key: jax.Array) -> Any:
        return jax.vmap(env.reset, (0, None))(jax.random.split(key, WORLDS), params)[1]

    def step(state: Any, key: jax.Array, action: jax.Array) -> Any:
        keys = jax.random.split(key, WORLDS)
        seen, state, reward, *_ = jax.vmap(env.step, (0, 0, 0, None))(keys, state, action, params)
        return state, reward.sum() + seen.sum()

    return scanned(begin, step, env.action_space(params).n, SCANNED["Craftax-Classic"])


def xminigrid() -> Run:
    """XLand-MiniGrid, nine rooms' smallest: R1-9x9 with a random rule set; never reset."""
    import xminigrid as library

    env, params = library.make("XLand-MiniGrid-R1-9x9")

    def begin(key: jax.Array) -> Any:
        return jax.vmap(env.reset, (None, 0))(params, jax.random.split(key, WORLDS))

    def step(state: Any, key: jax.Array, action: jax.Array) -> Any:
        state = jax.vmap(env.step, (None, 0, 0))(params, state, action)
        return state, state.reward.sum() + state.observation.sum()

    return scanned(begin, step, env.num_actions(params), SCANNED["xminigrid"])


def navix() -> Run:
    """Navix, an empty room of 8 x 8, with the reset that its `step` contains."""
    import navix as library

    env = library.make("Navix-Empty-8x8-v0")

    def begin(key: jax.Array) -> Any:
        return jax.vmap(env.reset)(jax.random.split(key, WORLDS))

    def step(state: Any, key: jax.Array, action: jax.Array) -> Any:
        state = jax.vmap(env.step)(state, action)
        return state, state.reward.sum() + state.observation.sum()

    return scanned(begin, step, len(env.action_set), SCANNED["navix"])


def scanned(begin: Callable[[jax.Array], Any], step: Callable[..., Any], actions: int, steps: int) -> Run:
    """That many steps of every world under uniform actions."""

    def run(key: jax.Array) -> Any:
        first, rest = jax.random.split(key)

        def one(state: Any, key: jax.Array) -> Any:
            drawn, stepped = jax.random.split(key)
            return step(state, stepped, jax.random.randint(drawn, (WORLDS,), 0, actions))

        return jax.lax.scan(one, begin(first), jax.random.split(rest, steps))[1]

    return jax.jit(run)


def race() -> dict[str, Any]:
    """Million steps a second, the best and all of the rounds, and how much of the processor there was."""
    runs: dict[str, Run] = {}
    for name, make in (("savanna", savanna), ("Craftax-Classic", craftax), ("xminigrid", xminigrid), ("navix", navix)):
        try:
            runs[name] = make()
            jax.block_until_ready(runs[name](jax.random.PRNGKey(0)))
        except ModuleNotFoundError as error:
            print(f"{name}: not raced, {error.name} is not installed")
            runs.pop(name, None)
    rates: dict[str, list[float]] = {name: [] for name in runs}
    cores: dict[str, list[float]] = {name: [] for name in runs}
    for i in range(ROUNDS):
        for name, run in runs.items():
            wall, processor = time.perf_counter(), time.process_time()
            jax.block_until_ready(run(jax.random.PRNGKey(i + 1)))
            spent = time.perf_counter() - wall
            rates[name].append(WORLDS * SCANNED[name] / spent / 1e6)
            cores[name].append((time.process_time() - processor) / spent)
    return {
        name: {
            "million_steps_a_second": [round(rate, 4) for rate in rates[name]],
            "best": round(max(rates[name]), 4),
            "cores": round(float(np.mean(cores[name])), 2),
        }
        for name in runs
    }


def tune(tries: int = 240, lives: int = 256) -> None:
    """Search the reactive agent's thresholds at random, then race the ten best again in other worlds."""
    fitness = jax.jit(jax.vmap(reactive_fitness, (0, None, None)), static_argnums=2)
    rng = np.random.default_rng(0)
    low = Reactions(near=0.1, hostile=-1.5, tired=0.3, full=0.4, starving=0.0, way=0.0, friendly=-1.0)
    high = Reactions(near=0.5, hostile=1.0, tired=1.0, full=1.01, starving=0.6, way=2.0, friendly=1.5)
    drawn = [np.float32(rng.uniform(a, b, tries)) for a, b in zip(low, high, strict=True)]
    chosen = Reactions(*(np.append(column, start) for column, start in zip(drawn, Reactions(), strict=True)))
    found = np.concatenate(
        [
            np.asarray(fitness(_rows(chosen, slice(i, i + 20)), jax.random.PRNGKey(0), lives))
            for i in range(0, tries + 1, 20)
        ]
    )
    best = np.argsort(-found)[:10]
    again = np.asarray(fitness(_rows(chosen, best), jax.random.PRNGKey(1), 4 * lives))
    for index in np.argsort(-again):
        row = {name: round(float(column[best[index]]), 2) for name, column in chosen._asdict().items()}
        print(f"{again[index]:.2f} offspring ({found[best[index]]:.2f} in the search)  {row}")
    print(f"as written: {found[-1]:.2f} in the search")


def _rows(reactions: Reactions, where: Any) -> Reactions:
    return Reactions(*(np.asarray(column, np.float32)[where] for column in reactions))


def reactive_fitness(reactions: Reactions, key: jax.Array, lives: int) -> jax.Array:
    """Mean offspring of an episode."""
    env = Savanna()
    params = env.default_params
    first, rest = jax.random.split(key)
    seen, state = jax.vmap(env.reset, (0, None))(jax.random.split(first, lives), params)

    def step(carried: Any, key: jax.Array) -> Any:
        seen, state, born = carried
        action = jax.vmap(react, (0, None))(seen, reactions)
        alive = state.alive
        seen, state, _, _, info = jax.vmap(env.step_env, (0, 0, 0, None))(
            jax.random.split(key, lives), state, action, params
        )
        return (seen, state, born + alive * info["offspring"]), None

    (_, _, born), _ = jax.lax.scan(step, (seen, state, jnp.zeros(lives)), jax.random.split(rest, 256))
    return born.mean()


def versions() -> dict[str, str]:
    """What was raced."""
    found = {"python": platform.python_version()}
    for package in ("jax", "craftax", "xminigrid", "navix"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def main() -> None:
    if "--tune" in sys.argv:
        tune()
        return
    load = os.getloadavg()[0]
    found = race()
    for name, row in found.items():
        print(f"{name:16} {row['best']:8.4f} M steps/s, {row['cores']:.2f} cores")
    best = found["savanna"]["best"]
    print(f"savanna >= {LEAST / 1e6:g} M steps/s: {'holds' if best * 1e6 >= LEAST else 'MISSED'}")
    document = {"worlds": WORLDS, "steps": SCANNED, "load": round(load, 1), "cores": os.cpu_count(), "raced": found}
    RESULT.write_text(json.dumps(document | {"versions": versions()}, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
