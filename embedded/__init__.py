"""Backhaul on one machine: the outside world as local simulators, and what starts them."""
