"""Pieces of the page that its own script asks for: a source, the documents, an export."""

from typing import Annotated

from fastapi import FastAPI, Query, Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from ragbot.errors import IndexMissingError, RagbotError
from ragbot.results import Listed, Place, as_json
from ragbot.text.fold import fold
from ragbot.ui import render
from ragbot.ui.access import role_of
from ragbot.ui.documents_html import documents_html
from ragbot.ui.export import as_docx, as_markdown
from ragbot.ui.feedback import Feedback
from ragbot.ui.i18n import Language, language_of, say
from ragbot.ui.map_svg import map_svg
from ragbot.ui.service import Service
from ragbot.ui.talk import conversation_of

__all__ = ["add_fragments"]

_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def _language(request: Request) -> Language:
    return language_of(request.headers.get("accept-language"))


def add_fragments(app: FastAPI, service: Service, feedback: Feedback) -> None:
    """Add the routes."""

    @app.get("/page/source", include_in_schema=False)
    def source(
        document_id: str,
        start: Annotated[int, Query(ge=0)],
        end: Annotated[int, Query(ge=0)],
        request: Request,
        index: str | None = None,
        answer_start: Annotated[int | None, Query(ge=0)] = None,
        answer_end: Annotated[int | None, Query(ge=0)] = None,
    ) -> HTMLResponse:
        try:
            bot = service.collections.get(index or None)
            found = bot.source(Place(document_id, start, end, answer_start, answer_end))
        except RagbotError as error:
            return HTMLResponse(render.note_html(str(error)), 404)
        return HTMLResponse(render.source_html(found, _language(request), index))

    @app.get("/page/picture", include_in_schema=False)
    @service.limiting.drawn_in_turn
    def picture(
        document_id: str, page: Annotated[int, Query(ge=1)], index: str | None = None
    ) -> Response:
        try:
            drawn = service.collections.get(index or None).page_picture(document_id, page)
        except RagbotError as error:
            return PlainTextResponse(str(error), 404)
        if drawn is None:
            return PlainTextResponse("The page cannot be shown; its file has changed.", 404)
        return Response(drawn, media_type="image/png")

    @app.get("/page/map/{token}/{number}", include_in_schema=False)
    @service.limiting.in_turn
    def passages_map(token: str, number: int) -> Response:
        conversation = conversation_of(token)
        known = conversation.exchanges if conversation else []
        answer = known[number].answer if 0 <= number < len(known) else None
        if conversation is None or answer is None:
            return PlainTextResponse("There is no such answer.", 404)
        try:
            embedder = service.collections.get(conversation.index).embedder
            question = embedder.embed_queries([fold(answer.reading)])[0]
            passages = embedder.embed_passages([fold(hit.text) for hit in answer.hits])
        except RagbotError as error:
            return PlainTextResponse(str(error), 503)
        drawn = map_svg(question, passages, [hit.score for hit in answer.hits])
        return Response(drawn, media_type="image/svg+xml")

    @app.get("/page/documents", include_in_schema=False)
    def documents(request: Request, index: str | None = None) -> HTMLResponse:
        language = _language(request)
        try:
            bot = service.collections.get(index or None)
        except RagbotError as error:
            return HTMLResponse(render.note_html(str(error)), 404)
        try:
            status, listed = bot.status(), bot.documents()
        except IndexMissingError:
            status = None
            listed = [Listed(name, True, False) for name in bot.index.library.names()]
        except RagbotError as error:
            return HTMLResponse(render.note_html(str(error)), 503)
        editor = role_of(request) == "editor"
        progress = service.rebuilding.progress(bot)
        return HTMLResponse(documents_html(status, listed, progress, language, editor=editor))

    @app.get("/page/export/{name}", include_in_schema=False)
    def export(name: str, request: Request) -> Response:
        token, _, kind = name.rpartition(".")
        conversation = conversation_of(token)
        if conversation is None or kind not in ("md", "docx"):
            return PlainTextResponse("This conversation is not open any more.", 404)
        answers = [exchange.answer for exchange in conversation.exchanges if exchange.answer]
        language = _language(request)
        attached = {"Content-Disposition": f'attachment; filename="ragbot.{kind}"'}
        if kind == "md":
            text = as_markdown(answers, language)
            return Response(text, media_type="text/markdown; charset=utf-8", headers=attached)
        return Response(as_docx(answers, language), media_type=_WORD, headers=attached)

    @app.get("/page/conversation/{token}", include_in_schema=False)
    def kept(token: str) -> Response:
        conversation = conversation_of(token)
        if conversation is None:
            return PlainTextResponse("This conversation is not open any more.", 404)
        return JSONResponse(as_json(conversation.saved()))

    @app.post("/page/feedback/{token}/{number}/{verdict}", include_in_schema=False)
    def judge(token: str, number: int, verdict: str, request: Request) -> Response:
        conversation = conversation_of(token)
        known = conversation.exchanges if conversation else []
        if not 0 <= number < len(known) or verdict not in render.VERDICTS:
            return PlainTextResponse("There is no such answer.", 404)
        if answer := known[number].answer:
            feedback.add(answer, verdict)
        return PlainTextResponse(say(_language(request), "thanks"))

    @app.get("/page/feedback", include_in_schema=False)
    def opinions(request: Request) -> Response:
        if role_of(request) != "editor":
            return PlainTextResponse("This needs the editor's password.", 403)
        return Response(feedback.read(), media_type="application/x-ndjson; charset=utf-8")
