"""Follow-up questions become full questions, by rule.

A question that stands alone is never touched. Three kinds do not stand alone: a question of one of
the short forms below (那吉林呢, 第二个呢, 再详细一点), one that points back with a pronoun
(它的局长是谁), and one without any word of its own (为什么？).
"""

import re
from collections.abc import Callable, Sequence

from ragbot.answering.ellipsis import about, compared, next_year, nth
from ragbot.answering.pronouns import Before, pointed
from ragbot.results import Turn
from ragbot.retrieval.query import ASKING, without_asking
from ragbot.text.fold import fold
from ragbot.text.places import places_in
from ragbot.text.reading import read_question
from ragbot.text.script import convert, script_of
from ragbot.text.tokens import content_words

__all__ = ["Recall", "complete"]

_REMEMBERED = 8_000
"""Characters of questions and answers that are looked back at."""

Recall = Callable[[str], str]
"""Returns the text that a full question is answered with."""

_DETAIL = re.compile(
    r"(?:请|能否?|能不能|可以|可否)?(?:再|更)?(?:说|讲|介绍|解释|展开|补充)?(?:得|的)?(?:更|再)?"
    r"(?:(?:详细|具体|仔细)(?:一?[点些下]|地)?(?:说|讲|介绍|说明|解释|谈)*(?:一?[下点些])?(?:内容)?|展开(?:说|讲)*(?:一?[下点些])?)"
    r"(?:吗|吧|呢)?[?。!]*"
)
_MORE = re.compile(r"(?:还有|有没有)(?:别的|其他的?|更多的?|什么|哪些)?(?:吗|呢|内容)?[?。!]*")
_EMPTY = {"说", "说的", "做", "做的", "提出", "提出的", "讲", "讲的"}


def complete(question: str, history: Sequence[Turn], recall: Recall = lambda _: "") -> str:
    """Return the question, completed from the history where it cannot stand alone.

    ``recall`` answers the last question of the history where the history does not hold its answer.
    It is called at most once.
    """
    reading = read_question(question).text.strip()
    history = _recent(history)
    before: list[Before] = []
    for turn in history:
        asked = convert(read_question(turn.question).text.strip(), "hans")
        before.append(Before(_complete(asked, before) or asked, turn.answer))
    if not before:
        return reading
    last = before[-1]
    before[-1] = Before(last.full, last.answer, recall)
    full = _complete(convert(reading, "hans"), before)
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


def _complete(reading: str, before: Sequence[Before]) -> str:
    """Return the full question, or nothing where the reading is one; all in Simplified."""
    if not before:
        return ""
    key, last = fold(reading), before[-1]
    if _DETAIL.fullmatch(key) or _MORE.fullmatch(key):
        return last.full if last.full.startswith("详细说明") else f"详细说明：{last.full}"
    for rule in (nth, next_year, compared, about):
        full = rule(reading, before)
        if full is not None:
            return full
    if places_in(key):
        return ""
    if full := pointed(reading, before):
        return full
    if not set(content_words(without_asking(key))) - _EMPTY:
        return f"{_statement(last.full)}，{reading}"
    return ""


def _statement(full: str) -> str:
    """Return a question without its question words."""
    return re.sub(r"(?<![?？!！。\s])[?？!！。\s]+$", "", re.sub(ASKING, "", full))
