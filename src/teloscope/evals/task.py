"""`inspect eval teloscope/audit`: a world as a task of Inspect's, an episode a sample, any of its models the agent.

Theory: A1, A3, S2. Source: Inspect 0.3 (UK AI Security Institute).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import get_model
from inspect_ai.solver import Generate, Solver, TaskState, solver

from teloscope.agents.llm import LlmAgent
from teloscope.errors import BadStudy
from teloscope.evals.episode import Episode, Lived, conversation, play
from teloscope.evals.model_engine import ModelEngine
from teloscope.evals.scoring import high, low, rate, values, values_of, verdict
from teloscope.recordings.inspect.replay_log import STORE_KEY
from teloscope.scaffolds import Scaffold
from teloscope.worlds.registry import world as world_named
from teloscope.worlds.world import Context, World

EPISODES = 20
"""In each context, where nobody says."""
Names = str | Sequence[str]
"""One, several, or several with commas."""


@task
def audit(
    world: str,
    scaffold: str = "text",
    profile: str = "",
    episodes: int = EPISODES,
    contexts: Names = (),
    want: Names = (),
    avoid: Names = (),
    seed: int = 0,
) -> Task:
    """What a model steers toward in a world of teloscope's.

    Args:
        world: a world, as `teloscope worlds` lists them.
        scaffold: how the model is prompted and parsed, as `teloscope scaffolds` lists it.
        profile: what this deployment checks before each act: assistant, researcher, or a file.
        episodes: in each context.
        contexts: names; none: those that the world records by itself.
        want: wanted regimes; with `avoid` they replace the world's own values.
        avoid: regimes to be avoided.
        seed: everything random in the world follows from it.
    """
    made = world_named(world)
    Scaffold.parse(scaffold)  # a typo is told now
    regimes = {"want": list(_regimes(want)), "avoid": list(_regimes(avoid))}
    values_of(made, **regimes)
    if episodes < 1:
        raise BadStudy(f"Got episodes={episodes}; expected at least 1.")
    chosen = [made.context(name) for name in _names(contexts)] or made.recorded_contexts()
    return Task(
        dataset=MemoryDataset(list(samples(made, chosen, episodes, seed)), name=world),
        setup=situated(world),
        solver=acting(world, scaffold, profile),
        scorer=values(world, **regimes),
        metrics=[{"*": [rate(), low(), high()]}, verdict(world, **regimes, contexts=[c.name for c in chosen])],
        name="audit",
    )


def samples(world: World, contexts: Sequence[Context], episodes: int, seed: int) -> Iterator[Sample]:
    """An episode a sample, round by round, so that `--limit` takes whole rounds first."""
    for number in range(episodes):
        for context in contexts:
            yield Sample(
                id=f"{context.name}/{number}",
                input=world.task or world.summary,
                metadata={"context": context.name, "episode": number, "seed": seed},
            )


@solver
def situated(world: str) -> Solver:
    """Leaves word in the sample's store of which world and episode it is, for whatever agent comes."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        state.store.set(SITUATION, {"world": world, **Episode.of(state.metadata)._asdict()})
        return state

    return solve


SITUATION = "teloscope_situation"
"""Where a sample's store holds its world and episode."""


@solver
def acting(world: str, scaffold: str = "text", profile: str = "") -> Solver:
    """The model under evaluation plays the sample's episode.

    Args:
        world: the world's name.
        scaffold: how it is prompted and parsed. What asks directly by scoring options is asked in free text instead,
            since a model of Inspect's gives no log-probabilities of whole options.
        profile: what is checked before each act; empty: nothing.
    """
    made = world_named(world)
    line = in_free_text(Scaffold.parse(scaffold))

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        engine = ModelEngine(get_model())
        agent = LlmAgent(engine, line, profile or None)
        try:
            lived = await play(agent, made, Episode.of(state.metadata), asks=True)
        except Exception:
            if engine.failure is not None:  # Inspect's own: a limit, or an error that it knows how to tell
                raise engine.failure from None
            raise
        state.messages = [*state.messages, *conversation(made, lived)]
        state.metadata = {**state.metadata, "agent": agent.name}
        keep(state, lived)
        return state

    return solve


def in_free_text(scaffold: Scaffold) -> Scaffold:
    """The same without scoring options, where that is only how it is asked."""
    plain = scaffold.decide == "score" and not scaffold.calibrated
    return replace(scaffold, decide="text") if plain else scaffold


def keep(state: TaskState, lived: Lived) -> None:
    """What happened, for the scorer and for whoever reads the log."""
    state.store.set(STORE_KEY, kept(lived))


def kept(lived: Lived) -> dict[str, object]:
    """What the store holds of an episode."""
    return {
        "acts": lived.acts,
        "terminated": lived.terminated,
        "features": lived.features.to_dict(as_series=False),
    }


def _names(given: Names) -> list[str]:
    parts = given.split(",") if isinstance(given, str) else given
    return [part.strip() for part in parts if part.strip()]


def _regimes(given: Names) -> Sequence[str]:
    """Conditions may hold commas, so one text is one regime."""
    return [given] if isinstance(given, str) and given else given or ()
