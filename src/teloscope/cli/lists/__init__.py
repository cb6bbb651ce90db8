"""Commands that list things: worlds, agents, engines, scaffolds, profiles, document schemas."""
