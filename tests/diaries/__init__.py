"""Whole returns, day by day, each with its page in docs/lifecycle.md."""
