"""Recordings: what happened. Theory: A1."""

from teloscope.recordings.record import record
from teloscope.recordings.storage.recording import Recording, open_recording
from teloscope.recordings.summary import Summary, summarise

__all__ = ["Recording", "Summary", "open_recording", "record", "summarise"]
