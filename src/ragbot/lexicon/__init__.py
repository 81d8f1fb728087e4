"""Word lists as data, one file a list: ``words``."""

from ragbot.lexicon.words import word_groups

__all__ = ["word_groups"]
