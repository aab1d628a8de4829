"""The API put together."""

from fastapi import Depends, FastAPI

from dashboard.api import (
    actions,
    agents,
    audit,
    catalogue,
    choices,
    config,
    connect,
    described,
    docs,
    held,
    mapping,
    problems,
    receivers,
    records,
    rules,
    runs,
    sync,
    traffic,
)
from dashboard.api.readable import readable
from dashboard.api.shapes import Problem
from dashboard.assembly import Dashboard
from dashboard.queries.for_api import ForApi

ROUTERS = (
    catalogue,
    agents,
    connect,
    config,
    choices,
    mapping,
    sync,
    records,
    actions,
    runs,
    rules,
    held,
    traffic,
    receivers,
    audit,
)


def create_api(desk: Dashboard) -> FastAPI:
    """The API over an assembled desk; all its paths begin with /api."""
    api = FastAPI(
        title="Integrations desk",
        version="1",
        description="Connect AI agents to outside services and act through them.",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        dependencies=[Depends(readable)],
        responses={
            "4XX": {"model": Problem, "description": "Refused; `code` says why."},
            "5XX": {"model": Problem, "description": "The service or the desk failed."},
        },
    )
    api.state.desk, api.state.asks = desk, ForApi(desk.store)
    problems.install(api)
    for module in ROUTERS:
        api.include_router(module.router, prefix="/api")
    docs.install(api)
    described.install(api)
    return api
