"""Measure the repair of damaged text: what it restores, what it leaves alone, what it costs.

    python -m benchmarks.repair [--examples 10000]
    python -m benchmarks.repair --seeds 1 2 3

Prints five tables: the public damaged set; other texts damaged by our simulator, with tables of
other characters, in another order, with the punctuation rule and as other tools write; clean
corpora, where the reading must be the raw text; the offset map under random texts; and speed.

With `--seeds` it prints one table instead: paragraphs of three corpora, damaged with tables drawn
by these seeds, as three kinds of decoder leave them, with and without the punctuation rule. Rules
were tuned on seeds 1 to 3; judge on others. "Nothing lost" are there the paragraphs in which no
pair of bytes vanished and no ASCII character was swallowed.

Elsewhere "nothing lost" are texts whose undamaged form yields the damaged one when the damage is
run forward, byte by byte; in all others some byte vanished, or a character did not fit GBK.
"""

import argparse
import difflib
import random
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from hypothesis import Phase, given, settings
from opencc import OpenCC

from benchmarks.data import laws, rows
from ragbot.text.offsets import Reading
from ragbot.text.proof import damages_to
from ragbot.text.reading import read
from tests.text.damage import PUNCTUATION, Illegal, damage, fits, table
from tests.text.test_offsets import check_both_ways, damaged_texts


@dataclass
class Tally:
    """What became of some damaged texts."""

    texts: int = 0
    exact: int = 0
    whole: int = 0
    whole_exact: int = 0
    torn: int = 0
    torn_right: int = 0
    wrong_proved: int = 0
    wrong_chosen: int = 0
    marked: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, name: str, clean: str, damaged: str, nothing_lost: bool) -> None:
        """Repair one text and compare."""
        reading = read(damaged)
        exact = reading.text == clean
        self.texts += 1
        self.exact += exact
        self.whole += nothing_lost
        self.whole_exact += nothing_lost and exact
        if nothing_lost and not exact:
            self.examples.append(name)
        right = list(_right(reading, clean))
        for repair, is_right in zip(reading.repairs, right, strict=True):
            if "?" in repair.before:
                self.torn += 1
                self.torn_right += is_right
            if repair.certainty == "unrecoverable":
                self.marked += 1
            elif not is_right:
                self.wrong_proved += repair.certainty == "proved"
                self.wrong_chosen += repair.certainty == "chosen"

    def join(self, other: "Tally") -> None:
        """Add the counts of another tally."""
        for name, count in vars(other).items():
            setattr(self, name, getattr(self, name) + count)

    HEAD = (
        f"{'':34}{'texts':>6}{'exact':>7}{'nothing lost: exact':>21}{'torn':>6}{'right':>7}"
        f"{'wrong, proved':>15}{'chosen':>8}{'marked':>8}"
    )

    def row(self, name: str) -> str:
        """Return the tally as a row under HEAD."""
        whole = f"{self.whole_exact} of {self.whole}"
        return (
            f"{name:34}{self.texts:>6}{self.exact / self.texts:>7.3f}{whole:>21}{self.torn:>6}"
            f"{self.torn_right:>7}{self.wrong_proved:>15}{self.wrong_chosen:>8}{self.marked:>8}"
        )


def _right(reading: Reading, clean: str) -> Iterator[bool]:
    """Yield for each repair whether its text is what the clean text has in its place."""
    if reading.text == clean:
        yield from (True for _ in reading.repairs)
        return
    matcher = difflib.SequenceMatcher(None, reading.text, clean, autojunk=False)
    equal = [(a, a + size) for a, _, size in matcher.get_matching_blocks()]
    for repair in reading.repairs:
        start, end = reading.to_reading(repair.start, repair.end)
        yield any(a <= start and end <= b for a, b in equal)


def public_set() -> None:
    """Repair the damaged set of the evaluation data."""
    tally, naive = Tally(), 0
    for row in rows("damaged"):
        clean, damaged = row["clean_hant"], row["corrupted"]
        tally.add(row["id"], clean, damaged, damages_to(clean, damaged, {}, False))
        naive += re.sub(r"\([^()\u4e00-\u9fff]{1,8}\)", "", damaged) == clean
    print(tally.row("damaged.jsonl"))
    print(f"{'  brackets stripped, nothing else':34}{tally.texts:>6}{naive / tally.texts:>7.3f}")
    print("  nothing lost and yet not exact:", ", ".join(tally.examples) or "none")


def simulated(name: str, *, seed: int, size: int, punctuation: bool, joined: int) -> None:
    """Damage DRCD with a table of its own; ``joined`` paragraphs make a document."""
    chance = random.Random(seed)
    paragraphs = [row["text"] for row in rows("drcd.corpus") if fits(row["text"])]
    chance.shuffle(paragraphs)
    paragraphs = paragraphs[: 200 * joined]
    marks = table("".join(paragraphs), size, chance.sample(range(size), size))
    rule = PUNCTUATION if punctuation else None
    tally = Tally()
    for start in range(0, len(paragraphs), joined):
        clean = "\n".join(paragraphs[start : start + joined])
        if punctuation:
            clean = clean.translate({ord(wide): narrow for wide, narrow in PUNCTUATION.items()})
            original = "\n".join(paragraphs[start : start + joined])
        else:
            original = clean
        done = damage(original, marks, rule)
        tally.add(str(start), clean, done.text, not done.vanished and not done.eaten)
    print(tally.row(name))


