"""The form that all documents share, and the names that recorded tables share."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

FORMAT = 1
"""Version of the documents below; raised when a field changes its meaning."""

EPISODE, TIME, ACTION, STATE, REWARD = "episode", "t", "action", "state", "reward"
"""Column names of recorded steps; every other column is a feature."""
AGENT = "agent"
"""The actor that is audited; every other actor is a reference."""


class Document(BaseModel):
    """A frozen model that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")
