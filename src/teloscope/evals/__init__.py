"""Inspect: audits as Inspect tasks, built agents as Inspect agents, gates as approvers, logs as recordings."""
