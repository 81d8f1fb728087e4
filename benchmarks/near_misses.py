"""Questions on laws that miss by little, made by rule from the articles themselves.

Answerable: a figure or an office that an article states, asked for in its own words.
Unanswerable: the same question put to a law that does not have the article; and an article of the
law named, asked for a figure that it does not state.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.data import laws

_ARTICLE = re.compile(r"\*\*第[^*]{1,9}条\*\*[\s\u3000]*(.+?)(?=\n\s*\*\*第|\n#|\Z)", re.DOTALL)
_NUMERAL = "[一二三四五六七八九十百千两]+"
_FIGURE = re.compile(
    rf"(?P<before>[^，。；：、（）《》\n]{{5,28}}?)(?P<number>{_NUMERAL})"
    r"(?P<unit>个?工作日|日|年|个月|小时|万元|人|岁|倍)(?P<after>[^，。；：\n]{0,14})"
)
_OFFICE = re.compile(
    r"^(?P<office>[^，。；、\n]{4,24}(?:部门|机关|机构|委员会))(?P<what>(?:负责|主管)[^，。；\n]{5,28})。"
)
_CLAUSE = re.compile(r"(?:^|。)(?P<clause>[^，。；：、（）《》\n]{12,30})。")
_ASKED = ("的期限是多少日？", "的罚款是多少元？", "的最少人数是多少人？", "要在多少个月内完成？")
_EACH = 3


@dataclass(frozen=True)
class Asked:
    """A question, and whether a law in the index answers it."""

    text: str
    answerable: bool
    kind: str


def some_laws(count: int) -> list[tuple[str, str]]:
    """Return (file name, text) of mainland laws taken evenly from the corpus."""
    found = [(name, text) for name, text in laws("laws-hans") if 3_000 < len(text) < 20_000]
    return found[:: max(1, len(found) // count)][:count]


def questions(corpus: Sequence[tuple[str, str]], seed: int = 0) -> list[Asked]:
    """Make questions of every kind from these laws."""
    chance = random.Random(seed)
    titles = {name: _title(text) for name, text in corpus}
    found: list[Asked] = []
    for name, text in corpus:
        title = titles[name]
        articles = [match[1].strip() for match in _ARTICLE.finditer(text)]
        if not articles or not title:
            continue
        stated = [q for article in articles for q in _stated(article)]
        chance.shuffle(stated)
        for number, question in enumerate(stated[: 2 * _EACH]):
            if number % 2:
                other, other_text = chance.choice(corpus)
                if titles[other] and question.split("多少")[0] not in other_text:
                    found.append(Asked(f"《{titles[other]}》规定{question}", False, "other law"))
            else:
                found.append(Asked(f"《{title}》规定{question}", True, "stated"))
        plain = [
            match["clause"]
            for article in articles
            if not re.search(rf"\d|{_NUMERAL}(?:日|年|个月|元|万元|人)", article)
            for match in _CLAUSE.finditer(article)
        ]
        for clause in chance.sample(plain, min(_EACH, len(plain))):
            question = f"《{title}》规定{clause}{chance.choice(_ASKED)}"
            found.append(Asked(question, False, "figure not stated"))
    return list(dict.fromkeys(found))


def _title(text: str) -> str:
    match = re.search(r"^# +(.+)$", text, re.MULTILINE)
    return match[1].strip().removeprefix("中华人民共和国") if match else ""


def _stated(article: str) -> list[str]:
    asked = [
        f"{match['before']}多少{match['unit']}{match['after']}？"
        for match in _FIGURE.finditer(article)
        if match["before"][-1] not in "第于条款之同"
        # 处五万元以上十万元以下罚款 is said of a dozen things in every law.
        and not re.match("[可以并由或者]*处|.*以上$", match["before"])
        and len(match["before"] + match["after"]) > 12
    ]
    if match := _OFFICE.search(article):
        asked.append(f"哪个部门{match['what']}？")
    return asked


if __name__ == "__main__":
    for asked in questions(some_laws(60)):
        print(asked.answerable, asked.kind, asked.text)
