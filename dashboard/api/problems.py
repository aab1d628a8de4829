"""Every failure as a problem document (RFC 9457): a stable code, a sentence, the field to blame."""

import logging
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from dashboard import registry, texts
from dashboard.contracts.errors import (
    BadSignature,
    ProviderError,
    RateLimited,
    Refusal,
    Rejected,
    Unavailable,
)
from dashboard.contracts.machines import IllegalMove
from dashboard.logs import request_id
from dashboard.staff.language import preferred
from dashboard.texts import say

log = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"
# Pydantic's kinds of error, by the beginning of their name -> our sentence.
_KINDS = (
    ("missing", "missing"),
    ("extra_forbidden", "unknown"),
    ("json_", "json"),
    ("text", "text"),
    ("number", "number"),
    ("depth", "depth"),
    ("literal", "choice"),
    ("enum", "choice"),
    ("string_too", "size"),
    ("too_", "size"),
    ("greater", "size"),
    ("less", "size"),
    ("value_error", "value"),
    ("string_pattern", "value"),
)
# FastAPI answers 400 itself to a body that its JSON reader gives up on.
_STATUS_CODES = {
    400: "api.unreadable",
    404: "api.not_found",
    405: "api.method_not_allowed",
}


def install(api: FastAPI) -> None:
    """Answer failures in this form."""
    api.add_exception_handler(Refusal, _refused)
    api.add_exception_handler(ProviderError, _vendor)
    api.add_exception_handler(IllegalMove, _moved)
    api.add_exception_handler(RequestValidationError, _invalid)
    api.add_exception_handler(HTTPException, _http)
    api.add_exception_handler(Exception, _bug)


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    **members: Any,
) -> JSONResponse:
    """A problem document. Members that are empty are left out."""
    body = {
        "type": f"/api/docs#{code}",
        "title": code.rpartition(".")[2].replace("_", " ").capitalize(),
        "status": status,
        "code": code,
        "detail": detail,
        "request_id": request_id.get(),
    }
    given = {name: value for name, value in members.items() if value}
    return JSONResponse(body | given, status, headers, media_type=MEDIA_TYPE)


def sentence(language: str, code: str, values: Mapping[str, str] | None = None) -> str:
    """The sentence of a code. A missing one is a defect of ours, not a reason to answer 500."""
    try:
        return texts.problem(language, code, **(values or {}))
    except KeyError:
        log.exception("no words for %s", code)
        return say(language, "api.no_words", code=code)


def vendor_sentence(provider: str, language: str, code: str, word: str) -> str:
    """What happened and who must act: in the provider's own words, else in the word's."""
    if provider in registry.ids():
        words = registry.words(provider, language)
        for name in (code, word):
            if words.has("errors", name):
                fix = f"{name}.fix"
                more = words.say("errors", fix) if words.has("errors", fix) else ""
                return f"{words.say('errors', name)} {more}".strip()
    name = f"shared.errors.{word}"
    return f"{say(language, name)} {say(language, f'{name}.fix')}"


def status_of(error: ProviderError) -> int:
    """The HTTP status that says the same as the vendor's failure."""
    if isinstance(error, RateLimited):
        return 429
    if isinstance(error, Unavailable):
        return 502
    named = error.code != error.word()
    if isinstance(error, Rejected) and named and error.field and not error.status:
        # The vendor was not asked at all: the provider knows what is wrong with what was typed.
        return 422
    return 401 if isinstance(error, BadSignature) else 409


def _language(request: Request) -> str:
    return preferred(request.headers.get("accept-language", ""))


def _refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refusal)  # noqa: S101 - registered for nothing else
    detail = sentence(_language(request), error.code, error.values)
    headers = {"www-authenticate": "Bearer"} if error.status == 401 else None
    return problem(error.status, error.code, detail, headers=headers, field=error.field)


def _vendor(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ProviderError)  # noqa: S101 - registered for nothing else
    provider = request.path_params.get("integrationId", "")
    detail = vendor_sentence(provider, _language(request), error.code, error.word())
    headers = None
    if isinstance(error, RateLimited):
        headers = {"retry-after": str(max(1, round(error.retry_after)))}
    return problem(
        status_of(error),
        error.code,
        detail,
        headers=headers,
        word=error.word() if error.word() != error.code else "",
        reason=error.reason,
        field=error.field if isinstance(error, Rejected) else "",
        vendor_request_id=error.request_id,
    )


def _moved(request: Request, _error: Exception) -> JSONResponse:
    # Somebody else was faster: what was asked no longer fits the state.
    return problem(409, "api.moved_on", say(_language(request), "api.moved_on"))


def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for nothing else
    language = _language(request)
    errors = [_one(language, row["loc"], row["type"]) for row in error.errors()]
    first = errors[0]
    detail = say(language, "api.invalid", problem=first["detail"], field=first["field"])
    status = 400 if first["code"] == "api.invalid_json" else 422
    return problem(status, "api.invalid", detail, field=first["field"], errors=errors)


def _one(language: str, place: tuple[int | str, ...], kind: str) -> dict[str, str]:
    name = next((ours for theirs, ours in _KINDS if kind.startswith(theirs)), "type")
    # The first part says body, query, path or header.
    inner = place[:1] if name == "json" else place[1:]
    field = ".".join(str(part) for part in inner) or str(place[0])
    code = f"api.invalid_{name}"
    return {"field": field, "code": code, "detail": say(language, code)}


def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
    code = _STATUS_CODES.get(error.status_code, "api.http_error")
    detail = say(_language(request), code, status=str(error.status_code))
    return problem(error.status_code, code, detail, headers=error.headers)


def _bug(request: Request, _error: Exception) -> JSONResponse:
    # Starlette logs the traceback and raises it on.
    detail = say(_language(request), "api.internal", request_id=request_id.get())
    return problem(500, "api.internal", detail)
