"""The few phrases that are ragbot's own words, in the asker's script."""

from ragbot.text.script import Script

__all__ = ["NOTHING_NEAR", "PLACE_ABSENT", "SIDE_ABSENT", "TOO_UNSURE", "refusal"]

_REFUSAL: dict[Script, str] = {
    "hans": "文档中没有找到这个问题的答案。",
    "hant": "文檔中沒有找到這個問題的答案。",
}
NOTHING_NEAR: dict[Script, str] = {
    "hans": "没有任何段落与问题相关。",
    "hant": "沒有任何段落與問題相關。",
}
TOO_UNSURE: dict[Script, str] = {
    "hans": "最接近的段落没有提到所问的内容（{missing}）。",
    "hant": "最接近的段落沒有提到所問的內容（{missing}）。",
}
PLACE_ABSENT: dict[Script, str] = {
    "hans": "找到的段落没有涉及{missing}。",
    "hant": "找到的段落沒有涉及{missing}。",
}

SIDE_ABSENT: dict[Script, str] = {
    "hans": "关于{missing}，文档中没有找到答案。",
    "hant": "關於{missing}，文檔中沒有找到答案。",
}


def refusal(script: Script) -> str:
    """Return the text of a refusal."""
    return _REFUSAL[script]
