"""The tests, one module beside each module of the exporter."""
