"""Repair, folding, sentences and tokens of Chinese text; knows nothing of documents."""
