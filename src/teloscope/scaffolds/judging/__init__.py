"""Judges of sentences: how they are asked, fitted to an engine and, before any world is met, chosen and examined."""
