"""A new user's first ten minutes, in a real browser, in both languages."""

import re
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest
from standardwebhooks import Webhook

FIVE = ("Kommo", "Google Calendar", "Telegram", "Stripe", "Custom Webhooks")
RECEIVER_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def until(seen, seconds=20):
    """What `seen()` gives as soon as it gives something; fails when it never does."""
    for _ in range(seconds * 5):
        if found := seen():
            return found
        time.sleep(0.2)
    raise AssertionError(f"not within {seconds} s")


@pytest.fixture(scope="module")
def link(api, agent_id):
    """One connection of the walking agent, by the API: link("kommo")["state"]."""

    def ask(provider, path="", **query):
        answer = api.get(f"/agents/{agent_id}/integrations/{provider}{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return ask


@pytest.fixture(scope="module")
def act(api, agent_id):
    """Run an action by the API and give its result."""

    def run(provider, action, key, **arguments):
        answer = api.post(
            f"/agents/{agent_id}/integrations/{provider}/actions/{action}",
            json=arguments,
            headers={"idempotency-key": key},
        )
        assert answer.status_code == 200, answer.text
        return answer.json()["result"]

    return run


def test_the_grid_shows_five_cards_in_the_browsers_language(walker):
    walker.open()

    assert walker.say("integrations.lead") in walker.text()
    assert [name for name in FIVE if name not in walker.text()] == []
    assert walker.text().count(walker.say("integrations.badge.not_connected")) >= len(FIVE)


def test_kommo_is_connected_in_the_owners_four_steps(walker, link):
    walker.connect_kommo()

    assert link("kommo")["state"] == "active"
    assert walker.say("integrations.badge.connected") in walker.text()
    assert "Окна и двери" in walker.text()


def test_its_first_sync_brings_deals_contacts_and_tasks(walker, link):
    found = until(lambda: link("kommo", "/records/deals", limit=1)["records"])
    walker.open("/records")
    walker.page.get_by_test_id("stDataFrame").first.wait_for()

    assert found[0]["title"]
    assert until(lambda: link("kommo", "/records/contacts", limit=1)["records"])
    assert until(lambda: link("kommo", "/records/tasks", limit=1)["records"])
    assert walker.said("kommo", "streams", "deals") in walker.text()


def test_a_change_at_the_vendor_arrives_within_seconds(walker, api, agent_id):
    walker.gesture("kommo", "change_deal")

    event = until(lambda: _done(api, agent_id, "deal.stage_changed"), 15)
    assert event["state"] == "done"
    walker.open("/webhooks")
    walker.wait_for_text(walker.said("kommo", "events", "deal.stage_changed"))


def test_google_calendar_is_connected_through_the_popup(walker, link):
    walker.choose_sandbox("google_calendar")
    frame = walker.page.frame_locator("iframe[title*='streamlit_oauth']")
    with walker.page.context.expect_page() as opened:
        frame.get_by_role("button").click()
    opened.value.get_by_role("button").first.click()
    walker.dialog.get_by_role("button", name=walker.say("setup.next")).wait_for(timeout=20_000)
    walker.next()
    walker.next()
    walker.finish()

    assert link("google_calendar")["state"] == "active"
    assert link("google_calendar")["account"]["name"] == "anna.smirnova@example.com"


def test_no_token_passed_through_the_browser(walker):
    seen = "".join(walker.frames)

    assert len(seen) > 10_000
    assert not re.search(r"sandbox-(access|refresh|secret|code)-[0-9a-f]+|ya29\.", seen)


def test_an_event_takes_length_zone_and_reminders_from_the_settings(act):
    made = act("google_calendar", "create_event", "e1", title="Демо", starts_at="2027-01-12T10:00")
    busy = act(
        "google_calendar",
        "free_busy",
        "b1",
        starts_at="2027-01-12T09:00",
        ends_at="2027-01-12T12:00",
    )

    assert (made["starts_at"], made["ends_at"]) == (
        "2027-01-12T10:00:00+03:00",
        "2027-01-12T10:30:00+03:00",
    )
    assert made["time_zone"] == "Europe/Moscow"
    assert "2027-01-12T10:00:00+03:00" in [span["starts_at"] for span in busy["busy"]]


@pytest.mark.parametrize(("open_now", "replies"), [(False, 1), (True, 0)])
def test_telegram_answers_only_outside_working_hours(walker, api, agent_id, open_now, replies):
    base = f"/agents/{agent_id}/integrations/telegram"
    week = {day: [["00:00", "24:00"]] if open_now else [] for day in _DAYS}
    settings = {"auto_reply": True, "auto_reply_text": "Ответим утром", "working_hours": week}
    _connected(api, base)
    saved = api.put(f"{base}/config", json={"settings": settings})
    assert saved.status_code == 200, saved.text
    text = f"Вопрос {open_now}"
    walker.gesture("telegram", "customer_message", text=text)

    heard = until(lambda: [m for m in _messages(api, base) if m["title"] == text])[0]
    time.sleep(3)
    answers = [
        m
        for m in _messages(api, base)
        if m["fields"]["direction"] == "out" and m["updated_at"] >= heard["updated_at"]
    ]
    assert [answer["title"] for answer in answers] == ["Ответим утром"] * replies


def test_a_payment_link_is_paid_and_the_webhook_says_so(walker, api, agent_id, act):
    base = f"/agents/{agent_id}/integrations/stripe"
    _connected(api, base)
    until(lambda: api.get(base).json().get("webhook", {}).get("registered", True))
    made = act("stripe", "create_payment_link", "p1", amount="12.50", description="Консультация")
    page = walker.page.context.new_page()
    page.goto(made["pay_url"])
    page.get_by_role("button").first.click()
    page.wait_for_load_state()
    page.close()

    def status():
        rows = api.get(f"{base}/records/payment_links", params={"limit": 100}).json()["records"]
        mine = [r for r in rows if r["external_id"] == made["external_id"]]
        return [r for r in mine if r["fields"]["status"] == "paid"]

    assert until(status)
    assert (
        act(
            "stripe", "payment_status", "p2", external_id=made["external_id"], kind="payment_links"
        )["status"]
        == "paid"
    )


def test_an_event_goes_out_signed_and_the_receiver_verifies_it(walker, api, agent_id, receiver):
    base = f"/agents/{agent_id}/integrations/webhook"
    credentials = {"url": receiver.url, "signing_secret": RECEIVER_SECRET}
    body = {"method": "keys", "credentials": credentials, "environment": "live"}
    made = api.post(f"{base}/connect", json=body)
    assert made.status_code == 201, made.text
    walker.gesture("kommo", "change_deal")

    headers, raw = until(lambda: [call for call in receiver.calls if b"deal." in call[1]])[0]
    assert Webhook(RECEIVER_SECRET).verify(raw, headers)["type"].startswith("deal.")


def test_sync_webhooks_and_journal_tell_the_story(walker):
    walker.open("/sync")
    assert "Kommo" in walker.text()
    walker.open("/webhooks")
    assert walker.said("telegram", "events", "message.received") in walker.text()
    walker.open("/journal")
    walker.press(walker.say("journal.verify"))
    walker.wait_for_text(walker.say("journal.chain_whole", number=0).split(":")[0])


def test_an_expired_token_is_renewed_by_itself(walker, link, act):
    walker.fault("google_calendar", "expire_token")

    act(
        "google_calendar",
        "free_busy",
        "b2",
        starts_at="2027-02-01T09:00",
        ends_at="2027-02-01T10:00",
    )
    assert link("google_calendar")["state"] == "active"


def test_a_revoked_token_asks_for_a_new_login_that_keeps_every_setting(walker, api, agent_id, link):
    config = f"/agents/{agent_id}/integrations/kommo/config"
    before = api.get(config).json()
    walker.fault("kommo", "revoke")
    api.post(f"/agents/{agent_id}/integrations/kommo/test")
    assert link("kommo")["state"] == "needs_reauth"
    walker.open()
    assert walker.say("integrations.badge.needs_reauth") in walker.text()

    walker.press(walker.say("integrations.login_again"))
    walker.press(walker.say("setup.connect"), walker.dialog)
    until(lambda: link("kommo")["state"] == "active")
    after = api.get(config).json()
    assert (after["settings"], after["mapping"], after["events"]) == (
        before["settings"],
        before["mapping"],
        before["events"],
    )


@pytest.mark.parametrize("fault", ["rate_limit", "outage"])
def test_a_limit_and_an_outage_are_said_in_words_and_pass(walker, api, agent_id, link, fault):
    walker.fault("kommo", fault)
    api.post(f"/agents/{agent_id}/integrations/kommo/sync")

    run = until(lambda: [r for r in _runs(link) if r["error"]][:1] or _succeeded(link), 30)
    assert run
    assert until(lambda: _succeeded(link), 120)
    assert link("kommo")["state"] == "active"


def test_disconnecting_revokes_and_says_what_it_did(walker, api, agent_id):
    walker.open()
    card = walker.page.get_by_role("button", name=walker.say("integrations.disconnect"))
    card.nth(1).click()
    walker.settle()
    walker.shot(_shots(), "disconnect")
    walker.press(walker.say("disconnect.yes"), walker.dialog)

    walker.wait_for_text(walker.say("disconnect.revoked"))
    gone = api.get(f"/agents/{agent_id}/integrations/google_calendar")
    assert gone.status_code == 404 or gone.json()["state"] == "disconnected"


# --- what the walks share ---------------------------------------------------------------------

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _shots():
    from tests.browser.conftest import SHOTS

    return SHOTS


def _done(api, agent_id, name):
    rows = api.get("/events", params={"agent_id": agent_id}).json()["events"]
    return next((r for r in rows if r["name"] == name and r["state"] == "done"), None)


def _messages(api, base):
    return api.get(f"{base}/records/messages", params={"limit": 100}).json()["records"]


def _runs(link):
    return link("kommo", "/sync")["runs"]


def _succeeded(link):
    newest = _runs(link)[0]
    return newest["state"] == "succeeded"


def _connected(api, base):
    """Connect to the sandbox by the API, unless it is done already."""
    if api.get(base).status_code == 200:
        return
    made = api.post(f"{base}/connect", json={"environment": "sandbox"})
    assert made.status_code == 201, made.text


@pytest.fixture(scope="module")
def receiver():
    """A customer's own server that keeps what it is sent."""

    class Keeping(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            self.server.calls.append((dict(self.headers), body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_args):
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Keeping)
    server.calls, server.url = [], f"http://127.0.0.1:{server.server_port}/hook"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


def test_nothing_is_open_without_signing_in(running):
    paths = ["/", "/media/x", "/_stcore/host-config", "/_stcore/metrics", "/app/static/x"]
    answers = {path: httpx.get(f"{running.url}{path}").status_code for path in paths}

    assert set(answers.values()) <= {303, 401, 403}, answers
