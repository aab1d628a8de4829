"""What is odd about writing to Google: own ids, whole guest lists, changes of the clocks."""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dashboard.contracts.errors import OutcomeUnknown, Rejected, Unavailable
from dashboard.kit import moments
from providers.google_calendar.sandbox_world import ME
from providers.google_calendar.slots import WorkingDay, free_slots, merged

MOSCOW, BERLIN = ZoneInfo("Europe/Moscow"), ZoneInfo("Europe/Berlin")


def tomorrow(hour=10, days=1):
    return datetime.now(MOSCOW).replace(
        hour=hour, minute=0, second=0, microsecond=0, tzinfo=None
    ) + timedelta(days=days)


def stored(account, event_id):
    return account.state()["events"][ME][event_id]


def sent(account, method):
    """Bodies and queries of the calls with that method."""
    calls = [r for r in account.network.requests if r.method == method]
    return [(json.loads(r.content or b"{}"), dict(r.url.params)) for r in calls]


def test_settings_give_length_zone_and_reminders(chosen, act):
    account = chosen(event_minutes=50, time_zone="Asia/Yekaterinburg", reminders=[5, 60])

    made = act("create_event", title="Демо", starts_at=tomorrow())
    row = stored(account, made.external_id)
    assert made.ends_at - made.starts_at == timedelta(minutes=50)
    assert row["start"]["timeZone"] == "Asia/Yekaterinburg"
    assert row["start"]["dateTime"].endswith("T10:00:00+05:00")
    assert [r["minutes"] for r in row["reminders"]["overrides"]] == [5, 60]


@pytest.mark.parametrize(
    ("starts", "ends"),
    [
        ("2027-03-28T01:30", "2027-03-28T03:30:00+02:00"),
        ("2026-10-25T02:30", "2026-10-25T02:30:00+01:00"),
    ],
)
def test_the_default_length_is_real_time_when_the_clocks_change(chosen, act, starts, ends):
    account = chosen(event_minutes=60, time_zone="Europe/Berlin")

    made = act("create_event", title="Ночная смена", starts_at=starts)
    assert sent(account, "POST")[0][0]["end"]["dateTime"] == ends
    assert (made.ends_at - made.starts_at.astimezone(UTC)) == timedelta(hours=1)


def test_without_reminders_in_the_settings_there_are_none(chosen, act):
    account = chosen(reminders=[])

    made = act("create_event", title="Демо", starts_at=tomorrow())
    assert stored(account, made.external_id)["reminders"] == {"useDefault": False, "overrides": []}


def test_with_automatic_creation_off_nothing_is_created(chosen, act):
    account = chosen(auto_create=False)

    with pytest.raises(Rejected) as refused:
        act("create_event", title="Демо", starts_at=tomorrow())
    assert refused.value.code == "auto_create_off"
    assert account.network.requests == []


def test_a_video_call_is_asked_for_with_its_version(chosen, act):
    account = chosen(video_call=True)

    made = act("create_event", title="Демо", starts_at=tomorrow())
    assert made.meeting_link.startswith("https://meet.google.com/")
    assert sent(account, "POST")[0][1]["conferenceDataVersion"] == "1"


@pytest.mark.parametrize(("notify", "word"), [(True, "all"), (False, "none")])
def test_guests_are_told_only_when_asked(account, act, notify, word):
    guests = ["b@example.com"]
    act("create_event", title="x", starts_at=tomorrow(), attendees=guests, notify=notify)

    assert sent(account, "POST")[0][1]["sendUpdates"] == word


def test_the_same_key_with_another_request_is_another_meeting(act):
    one = act("create_event", title="Первая", starts_at=tomorrow())
    two = act("create_event", title="Вторая", starts_at=tomorrow())

    assert one.external_id != two.external_id


