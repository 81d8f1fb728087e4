"""Compare a claim with the text it cites, without a model.

Names, amounts, dates and quoted words of the claim must occur in the text, and stand by the same
words as there; what is denied must be denied there; and most of the rest must be the text's own
words. The thresholds are measured: ``python -m benchmarks.verification``.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from ragbot.documents.bylines import TITLES
from ragbot.results import ClaimState
from ragbot.text.fold import fold
from ragbot.text.places import places_in
from ragbot.text.quantities import Quantity, quantities
from ragbot.text.sentences import clauses, sentences
from ragbot.text.tokens import bigrams, tagged

__all__ = ["judge"]

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
_CLEARLY = 3
"""Pairs of characters that another name has more beside it where a claim has put the wrong one."""

_NAMES = frozenset({"nr", "nrt", "nrfg", "ns", "nt", "nz", "eng"})
_QUOTED = re.compile(r'《([^《》]{1,60})》|"([^"]{1,60})"|[「『]([^「」『』]{1,60})[」』]')
# 不仅, 未来, 无论 and their like deny nothing.
_NOT = re.compile(
    r"不(?![仅但断同少过久止只管论光错单])|没有?|未(?!来)|无(?![论锡数])|非(?![常洲遗])|禁止|严禁|否认|拒绝|勿|从来?不"
)
_HELPING = re.compile(r"^[会能可要得是有曾再被应该予以由将]+")
_OPPOSITES = [
    (pair[:2], pair[2:])
    for pair in re.findall(
        "....",
        "增加减少增长下降上升下降提高降低扩大缩小允许禁止同意反对以上以下之前之后"
        "高于低于最大最小最高最低最多最少至少至多多于少于成功失败赞成反对开始结束",
    )
]
_FILLERS = re.compile("表示|指出|强调|认为|介绍|提[到出]|正在|[要将会了的是也都]")
"""Words of the teller's own."""
_LEAD = re.compile(
    r"^(?:(?:根据|据|按照)[^,:。]{0,10}|[文报]中(?:提到|指出|说)|其中|此外|另外|因此|总之|同时"
    r"|具体(?:来说|而言))[,:]"
)
_MARKS = re.compile(r"[^\w%]+")


def judge(claim: str, text: str, context: str = "") -> ClaimState:
    """Tell whether a text says what a claim says: in its words, in other words, or not.

    ``context`` is what stands above the text, its headings and who speaks.
    """
    key, around = _LEAD.sub("", _key(claim)), _key(context)
    body = _key(text)
    bare = _MARKS.sub("", key)
    if not bare:
        return "unverified"
    if _quotes(bare, _MARKS.sub("", body)):
        return "exact"
    if not _named(key, body, around) or not _counted(key, body, around):
        return "unverified"
    if _against(key, body):
        return "unverified"
    return "supported" if _said(key, body, around) else "unverified"


@lru_cache(maxsize=256)
def _key(text: str) -> str:
    return fold(text)


def _quotes(claim: str, text: str) -> bool:
    """Whether a claim is a part of the text that leaves no denial out in front of it."""
    at = text.find(claim)
    while at >= 0:
        if not _NOT.search(text[max(0, at - 2) : at]):
            return True
        at = text.find(claim, at + 1)
    return False


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
        _stands_by(claim, text, [name], [o for o in others if tag == others[o] and o not in names])
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


def _counted(claim: str, text: str, context: str) -> bool:
    """Whether the text or its context states every amount of a claim, each by the claim's words."""
    stated = [(amount, text[a:b]) for amount, a, b in quantities(text)]
    above = [amount for amount, _, _ in quantities(context)]
    mine = [amount for amount, _, _ in quantities(claim)]
    if any(_replaced(claim, text, claim[a:b]) for _, a, b in quantities(claim)):
        return False
    for amount in dict.fromkeys(mine):
        own = [words for other, words in stated if _same(amount, other)]
        if not own and not any(_same(amount, other) for other in above):
            return False
        rest = [w for o, w in stated if o[1] == amount[1] and not any(_same(m, o) for m in mine)]
        if own and not _stands_by(claim, text, own, rest):
            return False
    return True


def _same(one: Quantity, other: Quantity) -> bool:
    return one[0] == other[0] and (one[1] == other[1] or not one[1] or not other[1])


def _replaced(claim: str, text: str, word: str) -> bool:
    """Whether the text has something else between the very words between which a claim has this."""
    at = claim.find(word)
    before = re.search(r"\w{2,3}$", claim[max(0, at - 3) : at])
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


def _stands_by(claim: str, text: str, own: Iterable[str], others: Iterable[str]) -> bool:
    """Whether no other name or amount of its kind stands clearly nearer to the claim's words.

    Of 1949年晋铎，1963年任主教 the first year is not that of 任主教.
    """
    own = list(own)
    if any(_verbatim(claim, text, words) for words in own):
        return True
    rest = claim
    for words in own:
        rest = rest.replace(words, " ")
    pairs = set(bigrams(rest))

    def beside(words: Iterable[str]) -> int:
        best = 0
        for word in set(words):
            for match in re.finditer(re.escape(word), text):
                around = text[max(0, match.start() - _BESIDE) : match.end() + _BESIDE]
                best = max(best, sum(pair in around for pair in pairs))
        return best

    return beside(others) < beside(own) + _CLEARLY


@lru_cache(maxsize=256)
def _denied(key: str) -> frozenset[str]:
    """Return the first two characters of whatever a key denies."""
    found = set()
    for match in _NOT.finditer(key):
        rest = _HELPING.sub("", key[match.end() : match.end() + 6], count=1)
        if word := re.match(r"\w{2}", rest):
            found.add(word[0])
    return frozenset(found)


def _turned(one: str, other: str) -> bool:
    """Whether one text denies what the other says in the same words without denying it."""
    for match in _NOT.finditer(one):
        before = one[max(0, match.start() - 3) : match.start()]
        for end in {match.start() + 1, match.end()}:
            around = before + one[end : end + 2]
            joined = re.search(r"(?<!\w)\w{3,}$", around)
            if joined and joined[0] in other and joined[0] not in one:
                return True
    return False


def _against(claim: str, text: str) -> bool:
    """Whether a claim denies what the text says, says what it denies, or says the opposite word."""
    if not _denied(claim) <= _denied(text) or _turned(claim, text) or _turned(text, claim):
        return True
    for word in _denied(text) - _denied(claim):
        if word in claim and all(
            _NOT.search(text[max(0, m.start() - 4) : m.start()]) for m in re.finditer(word, text)
        ):
            return True
    return any(
        mine in claim and mine not in text and other in text
        for pair in _OPPOSITES
        for mine, other in (pair, pair[::-1])
    )
