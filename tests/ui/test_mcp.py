"""Assistants call the same functions, through the official client of the protocol."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

from ragbot.bot import Ragbot
from ragbot.results import as_json

QUESTION = "上海计划建设什么中心？"
T = TypeVar("T")


def _session(address: str, use: Callable[[ClientSession], Awaitable[T]]) -> T:
    async def run() -> T:
        async with (
            streamable_http_client(f"{address}/mcp") as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            return await use(session)

    # A thread has no loop of its own yet, whatever the tests before this one have left running.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(run())).result()


def _call(address: str, tool: str, **values: Any) -> tuple[bool, Any]:
    async def use(session: ClientSession) -> tuple[bool, Any]:
        result = await session.call_tool(tool, values)
        text = result.content[0].text  # type: ignore[union-attr]
        return bool(result.isError), text if result.isError else json.loads(text)

    return _session(address, use)


def test_the_tools_are_three(served: str) -> None:
    """Each says what it is for."""

    async def use(session: ClientSession) -> dict[str, str | None]:
        return {tool.name: tool.description for tool in (await session.list_tools()).tools}

    tools = _session(served, use)
    assert set(tools) == {"ask", "retrieve", "statement"}
    assert all(tools.values())


def test_the_answers_are_those_of_python(served: str, bot: Ragbot) -> None:
    """And a citation leads to its statement."""
    failed, answer = _call(served, "ask", question="那吉林呢？", history=[QUESTION])
    expected = as_json(bot.answer("那吉林呢？", history=[QUESTION]))
    assert not failed
    assert {k: v for k, v in answer.items() if k != "timing_ms"} == {
        k: v for k, v in expected.items() if k != "timing_ms"
    }
    _, found = _call(served, "retrieve", query=QUESTION, k=2)
    assert len(found["hits"]) == 2
    cited = answer["citations"][0]
    place = {name: cited[name] for name in ("document_id", "start", "end")}
    _, statement = _call(served, "statement", **place)
    assert statement["text"][statement["start"] : statement["end"]] == cited["quote"]


def test_what_cannot_be_done_is_said(served: str) -> None:
    """In one sentence."""
    for tool, values in (
        ("ask", {"question": " "}),
        ("retrieve", {"query": QUESTION, "k": 0}),
        ("ask", {"question": QUESTION, "index": "../x"}),
        ("statement", {"document_id": "no", "start": 0, "end": 1}),
    ):
        failed, said = _call(served, tool, **values)
        assert failed
        assert said.strip().endswith(".")
