"""`teloscope affect`: commands of the affect laboratory."""

from teloscope.cli.affect.battery import battery
from teloscope.cli.affect.calibrate import calibrate
from teloscope.cli.affect.demo import demo

__all__ = ["battery", "calibrate", "demo"]
