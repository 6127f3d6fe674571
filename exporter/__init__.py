"""Prometheus exporter for the usage, quota and health of commercial proxy accounts."""

__version__ = "0.1.0"
