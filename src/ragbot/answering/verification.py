"""Compare a claim with the text it cites, without a model.

Amounts of the claim must occur in the text as values, names and quoted words as they are, each by
the same words as there; what is denied must be denied there; nothing may stand in the place of
another word; and most of the rest must be the text's own words. The thresholds are measured:
``python -m benchmarks.verification``.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from ragbot.answering.contrast import NOT, conditions, contrasts
from ragbot.answering.wording import Wording, normal, read
from ragbot.documents.bylines import TITLES
from ragbot.results import ClaimState
from ragbot.text.bounds import MOVES
from ragbot.text.fold import fold
from ragbot.text.places import places_in
from ragbot.text.quantities import quantities
from ragbot.text.sentences import clauses, sentences
from ragbot.text.tokens import bigrams, tagged

__all__ = ["contradicts", "judge"]

Span = tuple[int, int]

_SENTENCE = 0.30
"""Least share of a claim's pairs of characters that one sentence of the text holds."""
_CHARS = 0.80
"""Least share of a claim's characters that the text or its context holds. Together with the one
above it tells a claim from one on another paragraph as well as the model's cosine does: the areas
under the curve are .997, .995 and .988, and the cosine adds nothing to the other two."""
_CLAUSE = 0.55
"""The same for each clause, so that nothing is added to what the text says."""
_BESIDE = 24
"""Characters on either side of a name or an amount that say what it is about."""
_MOST = 32
"""Most amounts of a claim, and most places of each in the text, that are looked at."""
_CLEARLY = 3
"""Pairs of characters that another name has more beside it where a claim has put the wrong one."""

_NAMES = frozenset({"nr", "nrt", "nrfg", "ns", "nt", "nz", "eng"})
_QUOTED = re.compile(r'《([^《》]{1,60})》|"([^"]{1,60})"|[「『]([^「」『』]{1,60})[」』]')
_HELPING = re.compile(r"^[会能可要得是有曾再被应该予以由将]+")
_FILLERS = re.compile("表示|指出|强调|认为|介绍|提[到出]|正在|[要将会了的是也都]")
"""Words of the teller's own."""
_LEAD = re.compile(
    r"^(?:(?:根据|据|按照)[^,:。]{0,10}|[文报]中(?:提到|指出|说)|其中|此外|另外|因此|总之|同时"
    r"|具体(?:来说|而言))[,:]"
)
_MARKS = re.compile(r"[^\w%]+")
# What takes back the words in front of it, and what makes those behind it depend on it.
_VOID = re.compile(
    r"除外|不在此限|不实|不属实|虚假|是?错误|不成立|谣言|传言|误解|未经证实|并非如此"
)
_LIMITED = re.compile(r"(?:仅|只|除|至少|最多|不得|并非|若|如果)$")


def judge(claim: str, text: str, context: str = "") -> ClaimState:
    """Tell whether a text says what a claim says: in its words, in other words, or not.

    ``exact`` is what stands in the text character by character, but for white space, width, script
    and marks between words; no amount, denial or condition is cut. ``context`` is what stands above
    the text, its headings and who speaks.
    """
    words = _bare(claim, context)
    mine, original = read(words), read(text)
    if not mine.tokens:
        return "unverified"
    quoted = _quoted(mine, original)
    if quoted is not None:
        return "unverified" if not quoted else "exact" if words == normal(claim) else "supported"
    if _contradicted(words, text, context, every_word=True):
        return "unverified"
    said = _said(_without_amounts(_key(words)), _key(text), _key(context))
    return "supported" if said else "unverified"


def contradicts(claim: str, text: str, context: str = "") -> bool:
    """Tell whether a claim has an amount, a name or a denial that a text has otherwise or lacks.

    A claim may be worded freely: a question with its answer in the place of the question word.
    """
    return _contradicted(_bare(claim, context), text, context, every_word=False)


def _contradicted(words: str, text: str, context: str, *, every_word: bool) -> bool:
    key, body, around = _key(words), _key(text), _key(context)
    mine, theirs = read(words, retold=True), read(text, retold=True)
    above = read(context, retold=True)
    return (
        not _counted(mine, theirs, above)
        or not _named(key, body, around)
        or _against(_without_amounts(key), _without_amounts(body))
        or contrasts(mine, theirs, above, words=every_word)
    )


def _bare(claim: str, context: str) -> str:
    """Return a claim without what is the teller's own, and a title that the context has."""
    words = _LEAD.sub("", normal(claim))
    head, colon, rest = words.partition(":")
    titled = colon and rest.strip() and _MARKS.sub("", _key(head)) in _MARKS.sub("", _key(context))
    return rest if titled else words


