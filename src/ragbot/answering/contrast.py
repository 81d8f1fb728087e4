"""Set a claim beside the clauses of a text it is nearest to, and find what they say otherwise.

A word or an amount that stands between the words of the text in the place of another one, a word
whose opposite the text has, a denial or a limit put in or left out: each contradicts.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from functools import cache
from itertools import pairwise

from ragbot.answering.wording import Clause, Token, Wording
from ragbot.lexicon import read_lines

__all__ = ["NOT", "conditions", "contrasts"]

_LONGEST = 160
"""Most tokens of a clause that are compared at once, which bounds the cost of any input."""
_BESIDE = 3
"""Fewest tokens of the same words around a word that has taken the place of another one."""
_REPLACED = 12
"""Most tokens of a word or words that are taken for another one's replacement."""
_COVERED = 0.4
"""Least share of a clause that the text's clause must hold to be what it is about."""

# 不仅, 未来, 无论 and their like deny nothing.
NOT = re.compile(
    r"不(?![仅但断同少过久止只管论光错单])|没有?|未(?!来)|无(?![论锡数])|非(?![常洲遗])|禁止|严禁|否认|拒绝|勿|从来?不"
)
"""Words that deny."""
_DENIES = re.compile(rf"{NOT.pattern}|禁|免(?![费疫])")
_LIGHT = re.compile(
    "表示|指出|强调|认为|介绍|提[到出]|实现|进行|达到|其中|此外|同时|另外|具体|以及|并且|因此|所以|患者|人员|情况"
    "|[的了着过是在于为与和及而以被将把从由至到达向对其之所这那该此也都还又就才很则并等会要有个者时为任由,:]"
)
_JOINS = re.compile("[至到~—-]$")
_GOES_ON = re.compile("同比|环比|较上|比上")
_CONDITION = re.compile(
    r"^(?:[但而则且并然当例原因也就是说所以此其]{0,4})"
    r"(如果|如(?=[遇需未不甲乙双您你]|有[^名])|若(?![干是宫望尔])|倘若|假如|假若|要是|除非|只有在|一旦"
    r"|除(?![了此夕去])(?=.{1,24}外$)|凡(?=.*的$)|在(?=.{1,30}(?:情况|前提|条件|情形)下$))"
    r"|^.{2}.*([^目].的)$"
)
_PRONOUN = re.compile(
    "[我你您他她它]们?|本?[公司院校局厅部会]|本|该|其|此|这|双方|我国|自己|前者|后者|上述"
)


def contrasts(claim: Wording, text: Wording, context: Wording, *, words: bool) -> bool:
    """Tell whether a clause of a claim says otherwise what the nearest clause of the text says.

    With ``words`` any word in the place of another one counts, without it only amounts, opposites,
    denials, limits and conditions: a sentence retold freely has other words.
    """
    index = _index(text)
    before: Clause | None = None
    said = claim.words(0, len(claim.tokens))
    for clause in claim.clauses:
        last = min(clause.last, clause.first + _LONGEST)
        mine = claim.tokens[clause.first : last]
        nearest = _nearest(mine, text, index)
        agreed = next((one for one in nearest if not _differ(mine, text, one, words)), None)
        if not nearest:
            continue
        if agreed is None:
            return True
        if before and words and _of_another(mine, text, before, agreed):
            return True
        if _of_another_year(mine, text, context, agreed):
            return True
        if any(condition not in said for condition in conditions(text, agreed)):
            return True
        before = agreed
    return False


def _differ(mine: Sequence[Token], text: Wording, window: Clause, words: bool) -> bool:
    differences = _differences(mine, _slice(text, window))
    return any(words or difference != "word" for difference in differences)


def conditions(text: Wording, clause: Clause) -> Iterator[str]:
    """Yield the words that open each condition of a sentence before one of its clauses."""
    for other in text.clauses:
        if other.sentence != clause.sentence or other.last > clause.first:
            continue
        if opened := _CONDITION.search(text.words(other.first, other.last)):
            yield opened[1] or opened[2] or opened[0]


def _slice(text: Wording, window: Clause) -> Sequence[Token]:
    return text.tokens[window.first : min(window.last, window.first + 2 * _LONGEST)]


def _index(text: Wording) -> dict[object, list[int]]:
    """Return the numbers of the clauses that hold each pair of tokens, and each amount."""
    index: dict[object, list[int]] = {}
    for number, clause in enumerate(text.clauses):
        for pair in _pairs(text.tokens[clause.first : clause.last]):
            index.setdefault(pair, []).append(number)
    return index


def _pairs(tokens: Sequence[Token]) -> set[object]:
    values = [token.value for token in tokens]
    amounts = {token.value for token in tokens if token.quantity}
    return {*pairwise(values), *amounts}


