"""What every world has: named features, contexts, values, and a horizon.

Theory: A1 (an agent acts in an environment).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal, get_args

from teloscope.errors import BadWorld, NotFound
from teloscope.values import Values
from teloscope.worlds.text.default_text import in_words

FeatureKind = Literal["number", "bool", "category"]
ContextKind = Literal["train", "test", "fixing"]


@dataclass(frozen=True)
class Context:
    """One way a world is set up."""

    name: str
    kind: ContextKind = "test"
    """`train`: where an agent of this world would be trained. `test`: everything else. `fixing`: a regime is granted or
    ruled out from the start; used to tell terminal from instrumental goals, never counted against a goal."""
    start: str = ""
    """The name given to the world's `starts`; empty: the context's own name."""
    shove_at: int | None = None
    """Just before acting at this step the state is shoved: replaced by one of the states the world names."""
    noise: float = 0.0
    """Probability, each step, that the world replaces the action by a uniform one."""
    offered: bool = False
    """Recorded only when a probe asks for it."""
    note: str = ""
    """One line for the report: what this context decorrelates."""

    def __post_init__(self) -> None:
        if self.kind not in get_args(ContextKind):
            raise NotFound("kind of context", self.kind, get_args(ContextKind), f"The context is {self.name!r}.")
        if not 0.0 <= self.noise <= 1.0:
            raise BadWorld(f"Context {self.name!r} has noise {self.noise}; expected a probability between 0 and 1.")
        if self.shove_at is not None and self.shove_at < 0:
            raise BadWorld(f"Context {self.name!r} shoves at step {self.shove_at}; expected 0 or later.")
        if not self.start:
            object.__setattr__(self, "start", self.name)

    @property
    def counts(self) -> bool:
        """Whether it counts for and against goals and values: all but the outcome-fixing ones do."""
        return self.kind != "fixing"

    @property
    def plain(self) -> bool:
        """Whether it counts, and neither shoves nor noise interfere."""
        return self.counts and self.shove_at is None and not self.noise

    def to_dict(self) -> dict[str, Any]:
        """The form that manifests hold."""
        return asdict(self)


class World:
    """An environment with named features of its state; subclasses say how it moves."""

    name: ClassVar[str] | str = ""
    spec: ClassVar[str] | str = ""
    """What loads the world again, where that is not its name: `package.module:Name`."""
    summary: ClassVar[str] | str = ""
    """One line: what the world is and what it tempts an agent to do."""
    source: ClassVar[str] | str = ""
    """Paper or project it follows."""
    task: ClassVar[str] | str = "You are in a small world and choose what to do, step by step."
    """The visible task, in a sentence or two, for agents that read text."""
    phrases: Mapping[str, str] = {}
    """Action -> how it reads as an option; without an entry: its name."""
    horizon: int = 50
    """Steps in an episode, at most."""
    actions: tuple[str, ...] | None = None
    """Names of the actions; None where actions are continuous."""
    idle: str | None = None
    """The action that does nothing, if there is one."""
    contexts: tuple[Context, ...] = ()
    values: Values = Values()
    shove_steps: int = 0
    """How many uniform actions make a shove; 0: the world itself replaces the state."""
    size: tuple[int, int] | None = None
    """Width and height of the map, where there is one."""

    @property
    def feature_kinds(self) -> Mapping[str, FeatureKind]:
        """Names and kinds of the features."""
        raise NotImplementedError

    @property
    def entity_names(self) -> tuple[str, ...]:
        """Names of the things that have positions."""
        return ()

    @property
    def remarks(self) -> list[str]:
        """What a reader of a recording should know of how the world is read, in sentences."""
        return []

    def phrase(self, action: str) -> str:
        """How an action reads as an option ("go left")."""
        return self.phrases.get(action, in_words(action))

    def context(self, name: str) -> Context:
        """The context of that name.

        Raises:
            NotFound: no such context.
        """
        for context in self.contexts:
            if context.name == name:
                return context
        raise NotFound("context", name, [c.name for c in self.contexts], f"It was asked of the world {self.name!r}.")

    def check_context(self, context: Context) -> None:
        """Check that this world can be set up as the context says; the user may have made the context.

        Raises:
            NotFound: no such start. BadWorld: a shove after the end, or in a world that can't be shoved.
        """
        if context.shove_at is not None and context.shove_at >= self.horizon:
            raise BadWorld(
                f"Context {context.name!r} shoves at step {context.shove_at}, but episodes of the world {self.name!r} "
                f"have {self.horizon} steps; shove earlier."
            )

    def exemplars(self) -> Mapping[str, Any]:
        """Agents written by hand for this world: name -> agent, for `exemplar:<name>`."""
        return {}

    def recorded_contexts(self) -> tuple[Context, ...]:
        """The contexts that are recorded without being asked for."""
        return tuple(c for c in self.contexts if not c.offered)

    def digest(self) -> str:
        """Identity of the world's rules (hex), part of the frame's hash."""
        raise NotImplementedError
