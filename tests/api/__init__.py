"""The tests of the client and of what it makes of answers."""
