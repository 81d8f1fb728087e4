"""Trains the reader that ships with ragbot: ``python -m training``."""
