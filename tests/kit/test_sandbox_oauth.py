"""The OAuth server in a sandbox: strict about codes, PKCE, clients and rotation."""

import base64
import hashlib
from datetime import date
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import time_machine

from dashboard.contracts.manifest import Endpoint, OAuth2, Source
from dashboard.kit.sandbox import MemoryShelf, Sandbox
from dashboard.kit.sandbox_oauth import OAuthBox, revoke_token

BASE = "http://desk.test/sandbox/vendor/t"
BACK = "http://desk.test/oauth/callback"
AUTHORIZE, TOKEN = f"{BASE}/auth/authorize", f"{BASE}/auth/token"
ME = f"{BASE}/api/me"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=")


def vendor(**method):
    """A vendor with one protected path."""
    box = Sandbox(lambda: {"oauth": flow.seed()})
    flow = OAuthBox(
        sandbox=box,
        method=OAuth2(
            authorize=Endpoint("auth", "/authorize"),
            token=Endpoint("auth", "/token"),
            source=Source("https://example.com/oauth", date(2026, 11, 24)),
            **{
                name: method.pop(name)
                for name in ("rotates", "json_body", "basic_auth")
                if name in method
            },
        ),
        vendor="Vendor <&>",
        account=lambda _state: "Компания",
        **method,
    )
    flow.install()

    @box.route("GET", "/me")
    def me(call, state):
        return httpx.Response(200, json={"scope": flow.require(call, state)})

    shelf = MemoryShelf(box)
    hosts = {"auth": f"{BASE}/auth", "api": f"{BASE}/api"}
    http = httpx.Client(transport=box.transport(shelf, "t", hosts, base=BASE))
    app = shelf.change("t", flow.app)
    return SimpleNamespace(box=box, shelf=shelf, http=http, app=app)


def consent(made, decision="allow", *, query=None, scope=("read", "write")):
    asked = {"client_id": made.app["client_id"], "state": "s1", "redirect_uri": BACK}
    asked |= {"code_challenge": CHALLENGE.decode(), "code_challenge_method": "S256"}
    form = {"decision": decision, "scope": list(scope)}
    return made.http.post(AUTHORIZE, params=asked | (query or {}), data=form)


def returned(answer):
    return {k: v[0] for k, v in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def exchange(made, code, /, **changed):
    asked = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
        **made.app,
    }
    return made.http.post(TOKEN, data=asked | changed)


def granted(made):
    return exchange(made, returned(consent(made))["code"]).json()


def refresh(made, token):
    asked = {"grant_type": "refresh_token", "refresh_token": token, **made.app}
    return made.http.post(TOKEN, data=asked)


def me(made, token):
    return made.http.get(ME, headers={"authorization": f"Bearer {token}"})


def fault(made, name):
    made.shelf.change("t", lambda state: made.box.fault(state, name))


def test_consent_leads_to_tokens_that_work():
    made = vendor()
    tokens = granted(made)

    assert me(made, tokens["access_token"]).json() == {"scope": "read write"}
    assert tokens["expires_in"] == 3600


def test_an_unticked_scope_is_not_granted():
    made = vendor()
    code = returned(consent(made, scope=("read",)))["code"]
    tokens = exchange(made, code).json()

    assert tokens["scope"] == "read"
    assert me(made, tokens["access_token"]).json() == {"scope": "read"}


def test_a_refusal_goes_back_with_the_state_and_no_code():
    assert returned(consent(vendor(), "deny")) == {"error": "access_denied", "state": "s1"}


def test_the_query_of_the_redirect_address_is_kept():
    back = f"{BACK}?from=desk"
    answer = consent(vendor(), query={"redirect_uri": back})

    assert answer.headers["location"].startswith(f"{back}&code=")
    assert returned(answer)["from"] == "desk"


def test_without_an_address_people_return_to_the_desk():
    answer = consent(vendor(), query={"redirect_uri": ""})

    assert answer.headers["location"].startswith(f"{BACK}?code=")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_another_app_gets_neither_page_nor_code(method):
    made = vendor()
    asked = {"client_id": "another", "redirect_uri": "https://evil.test/"}
    answer = made.http.request(method, AUTHORIZE, params=asked)

    assert answer.status_code == 400
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    "changed",
    [
        {"code": "made-up"},
        {"redirect_uri": "http://desk.test/other"},
        {"code_verifier": "wrong"},
        {"code_verifier": ""},
    ],
)
def test_a_code_is_exchanged_only_by_whom_it_was_made_for(changed):
    made = vendor()
    code = returned(consent(made))["code"]

    assert exchange(made, code, **changed).json()["error"] == "invalid_grant"