@lru_cache(maxsize=256)
def _key(text: str) -> str:
    return fold(text)


@lru_cache(maxsize=256)
def _without_amounts(key: str) -> str:
    """Return a key without its amounts, which are compared as values."""
    kept, at = [], 0
    for one in quantities(key):
        if one.start >= at:
            # 下降7.1% may be written -7.1%.
            kept.append(MOVES.sub("", key[at : one.start]))
            at = one.end
    return " ".join((*kept, key[at:]))


def _quoted(claim: Wording, text: Wording) -> bool | None:
    """Tell whether a claim is a part of the text with all that governs it; None for no part."""
    found = None
    for first in _places(claim, text):
        if not _cut(claim, text, first, first + len(claim.tokens)):
            return True
        found = False
    return found


def _places(claim: Wording, text: Wording) -> list[int]:
    """Return where the tokens of a claim stand in a text as they are written."""
    wanted = "\0".join(token.written for token in claim.tokens)
    whole = "\0".join(token.written for token in text.tokens)
    places: list[int] = []
    at = whole.find(wanted)
    while at >= 0 and len(places) < 8:
        end = at + len(wanted)
        if (not at or whole[at - 1] == "\0") and whole[end : end + 1] in ("", "\0"):
            places.append(whole.count("\0", 0, at))
        at = whole.find(wanted, at + 1)
    return places


def _cut(claim: Wording, text: Wording, first: int, last: int) -> bool:
    """Tell whether a part of a text leaves out a denial or a condition that governs it."""
    begun = next(clause for clause in text.clauses if clause.last > first)
    ended = next(clause for clause in text.clauses if clause.last >= last)
    lead = text.words(begun.first, first)
    if NOT.search(lead[-2:]) or _VOID.search(text.words(last, ended.last)):
        return True
    if lead:
        return bool(NOT.search(lead) or _LIMITED.search(lead)) and _states(claim.text)
    return any(conditions(text, begun)) and _states(claim.text)


def _states(claim: str) -> bool:
    """Tell whether words state something: a name or a thing alone does not."""
    return any(tag.startswith(("v", "a", "i", "l")) for _, tag in tagged(claim))


def _said(claim: str, text: str, context: str) -> bool:
    """Whether the words of a claim are the text's own, by and large and in every clause."""
    pairs = set(bigrams(claim))
    nearest = max((sum(p in text[a:b] for p in pairs) for a, b in sentences(text)), default=0)
    if nearest < _SENTENCE * len(pairs):
        return False
    known = set(text) | set(context)

    def share(words: str) -> float:
        chars = [char for char in _FILLERS.sub("", words) if char.isalnum()]
        return sum(char in known for char in chars) / len(chars) if chars else 1.0

    return share(claim) >= _CHARS and all(share(claim[a:b]) >= _CLAUSE for a, b in clauses(claim))


def _named(claim: str, text: str, context: str) -> bool:
    """Whether the text or its context holds every name of a claim, each by the claim's words."""
    both = f"{text} {context}".replace(" ", "")
    quoted = ["".join(groups) for groups in _QUOTED.findall(claim)]
    if any(_MARKS.sub("", words) not in _MARKS.sub("", both) for words in quoted):
        return False
    names = _names(claim)
    if any(name not in both for name in names):
        return False
    others = _names(text)
    if any(_replaced(claim, text, name) for name in names):
        return False
    if _misplaced(claim, f"{text}\n{context}"):
        return False
    return all(
        _stands_by(
            claim,
            text,
            _found([name], text),
            _found((o for o in others if tag == others[o] and o not in names), text),
        )
        for name, tag in names.items()
        if name not in context
    )


@lru_cache(maxsize=256)
def _names(key: str) -> dict[str, str]:
    """Return the names in a key, and of what kind each is."""
    found = {
        word.replace(" ", ""): "person" if tag.startswith("nr") else tag
        for word, tag in tagged(key)
        if tag in _NAMES and len(word) > 1
    }
    return found | dict.fromkeys(places_in(key), "ns")


def _misplaced(claim: str, text: str) -> bool:
    """Whether a claim gives somebody an office other than those the text gives them."""
    given = _offices(text)
    return any(name in given and not own <= given[name] for name, own in _offices(claim).items())


