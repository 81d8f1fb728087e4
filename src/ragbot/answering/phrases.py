"""The few phrases that are ragbot's own words, in the asker's language and script."""

import re
from typing import Literal

from ragbot.text.script import Script

__all__ = [
    "BROKE_OFF",
    "FRAME",
    "LEFT_OUT",
    "NOTHING_NEAR",
    "NO_MODEL",
    "NO_SUPPORT",
    "PLACE_ABSENT",
    "REFUSAL",
    "SIDE_ABSENT",
    "TOO_UNSURE",
    "UNSURE",
    "UNVERIFIED",
    "Language",
    "unmarked",
]

Language = Literal[Script, "en"]

REFUSAL: dict[Language, str] = {
    "hans": "文档中没有找到这个问题的答案。",
    "hant": "文檔中沒有找到這個問題的答案。",
    "en": "The documents do not answer this question.",
}
NOTHING_NEAR: dict[Language, str] = {
    "hans": "没有任何段落与问题相关。",
    "hant": "沒有任何段落與問題相關。",
    "en": "No passage is about it.",
}
TOO_UNSURE: dict[Language, str] = {
    "hans": "最接近的段落没有提到所问的内容（{missing}）。",
    "hant": "最接近的段落沒有提到所問的內容（{missing}）。",
    "en": "The nearest passage is too far from what is asked; asking in Chinese finds more.",
}
PLACE_ABSENT: dict[Language, str] = {
    "hans": "找到的段落没有涉及{missing}。",
    "hant": "找到的段落沒有涉及{missing}。",
    "en": "The passages found are not about {missing}.",
}
SIDE_ABSENT: dict[Language, str] = {
    "hans": "关于{missing}，文档中没有找到答案。",
    "hant": "關於{missing}，文檔中沒有找到答案。",
    "en": "The documents do not answer this for {missing}.",
}
FRAME: dict[Language, str] = {"hans": "", "hant": "", "en": "The documents say:\n"}
"""What stands before quotes that are in another language than the question."""
UNSURE: dict[Language, str] = {
    "hans": "不太确定，最接近的原文是：\n",
    "hant": "不太確定，最接近的原文是：\n",
    "en": "This is not certain; the nearest text is:\n",
}
"""What stands before an answer that is more likely wrong than right."""
NO_MODEL: dict[Script, str] = {
    "hans": "（语言模型没有回答，以下引自原文。）\n",
    "hant": "（語言模型沒有回答，以下引自原文。）\n",
}
NO_SUPPORT: dict[Script, str] = {
    "hans": "（语言模型的回答无法在原文中核实，以下引自原文。）\n",
    "hant": "（語言模型的回答無法在原文中核實，以下引自原文。）\n",
}
BROKE_OFF: dict[Script, str] = {
    "hans": "（语言模型的回答在此中断。）",
    "hant": "（語言模型的回答在此中斷。）",
}
LEFT_OUT: dict[Script, str] = {
    "hans": "（另有{n}句无法在原文中核实，已略去。）",
    "hant": "（另有{n}句無法在原文中核實，已略去。）",
}
UNVERIFIED: dict[Script, str] = {"hans": "（未核实）", "hant": "（未核實）"}

_MARK = re.compile(r"\[(\d+)\]")


def unmarked(text: str) -> str:
    """Return a text of a document without what would read as a mark: [3] becomes ［3］."""
    return _MARK.sub(r"［\1］", text)
