"""Follow-up questions become full questions, by rule."""

import re
from collections.abc import Sequence

from ragbot.results import Turn
from ragbot.text.fold import fold
from ragbot.text.places import places_in, rank_of
from ragbot.text.reading import read_question
from ragbot.text.script import convert, detect_script

__all__ = ["complete"]

# 那吉林呢？ 吉林呢？ 那么，吉林的呢？
_WHAT_ABOUT = re.compile(
    r"\s*(?:那么|那|还有|至于)?[，,\s]*(?P<topic>[^?？。]{1,20}?)的?呢\s*[?？。]?\s*"
)
# 它的局长是谁？ 那里怎么做？
_POINTING = re.compile(r"它的?|他的?|她的?|那里|那边|该省|该市|该区|该地|当地|这个省|这个市")
# The rank of a province behind its name, not the 市 of 市场.
_RANK = (
    "(?:特[别別]行政[区區]|(?:壮族|回族|维吾尔|壯族|維吾爾)?自治[区區]|"
    "省(?!会|會)|市(?![场場民区區]))"
)


def complete(question: str, history: Sequence[Turn]) -> str:
    """Return the question, completed from the history where it cannot stand alone."""
    reading = read_question(question).text.strip()
    if not history:
        return reading
    before = complete(history[-1].question, history[:-1])
    script = detect_script(reading)
    subject = places_in(fold(before))
    if match := _WHAT_ABOUT.fullmatch(reading):
        topic = match["topic"].strip()
        named = places_in(fold(topic))
        if subject and named:
            return _replace_place(before, subject[0], topic, script)
        return reading
    if subject and not places_in(fold(reading)) and _POINTING.search(reading):
        return _POINTING.sub(
            lambda m: convert(subject[0], script) + ("的" if m[0].endswith("的") else ""),
            reading,
            count=1,
        )
    return reading


def _replace_place(question: str, old: str, new: str, script: str) -> str:
    """Put a place where another stood, in whichever script the question has it."""
    converted = convert(question, "hant" if script == "hant" else "hans")
    for spelling in (old, convert(old, "hant")):
        if spelling in converted:
            # 上海市长 becomes 浙江省长, 上海市场 becomes 浙江市场.
            named = places_in(fold(new))[0]
            rank = "" if fold(new) != named else convert(rank_of(named), detect_script(new))
            ranked = re.sub(rf"{spelling}{_RANK}", new + rank, converted)
            return ranked.replace(spelling, new)
    return f"{new}{converted}"
