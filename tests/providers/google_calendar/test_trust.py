"""Errors by Google's reasons, granular consent, channels that are believed or not."""

from dataclasses import replace
from datetime import timedelta

import pytest

from dashboard.contracts.errors import (
    AuthExpired,
    BadSignature,
    PermissionMissing,
    RateLimited,
    Rejected,
    Unavailable,
)
from dashboard.kit import moments
from dashboard.kit.sandbox import Emitted
from providers.google_calendar import webhooks
from providers.google_calendar.sandbox_world import HOLIDAYS, TEAM
from tests.contract import bench

SECRET = "Qf3-x_7Zk2mWn8Rb4Ls6"


def error(status, reason, **more):
    row = {"domain": "global", "reason": reason, "message": "said", **more}
    return {"error": {"code": status, "message": "said by Google", "errors": [row]}}


@pytest.mark.parametrize(
    ("status", "reason", "word", "code"),
    [
        (401, "authError", AuthExpired, "auth_expired"),
        (403, "insufficientPermissions", PermissionMissing, "permission_missing"),
        (403, "forbidden", PermissionMissing, "permission_missing"),
        (403, "accessNotConfigured", PermissionMissing, "api_off"),
        (403, "requiredAccessLevel", Rejected, "read_only_calendar"),
        (403, "forbiddenForNonOrganizer", Rejected, "not_organizer"),
        (403, "rateLimitExceeded", RateLimited, "rate_limited"),
        (403, "userRateLimitExceeded", RateLimited, "rate_limited"),
        (429, "rateLimitExceeded", RateLimited, "rate_limited"),
        (403, "quotaExceeded", RateLimited, "quota_exceeded"),
        (403, "dailyLimitExceeded", RateLimited, "quota_exceeded"),
        (404, "notFound", Rejected, "not_found"),
        (409, "duplicate", Rejected, "conflict"),
        (410, "fullSyncRequired", Rejected, "cursor_expired"),
        (410, "updatedMinTooLongAgo", Rejected, "cursor_expired"),
        (410, "deleted", Rejected, "not_found"),
        (412, "conditionNotMet", Rejected, "changed_meanwhile"),
        (400, "pushNotSupportedForRequestedResource", Rejected, "push_unsupported"),
        (500, "backendError", Unavailable, "unavailable"),
        (503, "backendError", Unavailable, "unavailable"),
    ],
)
def test_a_reason_decides_the_word(answering, status, reason, word, code):
    with pytest.raises(word) as raised:
        answering(status, json=error(status, reason)).get("/calendar/v3/colors")

    assert (raised.value.code, raised.value.reason) == (code, "said by Google")


def test_a_used_up_quota_waits_longer_than_a_rate(answering):
    pauses = []
    for reason in ("rateLimitExceeded", "quotaExceeded"):
        with pytest.raises(RateLimited) as raised:
            answering(403, json=error(403, reason)).get("/x")
        pauses.append(raised.value.retry_after)

    assert 0 < pauses[0] < 60
    assert pauses[1] > 600


@pytest.mark.parametrize("body", [{"error": "invalid_grant"}, {"error": {"errors": "?"}}, [], 1])
def test_an_odd_error_body_is_named_by_its_status(answering, body):
    with pytest.raises(Rejected):
        answering(404, json=body).get("/x")


@pytest.mark.parametrize("body", [{}, {"id": ""}, [], None])
def test_an_answer_without_an_account_proves_nothing(account, answering, body):
    with pytest.raises(Unavailable):
        account.part("client").identify(answering(200, json=body))


def test_an_event_that_is_not_as_documented_is_no_crash(account, answering):
    made = account.action("update_event")
    request = made.takes.model_validate({"event_id": "x1234"})

    with pytest.raises(Unavailable):
        made.run(answering(200, json={"id": "x1234"}), request, key="k")


@pytest.mark.parametrize(("status", "body"), [(200, {}), (400, {"error": "invalid_token"})])
def test_a_grant_that_is_dead_already_counts_as_revoked(account, answering, status, body):
    assert account.part("client").revoke(answering(status, json=body)).revoked


def test_revoking_ends_the_grant_and_sends_no_old_bearer(account):
    account.part("client").revoke(account.client)

    assert "authorization" not in account.network.requests[-1].headers
    with pytest.raises(AuthExpired):
        account.part("client").identify(account.client)


def test_an_unticked_scope_is_missing_where_it_is_needed(account):
    def untick(state):
        for row in state["oauth"]["access"].values():
            row["scope"] = "openid https://www.googleapis.com/auth/calendar.events"

    account.change(untick)
    with pytest.raises(PermissionMissing):
        account.pages("calendars")
    assert account.records("events")