def _nearest(mine: Sequence[Token], text: Wording, index: dict[object, list[int]]) -> list[Clause]:
    """Return the clauses of the text, or two in a row, that hold most of a clause."""
    scores: Counter[int] = Counter()
    pairs = _pairs(mine)
    for pair in pairs:
        scores.update(index.get(pair, ()))
    if not scores:
        return []
    clauses = text.clauses
    windows: dict[tuple[int, int], tuple[int, Clause]] = {}
    for number in sorted(scores, key=lambda n: -scores[n])[:6]:
        one = clauses[number]
        windows[number, number] = scores[number], one
        for other in (number - 1, number + 1):
            if 0 <= other < len(clauses) and clauses[other].part == one.part:
                low, high = sorted((number, other))
                both = Clause(clauses[low].first, clauses[high].last, one.sentence, one.part)
                held = len(pairs & _pairs(text.tokens[both.first : both.last]))
                windows[low, high] = held, both
    best = max(score for score, _ in windows.values())
    if best < int(_COVERED * (len(mine) - 1)):
        return []
    kept = [(key, window) for key, (score, window) in windows.items() if score == best]
    fewest = min(high - low for (low, high), _ in kept)
    return [window for (low, high), window in kept if high - low == fewest][:4]


def _of_another_year(
    mine: Sequence[Token], text: Wording, context: Wording, agreed: Clause
) -> bool:
    """Tell whether a year is named that is not the one the text's clause stands under."""
    named = [token.quantity for token in mine if token.quantity and token.quantity.unit == "year"]
    if not named:
        return False
    sentence = [
        token.quantity
        for clause in text.clauses
        if clause.sentence == agreed.sentence
        for token in text.tokens[clause.first : clause.last]
    ]
    above = [*sentence, *(token.quantity for token in context.tokens)]
    earlier = [token.quantity for token in reversed(text.tokens[: agreed.last])]
    nearest = next((one for one in earlier if one and one.unit == "year"), None)
    return nearest is not None and not any(
        one and one.means(year) for year in named for one in (nearest, *above)
    )


def _of_another(mine: Sequence[Token], text: Wording, before: Clause, agreed: Clause) -> bool:
    """Tell whether a clause without a subject follows a clause on something else than its own.

    同比增长12.3% goes on from the clause in front of it, and 负责人是某人 from the row in front.
    """
    if starter := _GOES_ON.match(_text(mine)):
        for clause in text.clauses:
            following = clause.first >= before.last and clause.sentence == before.sentence
            if following and starter[0] in text.words(clause.first, clause.last):
                return not clause.first <= agreed.first < clause.last
    if agreed.sentence == before.sentence:
        return False
    first = _matcher(mine, _slice(text, agreed)).get_matching_blocks()[0]
    return first.b > first.a and _filled_otherwise(mine, text, before)


def _filled_otherwise(mine: Sequence[Token], text: Wording, before: Clause) -> bool:
    """Tell whether the sentence of the clause before has these words with one thing else in them.

    After a clause on one row of a table, 负责人是某人 is about that row.
    """
    for clause in text.clauses:
        if clause.sentence == before.sentence:
            theirs = text.tokens[clause.first : clause.last]
            equal = _matcher(mine, theirs).get_matching_blocks()
            held = sum(block.size for block in equal)
            if held < max(2, len(mine) * _COVERED) or max(block.size for block in equal) < 2:
                continue
            if list(_differences(mine, theirs)) in (["word"], ["amount"]):
                return True
    return False


def _matcher(mine: Sequence[Token], theirs: Sequence[Token]) -> "SequenceMatcher[object]":
    return SequenceMatcher(
        None, [token.value for token in mine], [token.value for token in theirs], autojunk=False
    )


def _differences(mine: Sequence[Token], theirs: Sequence[Token]) -> Iterator[str]:
    """Yield what a clause of a claim says otherwise than a clause of the text."""
    operations = _matcher(mine, theirs).get_opcodes()
    yield from _amounts(mine, theirs)
    if _opposed(mine, theirs):
        yield "opposite"
    for number, (kind, a, b, c, d) in enumerate(operations):
        if kind == "equal":
            for one, other in zip(mine[a:b], theirs[c:d], strict=True):
                if one.quantity and other.quantity and not one.quantity.means(other.quantity):
                    yield "amount"
            continue
        left = _length(operations, number - 1, a == 0)
        right = _length(operations, number + 1, b == len(mine))
        if len(operations) == 1:
            continue
        said, written = mine[a:b], theirs[c:d]
        if kind == "replace" and _replaced(said, written) and left + right >= _BESIDE:
            yield "word"
        elif _skipped(operations, number, mine, theirs):
            yield "amount"
        elif _JOINS.search(_text(written)) and any(token.quantity for token in written[:-1]):
            # 从6世纪到1052年 without its first end.
            if mine[b : b + 1] and mine[b].quantity and not any(token.quantity for token in said):
                yield "range"
        elif _changed(said, written, left, right, mine[:a], theirs[:c]):
            yield "limit"


