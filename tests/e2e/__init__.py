"""The whole program as a process, with real Prometheus parts around it."""
