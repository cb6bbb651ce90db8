"""The form that all documents share: their version, and the names of columns that recorded tables share.

Every document carries `format` (its version, `FORMAT`) and `kind` (verdict, goals, recording, …). The version is one
number for all documents. The rules:

    A new optional field     gets a default in its model, so that older documents, which lack it, are still read.
                             `format` stays. An older teloscope refuses a document with a field that it does not know,
                             and names the field: update it.
    Another change           A field goes away, becomes required, or changes its name, type or meaning: `FORMAT` is
                             raised by 1. `tests/schema` gets a folder of documents of the version before.
    A newer `format`         is refused: the message says to update teloscope.
    An older `format`        is refused, unless the change that raised `FORMAT` came with code that converts the older
                             form before its model reads it. The message says which teloscope wrote the document.
    No `format`              counts as 1: agent.json and the log of a build don't write it.
    Another `kind`           is refused: the message says which kind it is.

`reading.py` applies these rules for all readers; docs/json.md tells users.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

FORMAT = 1
"""Version of the documents; when it is raised stands above."""

EPISODE, TIME, ACTION, STATE, REWARD = "episode", "t", "action", "state", "reward"
"""Column names of recorded steps; every other column is a feature."""
AGENT = "agent"
"""The actor that is audited; every other actor is a reference."""


class Document(BaseModel):
    """A frozen model that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")
