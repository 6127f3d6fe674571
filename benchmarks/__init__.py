"""Measurements. Each module says how it is run, and prints a table."""
