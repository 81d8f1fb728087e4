"""Follow-up questions that say only what changes: 那吉林呢, T8 Max呢, 第二个呢, 下一条呢."""

import re
import unicodedata
from collections.abc import Sequence

from ragbot.answering.listing import items_of, ordinal_of
from ragbot.answering.pronouns import CODE, Before, is_nominal, subject
from ragbot.documents.bylines import TITLES
from ragbot.retrieval.query import ASKING
from ragbot.text.fold import fold
from ragbot.text.numbers import unify_numbers, whole_number
from ragbot.text.places import places_in, rank_of
from ragbot.text.tokens import frequency, tagged

__all__ = ["about", "compared", "next_year", "nth"]

# All patterns read Simplified.
_LEAD = r"(?:那么?|还有|至于|而)?[,\s]*"
_WHAT_ABOUT = re.compile(rf"{_LEAD}(?P<topic>[^?!。,]{{1,20}}?)的?呢\s*[?。!]*")
# 家庭经济状况怎么样 asks on its own: only 那 or a bare place makes it a follow-up.
_HOW_IS = re.compile(r"(?P<lead>那么?|至于)?[,\s]*(?P<topic>[^?!。,]{1,20}?)怎么?样\s*[?。!]*")
_COMPARED = re.compile(
    rf"{_LEAD}(?:如果|要是)?(?:和|与|跟|同|比起)(?P<topic>[^?!。,]{{1,12}}?)(?:相比|比较|对比|比起来|比)?(?:起来)?"
    r"(?:呢|怎么?样|如何|有(?:什么|何)(?:区别|不同|差别))[?。!]*"
)
_NUMERAL = r"[一二三四五六七八九十百\d]{1,5}"
_UNIT = "个|点|项|条|种|位|家|方面|句|步|款|章|节"
_ORDINAL = re.compile(
    rf"{_LEAD}(?P<rank>(?:第{_NUMERAL}|最后一)(?P<unit>{_UNIT})?)(?P<rest>.*)", re.DOTALL
)
_NEIGHBOUR = re.compile(rf"{_LEAD}(?P<way>[上下前后])一?(?P<unit>{_UNIT})(?P<rest>.*)", re.DOTALL)
_NOTHING_ELSE = re.compile(
    r"(?:的?(?:具体|详细)?(?:内容|情况)?)?(?:呢|是什么|是啥|怎么?样|讲了?什么|说了?什么|说说|讲讲|再?(?:详细|具体)(?:一?[点些])?(?:说说|介绍|说明)?)?[?？。!！]*"
)
_NEXT_YEAR = re.compile(rf"{_LEAD}(?:(?P<next>第二年|次年|[下后]一年)|[上前]一年|上年)(?P<rest>.+)")
_YEAR = re.compile(r"(?<!\d)(?:(?:19|20)\d\d\s*年度?|[去今前明上]年)")
_NAKED_YEAR = re.compile(r"(?:19|20)\d\d")
_TITLE_WORD = re.compile(rf"[副前原]?(?:{TITLES})")
# The rank of a province behind its name, not the 市 of 市场.
_RANK = "(?:特别行政区|(?:壮族|回族|维吾尔)?自治区|省(?!会)|市(?![场民区]))"
_DIGITS = "零一二三四五六七八九"


def nth(reading: str, before: Sequence[Before]) -> str | None:
    """Return a question about one item of the last answer, or of the same kind as the last.

    None for a question of another form: 第一位获得诺贝尔奖的女性是谁 asks about no item.
    """
    last = before[-1]
    if (match := _NEIGHBOUR.fullmatch(reading)) and _NOTHING_ELSE.fullmatch(match["rest"]):
        return _neighbour(match["way"], match["unit"], last.full)
    match = _ORDINAL.fullmatch(reading)
    if not match:
        return None
    rank, unit, rest = match["rank"], match["unit"], match["rest"]
    bare = _NOTHING_ELSE.fullmatch(rest)
    if unit and (same := re.search(f"第{_NUMERAL}{unit}", last.full)):
        # 商标法第三条说什么？ 第四条呢？ or 第四条什么时候施行？
        return last.full.replace(same[0], rank) if bare else last.full[: same.start()] + reading
    if not (bare or (unit and _is_predicate(rest))):
        return None
    items = items_of(last.answer)
    number = ordinal_of(rank, len(items))
    if number is None:
        return ""
    item, place = items[number], next(iter(last.places), "")
    if bare:
        where = "" if places_in(fold(item)) or len(last.places) != 1 else place
        return f"详细说明：{where}{item}"
    about_what = next(iter(places_in(fold(item))), item)
    return (
        f"{about_what}{'' if rest.startswith('的') or not _TITLE_WORD.match(rest) else '的'}{rest}"
    )


