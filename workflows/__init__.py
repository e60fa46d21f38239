"""The story of a return, told in verbs. Workflows reach the world through activities alone."""
