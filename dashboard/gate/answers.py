"""The gate's own refusals, in the same form as the API's problem documents."""

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import Scope

from dashboard.logs import request_id
from dashboard.staff.language import preferred
from dashboard.texts import say


def problem(scope: Scope, status: int, code: str, **values: str) -> JSONResponse:
    """A problem document (RFC 9457) in the caller's language."""
    language = preferred(Headers(scope=scope).get("accept-language", ""))
    body = {
        "type": f"/api/docs#{code}",
        "title": code.rpartition(".")[2].replace("_", " ").capitalize(),
        "status": status,
        "code": code,
        "detail": say(language, code, **values),
        "request_id": request_id.get(),
    }
    return JSONResponse(body, status, media_type="application/problem+json")
