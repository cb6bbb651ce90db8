"""Conditions and regimes from a stranger: a million texts, each answered or refused in words.

Run: python bench/fuzz_conditions.py [--texts 20000]

A third is drawn from the grammar (so that it is read and evaluated), a third is such a text damaged at random places,
and a third is noise: words of SQL, functions that don't exist, deep nests, long chains, any characters. Counted:
exceptions other than teloscope's own, texts that take more than a second of the processor, characters that reach
standard error (a panic of a library would print there), files opened, modules imported and processes started, as
Python's audit hooks see them. Bounds: none of these. Results: bench/fuzz_conditions.json.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import polars as pl

from teloscope.errors import TeloscopeError
from teloscope.regimes import Regime, readings_in

FRAME = pl.DataFrame(
    {
        "x": [0, 1, 2, -3],
        "speed": [0.5, -1.0, 2.0, 0.0],
        "small": pl.Series([0, 250, 3, 255], dtype=pl.UInt8),
        "single": pl.Series([0.1, 1e30, -2.0, 0.0], dtype=pl.Float32),
        "big": [2**62, -(2**62), 0, 1],
        "broken": [True, False, True, False],
        "tile": ["lava", "grass", "it's", ""],
        "a b": [1, 2, 3, 4],
    }
)
NUMBERS = ["x", "speed", "small", "single", "big", '"a b"', "0", "1", "-1", "0.5", "1e308", "1e999", "9" * 30, "2"]
TEXTS = ["tile", "'lava'", "'it''s'", "''"]
FUNCTIONS = ["abs", "sqrt", "floor", "ceil", "round", "sign", "pow", "mod", "ln", "exp", "least", "greatest"]
NOISE = re.findall(
    r"\S+",
    """select from where * ; -- /* */ read_csv('/etc/passwd') scan_parquet getenv('HOME') random() now() max(x) sum(x)
    over( unnest( columns('x') concat( substr( strptime( cast(x as int) x::int x[0] array[1] struct( interval '1 day'
    date timestamp '2020-01-01' 0x1F 1_000 E'a' $1 @x x -> y {x} \\ ~ ^ & | || !~ <=> regexp rlike any( all( exists(
    lag(x) ' " ` greatest() least() abs() round(x,x) pow(0,-1) mod(x,0) 1/0 x/0 x%0 ln(0) sqrt(-1) exp(1e9) case when
    end then else in () between like '%' is null not and or ( ) , + - * / // % = <> < > <= >= true false null x speed
    broken tile""",
)
SIZES = [3, 5, 5, 10, 10, 20, 20, 30, 30, 60, 60, 190, 190, 400, 400, 1000, 3000, 9000]
"""How long a chain or how deep a nest is; long ones are rarer, so that a million end within an hour."""
ODD = [0, 9, 27, 0x202E, 0x200B, 0xFF07, 0x1F916, 0xD7FF]
"""Control characters, one that turns the writing direction, others that look like none or like quotes."""
NESTS = [("(", ")"), ("abs(", ")"), ("not (", ")"), ("case when ", " then true else false end"), ("x in (", ")")]
HEADS = ["reach", "end", "keep", "never", "raise", "lower", "cycle", "first", "given", "start"]


def number(rng: random.Random, depth: int) -> str:
    if depth <= 0 or rng.random() < 0.4:
        return rng.choice(NUMBERS)
    match rng.randrange(4):
        case 0:
            return f"({number(rng, depth - 1)} {rng.choice(['+', '-', '*', '/', '//', '%'])} {number(rng, depth - 1)})"
        case 1:
            parts = ", ".join(number(rng, depth - 1) for _ in range(rng.choice([1, 1, 1, 2, 3])))
            return f"{rng.choice(FUNCTIONS)}({parts})"
        case 2:
            return f"-{number(rng, depth - 1)}"
        case _:
            return (
                f"case when {condition(rng, depth - 1)} then {number(rng, depth - 1)} else {number(rng, depth - 1)} end"
            )


def condition(rng: random.Random, depth: int) -> str:
    if depth <= 0:
        return rng.choice(["broken", "true", "not broken", "x > 1"])
    match rng.randrange(8):
        case 0 | 1:
            return f"{number(rng, depth - 1)} {rng.choice(['=', '<>', '<', '<=', '>', '>='])} {number(rng, depth - 1)}"
        case 2:
            return f"{rng.choice(TEXTS)} {rng.choice(['=', '<>', '<', 'like', 'not like'])} {rng.choice(TEXTS[1:])}"
        case 3:
            return f"{number(rng, depth - 1)} between {number(rng, depth - 1)} and {number(rng, depth - 1)}"
        case 4:
            return f"{number(rng, depth - 1)} in ({', '.join(number(rng, 0) for _ in range(rng.randrange(1, 6)))})"
        case 5:
            return f"not ({condition(rng, depth - 1)})"
        case _:
            return f"({condition(rng, depth - 1)} {rng.choice(['and', 'or'])} {condition(rng, depth - 1)})"


def damaged(rng: random.Random, text: str) -> str:
    cut = list(text)
    for _ in range(rng.randrange(1, 5)):
        at = rng.randrange(len(cut) + 1)
        match rng.randrange(3):
            case 0:
                cut[at:at] = rng.choice(NOISE) + " "
            case 1:
                del cut[at : at + rng.randrange(1, 6)]
            case _:
                cut[at:at] = chr(
                    rng.choice([0, 9, 27, 0x202E, 0x200B, 0xFF07, 0x1F916, 0xD7FF, rng.randrange(32, 0x3000)])
                )
    return "".join(cut)


def noise(rng: random.Random) -> str:
    match rng.randrange(8):
        case 0:
            return rng.choice(["broken and ", "x + ", "not ", "-", "x > 1 or ", "x*"]) * rng.choice(SIZES)
        case 1:
            opened, closed = rng.choice(NESTS)
            times = rng.choice(SIZES)
            return opened * times + rng.choice(["x", "broken"]) + closed * times
        case 2:
            return "x in (" + ", ".join(["1"] * rng.choice(SIZES)) + ")"
        case 3:
            return "".join(chr(rng.randrange(0xD800)) for _ in range(rng.randrange(1, 60)))
        case 4:
            return f"tile like '{''.join(rng.choices('%_a*+([{', k=rng.choice(SIZES)))}'"
        case _:
            return " ".join(rng.choices(NOISE, k=rng.randrange(1, 12)))


def text_of(rng: random.Random) -> tuple[str, str]:
    """A kind and a text of it."""
    kind = rng.choice(["grammar", "damaged", "noise"])
    inner = noise(rng) if kind == "noise" else condition(rng, rng.randrange(1, 5))
    head = rng.choice(HEADS)
    whole = {
        "raise": lambda: f"raise({number(rng, 3) if kind != 'noise' else inner})",
        "cycle": lambda: f"cycle({inner}, {condition(rng, 2)})",
        "first": lambda: f"first({inner}) then reach({condition(rng, 2)})",
        "given": lambda: f"given({inner}): end({condition(rng, 2)})",
        "start": lambda: f"given(start({inner})): end({condition(rng, 2)})",
    }.get(head, lambda: f"{head}({inner})")()
    return kind, damaged(rng, whole) if kind == "damaged" else whole


class Watch:
    """Files opened, modules imported and processes started, while it is on."""

    def __init__(self) -> None:
        self.on, self.seen = False, Counter[str]()
        sys.addaudithook(self.event)

    def event(self, name: str, _: tuple[object, ...]) -> None:
        if self.on and name in ("open", "import", "exec", "compile", "os.system", "subprocess.Popen", "socket.connect"):
            self.seen[name] += 1


def fuzz(times: int, seed: int) -> dict[str, object]:
    rng, counts, answers = random.Random(seed), Counter[str](), Counter[str]()
    slowest, shown, tracebacks = 0.0, "", []
    watch = Watch()
    readings_in(FRAME, [Regime.parse("end(tile like 'a%' and x > 1)")])  # what is imported on first use
    for _ in range(times):
        kind, text = text_of(rng)
        counts[kind] += 1
        began, watch.on = time.process_time(), True
        try:
            readings_in(FRAME, [Regime.parse(text)])
            answers["answered"] += 1
        except TeloscopeError as error:
            answers["refused"] += 1
            if len(str(error)) > 2500:
                tracebacks.append(f"a message of {len(str(error))} characters: {text[:200]!r}")
        except BaseException as error:  # a panic of polars is no Exception
            if isinstance(error, KeyboardInterrupt):
                raise
            tracebacks.append(f"{type(error).__name__}: {text[:200]!r}")
        watch.on = False
        if (took := time.process_time() - began) > slowest:
            slowest, shown = took, text[:80]
    return {
        "texts": times,
        "seed": seed,
        "kinds": dict(counts),
        "answers": dict(answers),
        "tracebacks": len(tracebacks),
        "first_tracebacks": tracebacks[:10],
        "slowest_cpu_s": round(slowest, 3),
        "slowest": shown,
        "events": dict(watch.seen),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    with tempfile.TemporaryFile() as errors:
        kept = os.dup(2)
        os.dup2(errors.fileno(), 2)  # what a library written in another language prints
        try:
            found = fuzz(asked.texts, asked.seed)
        finally:
            os.dup2(kept, 2)
        errors.seek(0)
        printed = errors.read()
    found["printed_to_stderr"] = len(printed)
    good = not found["tracebacks"] and not printed and not found["events"] and float(str(found["slowest_cpu_s"])) <= 1
    found["holds"] = good
    print(json.dumps(found, indent=1), "holds" if good else "MISSED")
    if asked.texts >= 1_000_000:
        Path(__file__).with_suffix(".json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
