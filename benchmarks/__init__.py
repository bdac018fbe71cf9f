"""Benchmarks: us and peers side by side on the same work. Run all with ``python -m benchmarks``."""
