"""Damaged text reads as if it had never been damaged; other text is not touched."""

import json
import random
import re
from functools import cache
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ragbot.documents.sample import sample_corpus
from ragbot.text.proof import damages_to
from ragbot.text.reading import read, read_question
from tests.text.damage import PUNCTUATION, damage, fits, table

SAMPLES = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "data/damaged_sample.jsonl").read_text().splitlines()
]


@cache
def _statements() -> str:
    (path,) = sample_corpus().iterdir()
    return path.read_bytes().decode()


@cache
def _clean() -> str:
    """Return undamaged Traditional prose: the samples' originals."""
    return "\n".join(sample["clean"] for sample in SAMPLES if fits(sample["clean"]))


def test_the_users_statements_are_repaired_and_every_repair_is_proved() -> None:
    """1,391 marks on 96 characters, and the five torn places."""
    reading = read(_statements())
    assert {repair.certainty for repair in reading.repairs} == {"proved"}
    torn = {r.before: r.after for r in reading.repairs if "?" in r.before}
    assert torn == {
        "展?fàn)I": "展營",
        "們?cè)趪?guó)": "們在國",
        "們?cè)谛碌臍v": "們在新的歷",
        "?!毒V": "。《綱",
        "持?jǐn)?shù)": "持數",
    }
    marks = [repair for repair in reading.repairs if "?" not in repair.before]
    assert len(marks) == 1391
    assert len({repair.after for repair in marks}) == 96
    # Nothing is left that looks like damage, and nothing else has changed.
    assert "?" not in reading.text
    assert re.findall(r"\([a-zāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ]+\)", reading.text) == []
    assert "(WIPO)" in reading.text


def test_the_repaired_statements_damaged_forward_are_the_statements() -> None:
    """The proof, over every repair at once."""
    raw = _statements()
    for repair in read(raw).repairs:
        assert damages_to(repair.after, repair.before, {}, punctuation=True), repair


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample["id"])
def test_public_samples_are_restored_where_nothing_is_lost(sample: dict[str, str]) -> None:
    """And where bytes vanished, nothing is called proved that is wrong."""
    reading = read(sample["damaged"])
    if damages_to(sample["clean"], sample["damaged"], {}, punctuation=False):
        assert reading.text == sample["clean"]
    elif all(repair.certainty == "proved" for repair in reading.repairs):
        # What the converter wrote "?" for is not damage that anybody could see.
        assert reading.text == "".join(c if fits(c) else "?" for c in sample["clean"])


@given(st.integers(0, 10**9), st.integers(40, 120), st.booleans())
def test_repair_undoes_damage(seed: int, size: int, punctuation: bool) -> None:
    """With any table in any order: what is all proved is all right."""
    chance = random.Random(seed)
    lines = _clean().split("\n")
    clean = "\n".join(chance.sample(lines, 4))
    marks = table(_clean(), size, chance.sample(range(size), size))
    damaged = damage(clean, marks, PUNCTUATION if punctuation else None)
    assume(not damaged.vanished and not damaged.eaten)
    reading = read(damaged.text)
    if not punctuation:
        assert reading.text == clean
    elif all(repair.certainty == "proved" for repair in reading.repairs):
        half = str.maketrans(PUNCTUATION)
        assert reading.text.translate(half) == clean.translate(half)


@pytest.mark.parametrize(
    ("damaged", "expected"),
    [
        ("會(huì )議", "會議"),
        ("業(ye)(ye)務(wu)(wu)", "業務"),
        ("關(guan) 於(yu) 計(ji) 劃", "關於計劃"),
        ("漢字(hàn zì)", "漢字"),
        ("漢字(hànzì)", "漢字"),
        ("計（jì）劃", "計劃"),
        ("計(jí)劃", "計劃"),
        ("綠(lv4)色(se4)", "綠色"),
        ("計(ji\u0300)劃", "計劃"),
        ("發(fɑ)展(zhɑn)", "發展"),
        ("<ruby>計<rp>(</rp><rt>jì</rt><rp>)</rp></ruby>劃", "計劃"),
        ("<ruby>計<rt>jì</rt>劃<rt>huà</rt></ruby>", "計劃"),
    ],
)
def test_what_other_tools_write_is_damage_too(damaged: str, expected: str) -> None:
    """In a document that is full of it."""
    assert read(damaged * 10).text == expected * 10


@pytest.mark.parametrize(
    "text",
    [
        "荨(qián)麻是一种草本植物，分布在亚洲和欧洲，生于山坡、路旁或住宅旁的半荫湿处。",
        "范蠡(lǐ)是春秋末期政治家，楚国宛地三户邑人，著名的道商鼻祖。" * 3,
        "粤(yuè)菜是中国四大菜系之一，发源于岭南。粤菜用料丰富，粤菜的名厨很多。" * 5,
        "世界知识产权组织(WIPO)、吉林(上)、规划(2021—2035年)、公式f(x)和变量(a)。" * 5,
        "他问：什么?(笑)真的吗?是的!為什麼?!因為這樣。" * 5,
        "什么(是吗?ha)，我不知道(what?no)的。" * 5,
        "这是什么?第一条?第二条?" * 300,
    ],
)
def test_what_people_wrote_is_not_damage(text: str) -> None:
    """Annotations of rare characters, abbreviations and honest question marks stay."""
    reading = read(text)
    assert reading.text == text
    assert len(reading.repairs) == 0


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("上海計(jì)劃建設(shè)什么中心?", "上海計劃建設什么中心?"),
        ("展?fàn)I造是什么?", "展營造是什么?"),
        ("持?jǐn)?shù)字化是什么?", "持數字化是什么?"),
        ("荨(qián)麻是什么？", "荨(qián)麻是什么？"),
        ("WIPO(世界知识产权组织)是什么?", "WIPO(世界知识产权组织)是什么?"),
        ("為什麼?!", "為什麼?!"),
    ],
)
def test_a_question_is_repaired_by_itself(question: str, expected: str) -> None:
    """It is too short to be dense."""
    assert read_question(question).text == expected


def test_what_cannot_be_known_is_marked_and_left() -> None:
    """A torn place that no table character explains stays as it is."""
    raw = _statements()[:3000] + "天?zzz)地" + _statements()[3000:6000]
    (repair,) = [r for r in read(raw).repairs if "zzz" in r.before]
    assert repair.certainty == "unrecoverable"
    assert repair.after == repair.before == "天?zzz)"
    assert "天?zzz)地" in read(raw).text


@pytest.mark.parametrize(
    "text",
    [
        "?" * 10**5,
        "計" + "(" * 10**5 + ")" * 10**5,
        "計(" * 10**5,
        "?fàn)" * 10**4,
        "\ud800(jì)\udfff?fàn)\ud800" * 100,
        "計\x00(jì)\x00劃" * 100,
        "</s>計(jì)<s>" * 100,
        "<ruby>" * 10**4,
        "<rt>" * 10**4 + "<ruby>計" * 10**4,
        random.Random(7).randbytes(10**5).decode("gb18030", "replace"),
        random.Random(7).randbytes(10**5).decode("latin-1"),
    ],
    ids=range(11),
)
def test_hostile_text_is_read_in_time(text: str) -> None:
    """No error, whatever stands there; the time-out of the suite is the limit."""
    reading = read(text)
    assert reading.to_raw(0, len(reading.text)) == (0, len(text))


def test_reading_a_reading_changes_nothing() -> None:
    """Repaired text is not damaged."""
    text = read(_statements()).text
    assert read(text).text == text
