"""Scaffolds: prompting and parsing that make an agent of an engine, in an enumerable grammar; profiles and the gate."""
