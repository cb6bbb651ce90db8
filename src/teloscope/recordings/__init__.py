"""Recordings: what happened. Theory: A1."""

from teloscope.recordings.record import record
from teloscope.recordings.store import Recording, open_recording

__all__ = ["Recording", "open_recording", "record"]
