"""Measure the verification: right claims that keep "verified", and broken ones that lose it.

    python -m benchmarks.verification [--pairs 200] [--edits 150] [--show]

Right claims are what a careful writer makes of CMRC's and DRCD's paragraphs: sentences as they
stand, and sentences retold (a clause left out, everyday words for bookish ones, the subject or a
phrase put in front, two sentences made one). Each is broken: a number, a name or a place becomes
another one (of the same paragraph, or of none), a negation is put in or taken out, something that
stands elsewhere is added, the mark is put on another paragraph of the article or of another one.

Beside them, a harder set: questions with the known answer in the place of the question word, which
annotators were asked to word otherwise than the paragraph, and which come out clumsily.

Besides, sentences as they stand with one thing changed (benchmarks/edits.py): a decimal, a sign, a
comparator, a unit, a range, a condition; and the invented documents of the evaluation data, where a
sentence passes that any of their passages bears out.

Half of the paragraphs, by a hash, were looked at when the rules were made; the other half were not.
"""

import argparse
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from benchmarks.data import Row, rows
from benchmarks.edits import changed, invented
from ragbot.answering.verification import judge
from ragbot.retrieval.query import ASKING
from ragbot.text.fold import fold
from ragbot.text.places import PLACES
from ragbot.text.quantities import quantities
from ragbot.text.sentences import clauses, sentences
from ragbot.text.tokens import tagged

PLAIN = (
    ("位于", "在"), ("以及", "和"), ("由于", "因为"), ("目前", "现在"), ("成为", "变成"),
    ("亦", "也"), ("包括", "包含"), ("大约", "约"), ("著名", "知名"), ("并且", "而且"),
    ("然而", "但是"), ("因此", "所以"), ("称为", "叫做"), ("例如", "比如"),
)  # fmt: skip
WORD = re.compile(rf"(?:在|于)?(?:{ASKING})")


@dataclass(frozen=True)
class Pair:
    """A right claim, a broken one, and the text that each is said to cite."""

    right: str
    broken: str
    text: str
    cited: str
    title: str
    kind: str


def halves(name: str, fitted: bool) -> Iterator[Row]:
    """Yield the paragraphs of one half."""
    for row in rows(f"{name}.corpus"):
        if (sha256(row["id"].encode()).digest()[0] % 2 == 0) == fitted:
            yield row


def asked(name: str, fitted: bool) -> Iterator[tuple[str, str, str]]:
    """Yield (claim, paragraph, title): what a question and its answer say together."""
    corpus = {row["id"]: row for row in halves(name, fitted)}
    for row in rows(f"{name}.queries"):
        paragraph = corpus.get(row["gold_ids"][0])
        key, answer = fold(row["question"]), fold(row["answers"][0])
        found = list(WORD.finditer(key))
        if paragraph and len(found) == 1 and len(answer) <= 30 and "为什么" not in key:
            stated = key[: found[0].start()] + answer + key[found[0].end() :]
            yield re.sub(r"[?!。]+$", "", stated) + "。", paragraph["text"], paragraph["title"]


def told(name: str, fitted: bool, chance: random.Random) -> Iterator[tuple[str, str, str]]:
    """Yield (claim, paragraph, title): sentences as they stand, and retold."""
    for row in halves(name, fitted):
        text = row["text"]
        spans = [text[a:b].strip() for a, b in sentences(text)]
        long = [n for n, span in enumerate(spans) if 15 < len(span) < 100]
        if not long:
            continue
        number = chance.choice(long)
        claim, how = spans[number], chance.randrange(6)
        parts = [claim[a:b] for a, b in clauses(claim)]
        if how == 1 and len(parts) > 2:
            del parts[chance.randrange(1, len(parts) - 1)]
            claim = "".join(parts)
        elif how == 2:
            claim = f"{row['title']}：{claim}"
        elif how == 3:
            claim = chance.choice(("根据文档，", "文中提到，", "据介绍，")) + claim
        elif how == 4 and number + 1 in long:
            claim = f"{claim[:-1]}，{spans[number + 1]}"
        if how:
            key = fold(claim)
            for bookish, plain in PLAIN:
                key = key.replace(bookish, plain)
            claim = key
        yield claim, text, row["title"]