def _length(operations: Sequence[tuple[str, int, int, int, int]], number: int, edge: bool) -> int:
    """Return how many tokens are the same beside a difference; the end of a clause counts two."""
    if 0 <= number < len(operations):
        _, a, b, _, _ = operations[number]
        return b - a
    return 2 if edge else 0


def _amounts(mine: Sequence[Token], theirs: Sequence[Token]) -> Iterator[str]:
    """Yield where an amount stands in place of another one, or two in the other order."""
    said = [token.quantity for token in mine if token.quantity]
    written = [token.quantity for token in theirs if token.quantity]
    alone = [one for one in said if not any(one.means(other) for other in written)]
    rest = [other for other in written if not any(one.means(other) for one in said)]
    if any(one.dimension == other.dimension for one in alone for other in rest):
        yield "amount"
    for one, two in pairwise(said):
        if one.dimension == two.dimension and not one.means(two):
            first = [n for n, other in enumerate(written) if one.means(other)]
            second = [n for n, other in enumerate(written) if two.means(other)]
            if first and second and max(second) < min(first):
                yield "order"


def _skipped(
    operations: Sequence[tuple[str, int, int, int, int]],
    number: int,
    mine: Sequence[Token],
    theirs: Sequence[Token],
) -> bool:
    """Tell whether an amount is joined to words past another one that stands nearer to them.

    Of 收入58.6亿元，利润4.1亿元 the claim 收入4.1亿元 leaves out what stands between.
    """
    _, a, b, c, d = operations[number]
    if a == 0 or b == len(mine):
        return False
    left_out = [token.quantity for token in theirs[c:d] if token.quantity]
    beside = [token.quantity for token in (mine[a - 1], mine[b]) if token.quantity]
    return any(
        one.dimension == other.dimension and not one.means(other)
        for one in beside
        for other in left_out
    )


def _text(tokens: Sequence[Token]) -> str:
    return "".join(token.written for token in tokens)


def _replaced(said: Sequence[Token], written: Sequence[Token]) -> bool:
    """Tell whether one piece means another thing than the piece it stands in the place of."""
    one, other = _LIGHT.sub("", _text(said)), _LIGHT.sub("", _text(written))
    if not one or not other or max(len(said), len(written)) > _REPLACED:
        return False
    if _DENIES.fullmatch(one) and _DENIES.fullmatch(other):
        return False
    return one.lower() != other.lower() and not _PRONOUN.fullmatch(other)


def _changed(
    said: Sequence[Token],
    written: Sequence[Token],
    left: int,
    right: int,
    mine: Sequence[Token],
    theirs: Sequence[Token],
) -> bool:
    """Tell whether a denial, a limit or a part of a word is put in or left out."""
    one, other = _text(said), _text(written)
    if (
        bool(_denied(one)) != bool(_denied(other))
        and min(len(one), len(other)) <= 2
        and left + right > 1
    ):
        longer = max(one, other, key=len)
        if len(longer) <= 6 or _DENIES.search(longer[-3:]):
            return True
    limits, prefixes = _limits()
    for piece, rest in ((one, other), (other, one)):
        if not rest and right and piece and piece in prefixes and left:
            return True
        if not rest and limits.fullmatch(_LIGHT.sub("", piece) or piece):
            return True
    return False


def _denied(words: str) -> bool:
    """Tell whether words deny."""
    return len(_DENIES.findall(words)) % 2 == 1


@cache
def _limits() -> tuple[re.Pattern[str], frozenset[str]]:
    words = sorted((w for line in read_lines("limits") for w in line), key=len, reverse=True)
    return re.compile("|".join(words)), frozenset(
        c for line in read_lines("prefixes") for c in line
    )


@cache
def _opposites() -> tuple[re.Pattern[str], dict[str, list[tuple[int, int]]]]:
    """Return a pattern of the words that have opposites, and the line and side of each."""
    sides: dict[str, list[tuple[int, int]]] = {}
    for number, line in enumerate(read_lines("opposites")):
        middle = line.index("/")
        for side, words in enumerate((line[:middle], line[middle + 1 :])):
            for word in words:
                sides.setdefault(word, []).append((number, side))
    return re.compile(f"(?=({'|'.join(sorted(sides, key=len, reverse=True))}))"), sides


def _sides(words: str) -> Counter[tuple[int, int]]:
    pattern, sides = _opposites()
    return Counter(side for match in pattern.finditer(words) for side in sides[match[1]])


def _opposed(mine: Sequence[Token], theirs: Sequence[Token]) -> bool:
    """Tell whether a clause has a word where the text's clause has its opposite."""
    said, written = _sides(_text(mine)), _sides(_text(theirs))
    return any(
        count > written[line, side] and written[line, 1 - side] > said[line, 1 - side]
        for (line, side), count in said.items()
    )
