"""`manifest.json` of a recording."""

from __future__ import annotations

from typing import Any, Literal

from teloscope.schema.document import FORMAT, Document
from teloscope.schema.rates import AgentDocument, FrameDocument


class Manifest(Document):
    """`manifest.json` of a recording: what is in the folder and how it came about."""

    format: int = FORMAT
    kind: Literal["recording"] = "recording"
    layout: Literal["table", "wide"]
    """table: steps hold state ids, states.parquet their features. wide: steps hold the features themselves."""
    world: str
    """The name that loads the world again, where it has one."""
    frame: FrameDocument
    agent: AgentDocument
    actors: list[str]
    """The agent, then its references."""
    shard: int
    """Episodes in each shard but the last."""
    paired: bool = True
    """Whether all actors met the same seeds, context by context."""
    latents: bool = False
    """Whether the agent's latents were recorded, in shards of their own."""
    from_data: bool = False
    """Imported: there was no agent to ask, and no references were recorded."""
    shove_steps: int = 0
    """How many actions make a shove; 0: the world itself replaces the state."""
    values: dict[str, Any] = {}
    """The values that the world declares."""
    notes: list[str] = []
    versions: dict[str, str] = {}
