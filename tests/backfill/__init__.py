"""The tests of what `backfill` makes of history, and of the command as a whole."""
