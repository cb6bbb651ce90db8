"""Steering J as the search maximises it; at home in `verdict`, since certificates name it too."""

from teloscope.verdict.steering import Interval, mean_interval, scores, steering, steering_interval, value

__all__ = ["Interval", "mean_interval", "scores", "steering", "steering_interval", "value"]
