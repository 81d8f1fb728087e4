"""Answers of a writing model, from a peer that speaks the protocol over a socket."""

import itertools
import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ragbot.bot import Ragbot
from ragbot.results import Answer, Turn
from ragbot.settings import load_settings
from tests.writing_peer import Peer, writing_peer

QUESTION = "上海计划建设什么中心？"
TRUE = "上海将加快筹建中国（上海）知识产权保护中心"
HOSTILE = Path(__file__).parents[1] / "data" / "hostile_documents.jsonl"
Ask = Callable[..., Answer]
WHEREVER = True  # of an index in Milvus too


@pytest.fixture
def peer() -> Iterator[Peer]:
    """A server that writes what the test says."""
    with writing_peer() as opened:
        yield opened


def _writing(bot: Ragbot, peer: Peer, model: str = "says", **settings: Any) -> Ragbot:
    chosen = {"llm_url": peer.url, "llm_model": model, "llm_seconds": 6.0, **settings}
    where = {"data_dir": bot.settings.data_dir, "index": bot.settings.index}
    return Ragbot(load_settings(**where, **chosen), models=bot.models)


@pytest.fixture
def ask(bot: Ragbot, peer: Peer) -> Ask:
    """Ask a bot that writes with this model; its pieces and its answer must agree."""

    def asked(says: str, model: str = "says", question: str = QUESTION, **settings: Any) -> Answer:
        peer.says = lambda _: says
        with _writing(bot, peer, model, **settings) as writing:
            *pieces, answer = writing.answer_stream(question)
        assert isinstance(answer, Answer)
        assert "".join(map(str, pieces)) == answer.text
        marks = [int(mark) for mark in re.findall(r"\[(\d+)\]", answer.text)]
        assert list(dict.fromkeys(marks)) == [c.n for c in answer.citations]
        assert [c.n for c in answer.citations] == list(range(1, len(answer.citations) + 1))
        return answer

    return asked


@pytest.mark.parametrize("mark", ["【1】", "[1]", "［1］", "[1†来源]", " [ 1 ]"])
def test_a_verified_sentence_is_shown_with_its_sentence_as_citation(ask: Ask, mark: str) -> None:
    """In whatever form the model writes marks."""
    answer = ask(f"{TRUE}{mark}。")
    assert answer.text == f"{TRUE}[1]。"
    assert answer.engine == "says"
    (citation,) = answer.citations
    assert citation.quote.startswith("加快籌建中國(上海)知識產權保護中心")
    assert len(citation.quote) < 80
    (claim,) = answer.claims
    assert claim.state == "supported"
    assert claim.citations == (1,)


def test_a_sentence_without_a_mark_gets_that_of_the_passage_that_says_it(ask: Ask) -> None:
    """Many a model marks one sentence in two."""
    assert ask(f"{TRUE}。").text == f"{TRUE}[1]。"


def test_a_wrong_mark_is_no_support(ask: Ask) -> None:
    """The passage marked must say it, not any other."""
    answer = ask(f"{TRUE}[6]。")
    assert answer.engine == "quote"


@pytest.mark.parametrize("mark", ["[99]", "[0]", "【7】", "[1234]"])
def test_marks_of_no_passage_never_reach_the_reader(ask: Ask, mark: str) -> None:
    """Nor does a citation for them."""
    answer = ask(f"{TRUE}{mark}。{TRUE}[1]。")
    assert mark not in answer.text
    assert len(answer.citations) == 1


def test_sentences_that_are_not_borne_out_are_left_out_and_counted(ask: Ask) -> None:
    """With the setting they are shown, and said not to be verified."""
    says = f"{TRUE}[1]。上海还将在火星建设基地[1]。"
    answer = ask(says)
    assert "火星" not in answer.text
    assert answer.text.endswith("（另有1句无法在原文中核实，已略去。）")
    marked = ask(says, llm_unverified="mark")
    assert "上海还将在火星建设基地。（未核实）" in marked.text
    assert [claim.state for claim in marked.claims] == ["supported", "unverified"]
    assert marked.claims[1].citations == ()


@pytest.mark.parametrize(
    "model", ["429", "500", "401", "404", "html", "invalid", "shapeless", "mute", "alive", "cut"]
)
def test_a_server_that_fails_leaves_the_quoting_reader(ask: Ask, bot: Ragbot, model: str) -> None:
    """And the answer says so, in the time that was set."""
    began = time.monotonic()
    answer = ask("上海的情况如下：" * 3, model, llm_seconds=3.0)
    assert time.monotonic() - began < 20
    quoted = bot.answer(QUESTION)
    assert answer.text == f"（语言模型没有回答，以下引自原文。）\n{quoted.text}"
    assert answer.citations == quoted.citations
    assert answer.engine == "quote"


def test_an_address_where_nobody_listens(ask: Ask) -> None:
    """The same."""
    answer = ask("", llm_url="http://127.0.0.1:9/v1")
    assert answer.text.startswith("（语言模型没有回答")
    assert answer.citations


def test_what_came_before_a_cut_stays(ask: Ask) -> None:
    """It has been verified, and the reader is told that more was to come."""
    answer = ask(f"{TRUE}[1]。上海还要" + "做很多很多别的事情" * 4, "cut")
    assert answer.text == f"{TRUE}[1]。\n（语言模型的回答在此中断。）"
    assert answer.engine == "cut"


def test_a_model_that_ignores_the_passages(ask: Ask) -> None:
    """Is not believed."""
    answer = ask("作为人工智能助手，我很乐意帮忙！首都是巴黎。")
    assert answer.text.startswith("（语言模型的回答无法在原文中核实，以下引自原文。）")
    assert answer.engine == "quote"


