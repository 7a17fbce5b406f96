"""Random accepted calls, restarts between, and whether everything can still be read."""
