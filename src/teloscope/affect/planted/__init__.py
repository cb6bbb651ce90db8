"""Planted subjects: minds written by hand whose properties are known, and the battery's error rates on them."""
