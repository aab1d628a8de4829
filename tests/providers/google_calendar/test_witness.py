"""Google's own client library finds the sandbox to be Google Calendar."""

from datetime import datetime, timedelta

import pytest
from google.auth.exceptions import RefreshError
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

from dashboard.kit import moments
from providers.google_calendar.sandbox_world import HOLIDAYS, ME, TEAM
from tests.contract import bench


@pytest.fixture
def signed(served):
    """The library's credentials for the account the suite connected."""
    given = served.account.client.access.credentials
    app = served.account.change(lambda state: dict(state["oauth"]))
    return Credentials(
        token=given["access_token"],
        refresh_token=given["refresh_token"],
        token_uri=f"{served.origin}/token/token",
        client_id=app["client_id"],
        client_secret=app["client_secret"],
    )


@pytest.fixture
def google(served, signed):
    """The library over real HTTP, by the discovery document that ships with it."""
    with build(
        "calendar",
        "v3",
        credentials=signed,
        static_discovery=True,
        client_options={"api_endpoint": f"{served.origin}/api/calendar/v3/"},
    ) as service:
        yield service


def everything(resource, first):
    """All pages, as the library itself goes through them."""
    pages, request = [], first
    while request is not None:
        pages.append(request.execute())
        request = resource.list_next(request, pages[-1])
    return pages


def start_of(days):
    start = moments.now().replace(microsecond=0) + timedelta(days=days)
    return {
        "start": {"dateTime": start.isoformat()},
        "end": {"dateTime": (start + timedelta(hours=1)).isoformat()},
    }


def test_calendars_are_listed_by_pages(google):
    pages = everything(google.calendarList(), google.calendarList().list(maxResults=2))

    assert [len(page["items"]) for page in pages] == [2, 1]
    assert {row["id"] for page in pages for row in page["items"]} == {ME, TEAM, HOLIDAYS}


def test_meetings_are_listed_to_a_sync_token_and_followed(google):
    listed = google.events().list(calendarId="primary", singleEvents=True, maxResults=100)
    pages = everything(google.events(), listed)
    made = google.events().insert(calendarId=ME, body={"summary": "x", **start_of(2)}).execute()
    token = pages[-1]["nextSyncToken"]

    fresh = google.events().list(calendarId=ME, singleEvents=True, syncToken=token).execute()
    assert [row["id"] for row in fresh["items"]] == [made["id"]]
    assert [] in [page["items"] for page in pages]
    assert len({row["id"] for page in pages for row in page["items"]}) > 250


def test_our_reading_and_the_librarys_agree(google, served):
    listed = google.events().list(
        calendarId="primary",
        singleEvents=True,
        timeMin=(moments.now() - timedelta(days=90)).isoformat(),
        timeMax=(moments.now() + timedelta(days=365)).isoformat(),
    )
    theirs = {r["id"] for p in everything(google.events(), listed) for r in p["items"]}

    assert {record.external_id for record in served.account.records("events")} == theirs


def test_what_the_library_writes_is_read_by_us(google, served):
    body = {"summary": "Демо", "attendees": [{"email": "b@example.com"}], **start_of(3)}
    made = google.events().insert(calendarId=ME, body=body, sendUpdates="all").execute()
    google.events().patch(calendarId=ME, eventId=made["id"], body={"location": "Зал"}).execute()

    read = served.account.part("streams").fetch(served.account.client, "events", made["id"])
    assert (read.title, read.location, read.attendees) == ("Демо", "Зал", ("b@example.com",))


def test_a_deleted_meeting_is_gone_the_second_time(google):
    made = google.events().insert(calendarId=ME, body={"summary": "x", **start_of(4)}).execute()
    google.events().delete(calendarId=ME, eventId=made["id"]).execute()

    with pytest.raises(HttpError) as refused:
        google.events().delete(calendarId=ME, eventId=made["id"]).execute()
    assert refused.value.status_code == 410


def test_busy_time_is_told(google):
    body = {"summary": "x", **start_of(5)}
    made = google.events().insert(calendarId=TEAM, body=body).execute()
    asked = {
        "timeMin": (moments.now() + timedelta(days=4)).isoformat(),
        "timeMax": (moments.now() + timedelta(days=6)).isoformat(),
        "items": [{"id": TEAM}, {"id": "nobody@example.com"}],
    }

    told = google.freebusy().query(body=asked).execute()["calendars"]
    starts = [datetime.fromisoformat(span["start"]) for span in told[TEAM]["busy"]]
    assert datetime.fromisoformat(made["start"]["dateTime"]) in starts
    assert told["nobody@example.com"]["errors"][0]["reason"] == "notFound"


def test_a_channel_tells_of_changes_until_it_is_stopped(google, served):
    asked = {"id": "channel-1", "type": "web_hook", "address": bench.HOOK_URL, "token": "s"}
    channel = google.events().watch(calendarId=ME, body=asked).execute()
    google.events().insert(calendarId=ME, body={"summary": "x", **start_of(1)}).execute()
    stopped = {"id": channel["id"], "resourceId": channel["resourceId"]}
    google.channels().stop(body=stopped).execute()
    google.events().insert(calendarId=ME, body={"summary": "y", **start_of(1)}).execute()

    told = [(d.headers["X-Goog-Resource-State"], d.body) for d in served.account.emitted]
    assert told == [("sync", b""), ("exists", b"")]


def test_an_expired_token_is_refreshed_by_the_library(google, served, signed):
    served.account.change(lambda state: served.account.sandbox.fault(state, "expire_token"))
    before = signed.token, signed.refresh_token

    google.calendarList().list().execute()
    assert signed.token != before[0]
    assert signed.refresh_token == before[1]


def test_a_withdrawn_grant_is_noticed_by_the_library(google, served):
    served.account.part("client").revoke(served.account.client)

    with pytest.raises(RefreshError):
        google.calendarList().list().execute()


def test_a_wrong_parameter_is_refused(google):
    listed = google.events().list(calendarId=ME, orderBy="startTime")

    with pytest.raises(HttpError) as refused:
        listed.execute()
    assert refused.value.status_code == 400


def test_the_time_zone_of_the_account_is_told(google):
    assert google.settings().get(setting="timezone").execute()["value"] == "Europe/Moscow"
