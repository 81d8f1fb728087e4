"""What every request and every response passes: who may ask, how much, and what a page may do."""

from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

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
_TOO_LONG = f"A request may have {_LONGEST_BODY:,} bytes at most; shorten it."

_READING = ("GET", "HEAD", "OPTIONS")
_UPLOADS = "/gradio_api/upload"
"""Gradio takes files from anyone here, although nothing on the page takes files."""


class _Guard:
    """Refuse what other sites' pages send, and mark every response with the headers above."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
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

        async def receive_counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > _LONGEST_BODY:
                raise HTTPException(413, _TOO_LONG)
            return message

        refusal = _refusal(scope)
        respond = self._app if refusal is None else refusal
        await respond(scope, receive_counted, send_marked)


def _refusal(scope: Scope) -> JSONResponse | None:
    headers = Headers(scope=scope)
    origin = headers.get("origin")
    foreign = origin is not None and urlsplit(origin).netloc != headers.get("host")
    if foreign and scope["method"] not in _READING:
        # A page of another site may send a form here, and would act with the reader's rights.
        return JSONResponse({"error": "Pages of other sites may not ask this server."}, 403)
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > _LONGEST_BODY:
        return JSONResponse({"error": _TOO_LONG}, 413)
    if scope["path"].startswith(_UPLOADS):
        return JSONResponse({"error": "This server takes no files."}, 404)
    return None


def protect(app: FastAPI) -> None:
    """Put the guards in front of everything the app serves."""
    hosts = [f"[{name}]" if ":" in name else name for name in LOOPBACK]
    # Another host name that leads here is a rebinding attack: the page would be that site's.
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False)
    app.add_middleware(_Guard)
