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
from ragbot.text.script import to_simplified
from tests.text.damage import PUNCTUATION, Illegal, damage, fits, table

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


@given(
    st.integers(0, 10**9),
    st.integers(40, 120),
    st.booleans(),
    st.sampled_from(["vanishes", "byte", "pair"]),
)
def test_what_is_all_proved_is_all_right(
    seed: int, size: int, punctuation: bool, illegal: Illegal
) -> None:
    """Whatever the decoder makes of pairs of bytes that GBK does not have."""
    chance = random.Random(seed)
    clean = "\n".join(chance.sample(_clean().split("\n"), 2))
    marks = table(_clean(), size, chance.sample(range(size), size))
    damaged = damage(clean, marks, PUNCTUATION if punctuation else None, illegal=illegal)
    # A pair that vanished whole may leave a text that means something else.
    assume(not damaged.vanished)
    reading = read(damaged.text)
    if all(repair.certainty == "proved" for repair in reading.repairs) and "?" not in reading.text:
        half = str.maketrans(PUNCTUATION)
        assert reading.text.translate(half) == clean.translate(half)


_MARKED = "經(jīng)濟(jì)計(jì)劃與發(fā)展問(wèn)題的關(guān)係，後來(lái)開(kāi)會(huì)討論。\n"


@pytest.mark.parametrize(
    ("damaged", "expected"),
    [
        # GBK has no character FE B9: the decoder gave up FE alone and was in step again.
        ("董（理）事?shēng)?規(guī)定之授權額度", "董（理）事會規定之授權額度"),
        ("都建設，奠?yú)?了南京現代城市", "都建設，奠定了南京現代城市"),
        ("被活塞隊?wèi)覓祆痘钊?主場(chǎng)", "被活塞隊懸掛於活塞主場"),
        # The digit went with the byte before it; three digits of a year tell which one.
        ("取消他們?cè)?805年給予", "取消他們在1805年給予"),
        ("取消他們?cè)?005年給予", "取消他們在2005年給予"),
    ],
)
def test_a_byte_given_up_by_itself_is_put_back(damaged: str, expected: str) -> None:
    """And nothing stays where it was; it is a choice, for the byte is lost."""
    reading = read(_MARKED + damaged)
    assert reading.text.split("\n")[1] == expected
    assert "chosen" in {repair.certainty for repair in reading.repairs}


@pytest.mark.parametrize(
    ("damaged", "expected"),
    [
        # A mark behind a Latin letter, whose first byte was of full-width punctuation.
        ("該片獲批後,F(xiàn)M96.1於(yú)下午播出", "該片獲批後,FM96.1於下午播出"),
        ("德文:B(zhù)und,和平", "德文:Bund,和平"),
        # ... or of a character that is itself damaged: 海縣 is BAA3 BF68, and A3BF turned to ?.
        ("政府設立上?h(xiàn)以來", "政府設立上海縣以來"),
        ("他越來越政治化?F任州長", "他越來越政治化。現任州長"),
        ("他在文章中說:?qiān)?wèi)士大夫者,非也", "他在文章中說:為士大夫者,非也"),
        # Words of three and more characters tell which character it was.
        ("依私立?茖W校法", "依私立專科學校法"),
        ("英國人斯坦?!とR佛士登陸新加坡", "英國人斯坦福·萊佛士登陸新加坡"),
    ],
)
def test_torn_punctuation_is_put_right(damaged: str, expected: str) -> None:
    """In a text whose punctuation has become half-width."""
    assert read(_MARKED.replace("，", ",") + damaged).text.split("\n")[1] == expected


def test_a_question_mark_before_a_torn_character_stays() -> None:
    """Its second byte went into the pair that was marked: ?楊 is A3BF 97EE, with 織 = BF97."""
    honest = "他的職業是什麼?楊先生是誰?楊小姐呢?她的職業是什麼?楊先生的職業是什麼"
    reading = read(f"{_MARKED.replace('，', ',')}{honest}??zhī)?yáng)先生是哪裏人")
    assert reading.text.split("\n")[1] == f"{honest}?楊先生是哪裏人"


def test_no_annotation_in_gibberish_is_proved() -> None:
    """Behind a `?` that nothing explains the characters are not the author's: 變 is none here."""
    raw = "同時，?泼刻變(biàn)枷驊舨恳P，\n" + _MARKED * 3
    (gibberish,) = [r for r in read(raw).repairs if "變" in r.before]
    assert gibberish.certainty != "proved"
    honest = "為什麼?因為(wèi)這樣。\n" + _MARKED * 3
    (repair,) = [r for r in read(honest).repairs if r.before.startswith("為(")]
    assert repair.certainty == "proved"


def test_a_text_with_few_marks_is_damaged_where_all_are_marks() -> None:
    """An author does not annotate three frequent characters, every time."""
    raw = (
        "汙染防治技術士證照管理辦法第二條所定之六、總有機(jī)磷劑（如巴拉松、大利松等七項），依其特性"
        "以氣相層析法或高效能液相層析法測定之，每一樣品檢(jiǎn)測第三十九至四四之價格，由中央主管"
        "所定之，並公告於網站供各界查詢使用，以昭公信而利查考，其驗(yàn)證辦法另定之，由各地"
        "主管機關依前條之規定訂定，並報請上級核定後公告施行，其施行日期由中央定之，修正時亦同。"
        "各地方得視其財政狀況編列預算支應，不足之數由中央酌予補助，其辦法由中央定之，修正時亦同。"
    ).replace("主管機關", "主管單位")
    raw += "本辦法所稱之農藥，指用於防除農林作物病蟲者，以及用於調節其生長者。" * 4
    assert "(" not in read(raw).text


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


@cache
def _sentences() -> list[str]:
    sentences: list[str] = []
    for text in (_clean(), to_simplified(_clean())):
        for half in (False, True):
            text = text.translate(str.maketrans(PUNCTUATION)) if half else text
            sentences += re.findall(r"[^。！？!?\n]+[。！？!?\n]+", text)
    return sentences


@given(st.data())
def test_undamaged_text_comes_back_unchanged(data: st.DataObject) -> None:
    """Sentences in any order, of both scripts, with punctuation of both widths."""
    raw = "".join(data.draw(st.lists(st.sampled_from(_sentences()), max_size=60)))
    for reading in (read(raw), read_question(raw)):
        assert reading.text == raw
        assert not reading.repairs


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
        _MARKED.replace("，", ",") * 3 + "國人斯\ud800?!とR佛士登" * 100,
        "計\x00(jì)\x00劃" * 100,
        "</s>計(jì)<s>" * 100,
        "<ruby>" * 10**4,
        "<rt>" * 10**4 + "<ruby>計" * 10**4,
        random.Random(7).randbytes(10**5).decode("gb18030", "replace"),
        random.Random(7).randbytes(10**5).decode("latin-1"),
    ],
    ids=range(12),
)
def test_hostile_text_is_read_in_time(text: str) -> None:
    """No error, whatever stands there; the time-out of the suite is the limit."""
    reading = read(text)
    assert reading.to_raw(0, len(reading.text)) == (0, len(text))


def test_reading_a_reading_changes_nothing() -> None:
    """Repaired text is not damaged."""
    text = read(_statements()).text
    assert read(text).text == text
