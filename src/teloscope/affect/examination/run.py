"""`battery`: asks a subject all ten tests and the five criteria, and gives a document, dataframes and a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from teloscope.affect.critic import Critic
from teloscope.affect.evidence import Evidence
from teloscope.affect.examination.assess import DECLARED_MINDS, Found, Outcome, conclude, find, value_share, verdict
from teloscope.affect.examination.candidate_choice import Choice, choose
from teloscope.affect.pooled import Pooled
from teloscope.affect.subject import Subject
from teloscope.errors import BadAgent, BadStudy
from teloscope.renderers import render_page
from teloscope.schema import AffectDocument

if TYPE_CHECKING:
    import polars as pl

FEWEST = {"episodes": 4, "steps": 60}
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Examined:
    """What the battery found."""

    evidence: Evidence
    choice: Choice
    found: dict[str, Found]
    outcomes: dict[str, Outcome]
    shared: float
    """Share of valence's variance that the value explains, mean over tested minds; NaN without a value."""
    comparisons: dict[str, Examined]
    """Control subject -> the same of it."""

    @property
    def verdict(self) -> str:
        """affect, value, neither or undecided; few minds don't carry a verdict that rests on an absence."""
        said = verdict(self.outcomes, self.shared)
        few = len(self.choice.tested) < DECLARED_MINDS
        return "undecided" if few and said != "affect" else said

    def __repr__(self) -> str:
        said = [f"{name} {outcome.decision}" for name, outcome in self.outcomes.items()]
        return f"Examined({self.evidence.subject.description.name}: {self.verdict}; {', '.join(said)})"

    def document(self) -> AffectDocument:
        """All of it that is printed as JSON and shown on the page."""
        return self._document

    @cached_property
    def _document(self) -> AffectDocument:
        from teloscope.affect.examination.document import tell

        return tell(self)

    def report(self, path: str | Path) -> Path:
        """Write the page.

        Raises:
            TeloscopeError: the file can't be written.
        """
        return render_page("affect", self.document(), path)

    def tests(self) -> pl.DataFrame:
        """One row a measure: `test`, `kind`, `decision`, `measure`, `effect`, `low`, `high`, `bound`, `p_holm`."""
        import polars as pl

        rows = [
            {"test": t.name, "kind": t.kind, "decision": t.decision, "p_holm": t.p_holm}
            | {"measure": m.label, "effect": m.effect, "low": m.low, "high": m.high, "bound": m.bound}
            for t in self.document().tests
            for m in t.measures
        ]
        return pl.DataFrame(rows)

    def minds(self) -> pl.DataFrame:
        """One row a measure and mind: `test`, `measure`, `mind`, `effect`."""
        import polars as pl

        rows = [
            {"test": t.name, "measure": m.label, "mind": i, "effect": effect}
            for t in self.document().tests
            for m in t.measures
            for i, effect in enumerate(m.by_mind)
        ]
        return pl.DataFrame(rows)

    def controls(self) -> pl.DataFrame:
        """One row a control: `test`, `control`, `effect`, `low`, `high`, `n`, `required`, `exceeded`."""
        import polars as pl

        rows = [
            {"test": t.name, "control": c.name} | c.model_dump(exclude={"name"})
            for t in self.document().tests
            for c in t.controls
        ]
        return pl.DataFrame(rows)


