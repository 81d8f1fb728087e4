"""The chat page: the conversation on the left, the source of a citation on the right."""

import logging
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import gradio as gr
from fastapi import FastAPI, Query, Request
from gradio.components.chatbot import ExampleMessage
from starlette.responses import HTMLResponse

from ragbot.bot import Ragbot
from ragbot.errors import RagbotError
from ragbot.results import Answer, Turn
from ragbot.ui import render
from ragbot.ui.api import LAST_TURNS
from ragbot.ui.examples import Examples
from ragbot.ui.i18n import Language, language_of, say, translations
from ragbot.ui.preparing import Preparation
from ragbot.ui.service import Service

__all__ = ["mount_page"]

_STATIC = Path(__file__).parent / "static"
_POLL_SECONDS = 1.5
"""How often the page asks whether the model is loaded; it stops asking once it is."""
_QUEUE = 100
"""Questions that may wait; later ones are told that the server is busy."""

# Fonts of the reader's machine: a page that fetches none works offline and looks native.
_FONTS = [
    "system-ui",
    "-apple-system",
    "PingFang SC",
    "Microsoft YaHei",
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "sans-serif",
]

_log = logging.getLogger(__name__)

Messages = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class _Exchange:
    """One turn of a conversation, and how its answer is shown."""

    turn: Turn
    html: str


class _Conversation:
    """What one browser has asked so far. Questions asked at once are answered in turn."""

    def __init__(self) -> None:
        self.asked: deque[str] = deque()
        self.exchanges: list[_Exchange] = []
        self.turn = threading.Lock()

    def __deepcopy__(self, _: object) -> "_Conversation":
        """Begin a conversation: Gradio copies the first value of a state for each browser."""
        return _Conversation()


@dataclass(frozen=True, slots=True)
class _Place:
    """A citation's place, as the links of the page give it."""

    document_id: str
    start: int
    end: int


def mount_page(app: FastAPI, service: Service) -> None:
    """Add the page at ``/``, and the route that its citations ask for their source."""
    bot, preparation = service.collections.own, service.preparation

    @app.get("/page/source", include_in_schema=False)
    def source(
        document_id: str,
        start: Annotated[int, Query(ge=0)],
        end: Annotated[int, Query(ge=0)],
        request: Request,
    ) -> HTMLResponse:
        language = language_of(request.headers.get("accept-language"))
        try:
            found = bot.source(_Place(document_id, start, end))
        except RagbotError as error:
            return HTMLResponse(render.note_html(str(error)), 404)
        return HTMLResponse(render.source_html(found, language))

    gr.mount_gradio_app(
        app,
        _build(bot, preparation),
        path="/",
        i18n=translations(),
        theme=_theme(),
        css_paths=_STATIC / "page.css",
        head=f"<script>{(_STATIC / 'page.js').read_text(encoding='utf-8')}</script>",
        footer_links=[],
        show_error=False,
        ssr_mode=False,
        mcp_server=False,
        enable_monitoring=False,
    )


def _theme() -> gr.themes.Base:
    return gr.themes.Base(
        primary_hue=gr.themes.colors.red,
        neutral_hue=gr.themes.colors.stone,
        radius_size=gr.themes.sizes.radius_md,
        text_size=gr.themes.sizes.text_md,
        font=_FONTS,
        font_mono=["ui-monospace", "Menlo", "Consolas", "Noto Sans Mono CJK SC", "monospace"],
    )