@lru_cache(maxsize=256)
def _offices(key: str) -> dict[str, set[str]]:
    """Return the offices that stand in one clause with a person's name, by name."""
    found: dict[str, set[str]] = {}
    people = [name for name, kind in _names(key).items() if kind == "person"]
    for clause in re.split(r"[,。;!?\n]", key):
        named = [name for name in people if name in clause.replace(" ", "")]
        if len(named) == 1 and (offices := set(re.findall(TITLES, clause))):
            found.setdefault(named[0], set()).update(offices)
    return found


def _counted(claim: Wording, text: Wording, context: Wording) -> bool:
    """Whether the text or its context states every amount of a claim."""
    stated = [token.quantity for token in (*text.tokens, *context.tokens) if token.quantity]
    said_amounts = [token.quantity for token in claim.tokens if token.quantity]
    mine = list({(one.loose, one.comparator, one.falls): one for one in said_amounts}.values())
    if not all(any(one.means(other) for other in stated) for one in mine):
        return False
    body, said = text.text.lower(), claim.text.lower()
    for one in mine[:_MOST]:
        own, rest = [], []
        for token in text.tokens:
            if token.quantity and one.means(token.quantity):
                own.append((token.start, token.end))
            elif (
                token.quantity
                and token.quantity.dimension == one.dimension
                and not any(token.quantity.means(other) for other in mine[:_MOST])
            ):
                rest.append((token.start, token.end))
        if own and not _stands_by(said, body, own, rest):
            return False
    return True


def _replaced(claim: str, text: str, word: str) -> bool:
    """Whether the text has something else between the very words between which a claim has this."""
    at = claim.find(word)
    before = re.search(r"\w{2,3}$", claim[:at])
    after = re.match(r"\w{2,3}", claim[at + len(word) :])
    if at < 0 or not before or not after or before[0] + word + after[0] in text:
        return False
    between = re.compile(rf"{re.escape(before[0])}(\w{{1,12}}?){re.escape(after[0])}")
    return any(word not in match[1] for match in between.finditer(text))


def _verbatim(claim: str, text: str, word: str) -> bool:
    """Whether a word stands between the same characters in a claim and in the text."""
    at = claim.find(word)
    end = at + len(word)
    before = re.search(r"\w{0,3}$", claim[max(0, at - 3) : at])
    after = re.match(r"\w{0,3}", claim[end : end + 3])
    around = f"{before[0] if before else ''}{word}{after[0] if after else ''}"
    return at >= 0 and len(around) >= len(word) + 3 and around in text


def _stands_by(claim: str, text: str, own: Sequence[Span], others: Sequence[Span]) -> bool:
    """Whether no other name or amount of its kind stands clearly nearer to the claim's words.

    Of 1949年晋铎，1963年任主教 the first year is not that of 任主教.
    """
    written = dict.fromkeys(text[a:b] for a, b in own[:_MOST])
    if any(_verbatim(claim, text, words) for words in written):
        return True
    rest = claim
    for words in written:
        rest = rest.replace(words, " ")
    pairs = set(bigrams(rest))

    def beside(spans: Sequence[Span]) -> int:
        around = (text[max(0, a - _BESIDE) : b + _BESIDE] for a, b in spans[:_MOST])
        return max((len(pairs.intersection(bigrams(words))) for words in around), default=0)

    return beside(others) < beside(own) + _CLEARLY


def _found(words: Iterable[str], text: str) -> list[Span]:
    """Return where any of some words stands in a text."""
    return [match.span() for word in words for match in re.finditer(re.escape(word), text)]


@lru_cache(maxsize=256)
def _denied(key: str) -> frozenset[str]:
    """Return the first two characters of whatever a key denies."""
    found = set()
    for match in NOT.finditer(key):
        rest = _HELPING.sub("", key[match.end() : match.end() + 6], count=1)
        if word := re.match(r"\w{2}", rest):
            found.add(word[0])
    return frozenset(found)


def _turned(one: str, other: str) -> bool:
    """Whether one text denies what the other says in the same words without denying it."""
    for match in NOT.finditer(one):
        before = one[max(0, match.start() - 3) : match.start()]
        for end in {match.start() + 1, match.end()}:
            around = before + one[end : end + 2]
            joined = re.search(r"\w{3,8}$", around)
            if joined and joined[0] in other and joined[0] not in one:
                return True
    return False


def _against(claim: str, text: str) -> bool:
    """Whether a claim denies what the text says, says what it denies, or says the opposite word."""
    if not _denied(claim) <= _denied(text) or _turned(claim, text) or _turned(text, claim):
        return True
    for word in _denied(text) - _denied(claim):
        if word in claim and all(
            NOT.search(text[max(0, m.start() - 4) : m.start()]) for m in re.finditer(word, text)
        ):
            return True
    return False
