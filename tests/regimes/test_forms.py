"""Every form of a regime prints as it parses, and means what its line in docs/definitions.md says, read slowly."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from teloscope.errors import BadRegime, NotFound
from teloscope.regimes import MODES, Regime, features_of, numbers_of, readings_in
from teloscope.regimes.modes import THEN

PLAIN = ["agent_x", "vase_broken", "until", '"a, b"', '"then (m)"', "x >= 3", "x between a and b", "abs(x - a) <= 2"]
WORDED = ["tile = 'a) until (b'", "tile in ('x, y', ':')", "least(a, b) > x", "case when a then b > 1 else c end"]
CONDITIONS = st.recursive(
    st.sampled_from([*PLAIN, *WORDED]),
    lambda inner: st.one_of(
        st.builds("({})".format, inner),
        st.builds("not ({})".format, inner),
        st.builds("{} {} {}".format, inner, st.sampled_from(["and", "or"]), inner),
    ),
    max_leaves=4,
)
NUMBERS = st.sampled_from(["score", "agent_x - coin_x", "greatest(a, abs(b))", '"distance, in (m)" * 2', "-(a + b)"])
SIMPLE = st.builds(Regime, st.sampled_from(MODES), CONDITIONS)
TREND = st.builds(Regime, st.sampled_from(["raise", "lower"]), NUMBERS)
REGIMES = st.one_of(
    SIMPLE,
    TREND,
    st.builds(Regime, st.just("cycle"), CONDITIONS, CONDITIONS),
    st.builds(Regime, st.sampled_from(THEN), CONDITIONS, CONDITIONS),
    st.builds(Regime, st.just("never"), CONDITIONS, CONDITIONS),
    st.builds(lambda r, c: Regime(r.mode, r.condition, given=c), st.one_of(SIMPLE, TREND), CONDITIONS),
    st.builds(lambda r, c: Regime(r.mode, r.condition, given=f"start({c})"), st.one_of(SIMPLE, TREND), CONDITIONS),
)
FORMS = {
    "keep(x >= 10)": Regime("keep", "x >= 10"),
    "raise(agent_x - coin_x)": Regime("raise", "agent_x - coin_x"),
    "lower(f)": Regime("lower", "f"),
    "cycle(x <= 1, x >= 9)": Regime("cycle", "x <= 1", "x >= 9"),
    "first(has_key) then reach(at_door)": Regime("reach", "at_door", "has_key"),
    "never(at_door) until has_key": Regime("never", "at_door", "has_key"),
    "given(lamp): end(x <= 0)": Regime("end", "x <= 0", given="lamp"),
    "given(lamp): raise(score)": Regime("raise", "score", given="lamp"),
    "given(start(x <= 2)): keep(x >= 9)": Regime("keep", "x >= 9", given="start(x <= 2)"),
}


@given(REGIMES)
def test_a_regime_prints_as_it_parses(regime: Regime) -> None:
    assert Regime.parse(str(regime)) == regime
    assert str(Regime.parse(f" \n{regime}\t ")) == str(regime)


@pytest.mark.parametrize("text", FORMS)
def test_each_form_is_read_into_its_parts(text: str) -> None:
    assert Regime.parse(text) == FORMS[text]
    assert str(FORMS[text]) == text


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("cycle ( a ,b )", "cycle(a, b)"),
        ("first( a )then  reach ( b )", "first(a) then reach(b)"),
        ("never( a )\nuntil   b  or c ", "never(a) until b or c"),
        ("given( a )  :keep( b )", "given(a): keep(b)"),
        ("given( start (a ) )  :keep( b )", "given(start(a)): keep(b)"),
        ("cycle(x in (1, 2), tile = ', (')", "cycle(x in (1, 2), tile = ', (')"),
        ("never(tile = ') until (') until (b)", "never(tile = ') until (') until (b)"),
        ("given(tile = '): keep('): end(b)", "given(tile = '): keep('): end(b)"),
        ("first(case when a then b else c end) then end(d)", "first(case when a then b else c end) then end(d)"),
    ],
)
def test_spaces_quotes_and_brackets_do_not_matter(text: str, printed: str) -> None:
    assert str(Regime.parse(text)) == printed


def test_what_a_regime_reads() -> None:
    assert Regime.parse("keep(a)").conditions == ("a",)
    assert Regime.parse("cycle(a, b)").conditions == ("a", "b")
    assert Regime.parse("first(a) then reach(b)").conditions == ("b", "a")
    assert Regime.parse("given(a): keep(a)").conditions == ("a",)
    assert Regime.parse("given(c): raise(f + 1)").conditions == ("c",)
    assert Regime.parse("given(start(c)): keep(a)").conditions == ("a", "c")
    assert Regime.parse("given(c): raise(f + 1)").numbers == ("f + 1",)
    assert Regime.parse("cycle(a, b)").numbers == ()
    assert [Regime.parse(t).simple for t in FORMS] == [True] + [False] * 8
    assert features_of(Regime.parse("given(c): raise(f + g)"), ["g", "f", "c"]) == ["c", "f", "g"]


def late(states: list[Any]) -> list[Any]:
    """The last third of the horizon, at least one state."""
    return states[-max(1, -(-(len(states) - 1) // 3)) :]


def kept(asked: list[bool], held: list[bool]) -> bool:
    """Four in five of those that are asked."""
    of = [h for a, h in zip(asked, held, strict=True) if a]
    return 10 * sum(of) >= 8 * len(of)


def slowly_alternates(a: list[bool], b: list[bool]) -> bool:
    """Some three steps are alone in A, alone in B, alone in A; or the other way round."""
    only = ["A" if x and not y else "B" if y and not x else "" for x, y in zip(a, b, strict=True)]
    return bool(re.search("A+B+A|B+A+B", "".join(only)))


def slowly_then(mode: str, a: list[bool], b: list[bool]) -> bool:
    """B, seen only from the first A on."""
    if True not in a:
        return False
    since = a.index(True)
    seen = [b[t] if t >= since else False for t in range(len(b))]
    return {"reach": any(seen), "end": seen[-1], "keep": kept([True] * len(late(seen)), late(seen))}[mode]


def slowly_until(a: list[bool], b: list[bool]) -> bool:
    """No A before the first B."""
    return True not in a[: b.index(True) if True in b else len(b)]


def slowly_given(mode: str, c: list[bool], held: list[bool]) -> bool:
    """Only states in C are asked."""
    if mode == "keep":
        return kept(late(c), late(held))
    if mode == "end":
        return held[-1] or not c[-1]
    if mode == "never":
        return not any(h for g, h in zip(c, held, strict=True) if g)
    return True not in c or True in held[c.index(True) :]


PAIRS = arrays(np.bool_, st.tuples(st.just(2), st.integers(0, 5), st.integers(2, 20)))


def asked(regime: Regime, **read: np.ndarray) -> list[bool]:
    """Which episodes are in it."""
    return regime.achieved_by(read.__getitem__).tolist()


@given(PAIRS)
def test_every_form_of_two_conditions_is_its_definition(pair: np.ndarray) -> None:
    a, b = pair
    rows = [(list(x), list(y)) for x, y in zip(a.tolist(), b.tolist(), strict=True)]
    assert asked(Regime("cycle", "a", "b"), a=a, b=b) == [slowly_alternates(x, y) for x, y in rows]
    assert asked(Regime("never", "a", "b"), a=a, b=b) == [slowly_until(x, y) for x, y in rows]
    for mode in THEN:
        assert asked(Regime(mode, "b", "a"), a=a, b=b) == [slowly_then(mode, x, y) for x, y in rows]
    for mode in MODES:
        assert asked(Regime(mode, "b", given="a"), a=a, b=b) == [slowly_given(mode, x, y) for x, y in rows]
        everywhere = asked(Regime(mode, "b"), b=b)
        started = [not x[0] or said for (x, _), said in zip(rows, everywhere, strict=True)]
        assert asked(Regime(mode, "b", given="start(a)"), a=a, b=b) == started


@pytest.mark.parametrize(
    ("a", "b", "cycled"),
    [
        ("10001", "00100", True),
        ("01100", "10011", True),
        ("10000", "00100", False),
        ("10101", "00000", False),
        ("11111", "11111", False),
        ("10101", "01111", False),
        ("11001", "11100", False),
    ],
)
def test_a_cycle_comes_back(a: str, b: str, cycled: bool) -> None:
    held = {name: np.array([[char == "1" for char in text]]) for name, text in (("a", a), ("b", b))}
    assert asked(Regime("cycle", "a", "b"), **held) == [cycled]


NUMBERED = arrays(np.int64, st.tuples(st.integers(0, 5), st.integers(2, 20)), elements=st.integers(-3, 3))


@given(NUMBERED, st.sampled_from([1.0, 0.1, 1e-6, 1e9]), st.sampled_from([0.0, 0.3, -7e3]))
def test_a_trend_compares_the_late_mean_with_the_start(counts: np.ndarray, unit: float, offset: float) -> None:
    """In whole numbers there is no doubt; scaled and moved, the same is said, ties included."""
    signs = [np.sign(sum(late(row)) - len(late(row)) * row[0]) for row in counts.tolist()]
    values = counts * unit + (offset if unit != 1e-6 else 0.0)
    assert asked(Regime("raise", "f"), f=values) == [s > 0 for s in signs]
    assert asked(Regime("lower", "f"), f=values) == [s < 0 for s in signs]
    lit = np.arange(counts.size).reshape(counts.shape) % 3 > 0
    said = [s > 0 or not start for s, start in zip(signs, lit[:, :1].ravel(), strict=True)]
    assert asked(Regime("raise", "f", given="lit"), f=values, lit=lit) == said


FRAME = pl.DataFrame({"x": [0, 1, 2], "y": [0.5, 1.5, -1.0], "lit": [True, False, True], "tile": ["a", "b", "c"]})


def test_numbers_of_rows() -> None:
    assert numbers_of("x", FRAME).tolist() == [0.0, 1.0, 2.0]
    assert numbers_of("abs(y) - 2 * x", FRAME).tolist() == [0.5, -0.5, -3.0]
    assert numbers_of("case when lit then 1 else 0 end", FRAME).tolist() == [1.0, 0.0, 1.0]
    assert numbers_of("3", FRAME).tolist() == [3.0, 3.0, 3.0]
    assert numbers_of("3", FRAME.clear()).shape == (0,)
    read = readings_in(FRAME, [Regime.parse("given(lit): raise(x)"), Regime.parse("keep(lit)")])
    assert {name: values.tolist() for name, values in read.items()} == {
        "lit": [True, False, True],
        "x": [0.0, 1.0, 2.0],
    }


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("lit", r"gives Boolean values, expected numbers.*case when lit then 1 else 0 end"),
        ("x > 1", "expected numbers"),
        ("tile", "gives String values, expected numbers"),
        ("1 / x", r"In the number .* the part `1 / x` is undefined .* in 1 of 3"),
        ("case when lit then 1 end", "undefined .* in 1 of 3"),
        ("x +", r"The number `x \+` can't be read"),
        ("max(x)", "row-wise functions"),
        ("x; drop", "holds `;`"),
    ],
)
def test_a_number_must_be_one_everywhere(number: str, said: str) -> None:
    with pytest.raises((BadRegime, NotFound), match=said):
        numbers_of(number, FRAME)


def test_a_text_is_a_condition_or_a_number_not_both() -> None:
    for regimes in (["raise(lit)", "keep(lit)"], ["keep(x)", "raise(x)"]):
        with pytest.raises(BadRegime, match=r"expected (numbers|booleans)"):
            readings_in(FRAME, [Regime.parse(text) for text in regimes])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("frist(a) then reach(b)", "Mode 'frist' not found. Did you mean 'first'"),
        ("cycel(a, b)", "Did you mean 'cycle'"),
        ("rais(f)", "Did you mean 'raise'"),
        ("gievn(a): keep(b)", "Did you mean 'given'"),
        ("given(a): kep(b)", "Did you mean 'keep'"),
        ("first(a) then reahc(b)", "Did you mean 'reach'"),
        ("first(a) than reach(b)", r"`than reach\(b\)` follows `first\(a\)`; expected `then`. Did you mean `then`"),
        ("first(a)", r"nothing follows `first\(a\)`; expected `then`.*first\(has_key\) then reach\(at_door\)"),
        ("first(a) then", "nothing follows `then`"),
        ("first(a) then never(b)", "`never` after `then`; reach, end or keep"),
        ("first(a) then cycle(b, c)", "`cycle` after `then`"),
        ("first(a) then reach(b) then reach(c)", "is not a regime"),
        ("first() then reach(b)", r"`first\(\)` has no condition"),
        ("first(a) then reach()", r"reach\(\) has no condition"),
        ("never(a) untl b", r"`untl b` follows `never\(a\)`; expected `until`. Did you mean `until`"),
        ("never(a) until", "nothing follows `until`"),
        ("never() until b", r"never\(\) has no condition"),
        ("never(a) until b)", "brackets that don't close"),
        ("keep(a) until b", "is not a regime"),
        ("given(a) keep(b)", r"no colon after `given\(a\)`"),
        ("given(a):", "is not a regime"),
        ("given(a)", "no colon"),
        ("given( ): keep(b)", r"`given\(\)` has no condition"),
        ("given(a): given(b): keep(c)", r"`given\(…\)` after `given.*Join the conditions with `and`"),
        ("given(given(a): keep(b)): keep(c)", r"holds `given\(…\)`, a regime"),
        ("given(start()): keep(b)", r"`start\(\)` has no condition"),
        ("given(a): cycle(b, c)", r"asks `cycle\(…\)` after"),
        ("given(a): first(b) then reach(c)", r"asks `first\(…\)` after"),
        ("given(a): never(b) until c", r"asks `never\(…\) until` after"),
        ("keep(reach(a))", r"holds `reach\(…\)`, a regime"),
        ("cycle(a)", "has 1 part; it takes two"),
        ("cycle(a, b, c)", "has 3 parts; it takes two"),
        ("cycle(a, )", "has 1 part; it takes two"),
        ("cycle()", "has 0 parts"),
        ("keep(a, b)", "takes one condition where 2 stand"),
        ("raise(f, g)", "takes one number where 2 stand"),
        ("raise()", r"raise\(\) has no number.*raise\(score\)"),
        ("given(a, b): keep(c)", "one condition where 2 stand"),
    ],
)
def test_what_is_misspelt_says_what_was_meant(text: str, said: str) -> None:
    with pytest.raises((BadRegime, NotFound), match=said):
        Regime.parse(text)


@pytest.mark.parametrize(
    "parts", [("cycle", "a"), ("raise", "f", "a"), ("cycle", "a", "b", "c"), ("reach", "a", "b", "c")]
)
def test_parts_that_make_no_form_are_refused(parts: tuple[str, ...]) -> None:
    with pytest.raises(BadRegime, match="none of the forms"):
        Regime(*parts)


@given(st.text(st.sampled_from("ab(),: '\"untilthengivenfirstcyclenever"), max_size=40))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    try:
        regime = Regime.parse(text)
    except (BadRegime, NotFound) as error:
        assert len(str(error)) > 20
    else:
        assert Regime.parse(str(regime)) == regime
