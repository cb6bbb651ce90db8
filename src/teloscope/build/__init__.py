"""Build: search the scaffolds until an engine makes an agent whose verdict is ALIGNED, and hand it over with a certificate."""
