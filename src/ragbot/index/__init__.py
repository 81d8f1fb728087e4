"""Generations of an index on disk: built aside, verified, published by one pointer."""
