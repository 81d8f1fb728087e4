"""One server for the page and for programs."""

import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI
from fastapi_offline import FastAPIOffline

from ragbot.bot import Ragbot
from ragbot.errors import RagbotError
from ragbot.settings import load_settings
from ragbot.ui.api import add_api, add_unknown
from ragbot.ui.collections import Collections
from ragbot.ui.documents_api import add_documents
from ragbot.ui.guard import LOOPBACK, protect
from ragbot.ui.limiting import Limiting
from ragbot.ui.mcp import mcp_server
from ragbot.ui.metrics import add_metrics
from ragbot.ui.openai_api import add_openai
from ragbot.ui.preparing import Preparation
from ragbot.ui.rebuilding import Rebuilding
from ragbot.ui.service import Service

__all__ = ["create_app", "serve"]

_SWITCH_SECONDS = 0.001


def create_app(bot: Ragbot) -> FastAPI:
    """Return the app: the chat page at ``/``, the routes for programs beside it."""
    # Gradio reads this once, when it is imported; nothing here may call home.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    from ragbot.ui.page import mount_page

    settings = bot.settings
    service = Service(Collections(bot), Preparation(bot), Rebuilding(), Limiting(settings))
    mcp = mcp_server(service)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        service.preparation.start()
        async with mcp.session_manager.run():
            yield
        service.preparation.stop()
        service.collections.close()

    # FastAPI's own page of the interface would fetch its scripts from another host.
    app = FastAPIOffline(title="ragbot", lifespan=lifespan, docs_url="/docs", redoc_url=None)
    protect(app, settings, service.limiting)
    add_api(app, service)
    add_documents(app, service)
    add_openai(app, service)
    app.router.routes.extend(mcp.streamable_http_app().routes)
    # Added after the guards it stands in front of them, and counts what they refuse.
    add_metrics(app)
    add_unknown(app)
    mount_page(app, service)
    return app


class _Server(uvicorn.Server):
    """Says where it is as soon as it listens."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and sockets:
            host, port = sockets[0].getsockname()[:2]
            sys.stdout.write(f"http://{f'[{host}]' if ':' in host else host}:{port}\n")
            sys.stdout.flush()


def serve(host: str = "127.0.0.1", port: int = 7860) -> None:
    """Serve until interrupted; port 0 takes a free one.

    Raises:
        RagbotError: others can reach the address and there is no password; the port is taken.
        SettingsError: a setting is unknown or cannot be used.
    """
    settings = load_settings()
    # How long a thread that computes may keep the event loop waiting: 5 ms for each such thread, by
    # default, make /healthz and every stream slow while documents are read.
    sys.setswitchinterval(_SWITCH_SECONDS)
    if host not in LOOPBACK and settings.password is None:
        raise RagbotError(
            f"There is no password, so ragbot does not listen on {host or 'every address'}, where "
            f"others could reach it; set RAGBOT_PASSWORD, or use one of {', '.join(LOOPBACK)}."
        )
    bot = Ragbot(settings, serving=True)
    # Taken before the seconds that imports cost, so that a port in use is reported at once.
    with bot, _listen("127.0.0.1" if host == "localhost" else host, port) as listening:
        config = uvicorn.Config(
            create_app(bot),
            # A team's server says who asked for what, without the questions: they are in bodies.
            log_level="warning" if settings.password is None else "info",
            timeout_graceful_shutdown=3,
            ws="none",
            server_header=False,
        )
        _Server(config).run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family)
    except OSError as error:
        raise RagbotError(
            f"Port {port} of {host} cannot be used ({error.strerror}); stop what uses it, or "
            "choose another with --port (0 takes a free one)."
        ) from None
    # asyncio sets this only where it made the socket itself; without it the second write of every
    # answer on a kept connection waits 40 ms for the reader's acknowledgement.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening
