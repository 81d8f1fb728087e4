"""Put an answer together from what a model writes, every sentence verified before it is shown."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from ragbot.answering import phrases
from ragbot.answering.addressed import to_assistant
from ragbot.answering.marks import Part, SentenceReader
from ragbot.answering.verification import judge
from ragbot.index.protocols import Store
from ragbot.index.store import PassageRow
from ragbot.results import Citation, Claim, ClaimState
from ragbot.retrieval.citing import Quote, cite
from ragbot.settings import Unverified
from ragbot.text.script import Script, convert
from ragbot.text.sentences import sentences

__all__ = ["Composition"]

_WORD = re.compile(r"\w")
_BULLET = re.compile(r"^\s*(?:[-*•·]\s+|#+\s*|\d{1,2}[.、)]\s*)+")
_ORNAMENT = re.compile(r"\*\*|__|`+|^\s{0,100}(?:#+|>)\s*", re.MULTILINE)
# What another page that shows the answer might make a link, an image or a script of.
_ACTIVE = re.compile(r"\w://|www\.|\]\s*\(|!\[|<\s*[a-z/!]|javascript:|data:|\w@\w", re.IGNORECASE)
_STOPS, _CLOSERS = "。！？!?.；;，,：:", "”’」』）)》\"'"


@dataclass
class Composition:
    """The answer as far as it has come. ``text`` is what has been yielded, all of it."""

    store: Store
    passages: Sequence[PassageRow]
    script: Script
    unverified: Unverified
    text: str = ""
    claims: list[Claim] = field(default_factory=list)
    citations: list[Citation] = field(default_factory=list)
    left_out: int = 0

    @property
    def verified(self) -> bool:
        """Whether any claim of the answer has been verified."""
        return bool(self.citations)

    def compose(self, pieces: Iterable[str]) -> Iterator[str]:
        """Yield what may be shown of a model's answer, sentence by sentence."""
        reader = SentenceReader()
        for piece in pieces:
            for parts in reader.feed(piece):
                yield from self._add(parts)
        for parts in reader.close():
            yield from self._add(parts)

    def say(self, phrase: str) -> str:
        """Add a line of ragbot's own; returns it as it is to be yielded."""
        line = f"{'' if not self.text or self.text.endswith(chr(10)) else chr(10)}{phrase}"
        self.text += line
        return line

    def _add(self, parts: list[Part]) -> Iterator[str]:
        sentence = "".join(part.text for part in parts)
        if not _WORD.search(sentence):
            return
        if _ACTIVE.search(sentence):
            self.left_out += 1
            return
        checked = [self._check(part) for part in self._claims(parts)]
        if all(quotes for _, quotes in checked):
            shown = "".join(self._show(part, quotes) for part, quotes in checked)
        elif self.unverified == "mark":
            bare = _ORNAMENT.sub("", sentence).rstrip()
            self.claims.append(Claim(convert(bare.strip(), self.script), "unverified", ()))
            shown = convert(bare, self.script) + phrases.UNVERIFIED[self.script]
        else:
            self.left_out += 1
            return
        if not self.text:
            shown = shown.lstrip()
        elif sentence.startswith("\n") or _BULLET.match(sentence):
            shown = shown if self.text.endswith("\n") else f"\n{shown}"
        self.text += shown
        yield shown

    def _claims(self, parts: list[Part]) -> list[Part]:
        """Return the parts that are each to be verified: those with marks, or the whole sentence.

        Where words stand behind the last mark the parts are no claims of their own.
        """
        *rest, last = parts
        if not last.marks and not _WORD.search(last.text) and rest:
            rest[-1] = Part(rest[-1].text + last.text, rest[-1].marks)
            parts = rest
        if all(part.marks and _WORD.search(part.text) for part in parts):
            return parts
        marks = dict.fromkeys(mark for part in parts for mark in part.marks)
        return [Part("".join(part.text for part in parts), tuple(marks))]

    def _check(self, part: Part) -> tuple[Part, list[tuple[ClaimState, Quote]]]:
        """Return the ranges that say what a part says; none where it is not verified."""
        words = _BULLET.sub("", _ORNAMENT.sub("", part.text))
        known = [mark for mark in part.marks if 0 < mark <= len(self.passages)]
        support = partial(_support, words)
        if known:
            found = [support(self.passages[mark - 1]) for mark in known]
            return part, [one for one in found if one]
        for passage in self.passages:
            if one := support(passage):
                return part, [one]
        return part, []

    def _show(self, part: Part, quotes: list[tuple[ClaimState, Quote]]) -> str:
        numbers = [self._number(quote) for _, quote in quotes]
        text = convert(_ORNAMENT.sub("", part.text), self.script)
        at = len(text.rstrip().rstrip(_CLOSERS).rstrip(_STOPS))
        state: ClaimState = "exact" if any(s == "exact" for s, _ in quotes) else "supported"
        self.claims.append(Claim(_BULLET.sub("", text).strip(), state, tuple(numbers)))
        marks = "".join(f"[{number}]" for number in dict.fromkeys(numbers))
        return phrases.unmarked(text[:at]) + marks + text[at:]

    def _number(self, quote: Quote) -> int:
        """Return the number of a citation, a new one where the range has not been cited yet."""
        cited = cite(self.store, quote, len(self.citations) + 1)
        for known in self.citations:
            if (known.document_id, known.start, known.end) == (
                cited.document_id,
                cited.start,
                cited.end,
            ):
                return known.n
        self.citations.append(cited)
        return cited.n


def _support(claim: str, passage: PassageRow) -> tuple[ClaimState, Quote] | None:
    """Return the shortest run of a passage's sentences that says what a claim says.

    A run that speaks to the assistant bears nothing out: the claim stays unverified.
    """
    text = passage.unfold().text
    state = judge(claim, text, passage.context)
    if state == "unverified":
        return None
    spans = sentences(text)
    addressed = to_assistant([text[a:b] for a, b in spans])
    for length in range(1, len(spans) + 1):
        for first in range(len(spans) - length + 1):
            start, end = spans[first][0], spans[first + length - 1][1]
            if any(addressed[first : first + length]):
                continue
            if judge(claim, text[start:end], passage.context) == state:
                return state, _trimmed(passage, text, start, end)
    return None


def _trimmed(passage: PassageRow, text: str, start: int, end: int) -> Quote:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Quote(passage, start, end)
