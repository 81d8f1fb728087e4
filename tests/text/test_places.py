"""Places by their short names: characters that may mean anything else."""

import pytest

from ragbot.text.places import is_named, short_names_in


@pytest.mark.parametrize(
    ("name", "text", "named"),
    [
        ("上海", "上海市知识产权局", True),
        ("沪", "沪打造国际高地", True),
        ("沪", "沪、浙两地", True),
        ("沪", "沪 打造国际高地", True),
        ("津", "津 贴发放标准", False),
        ("苏", "苏打水和屠苏酒", False),
        ("晋", "晋升条件与津贴", False),
        ("津", "晋升条件与津贴", False),
        ("京", "东京、南京和京东", False),
        ("桂", "桂花糕", False),
        ("鲁", "鲁迅与粗鲁的人", False),
        ("新", "创新与新政策", False),
    ],
)
def test_a_short_name_counts_only_as_a_word(name: str, text: str, named: bool) -> None:
    """A full name counts wherever it stands."""
    assert is_named(name, text) is named


@pytest.mark.parametrize("text", ["", "沪" * 50, "A沪", "沪1", "天 津"])
def test_odd_texts_raise_nothing(text: str) -> None:
    """And a character tied to a letter, or torn from its word, is no place."""
    assert set(short_names_in(text)) <= {"沪"}
