"""How the server is doing, for Prometheus."""

import time

from fastapi import FastAPI
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram
from prometheus_client import generate_latest as latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["add_metrics"]

_ROUTES = ("/api/", "/v1/", "/mcp", "/page/", "/gradio_api/", "/healthz", "/metrics", "/login")
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class _Measured:
    """Counts requests and how long they take. Paths are counted by route: names are no labels."""

    def __init__(self, app: ASGIApp, registry: CollectorRegistry) -> None:
        self._app = app
        labels = ("route", "method", "status")
        self._count = Counter("ragbot_requests", "Requests.", labels, registry=registry)
        self._time = Histogram(
            "ragbot_request_seconds",
            "Seconds until the whole response was sent.",
            ("route",),
            buckets=_SECONDS,
            registry=registry,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, began = "500", time.perf_counter()

        async def send_seen(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, send_seen)
        finally:
            route = _route(scope["path"])
            method = scope["method"] if scope["method"] in ("GET", "POST") else "other"
            self._count.labels(route, method, status).inc()
            self._time.labels(route).observe(time.perf_counter() - began)


def _route(path: str) -> str:
    known = next((start for start in _ROUTES if path.startswith(start)), None)
    if known is None:
        return "page"
    return path if path in ("/api/ask", "/api/retrieve", "/api/rebuild") else known.strip("/")


def add_metrics(app: FastAPI) -> None:
    """Add the route, and count every request."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    GCCollector(registry=registry)
    app.add_middleware(_Measured, registry=registry)

    @app.get("/metrics", include_in_schema=False)
    def metrics() -> Response:
        return Response(latest(registry), media_type=CONTENT_TYPE_LATEST)
