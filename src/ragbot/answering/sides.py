"""Questions about several places, taken apart: each side is asked and answered on its own.

One search for 比较北京和天津的局长 finds what mentions both, which neither statement does.
"""

import re

from ragbot.text.places import PLACES

__all__ = ["sides_of"]

_RANK = "(?:特别行政区|(?:壮族|回族|维吾尔)?自治区|省(?!会)|市(?![场民区]))?"
_PLACE = rf"(?P<place>{'|'.join(sorted(PLACES, key=len, reverse=True))}){_RANK}"
_ANY = _PLACE.replace("?P<place>", "?:")
_JOINED = re.compile(rf"(?P<all>{_ANY}(?:(?:、|,|和|与|跟|同|及|以及|还有|比){_ANY})+)")
_COMPARING = re.compile(
    "(?:请|帮我)?(?:比较|对比)(?:一下|一比)?|分别|各自|(?:相比|相比较|比起来)?有(?:什么|何|哪些)(?:区别|不同|异同|差别|差异)|"
    "的?(?:区别|异同|差异|差别)(?:是什么|在哪里?|何在)?|(?<=[^\\w])相比,?"
)
_MOST = 8


def sides_of(question: str) -> list[tuple[str, str]]:
    """Return (place, question about it alone), in order; empty where there are not several.

    The question is read in Simplified; places that do not stand side by side are left together.
    """
    match = _JOINED.search(question)
    if not match:
        return []
    places = {found["place"]: found[0] for found in re.finditer(_PLACE, match["all"])}
    if len(places) < 2:
        return []

    def ask(place: str) -> str:
        alone = question[: match.start()] + place + question[match.end() :]
        return _COMPARING.sub("", alone).strip()

    return [(place, ask(named)) for place, named in list(places.items())[:_MOST]]
