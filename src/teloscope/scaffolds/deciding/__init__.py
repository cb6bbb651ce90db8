"""How an engine decides: replies parsed, options scored, outcomes judged, votes counted. Theory: A5, S2."""
