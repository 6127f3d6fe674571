"""Measurements: ``python -m benchmarks --help``, and what the parts that it runs are made of."""