def names(text: str, kinds: tuple[str, ...]) -> list[str]:
    """Return the names of these kinds in a text."""
    return [word for word, tag in tagged(fold(text)) if tag in kinds and len(word) > 1]


def breaks(
    claim: str, text: str, others: list[str], chance: random.Random
) -> Iterator[tuple[str, str, str]]:
    """Yield (kind, broken claim, text it cites)."""
    key = fold(claim)
    elsewhere = chance.choice(others)
    amounts = quantities(key)
    if amounts:
        one_amount = chance.choice(amounts)
        a, b = one_amount.start, one_amount.end
        body = fold(text)
        others_of_unit = [q for q in quantities(body) if q.dimension == one_amount.dimension]
        near = [body[q.start : q.end] for q in others_of_unit]
        near = [words for words in near if words not in key]
        if near:
            yield "number of the text", key[:a] + chance.choice(near) + key[b:], text
        digits = re.sub(r"\d", lambda m: str((int(m[0]) + chance.randint(1, 9)) % 10), key[a:b])
        if digits != key[a:b]:
            yield "another number", key[:a] + digits + key[b:], text
    for kind, tags in (("name", ("nr", "nrt", "nrfg", "nz", "nt")), ("place", ("ns",))):
        mine = names(claim, tags)
        if not mine:
            continue
        one = chance.choice(mine)
        near = [name for name in names(text, tags) if name not in key and one not in name]
        far = [name for name in names(elsewhere, tags) if name not in fold(text)]
        if kind == "place":
            far = [place for place in PLACES if place not in fold(text)]
        if near:
            yield f"{kind} of the text", key.replace(one, chance.choice(near)), text
        if far:
            yield f"another {kind}", key.replace(one, chance.choice(far)), text
    verbs = [m for m in re.finditer("[是有会能可被]|担任|成立|位于", key) if m.start() > 0]
    if verbs:
        at = chance.choice(verbs).start()
        no = "没" if key[at] == "有" else "不" if key[at] in "是会能可" else "没有"
        yield "negation put in", key[:at] + no + key[at:], text
    if (taken := re.sub(r"不(?=[是会能可得])|没(?=有)|没有|未(?!来)", "", key)) != key:
        yield "negation taken out", taken, text
    (added,) = chance.sample(
        [elsewhere[a:b].strip() for a, b in clauses(elsewhere) if b - a > 7]
        or ["其他的事情也是这样。"],
        1,
    )
    yield "something added", f"{claim.rstrip('。')}，{added}", text
    yield "mark on another article", claim, elsewhere


def drawn(count: int, fitted: bool, seed: int = 0) -> list[Pair]:
    """Return this many pairs, of every kind alike as far as there are."""
    chance = random.Random(seed)
    kinds: dict[str, list[Pair]] = defaultdict(list)
    for name in ("cmrc2018", "drcd"):
        found = list(told(name, fitted, chance))
        texts = [text for _, text, _ in found]
        of: dict[str, list[str]] = defaultdict(list)
        for _, text, title in found:
            of[title].append(text)
        for claim, text, title in found:
            for kind, broken, cited in breaks(claim, text, texts, chance):
                kinds[kind].append(Pair(claim, broken, text, cited, title, kind))
            if siblings := [one for one in of[title] if one != text]:
                pair = Pair(claim, claim, text, chance.choice(siblings), title, "mark nearby")
                kinds["mark nearby"].append(pair)
    pairs = []
    for kind in sorted(kinds):
        chance.shuffle(kinds[kind])
    while len(pairs) < count and any(kinds.values()):
        for kind in sorted(kinds):
            if kinds[kind] and len(pairs) < count:
                pairs.append(kinds[kind].pop())
    return pairs


def _share(found: dict[str, list[bool]]) -> float:
    every = [one for kind in found.values() for one in kind]
    return sum(every) / len(every)