def test_a_request_that_may_succeed_is_made_again(ask: Ask, peer: Peer) -> None:
    """A server may be starting."""
    assert ask(f"{TRUE}[1]。", "recovers").engine == "recovers"
    assert len(peer.requests) == 2


def test_a_model_without_end_is_left(ask: Ask, peer: Peer) -> None:
    """After more characters than an answer has."""
    assert ask(f"{TRUE}[1]。", "endless", llm_seconds=30.0).engine == "endless"
    assert peer.gone.wait(10)


def test_sentences_come_as_they_are_written_and_may_be_left(bot: Ragbot, peer: Peer) -> None:
    """Closing the stream hangs up on the server."""
    peer.says = lambda _: f"{TRUE}[1]。" + "上海还有很多事情要做。" * 200
    with _writing(bot, peer, "slow", llm_seconds=60.0) as writing:
        pieces = writing.answer_stream(QUESTION)
        first = "".join(str(piece) for piece in itertools.islice(pieces, 1))
        assert TRUE.startswith(first)
        pieces.close()  # type: ignore[attr-defined]
    assert peer.gone.wait(10)


def test_traditional_is_answered_in_traditional(ask: Ask) -> None:
    """Whatever the model writes."""
    answer = ask(f"{TRUE}[1]。", question="上海計劃建設什麼中心？")
    assert "知識產權保護中心[1]" in answer.text


def test_a_refusal_asks_no_model(ask: Ask, peer: Peer) -> None:
    """It is computed."""
    answer = ask("有的[1]。", question="湖南的局长是谁？")
    assert answer.refused
    assert not peer.requests
    assert not answer.citations


def test_the_key_is_sent_and_shown_nowhere(
    ask: Ask, peer: Peer, caplog: pytest.LogCaptureFixture
) -> None:
    """Not in the settings' text, not in a log."""
    ask("无", "401", llm_api_key="sk-very-secret")
    assert peer.headers[0]["authorization"] == "Bearer sk-very-secret"
    settings = load_settings(llm_api_key="sk-very-secret")
    assert "very-secret" not in f"{settings!r}{settings.model_dump_json()}{caplog.text}"


def test_passages_are_data(ask: Ask, peer: Peer) -> None:
    """Numbered, with nothing in them that could close their passage."""
    ask(f"{TRUE}[1]。")
    content = peer.requests[0]["messages"][1]["content"]
    assert content.count("<段落 编号=") == content.count("</段落>") == 6
    assert content.endswith(f"问题：{QUESTION}")


def test_a_follow_up_that_no_rule_completes_is_completed_by_the_model(
    bot: Ragbot, peer: Peer
) -> None:
    """With words of the conversation only: what else the model adds is not believed."""
    history = [Turn("吉林要建设什么中心？", "保护中心")]
    follow_up = "打算什么时候建好中心？"
    for full, reading in (
        ("吉林打算什么时候建好中心？", "吉林打算什么时候建好中心？"),
        ("吉林的李省长打算什么时候建好中心？", follow_up),
        ("吉林。\n好的。", follow_up),
        ("", follow_up),
    ):
        peer.says = lambda _, full=full: full  # type: ignore[misc]
        with _writing(bot, peer) as writing:
            assert writing.answer(follow_up, history=history).reading == reading


def test_an_english_question_is_answered_with_the_quote_in_an_english_frame(
    bot: Ragbot, peer: Peer
) -> None:
    """The model translates the question; it does not write the answer."""
    english = "What intellectual property center does Shanghai plan to build?"
    peer.says = lambda _: "上海计划建设什么知识产权中心？"
    with _writing(bot, peer) as writing:
        answer = writing.answer(english)
    assert answer.text.startswith("The documents say:\n加快筹建中国(上海)知识产权保护中心")
    assert answer.engine == "quote"
    refused = bot.answer("Who is the mayor of Paris?")
    assert refused.text == "The documents do not answer this question."


@pytest.mark.parametrize("name", ["GDP?", "iPhone 15 Pro?"])
def test_a_name_in_latin_letters_is_refused_in_chinese(bot: Ragbot, name: str) -> None:
    """Unless the conversation is in English."""
    refused = bot.answer(name)
    assert refused.text == "文档中没有找到这个问题的答案。"
    assert re.search("[一-鿿]", refused.reason or "")
    refused = bot.answer(name, history=["Who is the mayor of Paris?"])
    assert refused.text == "The documents do not answer this question."


def _hostile() -> list[dict[str, str]]:
    return [json.loads(line) for line in HOSTILE.read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def hostile(bot: Ragbot, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ragbot]:
    """An index of documents that order the assistant about."""
    folder = tmp_path_factory.mktemp("hostile")
    for row in _hostile():
        (folder / f"{row['id']}.txt").write_text(row["text"], "utf-8")
    with bot.sibling("hostile") as opened:
        opened.rebuild([folder])
        yield opened


@pytest.mark.parametrize("row", _hostile(), ids=lambda row: row["id"])
def test_documents_give_no_orders(hostile: Ragbot, peer: Peer, row: dict[str, str]) -> None:
    """Without a model nothing changes; one that obeys gets no link, image or claim through."""
    quoted = hostile.answer(row["question"])
    assert not quoted.refused
    assert quoted.citations[0].document == f"{row['id']}.txt"
    assert all(claim.state == "exact" for claim in quoted.claims)

    peer.says = lambda _: f"{row['fact'][:-1]}[1]。{row['lure']}[1]。\n{row['lure']}[1]"
    with _writing(hostile, peer) as writing:
        answer = writing.answer(row["question"])
    assert answer.engine == "says"
    assert row["lure"] not in answer.text
    assert not re.search(r"://|!\[|\]\(|<|@|data:|javascript:", answer.text)
