"""Tell which sentences of a document speak to the assistant instead of to its readers.

Such a sentence is shown to nobody as an answer: what a model says after it is unverified. An
ordinary instruction (请点击“申请退款”, 经营者应当告知消费者) speaks to a reader and is none.
"""

import re
from collections.abc import Sequence

from ragbot.text.fold import fold

__all__ = ["to_assistant"]

_ANSWER = "(?:回答|回复|答复|输出)"
_MODEL = "(?:ai|人工智能|智能|大?语言模型|大模型|聊天机器人|机器人)"
_ADDRESSED = re.compile(
    # What it was told before: 忽略以上所有指令. A manual says 可忽略该提示.
    r"(?:忽略|无视|忘记|忘掉|绕过|不要理会|不要遵守)(?:你|掉|了)?(?:以上|之前|上述|此前|前面|先前|所有|全部|一切|系统)"
    r".{0,8}(?:指令|规则|提示词|设定|要求|限制|内容)"
    r"|ignore\b.{0,40}(?:instruction|prompt|rules|above)|disregard\b.{0,40}(?:instruction|prompt)"
    r"|系统提示词|你的.{0,6}提示词|system\s{0,8}prompt|</?(?:system|段落|passage)\b"
    # Its name, called; the part it is to play.
    rf"|(?:^|[。\n\"(>])\s{{0,8}}(?:{_MODEL}(?:助手|助理)?|助手)(?:请注意|[,:]\s{{0,8}}(?:请|你|必须|务必|忽略|在|把))"
    rf"|[给致](?:{_MODEL})?助手\s{{0,8}}:|作为(?:一个|一名)?(?:{_MODEL})(?:助手|助理)?[,]?\s{{0,8}}你"
    rf"|你(?:现在|从现在起)?(?:是|扮演|将扮演)(?:一个|一名)?.{{0,6}}(?:{_MODEL}|助手|客服)"
    r"|(?:系统|管理员)(?:提示|指令|消息|通知)\s{0,8}:\s{0,8}(?:你|请在回答|请把.{0,30}附上)"
    # What its answer is to hold.
    rf"|你.{{0,4}}(?:必须|只能|只需|应当?|要|需要?)(?:声称|谎称|宣称|告诉用户|{_ANSWER}(?:用户)?\s{{0,8}}[:\"])"
    rf"|(?:在|于)?{_ANSWER}(?:时|中|里|末尾|结尾|开头)[,]?(?:请|必须|务必|一律|应)?.{{0,6}}"
    r"(?:加上|插入|附上|写上|包含|附加|原样|声称)"
    rf"|(?:写进|写入|加入)(?:你的)?{_ANSWER}|一律{_ANSWER}为|必须{_ANSWER}\s{{0,8}}\"|只{_ANSWER}\s{{0,8}}\""
    r"|标注\s{0,8}[\[【]\s{0,8}\d|you (?:are (?:now|an? )|must (?:say|answer|reply|output))"
)
_GOES_ON = re.compile(
    rf"^\s{{0,8}}(?:请|然后|并|只|直接|把|将)?.{{0,6}}(?:{_ANSWER}|声称|告诉用户|say|reply|answer|output)"
)


def to_assistant(sentences: Sequence[str]) -> list[bool]:
    """Tell of each of a passage's sentences whether it speaks to the assistant.

    What follows such a sentence and says what to answer is a part of it.
    """
    found: list[bool] = []
    for sentence in sentences:
        key = fold(sentence)
        goes_on = bool(found) and found[-1] and bool(_GOES_ON.search(key))
        found.append(goes_on or bool(_ADDRESSED.search(key)))
    return found