def one_thing_changed(fitted: bool, most: int, show: bool) -> None:
    """Print how many sentences are kept as they stand, and how many are told with a change."""
    chance = random.Random(1)
    right: Counter[str] = Counter()
    told_by_kind: dict[str, Counter[str]] = defaultdict(Counter)
    for name in ("cmrc2018", "drcd"):
        for row in halves(name, fitted):
            spans = [row["text"][a:b].strip() for a, b in sentences(row["text"])]
            for sentence in spans:
                if not 8 < len(sentence) < 120:
                    continue
                used = False
                for kind, other in changed(sentence, chance):
                    if told_by_kind[kind].total() >= most:
                        continue
                    used = True
                    state = judge(other, row["text"], row["title"])
                    told_by_kind[kind][state] += 1
                    if show and state != "unverified":
                        print(f"{kind} | {state}: {other}\n    {sentence}")
                if used:
                    right[judge(sentence, row["text"], row["title"])] += 1
    total = sum(told_by_kind.values(), Counter())
    print(
        f"  one thing changed: {right.total()} sentences as they stand, kept "
        f"{1 - right['unverified'] / right.total():.3f}; {total.total()} changed, told "
        f"{total['unverified'] / total.total():.3f}, {total['exact']} passed as exact"
    )
    for kind, states in sorted(told_by_kind.items()):
        print(
            f"  {kind:26}{states.total():4}  told {states['unverified'] / states.total():.3f}  "
            f"exact {states['exact']}"
        )


def invented_documents(show: bool) -> None:
    """Print how many right and changed sentences the invented documents bear out."""
    lines, passages = invented()

    def best(claim: str) -> str:
        states = {judge(claim, text, context) for text, context in passages}
        return min(states, key=("exact", "supported", "unverified").index)

    right = [best(line["right"]) for line in lines]
    kept = sum(state != "unverified" for state in right)
    kinds: dict[str, Counter[str]] = defaultdict(Counter)
    for line, state in zip(lines, right, strict=True):
        if show and state == "unverified":
            print(f"lost: {line['right']}")
        for wrong in line["wrong"]:
            passed = best(wrong["text"])
            kinds[wrong["kind"]][passed] += 1
            if show and passed != "unverified":
                print(f"{wrong['kind']} | {passed}: {wrong['text']}")
    total = sum(kinds.values(), Counter())
    passed_in_all = total.total() - total["unverified"]
    print(
        f"invented documents: kept {kept} of {len(right)}; passed {passed_in_all} of "
        f"{total.total()} changed, {total['exact']} as exact"
    )
    for kind, states in sorted(kinds.items()):
        passed_of_kind = states.total() - states["unverified"]
        print(f"  {kind:26}{states.total():4}  passed {passed_of_kind}  exact {states['exact']}")


def main() -> None:
    """Judge both halves."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=200, help="pairs of either half")
    parser.add_argument("--show", action="store_true", help="print what is judged wrongly")
    parser.add_argument("--edits", type=int, default=150, help="changes of each kind and half")
    options = parser.parse_args()
    for fitted in (True, False):
        pairs = drawn(options.pairs, fitted)
        kept, lost = defaultdict(list), defaultdict(list)
        for pair in pairs:
            right = judge(pair.right, pair.text, pair.title)
            broken = judge(pair.broken, pair.cited, pair.title)
            kept[pair.kind].append(right != "unverified")
            lost[pair.kind].append(broken == "unverified")
            if options.show and fitted and (right == "unverified" or broken != "unverified"):
                print(f"{pair.kind} | {right}: {pair.right} | {broken}: {pair.broken}")
                print(f"    {pair.cited[:400]}")
        half = "fitted on" if fitted else "not fitted on"
        print(
            f"{half}: {len(pairs)} pairs, right ones kept {_share(kept):.3f}, "
            f"broken ones told {_share(lost):.3f}"
        )
        hard = [one for name in ("cmrc2018", "drcd") for one in asked(name, fitted)][::7]
        good = [judge(claim, text, title) != "unverified" for claim, text, title in hard]
        print(f"  questions as statements: {len(good)}, kept {sum(good) / len(good):.3f}")
        for kind in sorted(lost):
            n = len(lost[kind])
            print(
                f"  {kind:26}{n:4}  kept {sum(kept[kind]) / n:.2f}  told {sum(lost[kind]) / n:.2f}"
            )
        one_thing_changed(fitted, options.edits, options.show and fitted)
    invented_documents(options.show)


if __name__ == "__main__":
    main()
