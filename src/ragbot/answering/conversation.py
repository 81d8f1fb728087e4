"""Follow-up questions become full questions, by rule.

A question that stands alone is never touched: what it leaves out must show in its words (那吉林呢，
它的局长，第二个呢，为什么？), or an old topic would creep into a new one.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ragbot.answering.listing import items_of, ordinal_of
from ragbot.documents.bylines import SURNAMES, TITLES
from ragbot.results import Turn
from ragbot.retrieval.query import ASKING, without_asking
from ragbot.text.fold import fold
from ragbot.text.places import places_in, rank_of
from ragbot.text.reading import read_question
from ragbot.text.script import convert, script_of
from ragbot.text.tokens import content_words

__all__ = ["complete"]

_REMEMBERED = 8_000
"""Characters of questions and answers that are looked back at."""
_LONGEST_NAME = 24

Recall = Callable[[str], str]
"""Returns the text that a full question is answered with."""

# All patterns read Simplified: a follow-up is folded to be understood, and only then written.
_LEAD = r"(?:那么?|还有|至于|而)?[,\s]*"
_WHAT_ABOUT = re.compile(rf"{_LEAD}(?P<topic>[^?!。,]{{1,20}}?)的?(?:呢|怎么?样)\s*[?。!]*")
_COMPARED = re.compile(
    rf"{_LEAD}(?:如果|要是)?(?:和|与|跟|同|比起)(?P<topic>[^?!。,]{{1,12}}?)(?:相比|比较|对比|比起来|比)?(?:起来)?"
    r"(?:呢|怎么?样|如何|有(?:什么|何)(?:区别|不同|差别))[?。!]*"
)
_DETAIL = re.compile(
    r"(?:请|能否?|能不能|可以|可否)?(?:再|更)?(?:说|讲|介绍|解释|展开|补充)?(?:得|的)?(?:更|再)?"
    r"(?:(?:详细|具体|仔细)(?:一?[点些下]|地)?(?:说|讲|介绍|说明|解释|谈)*(?:一?[下点些])?(?:内容)?|展开(?:说|讲)*(?:一?[下点些])?)"
    r"(?:吗|吧|呢)?[?。!]*"
)
_MORE = re.compile(r"(?:还有|有没有)(?:别的|其他的?|更多的?|什么|哪些)?(?:吗|呢|内容)?[?。!]*")
_ORDINAL = re.compile(
    rf"{_LEAD}(?P<rank>(?:第[一二三四五六七八九十\d]{{1,3}}|最后一)(?:个|点|项|条|种|位|家|方面|句|步)?)(?P<rest>.*)"
)
_NOTHING_ELSE = re.compile(
    r"(?:的?(?:具体|详细)?(?:内容|情况)?)?(?:呢|是什么|是啥|怎么?样|讲了?什么|说了?什么|说说|讲讲|再?(?:详细|具体)(?:一?[点些])?(?:说说|介绍|说明)?)?[?？。!！]*"
)
_EMPTY = {"说", "说的", "做", "做的", "提出", "提出的", "讲", "讲的"}
_BOTH = re.compile(r"它们|他们|她们|两者|二者|这两[个省市地家]?(?:地方|省|市)?|两地|两省|两市")
_PERSON = re.compile("(?:他|她|此人|这个人|这位)(?!们|人)(?:(?:说|表示|提出|打算)要)?")
_THIS = re.compile(
    rf"(?:这[个座家项部条]|该|那[个座家项部])(?P<noun>[一-鿿]{{2,4}}?)(?=的|{ASKING}|[在由位是有,?]|$)"
)
_POINTING = re.compile(
    r"它(?!们)的?|那里|那边|那儿|这里|该[省市区地]|当地|这个[省市地]方?|其(?=[一-鿿])(?![他它次中实余])"
)
_NAME_AFTER_TITLE = re.compile(
    rf"(?:{TITLES})\s*(?P<name>[{SURNAMES}]\s?[一-鿿]{{1,2}}?)(?=[\s\[,。、；;:：()（）]|$|多|对|在|说|表)"
)
_MAKING = re.compile("^.*(?:打造|建成|筹建|建设|建立|构建|召开|印发|制定|推进|设立)(?=.{3})")
_TITLE_WORD = re.compile(rf"[副前原]?(?:{TITLES})")
_BOOK = re.compile(r"《[^《》]{1,40}》")
# What stands before the first of these is what a question is about: 商标法 in 商标法什么时候施行.
_SUBJECT_END = re.compile(rf"的|[是在有于由对将要应能可会与和及与]|{ASKING}|规定|计划|打算|如何|,")
# The rank of a province behind its name, not the 市 of 市场.
_RANK = "(?:特别行政区|(?:壮族|回族|维吾尔)?自治区|省(?!会)|市(?![场民区]))"


@dataclass(frozen=True, slots=True)
class _Before:
    """A turn as it stands behind the follow-up: the full question, in Simplified."""

    full: str
    answer: str


def complete(question: str, history: Sequence[Turn], recall: Recall = lambda _: "") -> str:
    """Return the question, completed from the history where it cannot stand alone.

    ``recall`` answers an earlier question whose answer the history does not hold.
    """
    reading = read_question(question).text.strip()
    history = _recent(history)
    before: list[_Before] = []
    for turn in history:
        asked = read_question(turn.question).text.strip()
        full = _complete(convert(asked, "hans"), before, recall) or convert(asked, "hans")
        before.append(_Before(full, turn.answer))
    full = _complete(convert(reading, "hans"), before, recall) if before else ""
    if not full:
        return reading
    return convert(full, "hant" if _is_traditional(reading, history) else "hans")


def _recent(history: Sequence[Turn]) -> Sequence[Turn]:
    """Return the last turns whose texts are not too long together, at least one."""
    size = 0
    for number in range(len(history) - 1, -1, -1):
        size += len(history[number].question) + len(history[number].answer)
        if size > _REMEMBERED:
            return history[min(number + 1, len(history) - 1) :]
    return history


def _is_traditional(reading: str, history: Sequence[Turn]) -> bool:
    """Tell the script of a follow-up; one written alike in both takes that of the last question."""
    for text in (reading, *(turn.question for turn in reversed(history))):
        if script := script_of(text):
            return script == "hant"
    return False


def _complete(reading: str, before: Sequence[_Before], recall: Recall) -> str:
    """Return the full question, or nothing where the reading is one; all in Simplified."""
    if not before:
        return ""
    key = fold(reading)
    last = before[-1]
    if _DETAIL.fullmatch(key) or _MORE.fullmatch(key):
        return last.full if last.full.startswith("详细说明") else f"详细说明：{last.full}"
    if match := _ORDINAL.fullmatch(reading):
        return _nth(match["rank"], match["rest"], last, recall)
    if match := _COMPARED.fullmatch(key):
        return _compared(match["topic"], before)
    if (match := _WHAT_ABOUT.fullmatch(key)) and not re.search(ASKING, match["topic"]):
        return _about(match["topic"].strip(), before)
    if not places_in(key):
        if pointed := _pointed(reading, before, recall):
            return pointed
        if not set(content_words(without_asking(key))) - _EMPTY:
            return f"{_statement(last.full)}，{reading}"
    return ""


def _nth(rank: str, rest: str, last: _Before, recall: Recall) -> str:
    """Return a question about one item of the last answer, or of the same kind as the last."""
    if same := re.search(r"第[一二三四五六七八九十百\d]+" + re.escape(rank[-1]), last.full):
        # 商标法第三条说什么？ 第四条呢？
        return last.full.replace(same[0], rank)
    answer = last.answer or recall(last.full)
    items = items_of(convert(answer, "hans"))
    number = ordinal_of(rank, len(items))
    if number is None:
        return ""
    item, place = items[number], next(iter(places_in(fold(last.full))), "")
    if _NOTHING_ELSE.fullmatch(rest):
        where = "" if places_in(fold(item)) or len(places_in(fold(last.full))) != 1 else place
        return f"详细说明：{where}{item}"
    subject = next(iter(places_in(fold(item))), item)
    return f"{subject}{'' if rest.startswith('的') or not _TITLE_WORD.match(rest) else '的'}{rest}"


def _compared(topic: str, before: Sequence[_Before]) -> str:
    named = places_in(topic)
    for turn in reversed(before):
        subject = places_in(fold(turn.full))
        if named and subject and subject[0] != named[0]:
            ranked = re.search(f"{subject[0]}({_RANK})?", turn.full)
            if ranked:
                rank = rank_of(named[0]) if ranked[1] else ""
                return turn.full.replace(ranked[0], f"{ranked[0]}和{named[0]}{rank}", 1)
    return ""


def _about(topic: str, before: Sequence[_Before]) -> str:
    """Put what is asked about now where something of its kind stood in an earlier question."""
    named, office = places_in(topic), _TITLE_WORD.search(topic)
    for turn in reversed(before):
        full = turn.full
        subject = places_in(fold(full))
        if named and subject:
            place = topic if not office else topic[: office.start()].removesuffix("的")
            if not places_in(fold(place)):  # 局长在上海呢
                place = named[0]
            full = _replace_place(full, subject[0], place)
            return _TITLE_WORD.sub(office[0], full, count=1) if office else full
        if office and not named and (old := _TITLE_WORD.search(full)):
            return full[: old.start()] + topic + full[old.end() :]
        if not named and not office and (old_subject := _subject(full)):
            # A place is no kind of law: 商标法呢 after 上海的局长是谁 stands for itself.
            return "" if places_in(old_subject) else full.replace(old_subject, topic, 1)
    return ""


def _pointed(reading: str, before: Sequence[_Before], recall: Recall) -> str:
    """Put a name where a pronoun points to it."""
    last = before[-1]

    def answer() -> str:
        return convert(last.answer or recall(last.full), "hans")

    if match := _BOTH.search(reading):
        for turn in reversed(before):
            if len(named := places_in(fold(turn.full))) > 1:
                return reading.replace(match[0], "和".join(named), 1)
    if (match := _PERSON.search(reading)) and (
        found := _NAME_AFTER_TITLE.search(answer()) or _NAME_AFTER_TITLE.search(last.full)
    ):
        return reading.replace(match[0], "".join(found["name"].split()), 1)
    if match := _THIS.search(reading):
        named = [n for text in (answer(), last.full) for n in _names(text, match["noun"])]
        if named:
            return reading.replace(match[0], named[0], 1)
    if match := _POINTING.search(reading) or _PERSON.search(reading):
        for turn in reversed(before):
            subject = next(iter(places_in(fold(turn.full))), "") or _subject(turn.full)
            if subject:
                possessive = "的" if match[0].endswith("的") or match[0] == "其" else ""
                return reading.replace(match[0], subject + possessive, 1)
    return ""


def _names(text: str, noun: str) -> list[str]:
    """Return the names in a text that end with a noun: 长春知识产权生态小镇 of 小镇."""
    stretch = r"[^,，。、；;:：\s\[\]]"
    found = re.findall(rf"{stretch}{{1,{_LONGEST_NAME}}}?{re.escape(noun)}", text)
    names = [_MAKING.sub("", name) for name in found]
    return [name for name in names if len(name) > len(noun)]


def _subject(full: str) -> str:
    """Return what a question is about: a title in brackets, or the words it begins with."""
    if book := _BOOK.search(full):
        return book[0]
    match = _SUBJECT_END.search(full)
    return full[: match.start()] if match and 2 <= match.start() <= _LONGEST_NAME else ""


def _statement(full: str) -> str:
    """Return a question without its question words."""
    return re.sub(r"[?？!！。\s]+$", "", re.sub(ASKING, "", full))


def _replace_place(question: str, old: str, new: str) -> str:
    """Put a place where another stood: 上海市长 becomes 浙江省长, 上海市场 becomes 浙江市场."""
    named = places_in(fold(new))[0]
    ranked = new + (rank_of(named) if fold(new) == named else "")
    return re.sub(f"{old}{_RANK}", lambda _: ranked, question).replace(old, new)
