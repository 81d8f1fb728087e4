"""Who may ask, and who may change what is indexed.

Programs send ``Authorization: Bearer <password>``, people log in on a page and get a cookie that
is signed with the passwords: changing one logs everybody out.
"""

import asyncio
import hmac
from hashlib import sha256
from typing import Literal
from urllib.parse import parse_qs

from itsdangerous import BadSignature, TimestampSigner
from pydantic import SecretStr
from starlette.datastructures import Headers
from starlette.requests import Request, cookie_parser
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ragbot.settings import Settings
from ragbot.ui.i18n import Language, language_of, say
from ragbot.ui.render import escape

__all__ = ["Access", "Role", "role_of"]

Role = Literal["reader", "editor"]

_COOKIE = "ragbot"
_DAYS = 30
_OPEN = ("/healthz", "/login")
_WRONG_SECONDS = 1.0
"""What a wrong password costs whoever guesses."""
_LONGEST_FORM = 4_096


class Access:
    """Lets requests through with a role, or asks for a password. An ASGI middleware."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._reader = _plain(settings.password)
        self._editor = _plain(settings.editor_password)
        key = sha256(f"ragbot\0{self._reader}\0{self._editor}".encode()).digest()
        self._signer = TimestampSigner(key, salt="ragbot login", digest_method=sha256)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the login page's own requests, refuse, or pass a request on with its role."""
        if scope["type"] != "http":
            if scope["type"] == "websocket":  # nothing here speaks it
                await send({"type": "websocket.close", "code": 1008})
                return
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        if scope["path"] == "/login" and (self._reader or self._editor):
            await (await self._login(request))(scope, receive, send)
            return
        role = self._role(request.headers)
        if role is None and scope["path"] not in _OPEN:
            if "authorization" in request.headers:
                await asyncio.sleep(_WRONG_SECONDS)
            await _ask_for_password(request)(scope, receive, send)
            return
        scope["ragbot.role"] = role or "reader"
        await self._app(scope, receive, send)

    def _role(self, headers: Headers) -> Role | None:
        # Headers arrive as Latin-1, whatever was sent; passwords are sent in UTF-8.
        header = headers.get("authorization", "").encode("latin-1").decode(errors="replace")
        kind, _, password = header.partition(" ")
        given = self._role_of_password(password.strip()) if kind.lower() == "bearer" else None
        if given or (kind and self._reader):
            return given
        cookie = cookie_parser(headers.get("cookie", "")).get(_COOKIE, "")
        try:
            role = self._signer.unsign(cookie, max_age=_DAYS * 86_400).decode()
        except BadSignature:
            role = ""
        if role in ("reader", "editor"):
            return "editor" if role == "editor" else "reader"
        if self._reader:
            return None
        return "reader" if self._editor else "editor"

    def _role_of_password(self, password: str) -> Role | None:
        def fits(secret: str) -> bool:
            return bool(secret) and hmac.compare_digest(secret.encode(), password.encode())

        if fits(self._editor):
            return "editor"
        if fits(self._reader):
            return "reader" if self._editor else "editor"
        return None

    async def _login(self, request: Request) -> Response:
        language = language_of(request.headers.get("accept-language"))
        if request.method != "POST":
            return _page(language, failed=False)
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > _LONGEST_FORM:
                return _page(language, failed=True)
        fields = parse_qs(body.decode(errors="replace"))
        role = self._role_of_password(fields.get("password", [""])[0])
        if role is None:
            await asyncio.sleep(_WRONG_SECONDS)
            return _page(language, failed=True)
        response = RedirectResponse("/", 303)
        response.set_cookie(
            _COOKIE,
            self._signer.sign(role).decode(),
            max_age=_DAYS * 86_400,
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
        return response


def role_of(request: Request) -> Role:
    """Return the role a request came through with."""
    role: Role = request.scope.get("ragbot.role", "reader")
    return role


def _plain(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""


def _ask_for_password(request: Request) -> Response:
    if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
        return RedirectResponse("/login", 303)
    return JSONResponse(
        {"error": "This server asks for a password; send it as Authorization: Bearer <password>."},
        401,
        headers={"WWW-Authenticate": "Bearer"},
    )


def _page(language: Language, *, failed: bool) -> HTMLResponse:
    def text(phrase: str) -> str:
        return escape(say(language, phrase))

    wrong = f'<p role="alert">{text("wrong_password")}</p>' if failed else ""
    return HTMLResponse(
        f"""<!doctype html><html lang="{language}"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>ragbot</title>
<link rel="icon" href="data:,">
<style>:root {{ color-scheme: light dark; font: 17px/1.7 system-ui, sans-serif }}
body {{ display: grid; place-items: center; min-height: 90vh; margin: 0 }}
form {{ display: grid; gap: 12px; width: min(320px, 86vw) }}
input, button {{ font: inherit; padding: 8px 12px; border-radius: 8px; border: 1px solid #8885 }}
button {{ background: #a4331e; color: #fff; border: 0; cursor: pointer }}</style>
<main><form method="post" action="/login"><h1>ragbot</h1>
<label for="password">{text("password")}</label>
<input id="password" name="password" type="password" autocomplete="current-password"
 required autofocus>{wrong}<button>{text("log_in")}</button></form></main></html>""",
        401 if failed else 200,
    )