def _neighbour(way: str, unit: str, full: str) -> str:
    """Count one on or back: 下一条 after 第十二条 is 第十三条."""
    match = re.search(f"第({_NUMERAL})({unit})", full)
    if not match:
        return ""
    number = int(match[1]) if match[1].isdigit() else whole_number(match[1])
    if number is None:
        return ""
    number += 1 if way in "下后" else -1
    if not 0 < number < 1000:
        return ""
    numeral = str(number) if match[1].isdigit() else _chinese(number)
    return full.replace(match[0], f"第{numeral}{unit}", 1)


def _chinese(number: int) -> str:
    """Write a number from 1 to 999 in Chinese."""
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    text = f"{_DIGITS[hundreds]}百" if hundreds else ""
    if tens:
        text += "十" if number < 20 else f"{_DIGITS[tens]}十"
    elif hundreds and ones:
        text += "零"
    return text + (_DIGITS[ones] if ones else "")


def _is_predicate(rest: str) -> bool:
    """Tell whether words after 第二个 only ask about it: 担任什么职务, 的局长是谁, 在哪里.

    A noun right behind it (第一个皇帝是谁) or a clause that ends in 的 belongs to the name itself.
    """
    asking = re.search(rf"{ASKING}|[吗么]", rest)
    if not asking:
        return False
    words = tagged(rest[: asking.start()])
    if rest.startswith("的"):
        return len(words) <= 4
    nouns = [is_nominal(word, tag) for word, tag in words]
    return sum(nouns) <= 1 and not any(nouns[:1]) and ("的", "uj") not in words


def next_year(reading: str, before: Sequence[Before]) -> str | None:
    """Return a question about the year after or before that of the last question."""
    match = _NEXT_YEAR.fullmatch(reading)
    years = set(re.findall(r"(?<!\d)((?:19|20)\d\d)年", before[-1].full))
    if not match or len(years) != 1:
        return None
    asked = re.search(ASKING, match["rest"])
    words = tagged(match["rest"][: asked.start()] if asked else match["rest"])
    if any(is_nominal(word, tag) for word, tag in words):
        return None
    year = int(years.pop()) + (1 if match["next"] else -1)
    return f"{year}年{subject(before[-1].full)}{match['rest']}"


def compared(reading: str, before: Sequence[Before]) -> str | None:
    """Put a second place beside the one asked about: 和浙江相比呢."""
    match = _COMPARED.fullmatch(fold(reading))
    if not match:
        return None
    named = places_in(match["topic"])
    for turn in reversed(before):
        if named and turn.places and turn.places[0] != named[0]:
            ranked = re.search(f"{turn.places[0]}({_RANK})?", turn.full)
            if ranked:
                rank = rank_of(named[0]) if ranked[1] else ""
                return turn.full.replace(ranked[0], f"{ranked[0]}和{named[0]}{rank}", 1)
    return ""


def about(reading: str, before: Sequence[Before]) -> str | None:
    """Put what is asked about now where something of its kind stood in an earlier question."""
    plain = unify_numbers(unicodedata.normalize("NFKC", reading)).strip()
    match = _WHAT_ABOUT.fullmatch(plain)
    if not match and (how := _HOW_IS.fullmatch(plain)):
        is_place = re.fullmatch(
            f"({'|'.join(places_in(how['topic'])) or '(?!)'}){_RANK}?", how["topic"]
        )
        match = how if how["lead"] or is_place else None
    if not match or re.search(ASKING, match["topic"]):
        return None
    return _replaced(match["topic"].strip(), before)


