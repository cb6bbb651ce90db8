"""Commands that list what there is: worlds, agents, engines, scaffolds, profiles, document schemas."""
