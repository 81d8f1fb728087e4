"""The documents of an index, and its rebuilds, over HTTP: for programs and for the page."""

from collections.abc import Callable
from typing import Annotated, Any

import anyio
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from ragbot.bot import Ragbot
from ragbot.errors import IndexMissingError
from ragbot.results import as_json
from ragbot.ui.access import role_of
from ragbot.ui.api import Json
from ragbot.ui.service import Service

__all__ = ["add_documents"]


class _Chosen(BaseModel):
    """Paths are never taken from a request."""

    model_config = ConfigDict(extra="forbid")

    index: str | None = Field(default=None, description="Name of an index; else the server's own.")


class _Named(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=64)


def _editor(request: Request) -> None:
    if role_of(request) != "editor":
        raise HTTPException(
            403, "This needs the editor's password; log in with it, or send it as the token."
        )


_EDITOR: Any = [Depends(_editor)]


def add_documents(app: FastAPI, service: Service) -> None:
    """Add the routes; all that changes anything needs the editor's role."""
    router = APIRouter(prefix="/api", default_response_class=Json)
    rebuilding = service.rebuilding

    def chosen(index: str | None = None) -> Ragbot:
        return service.collections.get(index)

    bot_of: Callable[..., Any] = Depends(chosen)
    chosen_bot = Annotated[Ragbot, bot_of]

    @router.get("/indexes")
    def indexes() -> Response:
        """Return the names of the indexes, the server's own first."""
        return Json({"indexes": service.collections.names()})

    @router.post("/indexes", dependencies=_EDITOR)
    def create(named: _Named) -> Response:
        """Begin an index that documents can be uploaded to."""
        service.collections.create(named.name)
        return Json({"index": named.name}, 201)

    @router.get("/documents")
    def documents(bot: chosen_bot) -> Response:
        """Return the documents of an index and of its library."""
        try:
            found = bot.documents()
        except IndexMissingError:
            library = bot.index.library.names()
            return Json({"documents": [_waiting(name) for name in library]})
        return Json({"documents": as_json(found)})

    @router.put("/documents/{name}", dependencies=_EDITOR)
    async def upload(name: str, request: Request, bot: chosen_bot) -> Response:
        """Put the body as a document into the library; the next rebuild indexes it."""

        def opened() -> Any:
            return bot.index.library.adding(name)

        adding = await anyio.to_thread.run_sync(opened)
        file = await anyio.to_thread.run_sync(adding.__enter__)
        try:
            async for chunk in request.stream():
                await anyio.to_thread.run_sync(file.write, chunk)
        except BaseException as error:
            adding.__exit__(type(error), error, error.__traceback__)
            raise
        await anyio.to_thread.run_sync(adding.__exit__, None, None, None)
        return Json({"document": name}, 201)

    @router.delete("/documents/{name}", dependencies=_EDITOR)
    def remove(name: str, bot: chosen_bot) -> Response:
        """Remove an uploaded document; the next rebuild forgets it."""
        bot.index.library.remove(name)
        return Json({"document": name})

    @router.post("/rebuild", dependencies=_EDITOR)
    def rebuild(wanted: _Chosen | None = None) -> Response:
        """Rebuild from the paths of the last time and the library; answers once it is done."""
        bot = service.collections.get(wanted.index if wanted else None)
        return Json(as_json(rebuilding.run(bot)))

    @router.get("/rebuild")
    def progress(bot: chosen_bot) -> Response:
        """Say how far the rebuild is that is under way."""
        return Json(as_json(rebuilding.progress(bot)))

    @router.delete("/rebuild", dependencies=_EDITOR)
    def cancel(bot: chosen_bot) -> Response:
        """Cancel the rebuild that is under way; the index stays as it was."""
        return Json({"cancelled": rebuilding.cancel(bot)})

    app.include_router(router)


def _waiting(name: str) -> dict[str, Any]:
    return {"document": name, "uploaded": True, "indexed": False}
