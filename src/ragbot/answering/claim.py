"""Check the claim that a sentence answers a question, with the words in it that are pointed at.

The question with the words in its place is compared with the sentence and with what governs it:
the headings, the column names, the sentences before it.
"""

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from ragbot.answering.verification import contradicts
from ragbot.index.store import PassageRow, StatementRow
from ragbot.reader.spans import Extract
from ragbot.retrieval.constraints import contradicted, stated, unstated
from ragbot.retrieval.evidence import demand_of
from ragbot.retrieval.found import Found
from ragbot.retrieval.query import Kind, Query, with_answer
from ragbot.text.fold import fold
from ragbot.text.quantities import quantities
from ragbot.text.sentences import sentences
from ragbot.text.tokens import NAME_TAGS, bigrams, content_words, tagged

__all__ = ["ASKS", "COUNTED", "Sentence", "check", "sentences_of", "with_whole_amounts"]

COUNTED = frozenset({Kind.HOW_MANY, Kind.WHEN})
_TOTAL = re.compile("共|合计|总计|累计|总量|总数")
_COPULAS = "是为有约达共的:"
_LEADS_ON = re.compile("[:：]$")
_ROW = re.compile(r"\s\|\s")
ASKS = re.compile("[?？]$")
"""A line that ends as a question does."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a passage's clean text, and as keys what it says and what governs it."""

    start: int
    end: int
    text: str
    key: str
    columns: str
    """The first row of the table it is a row of, or nothing."""
    before: tuple[str, ...]
    """The sentences of the passage before it, the nearest first."""


@lru_cache(maxsize=256)
def sentences_of(passage: PassageRow, statement: StatementRow) -> tuple[Sentence, ...]:
    """Return the sentences of a passage that hold any word."""
    text = passage.unfold().text
    found: list[Sentence] = []
    columns = ""
    for start, end in sentences(text):
        line = text[start:end].strip()
        # The two characters of a short name may be spaced out in print.
        is_byline = statement.byline and line == statement.byline
        key = fold(f"{statement.office} {statement.name}" if is_byline else line)
        if not key:
            continue
        row = bool(_ROW.search(line))
        before = tuple(one.key for one in reversed(found))
        found.append(Sentence(start, end, line, key, columns if row else "", before))
        columns = (columns or key) if row else ""
    return tuple(found)


def with_whole_amounts(text: str, sentence: Sentence, span: Extract) -> Extract:
    """Return a span that cuts no amount in two: 30个 becomes 30个工作日."""
    start, end = span.start, span.end
    for one in quantities(text[sentence.start : sentence.end]):
        first, last = sentence.start + one.core[0], sentence.start + one.core[1]
        if first < end < last and start <= last:
            end = last
        if first < start < last:
            start = first
    return replace(span, start=start, end=end)


def check(query: Query, hit: Found, sentence: Sentence, span: Extract | None) -> dict[str, float]:
    """Check the claim that a sentence answers the question, with the words pointed at."""
    key, context, demand = sentence.key, hit.passage.context, demand_of(query)
    words = fold(hit.passage.unfold().text[span.start : span.end]) if span else ""
    above = tuple(part for part in (sentence.columns, *sentence.before, context) if part)
    against = contradicted(query.key, key, words, above)
    # The sentence may be about what is asked all the same, and answer with other words.
    misplaced = against and not contradicted(query.key, key, "", above)
    spoken = " ".join((key, *above))
    everything = f"{context} {hit.passage.key}"
    names = _names(query.content)
    pointed = bool(words) and span is not None and span.score >= 0
    return {
        "shapeless": float(pointed and query.kind in COUNTED and not demand.met([words], "")),
        "contradicted": float((against and not misplaced) or _is_total(query, key, words)),
        "misplaced": float(misplaced),
        "refuted": float(
            pointed and contradicts(with_answer(query.key, words), sentence.text, " ".join(above))
        ),
        "stated": 0.0 if against else stated(query.key, key),
        "unstated": float(unstated(query.key, key, above)),
        "nameless": float(sum(not _mentions(everything, name) for name in names)),
        "afar": float(sum(not _mentions(spoken, name) for name in names)),
        "numberless": float(sum(number not in spoken for number in demand.own)),
        "foreign": _foreign(query, sentence, context) if query.kind in COUNTED else 0.0,
        "echo": _echo(query, words if pointed else key),
        "leads": float(bool(_LEADS_ON.search(sentence.text) or ASKS.search(sentence.text))),
    }


def _mentions(text: str, name: str) -> bool:
    """Tell whether a text has a name, or half of the pairs of characters in it.

    A dictionary cuts unknown names anywhere, and 辽宁省委 may be 省委 in a text about 辽宁.
    """
    pairs = bigrams(name)
    return name in text or 2 * sum(pair in text for pair in pairs) >= max(len(pairs), 2)


def _is_total(query: Query, key: str, words: str) -> bool:
    """Tell whether words are a total although a part is asked for, which stands behind them.

    共出口12.6万辆,产品销往欧洲 does not say how many went to 欧洲.
    """
    at = key.find(words) if words else -1
    if at < 0 or _TOTAL.search(query.key):
        return False
    clause = re.split("[,;:。]", key[:at])[-1] + words
    behind = key[at + len(words) :]
    parts = [name for name in _names(query.content) if name in behind and name not in key[:at]]
    return bool(_TOTAL.search(clause)) and bool(parts)


def _foreign(query: Query, sentence: Sentence, context: str) -> float:
    """Return how much of what is asked for shares no character with a sentence, 0 to 1.

    The noun in front of the question word (净利润是多少), and the last verb (什么时候废弃). Words
    of one meaning mostly share one: 成立 and 创立, 去世 and 逝世, 人口 and 三万人.
    """
    before, _, behind = with_answer(query.key, "\n").partition("\n")
    words = tagged(before.rstrip(_COPULAS))
    nouns = [word for word, tag in words[-1:] if tag[0] in "nl" and len(word) > 1]
    verbs = [word for word, tag in tagged(behind) if tag == "v" and len(word) > 1]
    said = f"{sentence.key} {sentence.columns}"
    noun = bool(nouns) and not set(nouns[-1]) & set(f"{said} {context}")
    verb = bool(verbs) and not set(verbs[-1]) & set(said)
    return float(noun or verb)


def _echo(query: Query, said: str) -> float:
    """Return the share of what is said that the question says itself, 0 to 1."""
    words = content_words(said)
    known = sum(len(word) for word in words if word in query.key)
    return known / (sum(map(len, words)) or 1)


@lru_cache(maxsize=64)
def _names(content: str) -> tuple[str, ...]:
    found = [word for word, tag in tagged(content) if tag in NAME_TAGS and len(word) > 1]
    return tuple(dict.fromkeys(found))
