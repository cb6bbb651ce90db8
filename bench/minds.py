"""Minds against a reactive agent: ten seeds are trained in the savanna, and each lives in the same 2,000 fresh worlds.

Run: python bench/minds.py --folder runs/minds              trains and races all; goes on where it stopped
     python bench/minds.py --folder runs/minds --train 3    trains the mind of one seed, or goes on training it
     python bench/minds.py --speed                          steps a second of training, end to end

Bounds: at least 50,000 steps a second of training, end to end, on 2 cores; a trained mind has more offspring than the
reactive agent, by the 95 % interval of the paired difference over worlds, in at least 9 of 10 seeds. The worlds of the
race are those of no training. The unit is the seed; the interval within a seed is over worlds. Writes bench/minds.json.

The reactive agent of the bound is the one that was written by hand. A stronger one is raced beside it: the best of 241
settings of its thresholds (`python bench/savanna.py --tune`), found in other worlds.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from functools import partial
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from teloscope.affect.minds import Mind, Reactions, new_mind, react, sample_action
from teloscope.affect.savanna import CALM, Savanna, choice_of
from teloscope.affect.training import Setting, Trained, learn, new_learner, train
from teloscope.affect.training.trained import PIECE

RESULT = Path(__file__).with_suffix(".json")
SEEDS, LIVES, STEPS = 10, 2000, 6_000_000
LEAST_SPEED, LEAST_WINS = 50_000, 9
SEARCHED = Reactions(near=0.24, hostile=-0.31, tired=0.31, full=0.96, starving=0.26, way=1.06, friendly=-0.86)
WORLDS_KEY = 20_261_127
"""Of the worlds of the race; trainings have keys 0 to 9."""


def lives_of(choose: Any, carried: Any) -> dict[str, jax.Array]:
    """Each life's offspring, length, mean effort, harm and calm, in the worlds of the race."""
    env = Savanna()
    params = env.default_params
    first, rest = jax.random.split(jax.random.PRNGKey(WORLDS_KEY))
    seen, state = jax.vmap(env.reset, (0, None))(jax.random.split(first, LIVES), params)

    def step(carried: Any, key: jax.Array) -> Any:
        inner, seen, state, effort, calm = carried
        drawn, stepped = jax.random.split(key)
        inner, action = choose(inner, seen, jax.random.uniform(drawn, (LIVES,)))
        alive = state.alive
        keys = jax.random.split(stepped, LIVES)
        after_seen, after, _, _, _ = jax.vmap(env.step_env, (0, 0, 0, None))(keys, state, action, params)
        kept = after._replace(
            offspring=jnp.where(alive > 0, after.offspring, state.offspring),
            harmed_friends=jnp.where(alive > 0, after.harmed_friends, state.harmed_friends),
        )
        effort += alive * choice_of(action).effort
        return (inner, after_seen, kept, effort, calm + alive * (action == CALM)), alive

    zeros = jnp.zeros(LIVES)
    start = (carried, seen, state, zeros, zeros)
    (_, _, state, effort, calm), alive = jax.lax.scan(step, start, jax.random.split(rest, params.max_steps_in_episode))
    length = alive.sum(0)
    return {
        "offspring": state.offspring,
        "length": length,
        "effort": effort / length,
        "calm": calm / length,
        "harmed_friends": state.harmed_friends,
    }


@jax.jit
def reactive_lives(reactions: Reactions) -> Any:
    """A reactive agent's lives."""
    return lives_of(lambda inner, seen, _: (inner, jax.vmap(react, (0, None))(seen, reactions)), 0)


@partial(jax.jit, static_argnames=("static",))
def mind_lives(arrays: Any, static: Any) -> Any:
    """A mind's lives."""
    living: Mind = eqx.combine(arrays, static)

    def choose(memory: Any, seen: jax.Array, draws: jax.Array) -> Any:
        memory, thought = jax.vmap(living.think)(memory, seen)
        action = jax.vmap(sample_action)(thought.logits, draws)
        return jax.vmap(living.calmed)(memory, action), action

    return lives_of(choose, jax.tree.map(lambda leaf: jnp.zeros((LIVES, *leaf.shape)), living.blank()))


