"""The tests of the providers."""
