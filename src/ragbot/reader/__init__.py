"""A reading-comprehension model: which words of a passage answer a question."""
