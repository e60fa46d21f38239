"""What runs says of itself: logs, the metrics of Temporal's core, traces. Knows nothing of returns."""
