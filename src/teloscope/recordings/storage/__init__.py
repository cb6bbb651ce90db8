"""Storage: a recording's folder, with a manifest and Parquet shards that are written atomically. Theory: A1."""