def battery(
    subject: Subject | Sequence[Subject],
    *,
    without: Subject | Sequence[Subject] | None = None,
    compare: Mapping[str, Subject | Sequence[Subject]] | None = None,
    candidate: str | None = None,
    episodes: int = 24,
    steps: int = 100,
    clones: int = 64,
    seed: int = 0,
    directions: int = 200,
    controls: bool = True,
    progress: Progress = lambda what: None,
) -> Examined:
    """Ask a subject the ten tests and the five criteria.

    Args:
        subject: one mind, several that run together, or a list of either: minds of one recipe, which differ in their
            training seeds. Minds whose training diverged are left out and counted.
        without: the same minds trained again without the slow channel, in the same order; else `fitness` and `costs`
            are not assessable.
        compare: control subjects by name, such as an untrained mind; the critic is added where there is one.
        candidate: slow, effort or sparse, if it is named before anything is seen; else it is chosen on half of the
            minds and tested on the other half.
        episodes: of each mind and half.
        steps: of an episode.
        clones: clones that estimate expected fitness at every step.
        seed: everything random follows from it.
        directions: random directions that serve as controls, over all minds.
        controls: False: only controls that the decisions need.
        progress: told what is being done.

    Raises:
        BadStudy: an argument can't be used, or no mind is left.
        BadAgent: latents have a wrong shape, are not finite, or are constant.
        NotFound: no such candidate.
    """
    if directions < 20:
        raise BadStudy(
            f"{directions} random directions were asked for; expected at least 20, for a 95 % point of them."
        )
    for name, given in (("episodes", episodes), ("steps", steps)):
        if given < FEWEST[name]:
            raise BadStudy(f"{given} {name} were asked for; the battery needs at least {FEWEST[name]}.")
    if clones < 2:
        raise BadStudy(f"{clones} clones were asked for; expected at least 2, one for each half of the oracle.")
    whole, other = _one(subject), None if without is None else _one(without)
    minds = _kept(whole)
    settings: dict[str, Any] = {
        "episodes": episodes,
        "steps": steps,
        "clones": clones,
        "seed": seed,
        "directions": directions,
    }
    evidence = Evidence(whole, other, **settings)
    progress("recording")
    _check_latents(evidence, minds)
    choice = choose(evidence, candidate, minds)
    evidence.chosen = choice.name
    found = find(evidence, controls=controls, progress=progress)
    rivals = {name: (_one(each), None) for name, each in (compare or {}).items()}
    if compare is not None and evidence.alone().has("value"):
        rivals = {"its critic": (Critic(whole), None if other is None else Critic(other)), **rivals}
    comparisons = {}
    for name, (rival, rival_without) in rivals.items():
        progress(name)
        comparisons[name] = _rival(rival, rival_without, settings)
    shared = value_share(evidence)[choice.tested]
    return Examined(
        evidence,
        choice,
        found,
        conclude(found, choice.tested),
        float(np.nanmean(shared)) if np.isfinite(shared).any() else np.nan,
        comparisons,
    )


def _rival(subject: Subject, without: Subject | None, settings: dict[str, Any]) -> Examined:
    """A control subject: its slow channel, or else its direction of effort, named before."""
    return battery(
        subject,
        without=without,
        candidate="slow" if subject.description.slow else "effort",
        controls=False,
        **settings,
    )


def _one(subject: Subject | Sequence[Subject]) -> Subject:
    return Pooled(subject) if isinstance(subject, Sequence) else Pooled([subject]).subjects[0]


def _kept(subject: Subject) -> np.ndarray:
    """Indices of the minds whose training did not diverge.

    Raises:
        BadStudy: none is left.
    """
    about = subject.description
    minds = np.array([i for i in range(about.minds) if not (about.diverged and about.diverged[i])])
    if not len(minds):
        raise BadStudy(
            f"The training of all {about.minds} minds of {about.name} diverged: {about.diverged[0]}. Train others."
        )
    return minds


def _check_latents(evidence: Evidence, minds: np.ndarray) -> None:
    """Refuse latents that never move.

    Raises:
        BadAgent: they do not.
    """
    trace = evidence.alone(half="A")
    moved = trace.latents.std((1, 2))
    still = [int(i) for i in minds if (moved[i] < 1e-7).all()]
    if still:
        raise BadAgent(
            f"The latents of mind {still[0]} are constant over {trace.shape[1]} episodes of {trace.shape[2]} steps; "
            "expected latents that change. Give the layer that carries the mind's state."
        )
    slow = list(evidence.subject.description.slow)
    silent = [int(i) for i in minds if slow and (moved[i][slow] < 1e-7).all()]
    if silent:
        raise BadAgent(
            f"The slow channel of mind {silent[0]} is constant; expected latents that change. Name another candidate's "
            "latents in `description.slow`, or none."
        )
