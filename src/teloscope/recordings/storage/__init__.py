"""What lies on disk: a folder with a manifest and Parquet shards, written whole or not at all. Theory: A1."""