def test_a_lost_answer_is_found_by_repeating(account, act):
    account.change(lambda state: account.sandbox.fault(state, "lose_reply"))
    with pytest.raises((Unavailable, OutcomeUnknown)):
        act("create_event", title="Демо", starts_at=tomorrow())
    before = len(account.state()["events"][ME])

    act("create_event", title="Демо", starts_at=tomorrow())
    assert len(account.state()["events"][ME]) == before


def test_a_meeting_cancelled_meanwhile_does_not_come_back(act):
    made = act("create_event", title="Демо", starts_at=tomorrow())
    act("cancel_event", event_id=made.external_id)

    with pytest.raises(Rejected) as refused:
        act("create_event", title="Демо", starts_at=tomorrow())
    assert refused.value.code == "cancelled_already"


def test_a_new_start_keeps_the_length(act):
    made = act("create_event", title="x", starts_at=tomorrow(), ends_at=tomorrow(12))

    moved = act("update_event", event_id=made.external_id, starts_at=tomorrow(15))
    assert moved.ends_at - moved.starts_at == timedelta(hours=2)
    assert moved.starts_at.hour == 15


def test_a_whole_day_can_be_given_hours(account, act):
    day = next(r for r in account.records("events") if r.all_day)

    act("update_event", event_id=day.external_id, starts_at=tomorrow(), ends_at=tomorrow(11))
    assert "date" not in stored(account, day.external_id)["start"]


def test_only_what_is_given_is_sent(account, act):
    made = act("create_event", title="x", starts_at=tomorrow(), location="Зал")

    act("update_event", event_id=made.external_id, title="y")
    assert sent(account, "PATCH")[0][0] == {"summary": "y"}
    assert stored(account, made.external_id)["location"] == "Зал"


def test_a_change_made_meanwhile_is_not_written_over(account, act):
    made = act("create_event", title="x", starts_at=tomorrow())
    inner = account.network.inner.handle_request

    def meddle(request):
        answer = inner(request)
        if request.method == "GET":
            account.play("move_event", {"event": f"{ME}/{made.external_id}", "hours": 1})
        return answer

    account.network.instead = meddle
    with pytest.raises(Rejected) as refused:
        act("update_event", event_id=made.external_id, title="y")
    assert (refused.value.code, refused.value.status) == ("changed_meanwhile", 412)


def test_those_invited_already_stay_and_nobody_twice(account, act):
    made = act("create_event", title="x", starts_at=tomorrow(), attendees=["a@example.com"])

    guests = ["A@Example.com", "b@example.com"]
    saved = act("invite", event_id=made.external_id, attendees=guests)
    again = act("invite", event_id=made.external_id, attendees=guests)
    assert saved.attendees == ["a@example.com", "b@example.com"] == again.attendees
    assert len(sent(account, "PATCH")) == 1


def test_a_trimmed_guest_list_is_not_written_back(account, act):
    made = act("create_event", title="x", starts_at=tomorrow(), attendees=["a@example.com"])
    account.change(
        lambda state: state["events"][ME][made.external_id].update(attendeesOmitted=True)
    )

    with pytest.raises(Rejected) as refused:
        act("invite", event_id=made.external_id, attendees=["b@example.com"])
    assert refused.value.code == "guests_hidden"


def test_anothers_meeting_cannot_be_changed(account, act):
    made = act("create_event", title="x", starts_at=tomorrow())
    other = {"email": "boss@example.com"}
    account.change(lambda state: state["events"][ME][made.external_id].update(organizer=other))

    with pytest.raises(Rejected) as refused:
        act("update_event", event_id=made.external_id, title="y")
    assert refused.value.code == "not_organizer"


