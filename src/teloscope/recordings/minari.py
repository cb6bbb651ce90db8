"""Minari: offline data sets are imported as recordings without an agent; recordings are exported as data sets.

An imported recording has no references, no shared seeds and no shoves, since there is no agent to run. The manifest
says so (`from_data`), and every later step says what it therefore can't claim.

Theory: A1. Source: Minari 0.5 (Farama Foundation).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any
from warnings import catch_warnings, filterwarnings

import numpy as np
import polars as pl
from gymnasium import spaces
from numpy.typing import NDArray

from teloscope.errors import BadRecording, NotFound, require
from teloscope.recordings.minari_sizes import refuse_minari_bomb
from teloscope.recordings.record import frame_of, versions
from teloscope.recordings.rollouts.batch import Batch, episode_rows
from teloscope.recordings.seeds import episode_seeds
from teloscope.recordings.storage.importing import filled_folder
from teloscope.recordings.storage.recording import MANIFEST, Recording, TemporaryFolder, open_recording
from teloscope.recordings.storage.shards import ShardFiles, write_shard, write_text
from teloscope.recordings.storage.wide_layout import MOST_STEPS, wide_steps
from teloscope.schema import ACTION, AGENT, EPISODE, REWARD, AgentDocument, Manifest
from teloscope.values import Values
from teloscope.worlds.actions import ActionSet
from teloscope.worlds.gym.features import scalar_kind
from teloscope.worlds.gym.observation_columns import Leaf, column_name
from teloscope.worlds.gym.probe import observation_features
from teloscope.worlds.world import Context, FeatureKind, World

CONTEXT = Context("data", note="a data set: how its episodes began is not known")
ARROW_MOST = 32_767
"""Steps of an episode that Minari reads from its arrow format, at most: a fault of its own (Minari issue 351)."""
SHARD = 1024
"""Episodes in a shard."""
NOTES = (
    "Imported from a data set: no references were recorded, so nothing is known about what would happen by itself.",
    "The agent could not be asked, so there are no shoves, no noise and no other contexts.",
)


class DataWorld(World):
    """The world of imported data, as far as the data show it."""

    def __init__(
        self,
        name: str,
        horizon: int,
        kinds: Mapping[str, FeatureKind],
        digest: str,
        values: Values,
        contexts: Sequence[Context] = (CONTEXT,),
    ) -> None:
        self.name, self.horizon, self.values = name, horizon, values
        self._kinds, self._digest = kinds, digest
        self.contexts = tuple(contexts)

    @property
    def feature_kinds(self) -> Mapping[str, FeatureKind]:
        return self._kinds

    def digest(self) -> str:
        return self._digest


def import_minari(
    dataset: Any,
    out: str | Path | None = None,
    *,
    names: Mapping[str, str] | Sequence[str] | None = None,
    values: Values | None = None,
) -> Recording:
    """A Minari data set as a recording of one actor, `agent`, in one context, `data`.

    Args:
        dataset: the id of a local data set, the path of its folder, or a `minari.MinariDataset`.
        out: a new folder; None: a temporary one that lives as long as the recording.
        names: names for observation columns, as in `GymWorld`.
        values: what people want in that world.

    Raises:
        NotFound: no local data set of that id. BadRecording: it holds no episode, or the folder is taken.
        BadWorld: an observation is not finite. MissingExtra: Minari is not installed.
    """
    source = _open_dataset(dataset)
    keep = TemporaryFolder() if out is None else None
    folder = keep.path if keep else Path(out or "")
    with filled_folder(folder):
        _fill(folder, source, names, values)
    return open_recording(folder, keep)


def _fill(folder: Path, source: Any, names: Mapping[str, str] | Sequence[str] | None, values: Values | None) -> None:
    """Write shards and manifest."""
    spec_name = source.env_spec.name if source.env_spec is not None else None
    leaves, left_out, summarised = observation_features(source.observation_space, names, spec_name)
    reader = _Reader(leaves, ActionSet(source.action_space), source.id)
    total = 0
    episodes = iter(source)
    for shard in range(-(-len(source) // SHARD)):
        total += reader.write(ShardFiles(folder, CONTEXT.name, AGENT, shard), list(islice(episodes, SHARD)), total)
    if not total:
        raise BadRecording(f"The data set {source.id!r} holds no episode.")
    reader.check_totals(source, total)
    world = DataWorld(
        source.env_spec.id if source.env_spec is not None else source.id,
        reader.horizon,
        reader.kinds,
        reader.sha.hexdigest(),
        values or Values(),
    )
    notes = [*NOTES, *(f"Left out: {part}, {why}" for part, why in left_out.items())]
    notes += reader.notes
    notes += [f"Summarised: {part}, {how}" for part, how in summarised.items()]
    manifest = Manifest(
        layout="wide",
        world=world.name,
        frame=frame_of(world, world.contexts, (), total, seed=0),
        agent=AgentDocument(name=f"minari:{source.id}", digest=world.digest()),
        actors=[AGENT],
        shard=SHARD,
        paired=False,
        from_data=True,
        values=world.values.to_dict(),
        notes=notes,
        versions=versions(),
    )
    write_text(folder / MANIFEST, manifest.model_dump_json(indent=2))  # last: it makes the folder a recording


def _open_dataset(dataset: Any) -> Any:
    """The data set as Minari gives it."""
    minari = require("minari", extra="minari")
    if isinstance(dataset, minari.MinariDataset):
        return dataset
    path = Path(dataset)
    if (path / "data").is_dir():
        refuse_minari_bomb(path / "data")
        return minari.MinariDataset(path / "data")
    try:
        home = require("minari.storage.datasets_root_dir", extra="minari")
        refuse_minari_bomb(home.get_dataset_path(str(dataset)) / "data")
        return minari.load_dataset(str(dataset))
    except (FileNotFoundError, ValueError) as error:
        known = minari.list_local_datasets()
        raise NotFound("Minari data set", str(dataset), known, f"Fetch it with `minari download {dataset}`.") from error


@dataclass
class _Reader:
    """Turns episodes into shards, and collects features, horizon and digest."""

    leaves: Sequence[Leaf]
    actions: ActionSet
    dataset: str
    horizon: int = 1
    infos: dict[str, str] | None = None
    """Feature name -> key of infos; decided by the first episode."""
    kinds: dict[str, FeatureKind] = field(default_factory=dict)
    sha: Any = field(default_factory=hashlib.sha256)
    """Of everything that was written."""
    steps: int = 0
    """Steps of all episodes so far."""
    open_ended: list[int] = field(default_factory=list)
    """Episodes whose last step says neither that the world ended nor that the time was up."""

    def write(self, files: ShardFiles, episodes: Sequence[Any], first: int) -> int:
        """Write one shard; returns how many episodes it holds."""
        if self.infos is None:
            self._decide(episodes[0])
        numbers = np.arange(first, first + len(episodes))
        for number, episode in zip(numbers.tolist(), episodes, strict=True):
            self._check(number, episode)
        lengths = np.array([len(e.rewards) for e in episodes], np.int64)
        self.horizon, self.steps = max(self.horizon, int(lengths.max())), self.steps + int(lengths.sum())
        taken = np.concatenate(
            [_with_last_row(self._actions(n, e)) for n, e in zip(numbers.tolist(), episodes, strict=True)]
        )
        steps = wide_steps(
            numbers,
            lengths,
            taken,
            np.concatenate([_with_last_row(e.rewards) for e in episodes]),
            self._features(episodes, numbers),
            f"the data set {self.dataset!r}",
        )
        batch = Batch(CONTEXT, 0, numbers, episode_seeds(0, CONTEXT.name, numbers))
        returns = np.array([float(np.sum(e.rewards)) for e in episodes])
        ended = np.array([bool(e.terminations[-1]) for e in episodes])
        rows = episode_rows(batch, lengths, ended, returns, returns)
        for frame in (steps, rows):
            self.sha.update(frame.hash_rows(seed=0).to_numpy().tobytes())
        write_shard(files, steps, rows)
        return len(episodes)

    def _check(self, number: int, episode: Any) -> None:
        """Check that an episode's parts have one length, which `t` can count, and note how it ends.

        Raises:
            BadRecording: they don't, or it has no step.
        """
        where, steps = f"Episode {number} of the data set {self.dataset!r}", len(episode.rewards)
        if not steps:
            raise BadRecording(f"{where} has no step. Filter it out first.")
        if steps > MOST_STEPS:
            raise BadRecording(
                f"{where} has {steps:,} steps; a recording holds at most {MOST_STEPS:,} an episode. Cut it into "
                "shorter ones first."
            )
        for part in ("actions", "terminations", "truncations"):
            got = _rows_of(getattr(episode, part))
            if got != steps:
                raise BadRecording(
                    f"{where} has {steps:,} rewards, but {got:,} {part}; expected as many. Filter it out, or mend the "
                    "data set."
                )
        for path in [leaf.path for leaf in self.leaves] or [()]:
            got = _rows_of(_inside(episode.observations, path))
            if got != steps + 1:
                last = " The last one, after the last step, seems to be missing." if got == steps else ""
                raise BadRecording(
                    f"{where} has {steps:,} steps, but {got:,} observations; expected {steps + 1:,}, one more than "
                    f"steps.{last} Filter it out, or mend the data set."
                )
        if not (bool(episode.terminations[-1]) or bool(episode.truncations[-1])):
            self.open_ended.append(number)

    def _actions(self, number: int, episode: Any) -> NDArray[Any]:
        """`[T, ...]` an episode's actions, numbered from 0.

        Raises:
            BadRecording: one that the data set's action space does not have.
        """
        taken = np.asarray(episode.actions) - getattr(self.actions.space, "start", 0)
        if self.actions.dtype.kind != "f":
            shaped = taken.reshape(len(taken), *self.actions.shape)
            wrong = self.actions.illegal(shaped.astype(np.int64), np.ones(len(taken), np.bool_))
            if wrong is not None:
                raise BadRecording(
                    f"Episode {number} of the data set {self.dataset!r} has the action {episode.actions[wrong]!r} at "
                    f"step {wrong}; its action space is {self.actions.space}. Mend the data set's action space."
                )
        return taken.astype(self.actions.dtype)

    def check_totals(self, source: Any, episodes: int) -> None:
        """Compare what was read with what the data set says of itself.

        Raises:
            BadRecording: other numbers of episodes or steps.
        """
        for what, said, got in (
            ("episodes", source.total_episodes, episodes),
            ("steps", source.total_steps, self.steps),
        ):
            if said is not None and int(said) != got:
                fault = (
                    " Minari's arrow format hands over at most 32,767 steps of an episode: make the data set anew with "
                    "data_format='hdf5'."
                    if what == "steps" and self.horizon == ARROW_MOST
                    else " Download or make it again."
                )
                raise BadRecording(
                    f"The data set {self.dataset!r} says that it holds {int(said):,} {what}, but {got:,} came "
                    f"out.{fault}"
                )

    @property
    def notes(self) -> list[str]:
        """What must be said of the episodes, with counts."""
        if not self.open_ended:
            return []
        few = ", ".join(map(str, self.open_ended[:5])) + (", …" if len(self.open_ended) > 5 else "")
        return [
            f"Episodes whose last step says neither that the world ended nor that the time was up: "
            f"{len(self.open_ended)} ({few}). They are taken as not ended by the world."
        ]

    def _decide(self, episode: Any) -> None:
        """Which columns there are: observation entries, and infos with one scalar for every state."""
        self.kinds = {name: leaf.kind for leaf in self.leaves for name in leaf.names}
        self.infos = {}
        for key, entries in (episode.infos or {}).items():
            kind = scalar_kind(entries[0]) if len(np.shape(entries)) == 1 else None
            if kind and len(entries) == len(episode.rewards) + 1:
                name = column_name(key)
                name = f"info_{name}" if name in self.kinds or name in (ACTION, REWARD, EPISODE) else name
                self.infos[name], self.kinds[name] = key, kind
        if not self.kinds:
            raise BadRecording(f"The data set {self.dataset!r} has no observation or info that can be a feature.")

    def _features(self, episodes: Sequence[Any], numbers: NDArray[Any]) -> dict[str, NDArray[Any]]:
        columns: dict[str, NDArray[Any]] = {}
        for leaf in self.leaves:
            rows = np.concatenate([np.asarray(leaf.read(e.observations)) for e in episodes])
            rows = rows.reshape(len(rows), -1).astype(leaf.dtype, copy=False)
            columns |= {name: np.ascontiguousarray(rows[:, i]) for i, name in enumerate(leaf.names)}
        for name, key in (self.infos or {}).items():
            for number, episode in zip(numbers, episodes, strict=True):
                if len((episode.infos or {}).get(key, ())) != len(episode.rewards) + 1:
                    raise BadRecording(
                        f"Episode {number} of the data set {self.dataset!r} has no info {key!r} in every step, as the "
                        "first has. Filter it out, or drop that info."
                    )
            columns[name] = np.concatenate([np.asarray(e.infos[key]) for e in episodes])
        return columns


def _inside(observations: Any, path: Sequence[Any]) -> Any:
    """The part of the observations at a path."""
    for key in path:
        observations = observations[key]
    return observations


def _rows_of(part: Any) -> int:
    """How many steps a part has; of a part with parts, the first says so."""
    if isinstance(part, Mapping):
        return _rows_of(next(iter(part.values()))) if part else 0
    if isinstance(part, tuple) and part and isinstance(part[0], np.ndarray | Mapping | tuple):
        return _rows_of(part[0])
    return len(part)


def _with_last_row(values: Any) -> NDArray[Any]:
    """With one row more, for the last state, in which nothing is done."""
    values = np.asarray(values)
    return np.concatenate([values, np.zeros((1, *values.shape[1:]), values.dtype)])


def export_minari(
    recording: Recording, dataset_id: str, actor: str = AGENT, context: str | None = None, **about: Any
) -> Any:
    """A recording's episodes as a local Minari data set; its observations are the recorded features.

    Numbers become boxes, booleans `MultiBinary(1)`, categories whole numbers whose meaning the description lists. Table
    recordings hold no reward of single steps: the return is then paid at the last step, and the description says so.

    Args:
        recording: what to export.
        dataset_id: such as `coin/agent-v0`.
        actor: the agent, or a reference.
        context: one context; None: all of them, one after another.
        about: what Minari wants said of a data set: `author`, `author_email`, `code_permalink`, …; and its
            `data_format`, if that is not to be arrow.

    Returns:
        The `minari.MinariDataset`.

    Raises:
        BadRecording: there is a data set of that id, or the id is not one. NotFound: unknown actor or context.
    """
    minari = require("minari", extra="minari")
    kinds = recording.frame.features
    frames = [_steps_of(recording, c, actor) for c in ([context] if context else [c.name for c in recording.contexts])]
    categories = {
        name: sorted(set().union(*(f[name].unique().to_list() for f in frames)))
        for name, kind in kinds.items()
        if kind == "category"
    }
    metadata = {
        "algorithm_name": recording.manifest.agent.name if actor == AGENT else actor,
        "description": _description(recording, categories),
        "data_format": "arrow" if max(frame["length"].max() for frame in frames) <= ARROW_MOST else "hdf5",  # type: ignore[type-var]
        **about,
    }
    try:
        with catch_warnings():
            filterwarnings("ignore", category=UserWarning, module="minari")  # of metadata that are not given
            return minari.create_dataset_from_buffers(
                dataset_id,
                list(_buffers(frames, kinds, categories)),
                observation_space=_observation_space(kinds, categories),
                action_space=_action_space(frames),
                **metadata,
            )
    except ValueError as error:
        raise BadRecording(f"Minari did not take the data set {dataset_id!r}: {error}") from error


def _steps_of(recording: Recording, context: str, actor: str) -> pl.DataFrame:
    """Steps with features, a reward a step, and whether the world ended the episode."""
    steps = recording.steps(context, actor).collect()
    episodes = recording.episodes(context, actor).select(EPISODE, "terminated", "length", "return")
    steps = steps.join(episodes, on=EPISODE, how="left", maintain_order="left")
    if REWARD in steps.columns:
        return steps
    at_end = pl.col("t") == pl.col("length").cast(pl.Int64) - 1
    return steps.with_columns(pl.when(at_end).then(pl.col("return")).otherwise(0.0).alias(REWARD))


def _buffers(
    frames: Sequence[pl.DataFrame], kinds: Mapping[str, str], categories: Mapping[str, Sequence[str]]
) -> Iterator[Any]:
    """One Minari episode after another."""
    from minari.data_collector.episode_buffer import EpisodeBuffer

    number = 0
    for frame in frames:
        for episode in frame.partition_by(EPISODE, maintain_order=True):
            count = len(episode) - 1
            ends = np.arange(count) == count - 1
            terminated = bool(episode["terminated"][0])
            yield EpisodeBuffer(
                id=number,
                observations={n: _column(episode[n], k, categories.get(n, ())) for n, k in kinds.items()},
                actions=list(episode[ACTION][:-1].to_numpy()),
                rewards=episode[REWARD][:-1].to_list(),
                terminations=list(ends & terminated),
                truncations=list(ends & (not terminated)),
                infos={},
            )
            number += 1


def _column(column: pl.Series, kind: str, categories: Sequence[str]) -> list[Any]:
    if kind == "category":
        codes = {name: code for code, name in enumerate(categories)}
        return [codes[value] for value in column]
    dtype = np.int8 if kind == "bool" else np.float64
    return list(column.to_numpy().astype(dtype)[:, None])


def _observation_space(kinds: Mapping[str, str], categories: Mapping[str, Sequence[str]]) -> spaces.Dict:
    def space(name: str, kind: str) -> spaces.Space[Any]:
        if kind == "category":
            return spaces.Discrete(max(len(categories[name]), 1))
        return spaces.MultiBinary(1) if kind == "bool" else spaces.Box(-np.inf, np.inf, (1,), np.float64)

    return spaces.Dict({name: space(name, kind) for name, kind in kinds.items()})


def _action_space(frames: Sequence[pl.DataFrame]) -> spaces.Space[Any]:
    """A space that holds every action that was taken."""
    taken = np.concatenate([frame[ACTION].drop_nulls().to_numpy() for frame in frames])
    if taken.dtype.kind == "f":
        return spaces.Box(-np.inf, np.inf, taken.shape[1:], np.float32)
    if taken.ndim == 1:
        return spaces.Discrete(int(taken.max(initial=0)) + 1)
    return spaces.MultiDiscrete(taken.max(axis=0) + 1)


def _description(recording: Recording, categories: Mapping[str, Sequence[str]]) -> str:
    sentences = [f"{recording.manifest.agent.name} in {recording.frame.world}, recorded by teloscope."]
    sentences += [
        f"{name}: {', '.join(f'{i} = {c}' for i, c in enumerate(names))}." for name, names in categories.items()
    ]
    if recording.manifest.layout == "table":
        sentences.append("Rewards of single steps were not recorded: the return is paid at the last step.")
    return " ".join(sentences)
