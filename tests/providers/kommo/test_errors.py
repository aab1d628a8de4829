"""Kommo's failures in the house's words."""

import httpx
import pytest

from dashboard.contracts.errors import AuthExpired, PermissionMissing, RateLimited, Rejected
from providers.kommo.client import explain, identify

REQUEST = httpx.Request("GET", "https://acme.kommo.com/api/v4/leads")
INVALID = {
    "validation-errors": [
        {"request_id": "0", "errors": [{"code": "NotSupportedChoice", "path": "status_id"}]},
        {"request_id": "1", "errors": [{"code": "X", "path": "price", "detail": "Not an int."}]},
    ],
    "title": "Bad Request",
    "status": 400,
}


def named(status, **content):
    return explain(httpx.Response(status, request=REQUEST, **content))


def test_an_ended_plan_is_no_broken_login():
    error = named(402, json={"title": "Payment Required", "detail": "Trial ended"})

    assert isinstance(error, PermissionMissing)
    assert (error.code, error.reason) == ("plan_ended", "Trial ended")


def test_missing_rights_and_a_blocked_server_differ():
    rights = named(403, json={"title": "Forbidden", "detail": "No rights to delete"})
    blocked = named(403, html="<html>Forbidden</html>")

    assert isinstance(rights, PermissionMissing)
    assert isinstance(blocked, RateLimited)
    assert blocked.retry_after >= 600


def test_each_refused_member_is_named():
    error = named(400, json=INVALID)

    assert isinstance(error, Rejected)
    assert error.reason == "status_id: NotSupportedChoice; price: Not an int."


@pytest.mark.parametrize(
    ("content", "seconds"),
    [
        ({"json": {"retry_after": 300}}, 300),
        ({"html": "<html>slow down</html>", "headers": {"retry-after": "7"}}, 7),
        ({"json": {"retry_after": "soon"}}, 1),
    ],
)
def test_the_pause_is_the_vendors_own(content, seconds):
    assert named(429, **content).retry_after == seconds


@pytest.mark.parametrize(
    ("opened", "code"), [("account", "wrong_key"), ("by_oauth", "auth_expired")]
)
def test_a_copied_token_may_be_a_wrong_one_a_granted_one_has_ended(opened, code, request):
    account = request.getfixturevalue(opened)
    account.network.instead = lambda asked: httpx.Response(401, request=asked, json={"status": 401})

    with pytest.raises(AuthExpired) as refused:
        identify(account.client)
    assert refused.value.code == code
