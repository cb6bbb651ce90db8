"""`--probe`: if the data can't distinguish a goal from other regimes, choose a context that does, and record it.

1. ask: which goals can the recording not distinguish from another regime?
2. pilot: record a few episodes in every context of the world that was not recorded. If none of those distinguishes the
   regimes, try the recorded starts with a shove or with noise
3. choose the best context (`goals.separation`), record it beside the contexts recorded so far, find goals again

A pilot has its own seeds, so no episode that chose a context is counted in it. The pilots of a round cost about as many
episodes as the context that they choose.

Theory: A2.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from teloscope.agents import Agent
from teloscope.agents import agent as agent_named
from teloscope.agents.references import ACTION_MATCHED
from teloscope.errors import BadStudy
from teloscope.goals.find import Goals, find_goals
from teloscope.goals.separation import Question, choose, questions
from teloscope.recordings import Recording, open_recording, record
from teloscope.recordings.record import frame_of
from teloscope.recordings.seeds import seed_word
from teloscope.recordings.storage.recording import MANIFEST, TemporaryFolder
from teloscope.recordings.storage.shards import ShardFiles, write_text
from teloscope.regimes import Regime
from teloscope.schema import Manifest
from teloscope.study.probing.candidate_contexts import generated_contexts, unrecorded_contexts
from teloscope.study.probing.findings import (
    add_notes,
    describe_answer,
    describe_open,
    note_open_questions,
    plural,
    why_no_question,
)
from teloscope.values import Values
from teloscope.worlds import Context, World
from teloscope.worlds import world as world_named

if TYPE_CHECKING:
    from teloscope.recordings.record import Progress

MAX_PILOT, MIN_PILOT = 24, 4
"""Episodes of a pilot in each context: at most, and at least."""


class ProbeSetup(NamedTuple):
    """What a probe needs, apart from the recording."""

    agent: Agent
    world: World
    wants: tuple[Regime, ...]
    seed: int
    """Seed of the goals' bootstrap."""
    out: Path | None
    progress: Progress | None


def probe(
    agent: str | Agent | Callable[..., Any],
    world: str | World,
    recording: Recording | str | Path,
    budget: int = 3,
    *,
    values: Values | Mapping[str, Any] | None = None,
    seed: int = 0,
    out: str | Path | None = None,
    progress: Progress | None = None,
    trust: bool = False,
) -> Goals:
    """The goals of an agent, after recording further contexts that distinguish regimes which the recording can't.

    Args:
        agent: the agent that was recorded, or how to load it.
        world: the world that it was recorded in, or its name.
        recording: the recording so far; it is not changed.
        budget: how many further contexts may be recorded, each with as many episodes as the others. Choosing one costs
            about as many again, in pilots.
        values: pursued goals are also distinguished from the wants among these; None: the world's values.
        seed: of the goals' bootstrap; episodes follow from the recording's own seed.
        out: folder in which each further recording gets one of its own; None: temporary ones.
        progress: called after every shard.
        trust: allow loading an agent or a world that executes code.

    Returns:
        The goals found in the last recording, which holds everything recorded before; their notes say what was asked
        and what came of it.

    Raises:
        BadStudy: the recording is of another agent or world, or of no agent at all.
    """
    world, agent = world_named(world, trust), agent_named(agent, trust)
    recording = recording if isinstance(recording, Recording) else open_recording(recording, world=world)
    _check_subject(agent, world, recording)
    if not isinstance(values, Values):
        values = Values.from_dict(recording.manifest.values if values is None else values)
    wants = tuple(want.regime for want in values.wants)
    folder = None if out is None else Path(out)
    return _Probe(ProbeSetup(agent, world, wants, seed, folder, progress), recording).run(budget)


def _check_subject(agent: Agent, world: World, recording: Recording) -> None:
    manifest = recording.manifest
    if manifest.from_data:
        raise BadStudy("Recorded data can't be probed: there is no agent to meet further contexts. Leave out --probe.")
    for what, mine, theirs in (
        ("agent", agent.digest, manifest.agent.digest),
        ("world", world.digest(), manifest.frame.world_digest),
    ):
        if mine != theirs:
            raise BadStudy(
                f"The {what} is not the one that was recorded in {recording.folder} (it has the digest {mine[:12]}, "
                f"the recording {theirs[:12]}). Give the same, or record anew."
            )


