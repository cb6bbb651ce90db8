"""A condition as a tree, read by recursive descent; nothing but what is written here can stand in one.

    or         =  and { "or" and }
    and        =  not { "and" not }
    not        =  "not" not | compared
    compared   =  sum [ sign sum | ["not"] ("between" sum "and" sum | "in" "(" list ")" | "like" text) ]
                  { "is" ["not"] ("true" | "false" | "null") }
    sum        =  product { ("+" | "-") product }
    product    =  single { ("*" | "/" | "//" | "%") single }
    single     =  ("-" | "+") single | number | text | feature | function "(" list ")" | "(" or ")" | case
    case       =  "case" [or] { "when" or "then" or } ["else" or] "end"

Chains (`a and b and c`, `a + b - c`) are one node: the tree is only as deep as the condition is nested, and that is
bounded. Reading takes time linear in the length.

Theory: A2, A3.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from teloscope.regimes.tokens import Token, Unreadable, tokens_of

JOINING = ("and", "or", "not", "in", "between", "is", "like")
"""Words that may follow an expression."""
MAX_DEPTH = 40
"""How deep brackets, functions, `case`, `not` and signs may be nested."""
FUNCTIONS: dict[str, tuple[int, int | None]] = {
    "abs": (1, 1),
    "ceil": (1, 1),
    "exp": (1, 1),
    "floor": (1, 1),
    "greatest": (1, None),
    "least": (1, None),
    "ln": (1, 1),
    "mod": (2, 2),
    "pow": (2, 2),
    "power": (2, 2),
    "round": (1, 2),
    "sign": (1, 1),
    "sqrt": (1, 1),
}
"""Functions that a condition may call -> how many arguments at least and at most (None: any number)."""
COMPARISONS = {"=": "=", "==": "=", "<>": "<>", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
"""How a comparison may be written -> its sign."""


class UnknownFunction(Unreadable):
    """Raised for a function that is not among `FUNCTIONS`; its text is the function's name."""


@dataclass(frozen=True)
class Node:
    """One part of a condition."""

    kind: str
    """`or`, `and`, `not`, `compare`, `between`, `in`, `like`, `is`, `chain` (of arithmetic), `minus`, `call`, `case`,
    `switch`, `feature`, `number`, `text`, `truth` or `null`."""
    parts: tuple[Node, ...]
    said: tuple[str, ...]
    """What the parts don't say: a sign, a function, a feature's name; one sign between each two parts of a `chain`."""
    begin: int
    """Where it begins in the condition's text."""
    stop: int
    """Where it ends."""


@dataclass(frozen=True)
class Expression:
    """A condition or a number that has been read."""

    text: str
    root: Node

    @cached_property
    def features(self) -> tuple[str, ...]:
        """Features it speaks of, each once, in order."""
        found: dict[str, None] = {}
        waiting = [self.root]
        while waiting:
            node = waiting.pop()
            if node.kind == "feature":
                found[node.said[0]] = None
            waiting.extend(reversed(node.parts))
        return tuple(found)

    def shown(self, node: Node) -> str:
        """A part as it was written."""
        return self.text[node.begin : node.stop]


