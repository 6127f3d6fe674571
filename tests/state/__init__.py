"""The tests of the state."""
