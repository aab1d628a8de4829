"""Language, OAuth's way back, health and metrics."""

import pytest

from dashboard.contracts.people import SYSTEM, Role
from tests.app.desks import browser, demo, joined, program


def test_the_chosen_language_is_remembered_with_the_account(desk):
    visitor = joined(desk)

    answer = visitor.get("/lang?set=ru&next=/settings")

    assert answer.headers["location"] == "/settings"
    assert visitor.cookies["desk_language"] == "ru"
    assert desk.staff.people.all()[0].language == "ru"


@pytest.mark.parametrize("query", ["set=xx&next=//evil.example", "", "next=https://evil.example"])
def test_a_language_link_changes_nothing_odd(desk, query):
    answer = browser(desk).get(f"/lang?{query}")

    assert answer.headers["location"] == "/"
    assert "set-cookie" not in answer.headers


def test_a_callback_nobody_waits_for_is_explained(desk):
    visitor = browser(desk)

    answer = visitor.get("/oauth/callback?code=secret-code&state=secret-state")
    page = visitor.get(answer.headers["location"])

    assert answer.headers["location"].startswith("/oauth/callback/done?status=failed")
    assert "secret" not in answer.headers["location"] + page.text
    assert 'role="alert"' in page.text


@pytest.mark.parametrize(
    "reason", ["<script>", "api.internal", "no.such.code", "login.title", "../x", ""]
)
def test_the_address_cannot_put_words_on_the_page(desk, reason):
    page = browser(desk).get("/oauth/callback/done", params={"status": "failed", "reason": reason})
    told = page.text.partition('role="alert">')[2].partition("</p>")[0]

    assert page.status_code == 200
    assert "<script>" not in page.text
    assert reason not in told or not reason


def test_only_the_good_page_closes_itself(desk):
    good = browser(desk).get("/oauth/callback/done?status=ok").text
    bad = browser(desk).get("/oauth/callback/done?status=failed").text

    assert "window.close" in good
    assert "window.close" not in bad


def test_a_flow_of_somebody_else_is_not_started(desk):
    answer = joined(desk).get("/oauth/start/flw_unknown")

    assert answer.headers["location"].startswith("/oauth/callback/done?status=failed")


def test_the_desk_is_ready_when_migrated_and_its_key_fits(desk):
    assert browser(desk).get("/readyz").json() == {"status": "ready", "problems": []}


def test_a_desk_with_another_key_is_not_ready(desk, tmp_path):
    from dashboard import app
    from dashboard.assembly import build

    (tmp_path / "vault.key").unlink()
    other = build(desk.settings)

    answer = browser(other).get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["problems"] == ["vault.wrong_key"]
    other.store.close()
    assert app.routes(desk)


@pytest.mark.parametrize("token", ["", "idk_wrong"])
def test_metrics_are_not_for_strangers(desk, token):
    answer = browser(desk, authorization=f"Bearer {token}").get("/metrics")

    assert answer.status_code == 401


def test_metrics_are_for_tokens_of_all_agents_and_staff(desk):
    read = program(desk, Role.VIEWER).get("/metrics")

    assert 'integrations_jobs{lane="normal",state="queued"}' in read.text
    assert joined(desk).get("/metrics").status_code == 200
    assert program(desk, Role.VIEWER, demo(desk)).get("/metrics").status_code == 401


def test_an_unknown_hook_is_404(desk):
    assert browser(desk).post("/hooks/unknown-token", json={}).status_code == 404


@pytest.mark.parametrize("provider", ["kommo", "nope"])
def test_an_unknown_sandbox_is_404(desk, provider):
    answer = browser(desk).get(f"/sandbox/{provider}/no-such-tenant/api/x")

    assert answer.status_code == 404


def test_the_first_link_of_a_role_is_what_it_says(desk):
    page = browser(desk).get(desk.staff.invites.create(SYSTEM, Role.VIEWER))

    assert "Viewer" in page.text
