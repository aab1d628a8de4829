"""What token endpoints are asked, and what their refusals mean."""

import base64
from urllib.parse import parse_qs

import httpx
import pytest

from dashboard.contracts.errors import (
    AuthExpired,
    OutcomeUnknown,
    ProviderError,
    RateLimited,
    Rejected,
    Unavailable,
)
from dashboard.contracts.manifest import Endpoint, OAuth2, Source
from dashboard.kit.access import Access
from dashboard.oauth import endpoint

APP = endpoint.App(client_id="our:id", client_secret="our/secret-value")
KEPT = {"refresh_token": "old-refresh-token", "scope": "a b"}
GOOD = {"access_token": "new-access", "refresh_token": "new-refresh", "expires_in": 3600}


def method(**changes):
    return OAuth2(
        authorize=Endpoint("api", "/authorize"),
        token=Endpoint("api", "/token"),
        source=Source("https://example.com", None),
        **changes,
    )


def refreshed(answer, **changes):
    """What came of a refresh, and the request that was made."""
    made = []

    def vendor(request):
        made.append(request)
        return answer if isinstance(answer, httpx.Response) else answer(request)

    access = Access(
        credentials={},
        hosts={"api": "https://vendor.example"},
        transport=httpx.MockTransport(vendor),
    )
    back = "https://desk.example/oauth/callback"
    try:
        return endpoint.refresh(access, method(**changes), APP, KEPT, back), made[0]
    except ProviderError as error:
        return error, made[0]


def test_a_form_carries_the_app_and_nothing_unusual():
    got, request = refreshed(httpx.Response(200, json=GOOD))

    assert {k: v[0] for k, v in parse_qs(request.read().decode()).items()} == {
        "grant_type": "refresh_token",
        "refresh_token": "old-refresh-token",
        "client_id": "our:id",
        "client_secret": "our/secret-value",
    }
    assert got["refresh_token"] == "new-refresh"


def test_json_is_sent_where_the_vendor_wants_it():
    _, request = refreshed(httpx.Response(200, json=GOOD), json_body=True)

    assert request.headers["content-type"] == "application/json"


def test_basic_authentication_leaves_the_app_out_of_the_body():
    _, request = refreshed(httpx.Response(200, json=GOOD), basic_auth=True)

    expected = base64.b64encode(b"our%3Aid:our%2Fsecret-value").decode()
    assert request.headers["authorization"] == f"Basic {expected}"
    assert b"secret" not in request.read()


def test_vendors_with_the_redirect_in_the_apps_card_get_it_again():
    _, request = refreshed(httpx.Response(200, json=GOOD), standard_params=False)

    assert b"redirect_uri=https%3A%2F%2Fdesk.example%2Foauth%2Fcallback" in request.read()


@pytest.mark.parametrize("life", [None, "", 0, "soon", -5, "²", "9" * 30])
def test_an_unknown_life_is_no_end(life):
    got, _ = refreshed(httpx.Response(200, json={**GOOD, "expires_in": life}))

    assert got["expires_at"] == ""


@pytest.mark.parametrize(
    ("status", "body", "word", "code"),
    [
        (400, {"error": "invalid_grant"}, AuthExpired, "auth_expired"),
        (401, {"title": "Unauthorized", "hint": "Token revoked"}, AuthExpired, "auth_expired"),
        (200, {"error": "invalid_grant"}, AuthExpired, "auth_expired"),
        (401, {"error": "invalid_client"}, Rejected, "oauth.app_refused"),
        (400, {"error": "unauthorized_client"}, Rejected, "oauth.app_refused"),
        (400, {"error": "temporarily_unavailable"}, Unavailable, "unavailable"),
        (429, {}, RateLimited, "rate_limited"),
        (200, {}, OutcomeUnknown, "outcome_unknown"),
    ],
)
def test_refusals_have_one_meaning_each(status, body, word, code):
    error, _ = refreshed(httpx.Response(status, json=body))

    assert (type(error), error.code) == (word, code)


@pytest.mark.parametrize(
    ("lost", "word"),
    [
        (httpx.ConnectError, Unavailable),
        (httpx.ConnectTimeout, Unavailable),
        (httpx.ReadTimeout, OutcomeUnknown),
        (httpx.ReadError, OutcomeUnknown),
        (httpx.RemoteProtocolError, OutcomeUnknown),
    ],
)
def test_a_vendor_that_may_have_acted_is_told_from_one_that_was_not_reached(lost, word):
    def vendor(_request):
        raise lost("gone")

    error, _ = refreshed(vendor)

    assert type(error) is word


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(403, html="<h1>Access denied</h1>"),
        httpx.Response(401, html="<h1>Sign in to the proxy</h1>"),
        httpx.Response(400, text=""),
        httpx.Response(400, text="{"),
        httpx.Response(400, json=["odd"]),
        httpx.Response(302, headers={"location": "https://elsewhere.example"}),
        httpx.Response(500, html="<h1>Oops</h1>"),
        httpx.Response(503, json={"error": "invalid_grant"}),
        httpx.Response(200, html="<h1>Hello</h1>"),
        httpx.Response(200, text=""),
        httpx.Response(200, text='{"access_tok'),
    ],
)
def test_only_the_vendors_own_words_end_a_grant(answer):
    error, _ = refreshed(answer)

    assert isinstance(error, (Unavailable, OutcomeUnknown))


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"error": "invalid_scope"}),
        (403, {"message": "Forbidden"}),
        (404, {"error": "not_found"}),
        (410, {}),
    ],
)
def test_a_refusal_that_does_not_end_the_grant_has_a_word_of_its_own(status, body):
    error, _ = refreshed(httpx.Response(status, json=body))

    assert (type(error), error.code) == (Rejected, "oauth.refresh_refused")


def test_no_secret_is_in_what_is_raised():
    def echo(request):
        return httpx.Response(
            400, json={"error": "x", "error_description": request.read().decode()}
        )

    error, _ = refreshed(echo, json_body=True)

    shown = f"{error!r} {error.reason} {error.detail}"
    assert "our/secret-value" not in shown
    assert "old-refresh-token" not in shown
