"""The battery: ten tests of an affect, one a file."""

from teloscope.affect.battery_tests import (
    activity,
    change,
    fitness,
    goals,
    interpretation,
    order,
    regulate,
    report,
    spillover,
    terminal,
)

TESTS = {
    test.TEST.name: test.TEST
    for test in (report, regulate, fitness, activity, interpretation, goals, change, terminal, order, spillover)
}
"""Name -> test."""

__all__ = ["TESTS"]
