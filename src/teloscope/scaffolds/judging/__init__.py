"""Everyday sentences by which judges are fitted to an engine, chosen for it and examined, before any world is met."""