def parse_expression(text: str) -> Expression:
    """Read one expression.

    Raises:
        Unreadable: it is none. UnknownFunction: it calls a function that is not allowed.
    """
    return Expression(text, _Parser(tokens_of(text)).whole())


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self.tokens, self.at, self.depth = tokens, 0, 0

    def whole(self) -> Node:
        root = self.either()
        if self.next.kind != "end":
            near = difflib.get_close_matches(self.next.said.lower(), JOINING, n=1, cutoff=0.6)
            meant = f"; did you mean `{near[0]}`?" if near else ""
            raise Unreadable(f"{_named(self.next)} follows where the expression is complete{meant}")
        return root

    # what comes next

    @property
    def next(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        token = self.tokens[self.at]
        self.at += token.kind != "end"
        return token

    def came(self, kind: str, *said: str) -> Token | None:
        """The next token, taken, if it is one of these."""
        token = self.tokens[self.at]
        if token.kind == kind and (not said or token.said in said):
            return self.take()
        return None

    def expect(self, kind: str, said: str, after: str) -> Token:
        token = self.came(kind, said)
        if token is None:
            raise Unreadable(f"expected `{said}` {after}, got {_named(self.next)}")
        return token

    def nest(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Unreadable(f"it is nested more than {MAX_DEPTH} deep")

    def node(self, kind: str, parts: tuple[Node, ...], said: tuple[str, ...], begin: int) -> Node:
        return Node(kind, parts, said, begin, self.tokens[self.at - 1].stop)

    # the grammar, from the loosest to the tightest

    def either(self) -> Node:
        self.nest()
        node = self.joined("or", lambda: self.joined("and", self.negated))
        self.depth -= 1
        return node

    def joined(self, word: str, read: Callable[[], Node]) -> Node:
        begin = self.next.begin
        parts = [read()]
        while self.came("keyword", word):
            parts.append(read())
        return parts[0] if len(parts) == 1 else self.node(word, tuple(parts), (), begin)

    def negated(self) -> Node:
        begin = self.next.begin
        if not self.came("keyword", "not"):
            return self.compared()
        self.nest()
        inner = self.negated()
        self.depth -= 1
        return self.node("not", (inner,), (), begin)

    def compared(self) -> Node:
        begin = self.next.begin
        node = self.tested(self.sum(), begin)
        while self.came("keyword", "is"):
            turned = bool(self.came("keyword", "not"))
            value = self.came("keyword", "true", "false", "null")
            if value is None:
                raise Unreadable(f"expected `true`, `false` or `null` after `is`, got {_named(self.next)}")
            node = self.turned(self.node("is", (node,), (value.said,), begin), turned, begin)
        if self.next.said in COMPARISONS and self.next.kind == "sign":
            raise Unreadable(f"{_named(self.next)} compares a second time; join two comparisons with `and`")
        return node

    def tested(self, left: Node, begin: int) -> Node:
        if sign := self.came("sign", *COMPARISONS):
            return self.node("compare", (left, self.operand()), (COMPARISONS[sign.said],), begin)
        turned = bool(self.came("keyword", "not"))
        if self.came("keyword", "between"):
            low = self.sum()
            self.expect("keyword", "and", "after `between`")
            return self.turned(self.node("between", (left, low, self.sum()), (), begin), turned, begin)
        if self.came("keyword", "in"):
            self.expect("sign", "(", "after `in`")
            among = self.node("in", (left, *self.listed()), (), begin)
            return self.turned(among, turned, begin)
        if word := self.came("keyword", "like", "ilike"):
            pattern = self.came("text")
            if pattern is None:
                raise Unreadable(f"expected a pattern in quotes after `{word.said}`, got {_named(self.next)}")
            like = self.node("like", (left,), (word.said, pattern.said), begin)
            return self.turned(like, turned, begin)
        if turned:
            raise Unreadable(f"expected `between`, `in` or `like` after `not`, got {_named(self.next)}")
        return left

    def operand(self) -> Node:
        """What stands right of a sign: `not` may stand there too, as in `lit = not open`."""
        return self.negated() if self.next[:2] == ("keyword", "not") else self.sum()

    def turned(self, node: Node, turned: bool, begin: int) -> Node:
        return self.node("not", (node,), (), begin) if turned else node

    def sum(self) -> Node:
        return self.chained(("+", "-"), lambda: self.chained(("*", "/", "//", "%"), self.single))

    def chained(self, signs: tuple[str, ...], read: Callable[[], Node]) -> Node:
        begin = self.next.begin
        parts, said = [read()], []
        while sign := self.came("sign", *signs):
            said.append(sign.said)
            parts.append(read())
        return parts[0] if not said else self.node("chain", tuple(parts), tuple(said), begin)

    def single(self) -> Node:
        begin = self.next.begin
        return self.signed(begin) or self.plain(begin) or self.bracketed(begin)

    def signed(self, begin: int) -> Node | None:
        sign = self.came("sign", "-", "+")
        if sign is None:
            return None
        self.nest()
        inner = self.single()
        self.depth -= 1
        return self.node("minus", (inner,), (), begin) if sign.said == "-" else inner

    def plain(self, begin: int) -> Node | None:
        """A number, a text, a feature, a truth value or a function."""
        for kind in ("number", "text"):
            if token := self.came(kind):
                return self.node(kind, (), (token.said,), begin)
        if token := self.came("keyword", "true", "false", "null"):
            return self.node("null" if token.said == "null" else "truth", (), (token.said,), begin)
        token = self.came("word") or self.came("name")
        if token is None:
            return None
        return self.called(token) if self.came("sign", "(") else self.node("feature", (), (token.said,), begin)

    def called(self, name: Token) -> Node:
        function = name.said.lower()
        if name.kind != "word" or function not in FUNCTIONS:
            raise UnknownFunction(name.said)
        parts = self.listed()
        least, most = FUNCTIONS[function]
        if len(parts) < least or (most is not None and len(parts) > most):
            count = f"{least}" if least == most else f"{least} or more" if most is None else f"{least} to {most}"
            raise Unreadable(f"`{function}` takes {count} argument{'s' * (count != '1')}, got {len(parts)}")
        return self.node("call", parts, (function,), name.begin)

    def listed(self) -> tuple[Node, ...]:
        """What stands up to a closing bracket, cut at commas."""
        if self.came("sign", ")"):
            return ()
        parts = [self.either()]
        while self.came("sign", ","):
            parts.append(self.either())
        self.expect("sign", ")", "or a comma")
        return tuple(parts)

    def bracketed(self, begin: int) -> Node:
        if self.came("sign", "("):
            inner = self.either()
            self.expect("sign", ")", "to close a bracket")
            return inner
        if self.came("keyword", "case"):
            return self.cases(begin)
        raise Unreadable(f"expected a feature, a number or a bracket, got {_named(self.next)}")

    def cases(self, begin: int) -> Node:
        """`case when A then B … [else C] end`: parts are A, B, …, C. `switch`, with `case x when`: x stands before."""
        about = () if self.next[:2] == ("keyword", "when") else (self.either(),)
        parts: list[Node] = []
        while self.came("keyword", "when"):
            parts.append(self.either())
            self.expect("keyword", "then", "in a `case`")
            parts.append(self.either())
        if not parts:
            raise Unreadable(f"expected `when` in a `case`, got {_named(self.next)}")
        if self.came("keyword", "else"):
            parts.append(self.either())
        self.expect("keyword", "end", "at the end of a `case`")
        return self.node("switch" if about else "case", (*about, *parts), (), begin)


def _named(token: Token) -> str:
    return "its end" if token.kind == "end" else f"`{token.said[:40]}`"