class _ContextChoice(NamedTuple):
    """Which context was chosen, and how."""

    context: Context | None
    """None: none of those tried distinguishes anything."""
    tried: tuple[Context, ...]
    episodes: int
    """Episodes of all pilots together, for each actor."""


class _Probe:
    """A running probe."""

    def __init__(self, setup: ProbeSetup, recording: Recording) -> None:
        self.setup, self.recording = setup, recording

    def run(self, budget: int) -> Goals:
        goals = find_goals(self.recording, self.setup.seed)
        for number in range(1, budget + 1):
            if not (left := questions(goals, self.setup.wants)):
                return goals if number > 1 else add_notes(goals, why_no_question(goals))
            choice = self._choose_context(left, number)
            if choice.context is None:
                return note_open_questions(goals, left, choice.tried)
            self.recording = self._record_context(choice.context, left, number, choice)
            goals = find_goals(self.recording, self.setup.seed)
        left = questions(goals, self.setup.wants) if budget else []
        return add_notes(
            goals, *(f"The budget of {plural(budget, 'probe')} is spent: {describe_open(q)}" for q in left)
        )

    def _choose_context(self, left: Sequence[Question], number: int) -> _ContextChoice:
        """The context that answers best: one of the world's own, or else one made from its starts."""
        tried: list[Context] = []
        episodes = 0
        for offers in (
            unrecorded_contexts(self.setup.world, self.recording),
            generated_contexts(self.setup.world, self.recording),
        ):
            if not offers:
                continue
            pilot = self._pilot(offers, number)
            tried += offers
            episodes += pilot.frame.episodes * len(offers)
            if choice := choose(left, pilot):
                return _ContextChoice(choice.context, tuple(tried), episodes)
        return _ContextChoice(None, tuple(tried), episodes)

    def _pilot(self, contexts: Sequence[Context], number: int) -> Recording:
        """A few episodes of the agent and its references in each context, on seeds that are used for nothing else."""
        frame = self.recording.frame
        return record(
            self.setup.agent,
            self.setup.world,
            episodes=max(MIN_PILOT, min(MAX_PILOT, frame.episodes // len(contexts))),
            contexts=contexts,
            references=self.recording.references,
            seed=int(seed_word("pilot", frame.seed, number)),
        )

    def _record_context(
        self, context: Context, left: Sequence[Question], number: int, choice: _ContextChoice
    ) -> Recording:
        """The recording with one more context; its notes say why."""
        old, setup = self.recording, self.setup
        contexts = [*old.contexts, context]
        frame = frame_of(setup.world, contexts, old.references, old.frame.episodes, old.frame.seed)
        keep = TemporaryFolder() if setup.out is None else None
        folder = keep.path if keep else Path(setup.out or "") / f"probe-{number}-{frame.hash[:8]}"
        manifest = old.manifest.model_copy(update={"frame": frame})
        reuse_shards(old, folder, manifest)
        record(
            setup.agent,
            setup.world,
            episodes=frame.episodes,
            contexts=contexts,
            references=old.references,
            seed=frame.seed,
            out=folder,
            progress=setup.progress,
        )
        made = open_recording(folder, keep, setup.world)
        why = f"Probe {number} chose {context.name} among {plural(len(choice.tried), 'context')}"
        why += f" by pilots of {choice.episodes} episodes in all, which count for nothing else."
        notes = [*old.manifest.notes, *(describe_answer(q, made, context.name, number) for q in left), why]
        write_text(folder / MANIFEST, manifest.model_copy(update={"notes": notes}).model_dump_json(indent=2))
        return open_recording(folder, keep, setup.world)


def reuse_shards(old: Recording, folder: Path, manifest: Manifest) -> None:
    """Begin a recording in a folder with those shards of an older one that do not depend on its set of contexts.

    These are the shards of the agent and of all references that are not derived from the agent's action frequencies.
    Shards are linked, or copied where the file system has no links. A shard that a killed run left torn is recorded
    again.
    """
    if not (folder / MANIFEST).exists():
        write_text(folder / MANIFEST, manifest.model_dump_json(indent=2))
    shards = range(-(-manifest.frame.episodes // manifest.shard))
    actors = [actor for actor in old.actors if actor not in ACTION_MATCHED]
    for context, actor, shard in product(old.contexts, actors, shards):
        source, target = (ShardFiles(where, context.name, actor, shard) for where in (old.folder, folder))
        for what in ("steps", "episodes"):
            _link(source.file(what), target.file(what))


def _link(source: Path, target: Path) -> None:
    if target.exists() or not source.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
