"""Measure retrieval and refusal on questions with known answers."""
