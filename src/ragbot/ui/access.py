"""Who may ask, and who may change what is indexed.

Programs send ``Authorization: Bearer <password>``, people log in on a page and get a cookie.
"""

import logging
import secrets
import time
from hashlib import sha256
from pathlib import Path
from urllib.parse import parse_qs

from anyio.to_thread import run_sync
from itsdangerous import BadSignature, TimestampSigner
from pydantic import SecretStr
from starlette.datastructures import Headers
from starlette.requests import Request, cookie_parser
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ragbot.settings import Settings
from ragbot.ui.guessing import Passwords, Role, TooManyTriesError
from ragbot.ui.i18n import language_of
from ragbot.ui.login_page import login_page
from ragbot.ui.logins import Logins, end_login, open_logins

__all__ = ["Access", "Unprotected", "has_login", "logins_of", "role_of"]

_COOKIE = "ragbot"
_SECONDS = 30 * 86_400
"""How long a login lasts."""
_LONGEST_FORM = 4_096
_WAIT = {"Retry-After": "60"}

_log = logging.getLogger(__name__)


def logins_of(settings: Settings) -> Logins | None:
    """Return the key of the cookies and the hashes of the passwords; None where there are none.

    Raises:
        RagbotError: the data folder cannot be written.
    """
    passwords = _plain(settings.password), _plain(settings.editor_password)
    return open_logins(settings.data_dir, passwords) if any(passwords) else None


class Access:
    """Lets requests through with a role, or asks for a password. An ASGI middleware."""

    def __init__(self, app: ASGIApp, logins: Logins, folder: Path) -> None:
        self._app = app
        self._logins, self._folder = logins, folder
        self._passwords = Passwords(logins)
        self._anonymous: Role | None = None if logins.hashes[0] else "reader"
        key = bytes.fromhex(logins.key)
        self._signer = TimestampSigner(key, salt="ragbot login", digest_method=sha256)
        self._ended = set(logins.ended)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the login page's own requests, refuse, or pass a request on with its role."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        respond: Response | None = None
        if scope["path"] == "/login":
            respond = await self._login(request)
        elif scope["path"] == "/logout" and scope["method"] == "POST":
            respond = await self._logout(request)
        elif scope["path"] != "/healthz":
            try:
                role = await self._role(request)
                respond = None if role else _ask_for_password(request)
                scope["ragbot.role"] = role
            except TooManyTriesError:
                error = "Too many wrong passwords were tried; try again in a minute."
                respond = JSONResponse({"error": error}, 429, _WAIT)
        await (respond or self._app)(scope, receive, send)

    async def _role(self, request: Request) -> Role | None:
        # Headers arrive as Latin-1, whatever was sent; passwords are sent in UTF-8.
        header = request.headers.get("authorization", "").encode("latin-1").decode(errors="replace")
        kind, _, password = header.partition(" ")
        if kind.lower() == "bearer" and password.strip():
            given = await self._passwords.role_of(password.strip(), _client(request))
            return given or self._anonymous
        role, _ = self._login_of(request.headers)
        return role or self._anonymous

    def _login_of(self, headers: Headers) -> tuple[Role | None, str]:
        """Return the role and the name of the login that a cookie is signed for."""
        cookie = cookie_parser(headers.get("cookie", "")).get(_COOKIE, "")
        try:
            role, _, login = self._signer.unsign(cookie, max_age=_SECONDS).decode().partition(".")
        except BadSignature:
            return None, ""
        if login in self._ended:
            return None, ""
        return ("editor" if role == "editor" else "reader"), login

    async def _login(self, request: Request) -> Response:
        language = language_of(request.headers.get("accept-language"))
        if request.method != "POST":
            return login_page(language)
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > _LONGEST_FORM:
                return login_page(language, "wrong_password", 401)
        password = parse_qs(body.decode(errors="replace")).get("password", [""])[0]
        try:
            role = await self._passwords.role_of(password, _client(request)) if password else None
        except TooManyTriesError:
            refused = login_page(language, "too_many_tries", 429)
            refused.headers.update(_WAIT)
            return refused
        if role is None:
            return login_page(language, "wrong_password", 401)
        response = RedirectResponse("/", 303)
        response.set_cookie(
            _COOKIE,
            self._signer.sign(f"{role}.{secrets.token_urlsafe(16)}").decode(),
            max_age=_SECONDS,
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
        return response

    async def _logout(self, request: Request) -> Response:
        """End the login for good: a copy of its cookie opens nothing any more either."""
        _, login = self._login_of(request.headers)
        if login:
            self._ended.add(login)
            until = time.time() + _SECONDS
            try:
                await run_sync(end_login, self._folder, self._logins.key, login, until)
            except OSError as error:
                _log.warning("A login that has ended opens again after a restart: %s", error)
        response = RedirectResponse("/" if self._anonymous else "/login", 303)
        response.delete_cookie(_COOKIE, httponly=True, samesite="lax")
        return response


class Unprotected:
    """Lets every request through as an editor's. An ASGI middleware, where there is no password."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        scope["ragbot.role"] = "editor"
        await self._app(scope, receive, send)


def role_of(request: Request) -> Role:
    """Return the role a request came through with."""
    role: Role = request.scope.get("ragbot.role", "reader")
    return role


def has_login(cookies: str | None) -> bool:
    """Tell whether a ``Cookie`` header has a login, so that one can log out."""
    return _COOKIE in cookie_parser(cookies or "")


def _plain(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""


def _client(request: Request) -> str:
    return request.client.host if request.client else ""


def _ask_for_password(request: Request) -> Response:
    if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
        return RedirectResponse("/login", 303)
    return JSONResponse(
        {"error": "This server asks for a password; send it as Authorization: Bearer <password>."},
        401,
        headers={"WWW-Authenticate": "Bearer"},
    )
