"""What the ASGI app is made of: routes, middleware and the life of the process."""

import asyncio
import gc
import logging
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cache
from threading import Timer
from typing import Any

from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route
from streamlit import config

from dashboard import logs
from dashboard.api.app import create_api
from dashboard.assembly import Dashboard, build, prepare
from dashboard.gate.body import BodyLimit
from dashboard.gate.files import CompressedFiles
from dashboard.gate.headers import SecurityHeaders
from dashboard.gate.request_ids import RequestIds
from dashboard.gate.staff import StaffGate
from dashboard.http.hooks import HookDoor
from dashboard.http.routes import routes as plain_routes
from dashboard.settings import settings
from dashboard.ui import session as pages

log = logging.getLogger(__name__)
# The first page shall not wait for what only later ones need.
AFTER_SECONDS = 2.0
Lifespan = Callable[[Any], AbstractAsyncContextManager[None]]


@cache
def desk() -> Dashboard:
    """The desk of this process."""
    return build(settings())


def routes(desk: Dashboard) -> list[BaseRoute]:
    """All routes beside Streamlit's own.

    The API is a route and no mount, so its paths in the OpenAPI document are the real ones.
    """
    return [*plain_routes(desk), Route("/api/{rest:path}", create_api(desk))]


def middleware(desk: Dashboard) -> list[Middleware]:
    """What each request passes, the outermost first."""
    return [
        Middleware(HookDoor, inbound=desk.inbound, settings=desk.settings),
        Middleware(RequestIds),
        Middleware(SecurityHeaders, settings=desk.settings),
        Middleware(BodyLimit, largest=desk.settings.max_body_bytes),
        Middleware(StaffGate, sessions=desk.staff.sessions, settings=desk.settings),
        Middleware(CompressedFiles),
    ]


def lifespan(desk: Dashboard) -> Lifespan:
    """The life of a serving process: prepared, working, told when to stop."""

    @asynccontextmanager
    async def life(_app: Any) -> AsyncIterator[None]:
        logs.configure(desk.settings.log_level, desk.settings.log_format)
        _be_configured()
        await asyncio.to_thread(prepare, desk)
        pages.hold(desk)
        early = Timer(AFTER_SECONDS, _import_early)
        early.start()
        desk.jobs.start(desk.settings.role)
        _print_first_link(desk)
        try:
            yield
        finally:
            early.cancel()
            finished = await asyncio.to_thread(desk.jobs.stop)
            await asyncio.to_thread(desk.inbound.close)
            if not finished:
                desk.jobs.abandon()
            desk.store.close()

    return life


def _be_configured() -> None:
    # Without these settings nobody would be recognised, and pages would be slow.
    if not config.get_option("server.trustedUserHeaders"):
        raise RuntimeError(
            "Streamlit's settings were not found: start in the project's folder, where"
            " .streamlit/config.toml is, or by `python -m dashboard run` from anywhere"
        )


def _import_early() -> None:
    # What the first table on a page would import while somebody waits; frozen, so that no
    # collection walks it again.
    import numpy as np  # noqa: F401
    import pandas as pd  # noqa: F401
    import pyarrow as pa  # type: ignore[import-untyped]  # noqa: F401

    gc.collect()
    gc.freeze()


def _print_first_link(desk: Dashboard) -> None:
    link = desk.staff.invites.first_admin()
    if link:
        # The only secret ever shown: it works once, and only while nobody has joined.
        told = f"\n  Open this link once to create the first administrator:\n\n  {link}\n\n"
        sys.stdout.write(told)
        sys.stdout.flush()
