"""Pronouns of a follow-up question: which words point back, and to what."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate

from ragbot.documents.bylines import SURNAMES, TITLES
from ragbot.retrieval.query import ASKING
from ragbot.text.fold import fold
from ragbot.text.places import places_in
from ragbot.text.script import convert
from ragbot.text.tokens import frequency, tagged

__all__ = ["CODE", "Before", "is_nominal", "pointed", "subject"]

_LONGEST_NAME = 24
_MOST_WORDS = 3
"""Nouns of its own that a question may have and still need an earlier one; 2 where the pronoun is
one of books (其) or of place."""

# All patterns read Simplified.
_BOTH = re.compile("它们|他们|她们|两者|二者|这两[个省市地家]?(?:地方|省|市)?|两地|两省|两市")
_PERSON = re.compile(f"他|她|此人|这个人|这位(?=(?:{TITLES})?(?:的|{ASKING}|[在是有说]))")
# What somebody says they will do is what they do: 他说要怎样改 asks 章根明怎样改.
_SAYING = re.compile("(?:说|表示|提出|打算)要")
_THING = re.compile("它|其")
_PLACE = re.compile("那里|那边|那儿|这里|这边|这儿|当地|该[省市区县地]|这个[省市地]方?")
# What a thing is called that one can be in.
_VENUE = re.compile("[馆园院楼厅站店城区镇村乡街路场校所厂湖山岛寺庙塔桥港展局社]$")
_THIS = re.compile(
    rf"(?:这[个座家项部条款]|该|那[个座家项部款])(?P<noun>[一-鿿]{{2,4}}?)(?=的|{ASKING}|[在由位是有,?]|$)"
)
_NAME_AFTER_TITLE = re.compile(
    rf"(?:{TITLES})\s*(?P<name>[{SURNAMES}]\s?[一-鿿]{{1,2}}?)(?=[\s\[,。、；;:：()（）]|$|多|对|在|说|表)"
)
_MAKING = re.compile("^.*(?:打造|建成|筹建|建设|建立|构建|召开|印发|制定|推进|设立)(?=.{3})")
_BOOK = re.compile("《[^《》]{1,40}》")
_OPENING = re.compile(
    "(?:请问|请|我想知道|想知道|介绍一下|介绍|说说|讲讲|谈谈|比较一下|谁是|什么是|什么叫|哪[个位家些]|"
    r"(?:\d{4}|去|今|前)年度?的?|\d+[月日号]|\s)+"
)
CODE = re.compile(
    r"(?<![A-Za-z0-9])(?=[\d.+-]{0,12}[A-Za-z])[A-Za-z0-9][A-Za-z0-9.+-]{0,40}"
    r"(?: [A-Za-z0-9.+-]{1,40}){0,8}"
)
"""A name in Latin letters and digits: T8 Max, R300."""
_APPOSITION = re.compile("(?P<name>[^,，。?？]{2,24}?)[这那][个款部本种项条座家]")
_PREPOSITIONS = "在由对从于给把被按向为"
_AHEAD = frozenset({"计划", "打算", "准备", "规定"})
_KIN = re.compile(
    "(?:父|母|爸|妈|哥|姐|弟|妹|妻|丈夫|太太|儿子|女儿|孩子|家|自己|本人|老师|同事|学生)"
)
# Parts of speech (ICTCLAS) that hold no thing or person: what may stand before a pronoun.
_NO_THING = frozenset("rpdvucytmqx")


class Before:
    """An earlier turn: its full question in Simplified, and its answer."""

    def __init__(self, full: str, answer: str, recall: Callable[[str], str] | None = None) -> None:
        """``recall`` answers the question once where no answer is given."""
        self.full = full
        self._answer = answer
        self._recall = recall

    @cached_property
    def answer(self) -> str:
        """The answer in Simplified; empty where it is unknown."""
        answer = self._answer or (self._recall(self.full) if self._recall else "")
        return convert(answer, "hans")

    @property
    def places(self) -> list[str]:
        """The provinces that the question names."""
        return places_in(fold(self.full))


def pointed(reading: str, before: Sequence[Before]) -> str:
    """Put a name where a pronoun points to it; nothing where none does."""
    last = before[-1]
    if match := _pointer(_BOTH, reading):
        named = next((t.places for t in reversed(before) if len(t.places) > 1), None)
        return _put(reading, match, "和".join(named)) if named else ""
    if match := _pointer(_PERSON, reading):
        person = _person(last) or next(filter(None, map(_asked_person, reversed(before))), "")
        if not person:
            return ""
        rest = reading[match.end() :]
        saying = _SAYING.match(rest)
        return reading[: match.start()] + person + (rest[saying.end() :] if saying else rest)
    if match := _pointer(_THING, reading):
        thing = next(filter(None, map(_thing, reversed(before))), "")
        return _put(reading, match, thing + "的" * (match[0] == "其")) if thing else ""
    if match := _pointer(_PLACE, reading):
        place = next(filter(None, map(_place, reversed(before))), "")
        if not place and match[0][0] in "这那" and _VENUE.search(thing := _thing(last)):
            place = thing
        return _put(reading, match, place) if place else ""
    if match := _pointer(_THIS, reading):
        named = [n for text in (last.answer, last.full) for n in _names(text, match["noun"])]
        return _put(reading, match, named[0]) if named else ""
    return ""


def _pointer(pattern: re.Pattern[str], reading: str) -> re.Match[str] | None:
    """Return a pronoun that points out of the question, or None.

    It is a whole word, which the 他 of 他汀 is not; no thing stands before it, or it would point
    to that (孙休的封地和他的儿子); and the question has few nouns of its own.
    """
    match = pattern.search(reading)
    if not match or any(mark in reading[: match.start()] for mark in '“「『"《'):
        return None
    weak = pattern is _PLACE or match[0] == "其"
    if _own_words(reading) > _MOST_WORDS - weak:
        return None
    words = tagged(reading)
    ends = list(accumulate(len(word) for word, _ in words))
    starts = [0, *ends[:-1]]
    end = match.start("noun") if "noun" in pattern.groupindex else match.end()
    if match.start() not in starts or end not in ends:
        return None
    first, after = starts.index(match.start()), ends.index(end) + 1
    if any(is_nominal(word, tag) for word, tag in words[:first]):
        return None
    return None if _begins_name(match[0], words[after:]) else match


def is_nominal(word: str, tag: str) -> bool:
    """Tell whether a word may name something; words of unknown kind may."""
    return tag in {"vn", "eng"} or word == "·" or tag[0] not in _NO_THING


def _begins_name(pronoun: str, following: Sequence[tuple[str, str]]) -> bool:
    """Tell whether a pronoun is none: 他莫昔芬 is a name no dictionary has, 他地区 is 其他地区."""
    if len(pronoun) > 1 or not following:
        return False
    word, tag = following[0]
    if tag.startswith("nr") or (len(word) == 1 and tag in {"ns", "nz", "nt", "g", "j"}):
        return True
    return pronoun == "他" and tag[0] == "n" and not _KIN.match(word)


def _put(reading: str, match: re.Match[str], name: str) -> str:
    return reading[: match.start()] + name + reading[match.end() :]


def _own_words(reading: str) -> int:
    """Return how many words of a question name something."""
    asked = re.sub(ASKING, " ", reading)
    return sum(is_nominal(word, tag) and len(word) > 1 for word, tag in tagged(asked))


def _person(turn: Before) -> str:
    """Return the holder of an office whom an answer or a question names."""
    for text in (turn.answer, turn.full):
        if found := _NAME_AFTER_TITLE.search(text):
            return "".join(found["name"].split())
    return ""


def _asked_person(turn: Before) -> str:
    """Return the person a question begins with: 施蔚 of 施蔚担任什么职务."""
    words = list(_noun_phrase(_opened(turn.full)))
    for number, (word, tag) in enumerate(words):
        if word == "·" and 0 < number < len(words) - 1:
            return f"{words[number - 1][0]}·{words[number + 1][0]}"
        if _is_person(word, tag) and all(len(other) > 1 for other, _ in words[number + 1 :]):
            return word
    return ""


def _is_person(word: str, tag: str) -> bool:
    return tag.startswith("nr") and 2 <= len(word) <= 4 and word[0] in SURNAMES


def _thing(turn: Before) -> str:
    """Return the place or thing a question is about; nothing where it is about a person."""
    thing = next(iter(turn.places), "") or subject(turn.full)
    if code := CODE.search(thing):  # T8, not its price
        thing = thing[: code.end()]
    return "" if any(_is_person(word, tag) for word, tag in tagged(thing)) else thing


def _place(turn: Before) -> str:
    found = [word for word, tag in tagged(turn.full) if tag == "ns" and len(word) > 1]
    return next(iter([*turn.places, *found]), "")


def _names(text: str, noun: str) -> list[str]:
    """Return the names in a text that end with a noun: 长春知识产权生态小镇 of 小镇."""
    stretch = r"[^,，。、；;:：\s\[\]]"
    found = re.findall(rf"{stretch}{{1,{_LONGEST_NAME}}}?{re.escape(noun)}", text)
    names = [_MAKING.sub("", name) for name in found]
    return [name for name in names if len(name) > len(noun)]


def subject(full: str) -> str:
    """Return what a question is about: a title in brackets, or the noun phrase it begins with."""
    if book := _BOOK.search(full):
        return book[0]
    rest = _opened(full)
    phrase = "".join(word for word, _ in _noun_phrase(rest)).rstrip()
    found = apposition["name"] if (apposition := _APPOSITION.match(rest)) else phrase
    return found if 2 <= len(found) <= _LONGEST_NAME else ""


def _opened(full: str) -> str:
    """Return a question without the words that only open it: 请问, 2023年."""
    opening = _OPENING.match(full)
    return full[opening.end() :] if opening else full


def _noun_phrase(text: str) -> Iterator[tuple[str, str]]:
    """Yield the words of the noun phrase that a text begins with."""
    asking = re.search(ASKING, text)
    end = asking.start() if asking else len(text)
    words = tagged(text)
    at = 0
    for number, (word, tag) in enumerate(words):
        at += len(word)
        spaced = word.isspace() and number and words[number - 1][0].isascii()
        if at > end or word in _AHEAD or not (is_nominal(word, tag) or spaced or tag == "m"):
            return
        if tag[0] in "bf" or (tag == "a" and words[number + 1 : number + 2] == [("的", "uj")]):
            return
        if word[0] in _PREPOSITIONS and not frequency(word):  # 在岚川, cut as one unknown name
            return
        if tag == "vn" and at == end:  # the verb before a question word: 建设 in 上海建设什么
            return
        yield word, tag
