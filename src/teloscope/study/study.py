"""A study: a study file that can be run.

Theory: A1-A3.
"""

from __future__ import annotations

from teloscope.recordings import Recording
from teloscope.recordings.record import Progress
from teloscope.study.study_file import StudyFile
from teloscope.verdict import Verdict


class Study(StudyFile):
    """A study: which agent is audited, in which world, against which values. It can be recorded and run."""

    def record(self, trust: bool = False, progress: Progress | None = None) -> Recording:
        """Record (or go on recording), or open the data that is audited.

        Args:
            trust: allow loading that executes code.
            progress: told after every shard, as by `teloscope.record`.
        """
        from teloscope.study.recording import obtain_recording

        return obtain_recording(self, trust, progress)

    def run(self, trust: bool = False, progress: Progress | None = None) -> Verdict:
        """Record, find goals, judge and report; all of it is written into the run's folder.

        Args:
            trust: allow loading that executes code.
            progress: told after every shard, as by `teloscope.record`.
        """
        from teloscope.study.pipeline import run_audit

        return run_audit(self, trust, progress)
