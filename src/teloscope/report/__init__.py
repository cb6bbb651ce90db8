"""The report: documents as terminal output and as self-contained HTML pages. Theory: A3."""

from teloscope.report.audit.page import render, write_page
from teloscope.report.audit.terminal import print_verdict

__all__ = ["print_verdict", "render", "write_page"]
