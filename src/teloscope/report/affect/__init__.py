"""The page and the terminal output of the affect battery, and of its calibration."""
