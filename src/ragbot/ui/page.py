"""The chat page: the conversation on the left, the source of a citation on the right."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
from fastapi import FastAPI
from gradio.components.chatbot import ExampleMessage

from ragbot.errors import RagbotError
from ragbot.results import Answer, Turn
from ragbot.ui import render
from ragbot.ui.api import LAST_TURNS
from ragbot.ui.examples import Examples
from ragbot.ui.feedback import Feedback
from ragbot.ui.fragments import add_fragments
from ragbot.ui.i18n import Language, language_of, say, translations
from ragbot.ui.service import Service
from ragbot.ui.talk import Conversation, Exchange

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


def mount_page(app: FastAPI, service: Service) -> None:
    """Add the page at ``/``, and the routes that its own script asks."""
    feedback = Feedback(service.collections.own.settings.data_dir / "feedback.jsonl")
    add_fragments(app, service, feedback)
    gr.mount_gradio_app(
        app,
        _build(service),
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


def _build(service: Service) -> gr.Blocks:
    own, preparation = service.collections.own, service.preparation
    examples = Examples(own)
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
            status = render.status_html(own.status(), language)
        except RagbotError as error:
            return f'<p class="warning">{render.escape(str(error))}</p>', gr.skip(), gr.skip()
        return status, gr.Chatbot(examples=shown), gr.Timer(active=False)

    def answer(conversation: Conversation, request: gr.Request) -> Iterator[Any]:
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
            client = request.client.host if request.client else ""
            if refusal := service.limiting.refusal(client):
                html = render.failure_html(refusal, language)
                exchanges.append(Exchange(Turn(question), html))
                yield [*before, _message("assistant", html)]
                return
            for exchange in _answering(service, question, conversation, language):
                yield [*before, _message("assistant", exchange.html)]
            exchanges.append(exchange)

    def begin(saved: Any, conversation: Conversation, request: gr.Request) -> tuple[Any, Any, Any]:
        """Return the conversation that the browser has kept, its token, and the collections."""
        language = _language(request)
        for number, kept in enumerate(Conversation.read(saved)):
            html = render.answer_html(kept, language, None, number)
            conversation.exchanges.append(Exchange(Turn(kept.question, kept.text), html, kept))
        names = service.collections.names()
        chosen = gr.Dropdown(choices=names, value=names[0], visible=len(names) > 1)
        return _messages(conversation.exchanges), _token(conversation), chosen

    def choose_index(name: str, conversation: Conversation) -> None:
        conversation.index = name

    def show_status(request: gr.Request) -> Any:
        return look(request)[0]

    page: gr.Blocks
    with gr.Blocks(title=phrase("title"), fill_height=True, fill_width=True) as page:
        conversation: gr.State = gr.State(Conversation())
        saved = gr.BrowserState([], storage_key="ragbot", secret="ragbot")  # noqa: S106 - the reader's own
        token = gr.HTML(elem_id="token", visible="hidden")
        with gr.Row(elem_id="top"):
            title = gr.Markdown(phrase("title"), elem_id="title", container=False)
            tagline = gr.Markdown(phrase("tagline"), elem_id="tagline", container=False)
            index = gr.Dropdown(
                label=phrase("collection"),
                show_label=False,
                container=False,
                elem_id="index",
                visible=False,
                min_width=120,
            )
            export = gr.HTML(elem_id="export")
            library = gr.Button(
                phrase("documents_tab"), size="sm", elem_id="library", scale=0, min_width=72
            )
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
                stop = gr.Button(phrase("stop"), size="sm", elem_id="stop", visible=False)
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
        dialog = gr.HTML(elem_id="dialog")
        timer = gr.Timer(_POLL_SECONDS)

        hidden: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        # The page learns of nobody else's questions: every event answers its own browser only.
        said = [title, tagline, library, fresh, above, hint, stop, export, dialog, chat, question]
        spoken = page.load(_speak, None, said, **hidden)
        spoken.then(begin, [saved, conversation], [chat, token, index], **hidden)
        gr.on([page.load, timer.tick], look, None, [status, chat, timer], **hidden)
        library.click(None, js="() => window.ragbot.showDocuments()", **hidden)
        index.change(choose_index, [index, conversation], None, **hidden)
        # What is asked during an answer is answered next: nothing typed is lost.
        many: dict[str, Any] = {"trigger_mode": "multiple", "concurrency_limit": 8, **hidden}
        asked = question.submit(_ask, [question, conversation], question, queue=False, **many)
        chosen = chat.example_select(_choose, conversation, None, queue=False, **many)
        answers = []
        writes = bool(own.settings.llm_url)
        for begun in (asked, chosen):
            if writes:
                begun.then(lambda: gr.Button(visible=True), None, stop, queue=False, **hidden)
            told = begun.then(answer, conversation, chat, **many)
            answers.append(told)
            told.then(None, js="() => window.ragbot.showFirst()", **hidden)
            told.then(lambda one: one.saved(), conversation, saved, **hidden)
            told.then(show_status, None, status, **hidden)
            if writes:
                told.then(lambda: gr.Button(visible=False), None, stop, **hidden)
        if writes:
            stop.click(lambda: gr.Button(visible=False), None, stop, cancels=answers, **hidden)
        # An answer on its way would be written into the new conversation.
        stopped = fresh.click(None, cancels=answers, **hidden)
        stopped.then(
            _start_again,
            conversation,
            [chat, conversation, saved, token],
            js="(c) => { window.ragbot.clear(); return c; }",
            **hidden,
        )
    page.queue(max_size=_QUEUE, default_concurrency_limit=8)
    return page


def _start_again(before: Conversation) -> tuple[Any, Conversation, Any, str]:
    fresh = Conversation()
    fresh.index = before.index
    return [], fresh, [], _token(fresh)


def _token(conversation: Conversation) -> str:
    return f'<i data-token="{conversation.token}"></i>'


def _speak(request: gr.Request) -> list[Any]:
    """Return the page's texts in the reader's language.

    Gradio translates by itself, but only for the tags zh-CN, zh-TW and en: a reader of zh, zh-HK
    or zh-Hans would get English.
    """
    language = _language(request)
    texts: list[Any] = [
        say(language, phrase)
        for phrase in (
            *("title", "tagline", "documents_tab", "new_chat", "source", "source_hint", "stop"),
        )
    ]
    texts += [_export_html(language), _dialog_html(language)]
    texts.append(gr.Chatbot(placeholder=say(language, "welcome")))
    texts.append(gr.Textbox(placeholder=say(language, "ask_here")))
    return texts


def _export_html(language: Language) -> str:
    label = render.escape(say(language, "export"))
    return (
        f'<span class="export" hidden>{label} <a data-export="md" href="#export">Markdown</a> '
        '<a data-export="docx" href="#export">Word</a></span>'
    )


def _dialog_html(language: Language) -> str:
    title, close, new = (
        render.escape(say(language, name)) for name in ("documents_tab", "close", "new_collection")
    )
    return (
        f'<dialog id="documents" aria-labelledby="documents-title"><header>'
        f'<h2 id="documents-title">{title}</h2>'
        f'<button type="button" data-do="new">{new}</button>'
        f'<button type="button" data-do="close">{close}</button></header>'
        '<div class="content"></div></dialog>'
    )


def _ask(question: str, conversation: Conversation) -> str:
    """Put a question to the conversation; returns the emptied question."""
    if question.strip():
        conversation.asked.append(question)
    return ""


def _choose(conversation: Conversation, event: gr.SelectData) -> None:
    conversation.asked.append(str(event.value["text"]))


def _language(request: gr.Request) -> Language:
    return language_of(request.headers.get("accept-language"))


def _message(role: str, html: str) -> dict[str, Any]:
    return {"role": role, "content": html}


def _messages(exchanges: list[Exchange]) -> Messages:
    return [
        message
        for exchange in exchanges
        for message in (
            _message("user", render.question_html(exchange.turn.question)),
            _message("assistant", exchange.html),
        )
    ]


def _answering(
    service: Service, question: str, conversation: Conversation, language: Language
) -> Iterator[Exchange]:
    """Yield the exchange that a question begins, as far as its answer has come."""
    text, exchanges, index = "", conversation.exchanges, conversation.index
    try:
        bot = service.collections.get(index)
        history = [exchange.turn for exchange in exchanges[-LAST_TURNS:]]
        for piece in bot.answer_stream(question, history=history):
            if isinstance(piece, Answer):
                html = render.answer_html(piece, language, index, len(exchanges))
                yield Exchange(Turn(question, piece.text), html, piece)
            else:
                text += piece
                yield Exchange(Turn(question, text), render.streaming_html(text))
    except RagbotError as error:
        yield Exchange(Turn(question), render.failure_html(str(error), language))
    except Exception:
        _log.exception("A question could not be answered")
        broken = render.failure_html(say(language, "broken"), language)
        yield Exchange(Turn(question), broken)