def test_a_code_works_once_and_for_five_minutes():
    made = vendor()
    with time_machine.travel("2026-11-24T10:00:00Z", tick=False) as clock:
        used, late = (returned(consent(made))["code"] for _ in range(2))
        exchange(made, used)
        again = exchange(made, used)
        clock.shift(301)
        too_late = exchange(made, late)

    assert (again.status_code, too_late.status_code) == (400, 400)


@pytest.mark.parametrize("changed", [{"client_secret": "wrong"}, {"client_id": "another"}])
def test_an_unknown_app_gets_no_tokens(changed):
    made = vendor()
    code = returned(consent(made))["code"]

    assert exchange(made, code, **changed).status_code == 401


def test_an_app_may_have_to_use_basic_authentication():
    made = vendor(basic_auth=True)
    code = returned(consent(made))["code"]
    asked = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
    asked["code_verifier"] = VERIFIER
    named = (made.app["client_id"], made.app["client_secret"])

    assert made.http.post(TOKEN, data=asked | made.app).status_code == 401
    assert made.http.post(TOKEN, data=asked, auth=named).status_code == 200


def test_a_token_endpoint_may_want_json():
    made = vendor(json_body=True)
    code = returned(consent(made))["code"]
    asked = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
    asked |= {"code_verifier": VERIFIER, **made.app}

    assert made.http.post(TOKEN, json=asked).status_code == 200


def test_an_expired_token_is_refused_until_it_is_refreshed():
    made = vendor()
    with time_machine.travel("2026-11-24T10:00:00Z", tick=False) as clock:
        tokens = granted(made)
        clock.shift(3601)
        expired = me(made, tokens["access_token"]).status_code
        renewed = refresh(made, tokens["refresh_token"]).json()

        assert expired == 401
        assert me(made, renewed["access_token"]).status_code == 200
        assert "refresh_token" not in renewed


def test_without_rotation_a_refresh_token_works_again_and_again():
    made = vendor()
    first = granted(made)["refresh_token"]

    assert [refresh(made, first).status_code for _ in range(3)] == [200, 200, 200]


def test_with_rotation_the_old_refresh_token_is_dead_at_once():
    made = vendor(rotates=True)
    old = granted(made)["refresh_token"]
    new = refresh(made, old).json()["refresh_token"]

    assert new != old
    assert refresh(made, old).status_code == 400
    assert refresh(made, new).status_code == 200


def test_a_patient_vendor_keeps_the_old_refresh_token_until_the_new_pair_is_used():
    made = vendor(rotates=True, old_refresh_until_used=True)
    old = granted(made)["refresh_token"]
    lost = refresh(made, old)
    repeated = refresh(made, old)
    me(made, repeated.json()["access_token"])

    assert (lost.status_code, repeated.status_code) == (200, 200)
    assert refresh(made, old).status_code == 400


def test_the_fault_of_expiry_leaves_the_refresh_token_alive():
    made = vendor()
    tokens = granted(made)
    fault(made, "expire_token")

    assert me(made, tokens["access_token"]).status_code == 401
    assert refresh(made, tokens["refresh_token"]).status_code == 200


def test_the_fault_of_revoking_ends_everything_until_a_new_consent():
    made = vendor()
    tokens = granted(made)
    fault(made, "revoke")

    assert me(made, tokens["access_token"]).status_code == 401
    assert refresh(made, tokens["refresh_token"]).status_code == 400
    assert me(made, granted(made)["access_token"]).status_code == 200


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
def test_either_token_withdraws_the_whole_grant(which):
    made = vendor()
    tokens = granted(made)
    fault(made, "expire_token")
    other = refresh(made, tokens["refresh_token"]).json()["access_token"]
    known = made.shelf.change("t", lambda state: revoke_token(state, tokens[which]))

    assert known
    assert me(made, other).status_code == 401
    assert refresh(made, tokens["refresh_token"]).status_code == 400
    assert not made.shelf.change("t", lambda state: revoke_token(state, "unknown"))


def test_tokens_of_long_ago_do_not_pile_up():
    made = vendor()
    with time_machine.travel("2026-11-24T10:00:00Z", tick=False) as clock:
        token = granted(made)["refresh_token"]
        for _ in range(10):
            clock.shift(2 * 24 * 3600)
            refresh(made, token)

    assert len(made.shelf.states["t"]["oauth"]["access"]) == 1


@pytest.mark.parametrize(
    ("language", "said"), [("ru-RU,ru;q=0.9", "встроенная песочница"), ("en", "not the real")]
)
def test_the_consent_page_speaks_the_browsers_language_and_escapes(language, said):
    made = vendor()
    asked = {"client_id": made.app["client_id"], "scope": "read <b>bold</b>"}
    page = made.http.get(AUTHORIZE, params=asked, headers={"accept-language": language}).text

    assert said in page
    assert "Vendor &lt;&amp;&gt;" in page
    assert "<b>bold" not in page
