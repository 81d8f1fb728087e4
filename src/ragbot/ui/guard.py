"""What every request and every response passes: who may ask, how much, and what a page may do."""

import ipaddress
from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ragbot.errors import SettingsError
from ragbot.settings import Settings
from ragbot.ui.access import Access, Unprotected, logins_of
from ragbot.ui.limiting import Limiting

__all__ = ["LOOPBACK", "protect"]

LOOPBACK = ("127.0.0.1", "localhost", "::1")

_HEADERS = {
    # Gradio needs inline scripts and eval; nothing may come from or go to another host.
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; "
    "style-src 'self' 'unsafe-inline'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'self'; base-uri 'self'; "
    "object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
_LONGEST_BODY = 1 << 20
"""Bytes of a request: a question and its conversation many times over."""
_EVENTS = "/gradio_api/queue/join"
_LONGEST_EVENT = 5 << 20
"""Bytes of an event of the page: it may bring back a conversation that the browser has kept, of
which history.js sends 4 MB at most."""
_TOO_LONG = "A request may have {most:,} bytes here at most; shorten it."
_ASKING = ("/api/ask", "/api/retrieve", "/v1/chat/completions", "/mcp")
_DRAWING = ("/page/picture", "/page/map/")
_DOCUMENTS = "/api/documents/"
_BUSY = "Too many questions are waiting; ask again in a moment."

_READING = ("GET", "HEAD", "OPTIONS")
_UPLOADS = "/gradio_api/upload"
"""Gradio takes files from anyone here; documents are uploaded under /api/documents instead."""


class _Guard:
    """Refuse what other sites' pages send and what is too much, and mark every response."""

    def __init__(self, app: ASGIApp, settings: Settings, limiting: Limiting) -> None:
        self._app = app
        self._limiting = limiting
        self._hosts = _names(settings)
        self._team = settings.password is not None
        self._longest_upload = settings.max_upload_mb << 20

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":  # nothing here speaks it
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
            await send(message)

        read = 0
        upload = scope["method"] == "PUT" and scope["path"].startswith(_DOCUMENTS)
        if upload:
            most = self._longest_upload
        else:
            most = _LONGEST_EVENT if scope["path"] == _EVENTS else _LONGEST_BODY

        async def receive_counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > most:
                raise HTTPException(413, _TOO_LONG.format(most=most))
            return message

        refusal = self._refusal(scope, most)
        if refusal is not None:
            await refusal(scope, receive_counted, send_marked)
        elif _counts(scope):
            await self._in_turn(scope, receive_counted, send_marked)
        else:
            await self._app(scope, receive_counted, send_marked)

    async def _in_turn(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = scope["client"][0] if scope.get("client") else ""
        if said := self._limiting.refusal(client):
            await JSONResponse({"error": said}, 429, {"Retry-After": "10"})(scope, receive, send)
        elif not self._limiting.begin():
            await JSONResponse({"error": _BUSY}, 503, {"Retry-After": "5"})(scope, receive, send)
        else:
            try:
                await self._app(scope, receive, send)
            finally:
                self._limiting.end()

    def _refusal(self, scope: Scope, most: int) -> JSONResponse | None:
        headers = Headers(scope=scope)
        if not self._is_here(headers.get("host", "")):
            # A name that leads here but is none of ours is a rebinding attack: the page would be
            # that site's.
            error = "This server is not reached by that name; name it in RAGBOT_HOSTS."
            return JSONResponse({"error": error}, 400)
        origin = headers.get("origin")
        foreign = origin is not None and urlsplit(origin).netloc != headers.get("host")
        if foreign and scope["method"] not in _READING:
            # A page of another site may send a form here, and would act with the reader's rights.
            return JSONResponse({"error": "Pages of other sites may not ask this server."}, 403)
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > most:
            return JSONResponse({"error": _TOO_LONG.format(most=most)}, 413)
        if scope["path"].startswith(_UPLOADS):
            return JSONResponse({"error": "Files are not taken here."}, 404)
        return None

    def _is_here(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if name in LOOPBACK or name in self._hosts:
            return True
        try:
            # An address is nobody's name: no other site's page can pretend to be it.
            return self._team and bool(ipaddress.ip_address(name))
        except ValueError:
            return False


def _counts(scope: Scope) -> bool:
    """Tell whether a request costs as much as a question."""
    if scope["path"].startswith(_DRAWING):
        return True
    return scope["method"] == "POST" and scope["path"] in _ASKING


def _names(settings: Settings) -> set[str]:
    return {name.strip().lower() for name in settings.hosts.split(",")} - {""}


def protect(app: FastAPI, settings: Settings, limiting: Limiting) -> None:
    """Put the guards in front of everything the app serves.

    Raises:
        SettingsError: others reach the server by a name, and there is no password.
        RagbotError: there is a password, and the data folder cannot be written.
    """
    if _names(settings) and settings.password is None:
        raise SettingsError(
            "RAGBOT_HOSTS names this server to others, who could change what is indexed, as there "
            "is no password; set RAGBOT_PASSWORD, or unset RAGBOT_HOSTS."
        )
    if logins := logins_of(settings):
        app.add_middleware(Access, logins=logins, folder=settings.data_dir)
    else:
        app.add_middleware(Unprotected)
    app.add_middleware(_Guard, settings=settings, limiting=limiting)