@pytest.mark.parametrize("event_id", ["neverthere", "made"])
def test_cancelling_what_is_gone_is_no_error(act, event_id):
    made = act("create_event", title="x", starts_at=tomorrow())
    first = act("cancel_event", event_id=made.external_id)
    named = {"made": made.external_id}.get(event_id, event_id)

    assert not first.already
    assert act("cancel_event", event_id=named).already


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"ends_at": "2020-01-01T00:00:00Z"}, "ends_before_start"),
        ({"time_zone": "Mars/Olympus"}, "unknown_time_zone"),
        ({"time_zone": "../etc"}, "unknown_time_zone"),
        ({"reminders": [1, 2, 3, 4, 5, 6]}, "reminders_out_of_range"),
        ({"reminders": [-1]}, "reminders_out_of_range"),
    ],
)
def test_what_google_would_refuse_is_not_sent(account, act, given, code):
    with pytest.raises(Rejected) as refused:
        act("create_event", title="x", starts_at=tomorrow(), **given)

    assert refused.value.code == code
    assert account.network.requests == []


def test_busy_time_is_merged_and_in_order(act):
    days = {"starts_at": tomorrow(0, 30), "ends_at": tomorrow(0, 31)}
    before = act("free_busy", **days)
    act("create_event", title="a", starts_at=tomorrow(19, 30), ends_at=tomorrow(21, 30))
    act("create_event", title="b", starts_at=tomorrow(20, 30), ends_at=tomorrow(22, 30))

    busy = act("free_busy", **days).busy
    assert len(busy) == len(before.busy) + 1
    assert (busy[-1].starts_at.hour, busy[-1].ends_at.hour) == (19, 22)


def test_a_lost_calendar_is_told_although_google_answers_200(chosen, act):
    chosen(calendar_id="gone@example.com")

    with pytest.raises(Rejected) as refused:
        act("free_busy", starts_at=tomorrow(), ends_at=tomorrow(12))
    assert refused.value.code == "calendar_gone"


def test_free_slots_do_not_meet_meetings_and_are_not_past(act):
    window = {"starts_at": tomorrow(0, -2), "ends_at": tomorrow(0, 14)}
    busy = act("free_busy", **window).busy

    found = act("find_slot", **window, minutes=45, limit=50).slots
    assert len(found) == 50
    assert all(s.ends_at <= b.starts_at or s.starts_at >= b.ends_at for s in found for b in busy)
    assert all(slot.starts_at >= moments.now() for slot in found)
    assert {slot.starts_at.weekday() for slot in found} <= {0, 1, 2, 3, 4}


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "opens"),
    [("2026-03-27", "08:00"), ("2026-03-30", "07:00"), ("2026-10-26", "08:00")],
)
def test_working_hours_follow_the_clocks(day, opens):
    hours = WorkingDay(zone=BERLIN, from_hour=9, to_hour=18)
    window = utc(f"{day}T00:00"), utc(f"{day}T23:00")

    first = next(free_slots([], window, hours, timedelta(hours=1)))
    assert first[0] == utc(f"{day}T{opens}")
    assert first[0].hour == 9


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)])
def test_a_day_of_changed_clocks_has_its_real_length(day, hours):
    whole = WorkingDay(zone=BERLIN, from_hour=0, to_hour=24, weekends=True)
    start = datetime.fromisoformat(f"{day}T00:00").replace(tzinfo=BERLIN)

    slots = free_slots([], (start, start + timedelta(days=1)), whole, timedelta(hours=1))
    assert len(list(slots)) == hours


def test_slots_stand_on_quarters_and_fill_gaps_exactly():
    day = WorkingDay(zone=MOSCOW, from_hour=9, to_hour=11)
    busy = [(utc("2026-12-01T06:10"), utc("2026-12-01T06:50")), (utc("2026-12-01T06:30"),) * 2]
    window = utc("2026-12-01T00:00"), utc("2026-12-01T23:00")

    found = [s.astimezone(UTC) for s, _ in free_slots(busy, window, day, timedelta(minutes=30))]
    assert found == [utc("2026-12-01T07:00"), utc("2026-12-01T07:30")]


def test_spans_that_touch_are_one():
    one, two, three = (utc(f"2026-12-01T0{hour}:00") for hour in (1, 2, 3))

    assert merged([(two, three), (one, two)]) == [(one, three)]
