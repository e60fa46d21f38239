"""Recorded histories of whole returns, with the books that they were decided from; `make histories` writes them."""
