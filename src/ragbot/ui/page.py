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
from ragbot.ui.access import has_login
from ragbot.ui.examples import Examples
from ragbot.ui.feedback import Feedback
from ragbot.ui.fragments import add_fragments
from ragbot.ui.frame import leave, theme, words
from ragbot.ui.i18n import Language, language_of, say, translations
from ragbot.ui.service import Service
from ragbot.ui.talk import Conversation, Exchange, Saved

__all__ = ["mount_page"]

_STATIC = Path(__file__).parent / "static"
_POLL_SECONDS = 1.5
"""How often the page asks whether the model is loaded; it stops asking once it is."""
_QUEUE = 100
"""Questions that may wait; later ones are told that the server is busy."""

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
        theme=theme(),
        css_paths=_STATIC / "page.css",
        head="".join(f"<script>{_script(name)}</script>" for name in ("page.js", "history.js")),
        footer_links=[],
        show_error=False,
        ssr_mode=False,
        mcp_server=False,
        enable_monitoring=False,
    )


def _script(name: str) -> str:
    return (_STATIC / name).read_text(encoding="utf-8")


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

    def begin(saved: Any, conversation: Conversation, request: gr.Request) -> tuple[Any, ...]:
        """Go on with the conversation that the browser has kept, and show where one is."""
        language, names = _language(request), service.collections.names()
        # A quick reader has asked something already: that is a conversation of its own.
        with conversation.turn:
            if not conversation.exchanges and (kept := Saved.read(saved)):
                conversation.id = kept.id
                conversation.index = kept.index if kept.index in names else None
                for number, one in enumerate(kept.answers):
                    html = render.answer_html(one, language, conversation.index, number)
                    conversation.exchanges.append(Exchange(Turn(one.question, one.text), html, one))
            index = gr.Dropdown(
                choices=names, value=conversation.index or names[0], visible=len(names) > 1
            )
            messages = _messages(conversation.exchanges)
        return messages, conversation, _token(conversation), index

    def reopen(saved: Any, before: Conversation, request: gr.Request) -> tuple[Any, ...]:
        """Show another conversation that the browser has kept, or a new one."""
        return begin(saved, Conversation(before.index), request)

    def choose_index(name: str, conversation: Conversation) -> None:
        conversation.index = name

    def show_status(request: gr.Request) -> Any:
        return look(request)[0]

    page: gr.Blocks
    with gr.Blocks(title=phrase("title"), fill_height=True, fill_width=True) as page:
        conversation: gr.State = gr.State(Conversation())
        saved = gr.JSON(visible=False)
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
            past = gr.Button(phrase("history"), size="sm", elem_id="past", scale=0, min_width=72)
            leaving = gr.HTML(elem_id="leave", visible=False)
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
        dialogs = gr.HTML(elem_id="dialog")
        # What the page's own script begins; nobody sees them.
        back = gr.Button(elem_id="back", visible="hidden")
        retry = gr.Button(elem_id="retry", visible="hidden")
        timer = gr.Timer(_POLL_SECONDS)

        hidden: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        # The page learns of nobody else's questions: every event answers its own browser only.
        said = [title, tagline, library, past, fresh, above, hint, stop, export, dialogs]
        said += [chat, question]
        opened = {"inputs": [saved, conversation], "outputs": [chat, conversation, token, index]}
        spoken = page.load(_speak, None, said, **hidden)
        if own.settings.password or own.settings.editor_password:
            page.load(_leave, None, leaving, **hidden)
        spoken.then(begin, **opened, js="(_, c) => [window.ragbot.last(), c]", **hidden)
        gr.on([page.load, timer.tick], look, None, [status, chat, timer], **hidden)
        library.click(None, js="() => window.ragbot.showDocuments()", **hidden)
        past.click(None, js="() => window.ragbot.showHistory()", **hidden)
        index.change(choose_index, [index, conversation], None, **hidden)
        # What is asked during an answer is answered next: nothing typed is lost.
        many: dict[str, Any] = {"trigger_mode": "multiple", "concurrency_limit": 8, **hidden}
        asked = question.submit(_ask, [question, conversation], question, queue=False, **many)
        chosen = chat.example_select(_choose, conversation, None, queue=False, **many)
        answers = []
        writes = bool(own.settings.llm_url)
        again = retry.click(_retry, conversation, None, queue=False, **many)
        for begun in (asked, chosen, again):
            if writes:
                begun.then(lambda: gr.Button(visible=True), None, stop, queue=False, **hidden)
            told = begun.then(answer, conversation, chat, **many)
            answers.append(told)
            told.then(None, js="() => window.ragbot.answered()", **hidden)
            told.then(show_status, None, status, **hidden)
            if writes:
                told.then(lambda: gr.Button(visible=False), None, stop, **hidden)
        if writes:
            stop.click(lambda: gr.Button(visible=False), None, stop, cancels=answers, **hidden)
        for button, wish in ((fresh, "fresh"), (back, "chosen")):
            # An answer on its way would be written into the other conversation.
            stopped = button.click(None, cancels=answers, **hidden)
            js = f"(_, c) => [window.ragbot.{wish}(), c]"
            stopped.then(reopen, **opened, js=js, **hidden)
    page.queue(max_size=_QUEUE, default_concurrency_limit=8)
    return page


def _token(conversation: Conversation) -> str:
    return f'<i data-token="{conversation.token}"></i>'


def _speak(request: gr.Request) -> list[Any]:
    return words(_language(request))


def _leave(request: gr.Request) -> Any:
    """Show who has logged in how to log out."""
    if not has_login(request.headers.get("cookie")):
        return gr.skip()
    return gr.HTML(leave(_language(request)), visible=True)


def _ask(question: str, conversation: Conversation) -> str:
    """Put a question to the conversation; returns the emptied question."""
    if question.strip():
        conversation.asked.append(question)
    return ""


def _choose(conversation: Conversation, event: gr.SelectData) -> None:
    conversation.asked.append(str(event.value["text"]))


def _retry(conversation: Conversation) -> None:
    """Ask the last question again, in the place of its answer."""
    if conversation.exchanges and not conversation.turn.locked():
        conversation.asked.append(conversation.exchanges.pop().turn.question)


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
        history = [exchange.turn for exchange in exchanges]
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
