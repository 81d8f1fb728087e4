"""Sentences with one thing changed: a decimal, a sign, a comparator, a unit, a range, a condition.

The changes are made by patterns of their own, which know nothing of how the verification reads.
"""

import json
import random
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.data import EVAL, Row
from ragbot.documents.discovery import discover
from ragbot.documents.loading import load
from ragbot.documents.model import Document
from ragbot.index.store import Store, create
from ragbot.index.writing import StoreWriter

FOLDER = EVAL / "verification"

Change = Callable[[str, random.Random], str | None]


def _pairs(words: str) -> list[tuple[str, str]]:
    return [(one, other) for one, other in (pair.split() for pair in words.split(","))]


_NUMBER = r"(?<![\d.,A-Za-z])\d+(?:,\d{3})*(?:\.\d+)?(?![\d.,]*\d)"
_UNITS = _pairs(
    "万 亿, 亿 万, 美元 欧元, 元 角, 平方公里 平方米, 公里 米, 千米 米, 厘米 毫米, "
    "毫米 厘米, 公斤 克, 公顷 亩, 小时 分钟, 分钟 小时, % 倍, 倍 成, 成 倍, 天 年, "
    "米 厘米, 吨 克"
)
_COMPARATORS = _pairs(
    "不少于 不多于, 不低于 不高于, 不超过 超过, 不足 超过, 以上 以下, 以下 以上, "
    "至少 至多, 最多 至少, 超过 不足, 多于 少于, 少于 多于, 高于 低于, 低于 高于, "
    "逾 不足, 近 超过, 约 超过"
)
_CONDITIONS = _pairs(
    "不含 含, 不包括 包括, 包括 不包括, 阳性 阴性, 阴性 阳性, 盈利 亏损, 亏损 盈利, "
    "上调 下调, 增加 减少, 减少 增加, 增长 下降, 下降 增长, 上升 下降, 提高 降低, "
    "降低 提高, 必须 可以, 应当 可以, 可以 不得, 不得 可以, 禁止 允许, 允许 禁止, "
    "全部 部分, 所有 部分, 部分 全部, 进口 出口, 出口 进口, 之前 之后, 之后 之前, "
    "最大 最小, 最高 最低, 最早 最晚, 开始 结束, 同意 反对, 支持 反对, 成功 失败, "
    "室内 室外, 国内 国外, 扩大 缩小, 购买 出售"
)


def _places(pattern: str, text: str, chance: random.Random) -> list[re.Match[str]]:
    found = list(re.finditer(pattern, text))
    chance.shuffle(found)
    return found


def _decimal(text: str, chance: random.Random) -> str | None:
    """Take a decimal point out, move it, or put one in."""
    for match in _places(_NUMBER, text, chance):
        word = match[0]
        year = len(word) == 4 and text[match.end() : match.end() + 1] == "年"
        if "." in word:
            whole, part = word.split(".")
            other = chance.choice((whole + part, f"{whole}{part[0]}.{part[1:] or 5}"))
        elif len(word) > 2 and "," not in word and not year:
            other = f"{word[:-1]}.{word[-1]}"
        elif "," in word:
            other = word.replace(",", ".", 1)
        else:
            continue
        return text[: match.start()] + other + text[match.end() :]
    return None


def _sign(text: str, chance: random.Random) -> str | None:
    """Take a minus out, or put one in."""
    for match in _places(r"(?<![\w.)-])[-−](?=\d)|负(?=\d)", text, chance):
        return text[: match.start()] + text[match.end() :]
    for match in _places(
        rf"(?<![第~～至到年月\-–—−:：/]){_NUMBER}(?=%|[万亿]?[元倍度米件人])", text, chance
    ):
        return f"{text[: match.start()]}-{text[match.start() :]}"
    return None


def _comparator(text: str, chance: random.Random) -> str | None:
    """Turn a comparator round, or put one in."""
    for word, other in _COMPARATORS:
        after = word in ("以上", "以下")
        pattern = rf"(?<=[\d万亿%人元米年岁天个名]){word}" if after else rf"{word}(?=\d)"
        for match in _places(pattern, text, chance):
            return text[: match.start()] + other + text[match.end() :]
    for match in _places(rf"(?<=[为有达是]){_NUMBER}(?=[万亿%人元米件公平])", text, chance):
        return (
            text[: match.start()] + chance.choice(("超过", "不足", "至少")) + text[match.start() :]
        )
    return None


def _unit(text: str, chance: random.Random) -> str | None:
    """Put another unit behind a number."""
    for word, other in chance.sample(_UNITS, len(_UNITS)):
        for match in _places(rf"(?<=\d){word}(?![\d长立])", text, chance):
            return text[: match.start()] + other + text[match.end() :]
    return None


def _range(text: str, chance: random.Random) -> str | None:
    """Move an end of a range, or run both ends together."""
    for match in _places(
        r"(?<![\d.])(\d{1,4})([^\W\d]{0,2})([-–—~～至到])(\d{1,4})(?![\d.])", text, chance
    ):
        one, unit, mark, two = match.groups()
        new = chance.choice(
            (f"{int(one) + 1}{unit}{mark}{two}", f"{one}{unit}{mark}{int(two) + 2}", one + two, two)
        )
        return text[: match.start()] + new + text[match.end() :]
    return None


def _condition(text: str, chance: random.Random) -> str | None:
    """Put a word in the place of its opposite."""
    for word, other in chance.sample(_CONDITIONS, len(_CONDITIONS)):
        at = text.find(word)
        if at >= 0 and other not in text:
            return text[:at] + other + text[at + len(word) :]
    return None


def _without(text: str, chance: random.Random) -> str | None:
    """Leave a condition or an exception out."""
    for pattern in (
        r"(?:(?<=[，。；：])|^)(?:如果|若(?![干是])|倘若|除非|只有在)[^，。,；]{2,30}[，,]",
        r"(?:(?<=[，。；：])|^)除(?![了此])[^，。,；]{1,20}(?:以外|之外|外)[，,](?![^，。]{0,12}[也亦还更尚又另])",
        r"仅限?(?=[在限对由用供能])|只(?=[能限在])|但[^，。]{1,20}除外",
    ):
        for match in _places(pattern, text, chance):
            if rest := text[: match.start()] + text[match.end() :]:
                return rest
    return None


CHANGES: dict[str, Change] = {
    "decimal": _decimal, "sign": _sign, "comparator": _comparator, "unit": _unit,
    "range": _range, "condition": _condition, "condition left out": _without,
}  # fmt: skip


def changed(sentence: str, chance: random.Random) -> Iterator[tuple[str, str]]:
    """Yield (kind, sentence with one thing of that kind changed)."""
    for kind, change in CHANGES.items():
        other = change(sentence, chance)
        if other is not None and other != sentence:
            yield kind, other


def invented() -> tuple[list[Row], list[tuple[str, str]]]:
    """Return the rows of the set of invented documents, and its passages with their contexts.

    The passages are made as an index makes them; no model is needed.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store"
        connection = create(path)
        writer = StoreWriter(connection, "")
        sources, _ = discover([FOLDER / "docs"])
        for source in sources:
            for document in load(source):
                if isinstance(document, Document):
                    writer.add(document, "", "file")
        connection.commit()
        connection.close()
        with Store(path) as store:
            found = store.passages(range(writer.passages))
            passages = [(passage.unfold().text, passage.context) for passage in found]
    lines = (FOLDER / "edits.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines], passages
