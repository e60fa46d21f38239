"""Measures: how fast, and in how much memory."""
