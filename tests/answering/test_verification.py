"""What a claim may say of the text it cites."""

import pytest

from ragbot.answering.verification import judge

TEXT = (
    "加快籌建中國(上海)知識產權保護中心,支持發揮世界知識產權組織(WIPO)仲裁與調解上海中心功能。"
    "2021年,全市專利授權量達17.9萬件,同比增長28.4%。外地企業不得參加評選。芮文彪任局長,吳挺任書記。"
)


@pytest.mark.parametrize(
    "claim",
    [
        "加快筹建中国（上海）知识产权保护中心",
        "2021年，全市专利授权量达17.9万件",
        "外地企业不得参加评选。",
    ],
)
def test_a_quote_in_any_script_is_exact(claim: str) -> None:
    """Width, script and marks do not matter."""
    assert judge(claim, TEXT) == "exact"


@pytest.mark.parametrize(
    "claim",
    [
        "根据文档，上海正在加快筹建知识产权保护中心。",
        "2021年全市的专利授权量达到了179,000件，增长28.4%。",
        "局长是芮文彪，书记是吴挺。",
        "外地的企业不得参加评选。",
    ],
)
def test_what_is_told_in_other_words_is_supported(claim: str) -> None:
    """An amount may be written otherwise, a sentence be turned."""
    assert judge(claim, TEXT) == "supported"


@pytest.mark.parametrize(
    "claim",
    [
        "2021年，全市专利授权量达19.7万件，同比增长28.4%。",
        "2021年，全市专利授权量达17.9亿件。",
        "2020年，全市专利授权量达17.9万件。",
        "全市专利授权量同比下降28.4%。",
        "加快筹建中国（天津）知识产权保护中心",
        "不加快筹建中国（上海）知识产权保护中心",
        "外地企业得参加评选。",
        "外地企业可以参加评选。",
        "吴挺任局长，芮文彪任书记。",
        "章根明任局长。",
        "2021年，全市专利授权量达17.9万件，外地投资者因此大量撤离本市。",
        "上海将举办《国际发明展》，加快筹建知识产权保护中心。",
        "",
        "……",
    ],
)
def test_what_the_text_does_not_say_is_not_verified(claim: str) -> None:
    """Another number, name, date, title; a denial put in or out; something added."""
    assert judge(claim, TEXT) == "unverified"


def test_nothing_is_said_by_a_text_that_cannot_be_seen() -> None:
    """A line may hold a zero-width space and no more."""
    assert judge("局长是芮文彪。", "\u200b\n", "芮文彪") == "unverified"


def test_headings_and_speakers_bear_out_names() -> None:
    """They stand above the passage and are said once."""
    assert judge("芮文彪表示要健全保护体系。", "健全保護體系。", "上海市局長 芮文彪") == "supported"
    assert judge("芮文彪表示要健全保护体系。", "健全保護體系。") == "unverified"
