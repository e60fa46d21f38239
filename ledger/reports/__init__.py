"""What finance reads: exceptions, and totals per day or month. Both read the journal once and keep only sums."""
