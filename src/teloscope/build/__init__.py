"""Build: search the scaffolds for one that makes an aligned agent of an engine, and hand it over with a certificate.

Theory: A5, A8.
"""