def raced(trained: Trained, rivals: dict[str, dict[str, np.ndarray]]) -> dict[str, Any]:
    """One mind against the reactive agents, world by world."""
    arrays, static = eqx.partition(trained.mind, eqx.is_array)
    told = {name: np.asarray(value) for name, value in mind_lives(arrays, static).items()}
    row: dict[str, Any] = {"seed": trained.seed, "diverged": trained.diverged}
    row |= {name: round(float(value.mean()), 4) for name, value in told.items()}
    for rival, lived in rivals.items():
        difference = told["offspring"] - lived["offspring"]
        mean, margin = float(difference.mean()), float(1.96 * difference.std(ddof=1) / np.sqrt(LIVES))
        row[rival] = {
            "more": round(mean, 3),
            "interval": [round(mean - margin, 3), round(mean + margin, 3)],
            "wins": mean - margin > 0 and not trained.diverged,
        }
    row["time_constants"] = [round(float(tau), 1) for tau in np.exp(np.asarray(trained.mind.log_tau))]
    row["training"] = [round(x, 2) for x in trained.offspring[:: max(len(trained.offspring) // 8, 1)]]
    return row


def speed(rounds: int = 3) -> dict[str, Any]:
    """Steps a second of training, living and learning, after compiling."""
    setting = Setting(updates=PIECE)
    untrained = new_mind()
    static = eqx.partition(untrained, eqx.is_array)[1]
    params = Savanna().default_params
    learner = new_learner(untrained, setting, params, jax.random.PRNGKey(0))
    rates, cores = [], []
    for i in range(rounds + 1):
        wall, processor = time.perf_counter(), time.process_time()
        learner, tally = learn(learner, static, setting, params, PIECE)
        jax.block_until_ready(tally)
        spent = time.perf_counter() - wall
        if i:
            rates.append(PIECE * setting.steps_an_update / spent)
            cores.append((time.process_time() - processor) / spent)
    return {"steps_a_second": [round(x) for x in rates], "cores": round(float(np.mean(cores)), 2)}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--folder", type=Path, default=Path("runs/minds"))
    asked.add_argument("--train", type=int, default=None)
    asked.add_argument("--speed", action="store_true")
    given = asked.parse_args()
    kept = json.loads(RESULT.read_text("utf-8")) if RESULT.exists() else {}
    if given.speed:
        kept["speed"] = speed() | {"load": round(os.getloadavg()[0], 1), "processors": os.cpu_count()}
        print(kept["speed"], "holds" if max(kept["speed"]["steps_a_second"]) >= LEAST_SPEED else "MISSED")
    elif given.train is not None:
        mind(given.folder, given.train)
        return
    else:
        kept |= raced_all(given.folder)
    RESULT.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")


def mind(folder: Path, seed: int) -> Trained:
    """The mind of a seed, trained now or earlier."""

    def told(steps: int, total: int, what: str) -> None:
        print(f"seed {seed}: {steps / 1e6:.1f} of {total / 1e6:.1f} M steps, {what}", flush=True)

    return train(folder / f"{seed}.safetensors", seed=seed, steps=STEPS, progress=told)


def raced_all(folder: Path) -> dict[str, Any]:
    """Train what is not trained yet, and race all."""
    done = [mind(folder, seed) for seed in range(SEEDS)]
    rivals = {
        name: {part: np.asarray(value) for part, value in reactive_lives(reactions).items()}
        for name, reactions in (("by_hand", Reactions()), ("searched", SEARCHED))
    }
    rows = [raced(trained, rivals) for trained in done]
    wins = {rival: sum(row[rival]["wins"] for row in rows) for rival in rivals}
    for row in rows:
        print(
            f"seed {row['seed']}: {row['offspring']:.2f}", *(f"{rival} {row[rival]['more']:+.2f}" for rival in rivals)
        )
    for rival, lived in rivals.items():
        print(f"{wins[rival]} of {len(rows)} minds have more offspring than {rival}: {lived['offspring'].mean():.2f}")
    print("holds" if wins["by_hand"] >= LEAST_WINS else "MISSED")
    return {
        "steps": STEPS,
        "worlds": LIVES,
        "rivals": {
            rival: {name: round(float(value.mean()), 4) for name, value in lived.items()}
            for rival, lived in rivals.items()
        },
        "minds": rows,
        "wins": wins,
        "diverged": sum(bool(row["diverged"]) for row in rows),
    }


if __name__ == "__main__":
    main()
