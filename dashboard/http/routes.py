"""Every plain route, and nothing half-open beside them."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from dashboard.assembly import Dashboard
from dashboard.http.consent import DONE, Consent
from dashboard.http.health import Health
from dashboard.http.machines import Machines
from dashboard.http.page import alert, reader, render
from dashboard.http.sign_in import SignIn
from dashboard.texts import say

_ALL = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_SANDBOX = "/sandbox/{provider}/{tenant}/{host}"


def routes(desk: Dashboard) -> list[BaseRoute]:
    """The routes that are neither Streamlit's nor the API's."""
    people, consent = SignIn(desk.staff), Consent(desk)
    machines, health = Machines(desk), Health(desk)
    both = ["GET", "POST"]
    return [
        Route("/login", people.login, methods=both),
        Route("/join/{token}", people.join, methods=both),
        Route("/logout", people.logout, methods=both),
        Route("/lang", people.choose_language),
        Route("/oauth/start/{flow_id}", consent.start),
        Route("/oauth/callback", consent.callback),
        Route(DONE, consent.done),
        Route(_SANDBOX, machines.sandbox, methods=_ALL),
        Route(_SANDBOX + "/{path:path}", machines.sandbox, methods=_ALL),
        Route("/healthz", health.alive),
        Route("/readyz", health.ready),
        Route("/metrics", health.metrics),
        Route("/api", _api_docs),
        Route("/api/", _api_docs),
        *(Route(f"/{door}/{{rest:path}}", _nothing, methods=_ALL) for door in _DOORS),
    ]


# Below these, Streamlit would answer any unknown address with its start page, unguarded.
_DOORS = ("join", "hooks", "oauth", "sandbox", "mcp")


async def _api_docs(_request: Request) -> Response:
    return RedirectResponse("/api/docs", 307)


async def _nothing(request: Request) -> Response:
    speech = reader(request)
    body = alert(say(speech, "login.not_found"))
    return render(request, speech, say(speech, "login.not_found_title"), body, status=404)
