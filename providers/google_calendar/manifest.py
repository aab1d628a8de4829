"""Google Calendar API v3; facts from its discovery document of 2026-10-30."""

from datetime import date, timedelta

from dashboard.contracts import forms, records
from dashboard.contracts.forms import Field, Form, Kind, SignIn
from dashboard.contracts.manifest import (
    Category,
    EventType,
    Hooks,
    Manifest,
    NextToken,
    OAuth2,
    Proof,
    RateLimit,
    Scope,
    Source,
    Stream,
)
from providers._google import oauth

PUSH = Source(
    "https://developers.google.com/workspace/calendar/api/guides/push", date(2026, 11, 23)
)
QUOTA = Source(
    "https://developers.google.com/workspace/calendar/api/guides/quota", date(2026, 11, 23)
)

MANIFEST = Manifest(
    id="google_calendar",
    name="Google Calendar",
    category=Category.CALENDAR,
    hosts={
        "api": "https://www.googleapis.com",
        "auth": oauth.AUTH_HOST,
        "token": oauth.TOKEN_HOST,
    },
    auth=(
        OAuth2(
            authorize=oauth.AUTHORIZE,
            token=oauth.TOKEN,
            source=oauth.SOURCE,
            authorize_params=oauth.AUTHORIZE_PARAMS,
            scopes=(
                oauth.OPENID,
                oauth.EMAIL,
                Scope(
                    "https://www.googleapis.com/auth/calendar.events",
                    (
                        "events",
                        "create_event",
                        "update_event",
                        "cancel_event",
                        "invite",
                        "event.created",
                        "event.changed",
                        "event.cancelled",
                    ),
                ),
                # calendar.events opens neither the list of calendars nor free/busy.
                Scope(
                    "https://www.googleapis.com/auth/calendar.readonly",
                    ("account", "calendars", "free_busy", "find_slot"),
                ),
            ),
        ),
    ),
    steps=(
        SignIn(),
        Form(
            name="calendar",
            fields=(
                Field(
                    name="calendar_id",
                    kind=Kind.CHOICE,
                    choices_from="calendars",
                    default="primary",
                ),
            ),
        ),
        Form(
            name="settings",
            fields=(
                Field(name="auto_create", kind=Kind.TOGGLE, default=True),
                forms.EVENT_MINUTES,
                forms.TIME_ZONE,
                forms.REMINDERS,
                Field(name="video_call", kind=Kind.TOGGLE, default=False),
                forms.FREQUENCY,
            ),
        ),
    ),
    # Per user and project, for projects made since 2026-05-01; older ones have more.
    limit=RateLimit(600, timedelta(minutes=1), QUOTA),
    streams=(
        Stream(
            name="calendars",
            record=records.Calendar,
            path="/calendar/v3/users/me/calendarList",
            items="items",
            paging=NextToken(
                param="pageToken", found_at="nextPageToken", size_param="maxResults", size=250
            ),
        ),
        Stream(name="events", record=records.Event),
    ),
    actions=(
        "create_event",
        "update_event",
        "cancel_event",
        "invite",
        "free_busy",
        "find_slot",
    ),
    # A push only says that something is there to read; what happened is seen by reading.
    events=(
        EventType(name="event.created", vendor=("exists",)),
        EventType(name="event.changed", vendor=("exists",)),
        EventType(name="event.cancelled", vendor=("exists",)),
    ),
    hooks=Hooks(proof=Proof.SECRET_HEADER, source=PUSH, renew_before=timedelta(days=1)),
)
