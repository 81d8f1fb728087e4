"""Which annotations are a converter's damage, and which ones an author wrote.

A converter's table holds about a hundred of the most frequent traditional characters and marks
every occurrence of them. An author explains a rare character, once, where it first appears.
"""

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from ragbot.text.annotations import Annotation
from ragbot.text.script import to_simplified

__all__ = ["damage", "damage_in_question", "is_frequent", "is_traditional"]

# Marks per character. A hundred frequent characters mark 2 to 10 characters in a hundred, half
# that table still 1; with many marks of the right kind less is convincing.
_DENSE = 1 / 100
_DENSE_MANY = 1 / 250
_MANY = 8
_SEVERAL = 3
# Marked share of the occurrences of the marked characters: 1 in damage, falling with the length of
# the article in prose. Files glued together from damaged and clean pages lie between.
_CONSISTENT = 0.3
# A character marked no more often than this, over several occurrences, was explained by an author.
_ONCE = 0.25
# Share of marks on characters that no table holds from which on the tool marks everything.
_EVERYTHING = 0.2


@lru_cache(maxsize=32768)
def is_traditional(character: str) -> bool:
    """Tell whether the character is written differently in Simplified."""
    return to_simplified(character) != character


@lru_cache(maxsize=32768)
def is_frequent(character: str) -> bool:
    """Tell whether the simplified form is of level 1 of GB 2312.

    Level 1 (rows 16 to 55, lead bytes B0 to D7) is the 3,755 characters the standard takes for the
    frequent ones.
    """
    try:
        lead = to_simplified(character).encode("gb2312")[0]
    except UnicodeEncodeError:
        return False
    return 0xB0 <= lead <= 0xD7


def _in_a_table(base: str) -> bool:
    return len(base) == 1 and is_frequent(base)


def damage(text: str, found: Sequence[Annotation]) -> list[Annotation]:
    """Return those annotations of a document that are damage, in order."""
    if not found:
        return []
    marked = Counter(annotation.base for annotation in found)
    occurrences = {base: max(count, text.count(base)) for base, count in marked.items()}
    of_table = sum(
        count for base, count in marked.items() if _in_a_table(base) and is_traditional(base)
    )
    # Markup and Latin text are no place for marks.
    density = len(found) / max(1, len(text) - len(text.encode("ascii", "ignore")))
    # Simplified text marked throughout is damage too (another tool), but never a single word.
    dense = density >= _DENSE and (2 * of_table >= len(found) or len(found) >= _MANY)
    # An author does not annotate several frequent characters, nor one wherever it stands.
    complete = len(marked) >= _SEVERAL and of_table == sum(occurrences.values())
    if not dense and not ((of_table >= _MANY or complete) and density >= _DENSE_MANY):
        return []
    if len(found) < _CONSISTENT * sum(occurrences.values()):
        return []
    everything = of_table < (1 - _EVERYTHING) * len(found)

    def is_damage(base: str) -> bool:
        count = marked[base]
        if occurrences[base] >= 4 and count <= _ONCE * occurrences[base]:
            return False
        if len(base) == 1 and (is_traditional(base) or is_frequent(base)):
            return True
        return everything or (count >= 3 and count == occurrences[base])

    kinds = {base: is_damage(base) for base in marked}
    return [annotation for annotation in found if kinds[annotation.base]]


def damage_in_question(found: Sequence[Annotation]) -> list[Annotation]:
    """Return those annotations of a question that are taken for damage, in order.

    A question is too short for density: one annotation is enough on a character of the kind tables
    hold, traditional and frequent, and then the others go too.
    """
    if any(_in_a_table(a.base) and is_traditional(a.base) for a in found):
        return [a for a in found if len(a.base) > 1 or _in_a_table(a.base)]
    return [] if len(found) < 2 else list(found)
