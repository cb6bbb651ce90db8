"""Recordings: episodes of an agent and its references, on disk. Theory: A1."""

from teloscope.recordings.record import record
from teloscope.recordings.storage.recording import Recording, open_recording
from teloscope.recordings.summary import Summary, summarise

__all__ = ["Recording", "Summary", "open_recording", "record", "summarise"]
