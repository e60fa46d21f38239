"""The groups of the command line; `starter.py` joins them. Each is a thin client that imports what is heavy late."""
