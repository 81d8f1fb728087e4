"""Read a question: repair it, fold it, and tell its content from its question words."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from ragbot.errors import BadQuestionError
from ragbot.text.english import is_english
from ragbot.text.fold import fold
from ragbot.text.places import place_of_short, places_in, short_names_in
from ragbot.text.reading import read_question
from ragbot.text.script import Script, detect_script
from ragbot.text.tokens import bigrams, content_words, tagged, words

__all__ = ["ASKING", "Kind", "Query", "asking_words", "read_query", "with_answer", "without_asking"]


class Kind(Enum):
    """What a question asks for; each wants an answer of another shape."""

    ROLE = "which office"
    WHO = "who"
    WHEN = "when"
    WHERE = "where"
    HOW_MANY = "how many"
    WHY = "why"
    HOW = "how"
    WHICH = "which"
    YES_NO = "yes or no"
    WHAT = "what"


# The first that matches decides; the longer expressions stand before those inside them.
_KINDS = (
    (
        Kind.ROLE,
        r"担任.{0,6}(?:什么|何|哪)|(?:什么|何|哪[一个种]*)(?:职务|职位|职|官|头衔)|(?:职务|职位|头衔)(?:是|为)",
    ),
    (Kind.WHY, r"(?<![称成作视认名译])为什么|为何|为啥|何以|什么原因|何故|原因是"),
    (
        Kind.WHEN,
        r"什么时候|何[时年月日]|哪一?年|哪[个一]?[月日天]|几[年月日号点]|什么时间|多久|哪个世纪|什么年代",
    ),
    (
        Kind.HOW_MANY,
        r"多少|几[个名位所家项条款种次人只座部册章分倍成间件岁天周元米层]|多[大高长远重宽深快]|百分之几|几成|第几",
    ),
    (Kind.WHO, r"谁|哪[一]?位|何人|什么人|哪个人|叫什么名|姓名|名字"),
    (Kind.WHERE, r"哪里|哪儿|何处|何地|什么地方|哪个?(?:省|市|县|区|国家|城市|地方|地区|国)"),
    (Kind.HOW, r"怎样|怎么|如何|怎"),
    (Kind.WHICH, r"哪些|哪几|有何|分别|哪"),
    (Kind.YES_NO, r"吗|是否|是不是|有没有|能否|可否|能不能|会不会|可不可以"),
    (Kind.WHAT, r"什么|何|啥"),
)
_KIND_PATTERNS = tuple((kind, re.compile(pattern)) for kind, pattern in _KINDS)

# What says that something is asked, politely or not, and never what is asked about; with the verb
# that joins it to the rest, or 敖然是谁 would be about 然是.
_POLITE = (
    "请问|请告诉我|告诉我|我想知道|想知道|请介绍|介绍一下|介绍|请说明|说明一下|说说|讲讲|谈谈|"
    "请?(?:详细|具体)(?:地|说明|介绍|说说|谈谈|讲讲)+:?|"
    "比较一下|比较|对比"
)
ASKING = (
    "(?<![称成作视认名译])为什么|为何|为啥|什么时候|什么时间|什么地方|什么样的?|什么名字|什么|何[时处地人年月日者]|"
    "(?:哪些|哪一?个|哪几个?)(?:地方|地区|省份|省市|省|城市)|"
    "多少|多[大高长远重久深宽]|几[个名位年月日种条项家所次点]|哪些|哪几[个位种年]?|哪一?[个位年月日天种类座所家项名条]|"
    "哪一|哪里|哪儿|哪|怎么样|怎么|怎样的?|怎|如何|谁|啥|是否|是不是|有没有|能否|可否|能不能|会不会"
)
"""A pattern of the words that ask, in Simplified."""
_ASKING = re.compile(
    rf"{_POLITE}|(?:分别)?[是叫有在]?(?:{ASKING})是?|"
    "[吗呢吧啊呀么]{1,8}(?=$|[?!,. ])|(?<=[^\\w])的(?=$|\\W)|^那么?(?=.*呢\\W*$)"
)
_QUESTION_WORD = re.compile(ASKING)
# A word that begins with one of these asks, however it goes on: 多少钱, 什么样, 几天.
_ASKING_STEM = re.compile(
    "多少|多[大高长远重久深宽快]|什么|怎|为什么|为何|如何|几|第几|是否|能否|可否"
)
_PRONOUN_TAGS = frozenset({"r", "m"})
"""ICTCLAS tags of words that may ask: pronouns (哪里) and numerals (几天, 多少度)."""
_INNER_TAGS = frozenset({"a", "i", "m"})
"""Tags of words that may end with a word that asks: 有多远, 百分之几."""
_NOMINAL_TAGS = frozenset("nbejilmqstx")
"""First letters of the tags of words a noun phrase is made of; a verb ends it."""
_AT_LENGTH = re.compile("(?:详细|具体)(?:地|说明|介绍|说说|谈谈|讲讲)")
# Behind who is asked about, these say only that something lies ahead: 吉林计划建设什么 is answered
# by 吉林尽快建成…. Elsewhere 计划 is the plan itself.
_INTENDS = "[省市区县]?(?:计划|打算|准备|拟)"
_OFFICE = re.compile("担任|职务|职位|头衔|任职|官职|何职|现任")
# 什么中心? asks for a thing that is called 中心: the words between the question word and the end.
_FOCUS = re.compile(
    "(?:什么样的?|什么|哪一?[个些种项类座家所条位名几]+|何种|多少[个名位家项件]?)的?(?P<thing>[^?!,.;:]+)"
)
_MANY = re.compile(
    "(?:哪些|哪几个?|各个?)(?:地方|地区|省|市|区|县|国家|城市|单位|部门|机构|文件|文章|法律|法规|文档)|各地|"
    "比较|对比|相比|异同|区别"
)
_LONGEST_FOCUS = 12
_FROM_WORD_TO_WORD = re.compile(r"\w(?:.*\w)?", re.DOTALL)
_ALNUM = re.compile(r"[^\W_]")
_HAN = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]")


@dataclass(frozen=True, slots=True)
class Query:
    """A question as the rest of the house sees it."""

    text: str
    """As it was asked."""
    reading: str
    """The full question after repair and history, in the asker's script."""
    key: str
    """The reading folded, with places named by a short name added in full."""
    content: str
    """The key without its question words."""
    kind: Kind
    focus: str
    """The thing asked for where the question names it: 中心 in 建设什么中心; else nothing."""
    places: tuple[str, ...]
    many: bool
    """Asks of several statements: 哪些地方, 比较上海和北京."""
    at_length: bool
    """Asks for more than the clause that answers: 详细说明."""
    script: Script
    english: bool
    """Asked in English, or in any language but Chinese."""

    @property
    def terms(self) -> tuple[tuple[str, str], ...]:
        """What the lexical index is asked for: (field, term), without repeats."""
        found = [("bigrams", term) for term in bigrams(self.content)]
        found += [("words", term) for term in words(self.content)]
        return tuple(dict.fromkeys(found))


