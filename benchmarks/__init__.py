"""Measurements, each a program of its own: `python -m benchmarks.NAME` in the root. BENCHMARKS.md has their figures."""