def _build(bot: Ragbot, preparation: Preparation) -> gr.Blocks:
    examples = Examples(bot)
    phrase = translations()

    def look(request: gr.Request) -> tuple[Any, Any, Any]:
        """Return the status line, the examples and the timer for the state of things."""
        language = _language(request)
        if not preparation.ready:
            failure = preparation.failure
            text = say(language, "not_ready") + failure if failure else say(language, "loading")
            kind = "warning" if failure else "loading"
            return f'<p class="{kind}">{render.escape(text)}</p>', gr.skip(), gr.skip()
        try:
            drawn = examples.questions(language)
            shown = [ExampleMessage(text=question) for question in drawn]
            status = render.status_html(bot.status(), language)
        except RagbotError as error:
            return f'<p class="warning">{render.escape(str(error))}</p>', gr.skip(), gr.skip()
        return status, gr.Chatbot(examples=shown), gr.Timer(active=False)

    def answer(conversation: _Conversation, request: gr.Request) -> Iterator[Any]:
        """Yield the conversation as its next answer grows."""
        language = _language(request)
        with conversation.turn:
            if not conversation.asked:
                yield gr.skip()
                return
            question, exchanges = conversation.asked.popleft(), conversation.exchanges
            before = [*_messages(exchanges), _message("user", render.question_html(question))]
            waiting = say(language, "thinking" if preparation.ready else "waiting")
            yield [*before, _message("assistant", render.note_html(waiting))]
            for exchange in _answering(bot, question, exchanges, language):
                yield [*before, _message("assistant", exchange.html)]
            exchanges.append(exchange)

    def show_status(request: gr.Request) -> Any:
        return look(request)[0]

    page: gr.Blocks
    with gr.Blocks(title=phrase("title"), fill_height=True, fill_width=True) as page:
        conversation: gr.State = gr.State(_Conversation())
        with gr.Row(elem_id="top"):
            title = gr.Markdown(phrase("title"), elem_id="title", container=False)
            tagline = gr.Markdown(phrase("tagline"), elem_id="tagline", container=False)
            fresh = gr.Button(phrase("new_chat"), size="sm", elem_id="fresh", scale=0, min_width=88)
        with gr.Row(elem_id="rooms", equal_height=False):
            with gr.Column(elem_id="talk", scale=3, min_width=320):
                chat = gr.Chatbot(
                    label=phrase("conversation"),
                    show_label=False,
                    container=False,
                    elem_id="chat",
                    buttons=[],
                    latex_delimiters=[],
                    layout="bubble",
                    feedback_options=None,
                    autoscroll=True,
                )
                question = gr.Textbox(
                    label=phrase("question"),
                    placeholder=phrase("ask_here"),
                    show_label=False,
                    submit_btn=True,
                    autofocus=True,
                    lines=1,
                    max_lines=6,
                    elem_id="question",
                )
            with gr.Column(elem_id="aside", scale=2, min_width=300):
                above = gr.Markdown(phrase("source"), elem_id="source-title", container=False)
                gr.HTML('<div id="source" tabindex="-1"></div>', elem_id="source-room")
                hint = gr.Markdown(phrase("source_hint"), elem_id="source-hint", container=False)
        status = gr.HTML(elem_id="status")
        timer = gr.Timer(_POLL_SECONDS)

        hidden: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        # The page learns of nobody else's questions: every event answers its own browser only.
        said = [title, tagline, fresh, above, hint, chat, question]
        page.load(_speak, None, said, **hidden)
        gr.on([page.load, timer.tick], look, None, [status, chat, timer], **hidden)
        # What is asked during an answer is answered next: nothing typed is lost.
        many: dict[str, Any] = {"trigger_mode": "multiple", "concurrency_limit": 8, **hidden}
        asked = question.submit(_ask, [question, conversation], question, queue=False, **many)
        chosen = chat.example_select(_choose, conversation, None, queue=False, **many)
        answers = []
        for begun in (asked, chosen):
            told = begun.then(answer, conversation, chat, **many)
            answers.append(told)
            told.then(None, js="() => window.ragbot.showFirst()", **hidden)
            told.then(show_status, None, status, **hidden)
        # An answer on its way would be written into the new conversation.
        stopped = fresh.click(None, cancels=answers, **hidden)
        stopped.then(
            lambda: ([], _Conversation()),
            None,
            [chat, conversation],
            js="() => window.ragbot.clear()",
            **hidden,
        )
    page.queue(max_size=_QUEUE, default_concurrency_limit=8)
    return page


def _speak(request: gr.Request) -> list[Any]:
    """Return the page's texts in the reader's language.

    Gradio translates by itself, but only for the tags zh-CN, zh-TW and en: a reader of zh, zh-HK
    or zh-Hans would get English.
    """
    language = _language(request)
    texts: list[Any] = [
        say(language, phrase)
        for phrase in ("title", "tagline", "new_chat", "source", "source_hint")
    ]
    texts.append(gr.Chatbot(placeholder=say(language, "welcome")))
    texts.append(gr.Textbox(placeholder=say(language, "ask_here")))
    return texts


def _ask(question: str, conversation: _Conversation) -> str:
    """Put a question to the conversation; returns the emptied question."""
    if question.strip():
        conversation.asked.append(question)
    return ""


def _choose(conversation: _Conversation, event: gr.SelectData) -> None:
    conversation.asked.append(str(event.value["text"]))


def _language(request: gr.Request) -> Language:
    return language_of(request.headers.get("accept-language"))


def _message(role: str, html: str) -> dict[str, Any]:
    return {"role": role, "content": html}


def _messages(exchanges: list[_Exchange]) -> Messages:
    return [
        message
        for exchange in exchanges
        for message in (
            _message("user", render.question_html(exchange.turn.question)),
            _message("assistant", exchange.html),
        )
    ]


def _answering(
    bot: Ragbot, question: str, exchanges: list[_Exchange], language: Language
) -> Iterator[_Exchange]:
    """Yield the exchange that a question begins, as far as its answer has come."""
    text = ""
    try:
        history = [exchange.turn for exchange in exchanges[-LAST_TURNS:]]
        for piece in bot.answer_stream(question, history=history):
            if isinstance(piece, Answer):
                html = render.answer_html(piece, language)
                yield _Exchange(Turn(question, piece.text), html)
            else:
                text += piece
                yield _Exchange(Turn(question, text), render.streaming_html(text))
    except RagbotError as error:
        yield _Exchange(Turn(question), render.failure_html(str(error), language))
    except Exception:
        _log.exception("A question could not be answered")
        broken = render.failure_html(say(language, "broken"), language)
        yield _Exchange(Turn(question), broken)