def _replaced(topic: str, before: Sequence[Before]) -> str:
    last = before[-1].full
    other = _other_place_or_office(topic, before)
    if other or places_in(topic):
        return other
    if year := _YEAR.match(topic) or _NAKED_YEAR.fullmatch(topic):
        stated = year[0] if year[0].endswith(("年", "度")) else f"{year[0]}年"
        full = _YEAR.sub(stated, last, count=1) if _YEAR.search(last) else f"{stated}{last}"
        rest = topic[year.end() :].removeprefix("的").strip()
        if not rest or rest in full:
            return full
        return _replaced(rest, [*before[:-1], Before(full, "")])
    if CODE.fullmatch(topic):
        for turn in reversed(before):
            if CODE.search(turn.full):
                return CODE.sub(lambda _: topic, turn.full, count=1)
    for turn in reversed(before):
        if old := _alike(topic, turn.full):
            return turn.full.replace(old, topic, 1)
    if len(topic) > 3 and any(tag[0] in "vdcp" and tag != "vn" for _, tag in tagged(topic)):
        # One condition for another: 三餐全包,还发补助吗 and then 只管中午一顿呢.
        condition, comma, rest = last.partition("，" if "，" in last else ",")
        return f"{topic}{comma}{rest}" if comma and not re.search(ASKING, condition) else ""
    if (attribute := _attribute(last)) and _is_common(topic):
        return "" if _TITLE_WORD.search(attribute) else last.replace(attribute, topic, 1)
    for turn in reversed(before):
        if old := subject(turn.full):
            # A place is no kind of law: 商标法呢 after 上海的局长是谁 stands for itself.
            return "" if places_in(old) else turn.full.replace(old, topic, 1)
    return ""


def _other_place_or_office(topic: str, before: Sequence[Before]) -> str:
    named, office = places_in(topic), _TITLE_WORD.search(topic)
    for turn in reversed(before):
        full = turn.full
        if named and turn.places:
            place = topic if not office else topic[: office.start()].removesuffix("的")
            if not places_in(fold(place)):  # 局长在上海呢
                place = named[0]
            full = _replace_place(full, turn.places[0], place)
            return _TITLE_WORD.sub(office[0], full, count=1) if office else full
        if office and not named and (old := _TITLE_WORD.search(full)):
            return full[: old.start()] + topic + full[old.end() :]
    return ""


def _alike(topic: str, full: str) -> str:
    """Return words of a question that begin or end as the topic does: 商标法 for 专利法."""
    asking = re.search(ASKING, full)
    words = tagged(full)
    starts = [sum(len(word) for word, _ in words[:n]) for n in range(len(words) + 1)]
    for number, at in enumerate(starts[:-1]):
        if len(topic) > 2 and full[at:].startswith(topic[:2]) and at + len(topic) in starts:
            return full[at : at + len(topic)]
        word, tag = words[number]
        if not (len(topic) > 1 and word[-1] == topic[-1] and is_nominal(word, tag)):
            continue
        if asking and at >= asking.start():  # 哪个部门: what is asked for is not what changes
            continue
        first = number
        while (
            first
            and is_nominal(*words[first - 1])
            and starts[number + 1] - starts[first] < len(topic)
        ):
            first -= 1
        return full[starts[first] : starts[number + 1]] if len(word) > 1 or first < number else ""
    return ""


def _attribute(full: str) -> str:
    """Return what is asked of a thing: 营业收入 in 公司的营业收入是多少, 零售价 in T8的零售价."""
    end = re.search(rf"(?:[是为有]|在)?(?:{ASKING})", full)
    head = full[: end.start()] if end else full
    anchors = [*re.finditer("的", head), *_YEAR.finditer(head), *CODE.finditer(head)]
    at = max((anchor.end() for anchor in anchors), default=0)
    found = head[at:].strip()
    whole = all(is_nominal(word, tag) or tag[0] == "v" for word, tag in tagged(found))
    return found if at and whole and len(found) > 1 else ""


def _is_common(topic: str) -> bool:
    """Tell whether a topic is made of words of the dictionary that are no names."""
    return all(frequency(word) and tag in {"n", "vn", "v", "b", "a"} for word, tag in tagged(topic))


def _replace_place(question: str, old: str, new: str) -> str:
    """Put a place where another stood: 上海市长 becomes 浙江省长, 上海市场 becomes 浙江市场."""
    named = places_in(fold(new))[0]
    ranked = new + (rank_of(named) if fold(new) == named else "")
    return re.sub(f"{old}{_RANK}", lambda _: ranked, question).replace(old, new)