def test_a_gateway_that_knows_only_the_calendar_still_shows_whose_it_is(account):
    account.network.instead = lambda r: (
        bench.httpx.Response(404) if "userinfo" in r.url.path else None
    )

    assert account.part("client").identify(account.client).id == "anna.smirnova@example.com"


def test_choices_name_every_calendar_the_main_one_first(account):
    found = account.part("client").choices(account.client, "calendars")

    assert [choice.value for choice in found] == ["primary", TEAM, HOLIDAYS]
    assert account.manifest.settings_fields()[0].default == found[0].value


@pytest.mark.parametrize(
    ("settings", "failed"),
    [
        ({}, []),
        ({"calendar_id": TEAM, "video_call": True}, []),
        ({"calendar_id": HOLIDAYS}, ["calendar_writable"]),
        (
            {"calendar_id": HOLIDAYS, "video_call": True},
            ["calendar_writable", "setting.video_call"],
        ),
        ({"calendar_id": "gone@example.com"}, ["setting.calendar_id"]),
    ],
)
def test_the_check_proves_the_chosen_calendar(chosen, settings, failed):
    account = chosen(**settings)

    made = account.part("client").checks(account.client)
    assert [check.name for check in made if not check.ok] == failed


@pytest.fixture
def pushed(account):
    """(what Google sends on a change, what it may be checked against)."""
    made = webhooks.subscribe(account.client, bench.HOOK_URL, SECRET, ["event.created"])
    (delivery,) = account.play("add_event")
    return bench.request(delivery), bench.trust(account, SECRET, made.id)


def test_a_push_is_a_hint_to_read_meetings_again(pushed):
    request, trust = pushed

    webhooks.verify(request, trust)
    (event,) = webhooks.parse(request, trust)
    assert (event.name, event.vendor_name) == ("event.changed", "exists")
    assert [r.stream for r in event.refetch] == ["events"]
    assert SECRET not in repr(event)


@pytest.mark.parametrize(
    "spoil",
    [
        {"x-goog-channel-token": "other"},
        {"x-goog-channel-token": ""},
        {"x-goog-channel-id": ""},
    ],
)
def test_a_push_with_a_wrong_secret_or_of_no_channel_is_refused(pushed, spoil):
    request, trust = pushed

    with pytest.raises(BadSignature):
        webhooks.verify(replace(request, headers={**request.headers, **spoil}), trust)


@pytest.mark.parametrize("known", ["", "the-channel-after-this-one"])
def test_a_push_of_another_channel_with_our_secret_is_a_hint_as_well(pushed, known):
    request, trust = pushed
    other = replace(trust, subscription_id=known)

    webhooks.verify(request, other)
    assert [r.stream for r in webhooks.parse(request, other)[0].refetch] == ["events"]


def test_the_greeting_is_answered_before_the_channel_is_known(account):
    webhooks.subscribe(account.client, bench.HOOK_URL, SECRET, [])
    greeting, trust = bench.request(account.emitted[0]), bench.trust(account, SECRET)

    assert webhooks.handshake(greeting, trust).status == 200
    assert webhooks.parse(greeting, trust) == []


def test_a_greeting_with_a_wrong_secret_is_not_answered(account):
    webhooks.subscribe(account.client, bench.HOOK_URL, SECRET, [])
    greeting = bench.request(account.emitted[0])

    assert webhooks.handshake(greeting, bench.trust(account, "other")) is None
    assert (
        webhooks.handshake(
            bench.request(Emitted(url="", body=b"", headers={})), bench.trust(account, SECRET)
        )
        is None
    )


def test_a_channel_is_fine_until_its_end_its_calendar_or_our_address_changes(account, chosen):
    made = webhooks.subscribe(account.client, bench.HOOK_URL, SECRET, [])
    ended = replace(made, expires_at=moments.now() - timedelta(seconds=1))

    assert webhooks.registered(account.client, made, bench.HOOK_URL) == ""
    assert webhooks.registered(account.client, ended, bench.HOOK_URL) == "channel_expired"
    assert webhooks.registered(account.client, made, "https://other") == "channel_other_address"
    other = chosen(calendar_id=TEAM).client
    assert webhooks.registered(other, made, bench.HOOK_URL) == "channel_other_calendar"


def test_a_channel_lives_a_week(account):
    made = webhooks.subscribe(account.client, bench.HOOK_URL, SECRET, [])

    assert timedelta(days=6) < made.expires_at - moments.now() <= timedelta(days=7)


def test_a_calendar_without_push_is_told_in_words(chosen):
    account = chosen(calendar_id=HOLIDAYS)

    with pytest.raises(Rejected) as refused:
        webhooks.subscribe(account.client, bench.HOOK_URL, SECRET, [])
    assert refused.value.code == "push_unsupported"