def read_query(text: str, *, longest: int, reading: str | None = None, after: str = "") -> Query:
    """Read a question. ``reading`` is the full question where history has completed it.

    ``after`` is the question before it: GDP? is asked in English in an English conversation only.

    Raises:
        BadQuestionError: it is empty, longer than ``longest`` characters, or holds no word.
    """
    if not text.strip():
        raise BadQuestionError("The question is empty; ask something.")
    if len(text) > longest:
        raise BadQuestionError(
            f"The question has {len(text):,} characters, {longest:,} at most are read; shorten it."
        )
    reading = read_question(text).text.strip() if reading is None else reading
    key = fold(reading)
    if not _ALNUM.search(key):
        raise BadQuestionError("The question holds no word to search for; ask in words.")
    named = places_in(key)
    # 沪 standing alone is 上海; the 鲁 of 鲁迅 does not stand alone.
    short = [place_of_short(name) for name in short_names_in(key)]
    added = [place for place in dict.fromkeys(short) if place and place not in named]
    if added:
        key = f"{key} {' '.join(added)}"
    content = without_asking(key)
    if named:
        content = re.sub(rf"({'|'.join(map(re.escape, named))}){_INTENDS}", r"\1 ", content)
    kind = next((k for k, pattern in _KIND_PATTERNS if any(asking_words(pattern, key))), Kind.WHAT)
    if kind is Kind.ROLE:
        content = _OFFICE.sub(" ", content).strip()
    return Query(
        text=text,
        reading=reading,
        key=key,
        content=content if _ALNUM.search(content) else key,
        kind=kind,
        focus=_focus(key),
        places=(*named, *added),
        many=len(named) + len(added) > 1 or bool(_MANY.search(key)),
        at_length=bool(_AT_LENGTH.search(key)),
        script=detect_script(reading),
        english=is_english(text) or (is_english(after) and not _HAN.search(text)),
    )


def without_asking(key: str) -> str:
    """Return a folded question without the words that only ask, nothing where there are no others.

    Marks at its ends go with them.
    """
    kept, at = [], 0
    for match in asking_words(_ASKING, key):
        kept.append(key[at : match.start()])
        at = match.end()
    found = _FROM_WORD_TO_WORD.search(" ".join([*kept, key[at:]]))
    return found[0] if found else ""


def with_answer(key: str, words: str) -> str:
    """Return a folded question with words in the place of its question word, as a statement."""
    match = next(asking_words(_QUESTION_WORD, key), None)
    if match is None:
        return f"{key.rstrip('?!. ')}:{words}"
    return f"{key[: match.start()]}{words}{key[match.end() :]}".rstrip("?!. ")


def asking_words(pattern: re.Pattern[str], key: str) -> Iterator[re.Match[str]]:
    """Yield the matches of a pattern of asking words that are whole words of a key.

    The 多高 of 许多高校, the 何人 of 任何人 and the 对比 of 对比度 ask nothing.
    """
    starts, tokens = _tokens(key)
    for match in pattern.finditer(key):
        begin = match.start() + len(match[0]) - len(match[0].lstrip())
        if begin == match.end():
            yield match
            continue
        at = bisect_right(starts, begin) - 1
        start, (word, tag) = starts[at], tokens[at]
        end = start + len(word)
        if begin > start:
            whole = match.end() <= end and tag in _INNER_TAGS
        elif match.end() < end:
            whole = tag in _PRONOUN_TAGS or bool(_ASKING_STEM.match(word))
        else:
            whole = True
        if whole:
            yield match


@lru_cache(maxsize=64)
def _tokens(key: str) -> tuple[list[int], list[tuple[str, str]]]:
    """Return where each word of a key begins, and the words with their parts of speech."""
    tokens = tagged(key)
    starts, at = [], 0
    for word, _ in tokens:
        starts.append(at)
        at += len(word)
    return starts, tokens


def _focus(key: str) -> str:
    match = _FOCUS.search(key)
    if not match or len(match["thing"]) > _LONGEST_FOCUS:
        return ""
    named = ""
    for word, tag in tagged(match["thing"]):
        if tag[0] in _NOMINAL_TAGS or tag == "vn":
            named += word
        elif named or tag[0] not in "au":  # adjectives stand before the noun
            break
    found = content_words(named)
    return found[-1] if found else ""