def _paragraphs(corpus: str) -> list[str]:
    if corpus == "DRCD":
        texts = [row["text"] for row in rows("drcd.corpus")]
    elif corpus == "CMRC":
        traditional = OpenCC("s2t")
        texts = [traditional.convert(row["text"]) for row in rows("cmrc2018.corpus")]
    else:
        every_sixth = [text for _, text in laws("laws-hant")][::6]
        texts = [
            text[start : start + 500]
            for text in every_sixth
            for start in range(0, min(len(text), 3000), 500)
        ]
    return [text for text in texts if fits(text)]


def unseen(seeds: list[int], paragraphs: int = 120) -> None:
    """Damage so many paragraphs a seed, corpus and kind of damage with tables not seen before."""
    decoders: tuple[Illegal, ...] = ("vanishes", "byte", "pair")
    half = {ord(wide): narrow for wide, narrow in PUNCTUATION.items()}
    everything = Tally()
    begun, characters = time.process_time(), 0
    for corpus in ("DRCD", "CMRC", "laws"):
        texts = _paragraphs(corpus)
        joined = "".join(texts)
        for illegal in decoders:
            for punctuation in (False, True):
                tally = Tally()
                for seed in seeds:
                    chance = random.Random(f"{seed} {corpus} {illegal} {punctuation}")
                    size = chance.randint(40, 200)
                    entries = sorted(table(joined, 2 * size).items())
                    marks = dict(chance.sample(entries, min(size, len(entries))))
                    for clean in chance.sample(texts, paragraphs):
                        rule = PUNCTUATION if punctuation else None
                        done = damage(clean, marks, rule, illegal=illegal)
                        expected = clean.translate(half) if punctuation else clean
                        nothing_lost = not done.vanished and not done.eaten
                        characters += len(done.text)
                        tally.add(str(seed), expected, done.text, nothing_lost)
                name = f"{corpus}, {illegal}" + ", punctuation" * punctuation
                print(tally.row(name), flush=True)
                everything.join(tally)
    print(everything.row("all"))
    share = everything.whole_exact / everything.whole
    seconds = time.process_time() - begun
    print(f"nothing lost: {share:.4f} exact; {characters / seconds:,.0f} characters a CPU second")


def clean_corpora() -> None:
    """Read clean text, and print every difference."""
    sets = {
        "CMRC": ((row["id"], row["text"]) for row in rows("cmrc2018.corpus")),
        "DRCD": ((row["id"], row["text"]) for row in rows("drcd.corpus")),
        "laws-hans": laws("laws-hans"),
        "laws-hant": laws("laws-hant"),
    }
    for name, texts in sets.items():
        count = characters = 0
        changed = []
        for document, text in texts:
            count += 1
            characters += len(text)
            changed += [(document, repair) for repair in read(text).repairs]
        print(f"{name:12}{count:>7} documents{characters:>10} characters{len(changed):>5} changes")
        for document, repair in changed:
            print(f"    {document}: {repair}")


def offsets(examples: int) -> None:
    """Check the offset map both ways, on random texts."""
    check = settings(max_examples=examples, deadline=None, database=None, phases=[Phase.generate])(
        given(damaged_texts())(check_both_ways)
    )
    check()
    print(f"{examples} random texts mapped both ways, no failure")


def speed() -> None:
    """Megabytes of UTF-8 a second, and whether twice the text takes twice the time."""
    damaged = "\n".join(row["corrupted"] for row in rows("damaged"))
    clean = "\n".join(row["clean_hant"] for row in rows("damaged"))
    samples = {
        "damaged": damaged * 10,
        "damaged, twice as long": damaged * 20,
        "damaged, one line": (damaged * 10).replace("\n", ""),
        "clean": clean * 40,
        "clean, 50 MB": clean * (50_000_000 // len(clean.encode()) + 1),
        "a million question marks": "?" * 10**6,
        "a million ?fàn)": "?fàn)" * 10**6,
        "a million brackets": "計" + "(" * 10**6 + ")" * 10**6,
        "a million 計(": "計(" * 10**6,
        "random characters": "".join(random.Random(1).choices("計劃展?()àn營 ,!。", k=10**6)),
    }
    read(damaged[:1000])
    for name, text in samples.items():
        size = len(text.encode()) / 1e6
        begun = time.perf_counter()
        read(text)
        seconds = time.perf_counter() - begun
        print(f"{name:28}{size:>8.1f} MB{seconds:>9.2f} s{size / seconds:>9.2f} MB/s")


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--examples", type=int, default=10_000, help="random texts for offsets")
    parser.add_argument("--seeds", type=int, nargs="+", help="only: tables drawn by these seeds")
    options = parser.parse_args()
    print(Tally.HEAD)
    if options.seeds:
        unseen(options.seeds)
        return
    public_set()
    simulated("DRCD, 100 characters", seed=1, size=100, punctuation=False, joined=1)
    simulated("DRCD, 150, punctuation", seed=2, size=150, punctuation=True, joined=1)
    simulated("DRCD, 60, five paragraphs", seed=3, size=60, punctuation=False, joined=5)
    simulated("DRCD, 120, five, punctuation", seed=4, size=120, punctuation=True, joined=5)
    print()
    clean_corpora()
    print()
    speed()
    print()
    if options.examples:
        offsets(options.examples)


if __name__ == "__main__":
    main()
