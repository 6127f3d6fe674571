"""The exporter and the simulator in simulated time."""
