"""What is odd about reading Google: empty pages, sync tokens, a window that moves, whole days."""

from datetime import UTC, datetime, timedelta

import pytest

from dashboard.contracts.errors import Rejected
from dashboard.kit import moments
from providers.google_calendar.sandbox_world import ME, TEAM
from providers.google_calendar.streams import AHEAD, MOVE_AT


def cursor_after(account):
    return account.pages("events")[-1].cursor


def one_of(account, **wanted):
    """Id of a stored meeting to come that has these members."""
    now = moments.to_iso(moments.now())
    return next(
        row["id"]
        for row in account.state()["events"][ME].values()
        if wanted.items() <= row.items() and row["start"].get("dateTime", "") > now
    )


def test_an_empty_page_in_the_middle_ends_nothing(account):
    sizes = [len(page.records) for page in account.pages("events")]

    assert 0 in sizes[1:-1]
    assert sizes[-1] > 0


def test_series_come_as_single_meetings(account):
    weekly = [r for r in account.records("events") if "recurringEventId" in r.vendor_fields]

    assert len(weekly) > 5
    assert len({record.starts_at for record in weekly}) == len(weekly)


def test_only_what_changed_is_read_again(account):
    cursor = cursor_after(account)
    account.play("add_event", {"title": "Новая"})

    pages = account.pages("events", cursor)
    assert [[r.title for r in page.records] for page in pages] == [["Новая"]]
    assert not pages[-1].complete


def test_a_meeting_deleted_at_google_is_reported_gone(account):
    cursor, gone = cursor_after(account), one_of(account)
    account.play("cancel_event", {"event": f"{ME}/{gone}"})

    assert account.pages("events", cursor)[0].deleted == (gone,)


@pytest.mark.parametrize("lost", ["sync", "page"])
def test_a_lost_token_asks_for_a_new_beginning(account, lost):
    cursor = {**cursor_after(account), lost: "AAAA"}

    with pytest.raises(Rejected) as refused:
        account.pages("events", cursor)
    assert refused.value.code == "cursor_expired"


def test_a_forgotten_sync_token_asks_for_a_new_beginning(account):
    cursor = cursor_after(account)
    account.change(lambda state: state.update(epoch="later"))

    with pytest.raises(Rejected) as refused:
        account.pages("events", cursor)
    assert (refused.value.code, refused.value.status) == ("cursor_expired", 410)


def test_another_calendar_asks_for_a_new_beginning(account, chosen):
    cursor = cursor_after(account)

    with pytest.raises(Rejected) as refused:
        chosen(calendar_id=TEAM).pages("events", cursor)
    assert refused.value.code == "cursor_expired"
    assert {record.calendar_id for record in account.records("events")} == {TEAM}


def test_the_window_moves_on_before_its_end_and_nothing_is_lost(account, time_machine):
    start = moments.now()
    time_machine.move_to(start, tick=False)
    cursor, gone = cursor_after(account), one_of(account)
    account.play("cancel_event", {"event": f"{ME}/{gone}"})
    account.play("add_event", {"title": "Далеко", "hours": 24 * 400})
    far = start + AHEAD - MOVE_AT + timedelta(days=1)
    time_machine.move_to(far, tick=False)
    account.change(lambda state: [r.update(until=9e12) for r in state["oauth"]["access"].values()])

    pages = account.pages("events", cursor)
    assert gone in [one for page in pages for one in page.deleted]
    assert "Далеко" in [record.title for page in pages for record in page.records]
    assert [page for page in pages if page.complete] == []
    assert moments.from_iso(pages[-1].cursor["until"]) > far + MOVE_AT
    assert account.pages("events", pages[-1].cursor)[0].records == ()


def test_a_move_of_the_window_may_stop_anywhere(account, time_machine):
    start = moments.now()
    time_machine.move_to(start, tick=False)
    cursor = cursor_after(account)
    time_machine.move_to(start + AHEAD - MOVE_AT + timedelta(days=1), tick=False)
    account.change(lambda state: [r.update(until=9e12) for r in state["oauth"]["access"].values()])
    whole = account.pages("events", cursor)

    ends = [account.pages("events", page.cursor)[-1].cursor for page in whole[:-1]]
    assert ends == [whole[-1].cursor] * len(ends)


def test_a_whole_day_begins_at_midnight_of_its_zone(account):
    day = next(record for record in account.records("events") if record.all_day)

    assert day.starts_at.utcoffset() == timedelta(0)
    assert day.starts_at.hour == 21
    assert day.ends_at - day.starts_at == timedelta(days=1)


def test_a_meeting_moved_out_of_the_window_is_kept_with_its_new_time(account):
    cursor, moved = cursor_after(account), one_of(account)
    account.play("move_event", {"event": f"{ME}/{moved}", "hours": 24 * 80})

    (record,) = account.pages("events", cursor)[0].records
    assert record.external_id == moved
    assert record.starts_at > datetime.now(UTC) + timedelta(days=79)


def test_a_calendar_with_an_odd_id_is_one_path_segment(chosen):
    account = chosen(calendar_id="ru.russian#holiday@group.v.calendar.google.com")

    assert len(account.records("events")) > 1
    assert b"ru.russian%23holiday%40group" in account.network.requests[-1].url.raw_path


def test_a_cancelled_meeting_cannot_be_fetched(account):
    gone = one_of(account)
    account.play("cancel_event", {"event": f"{ME}/{gone}"})

    assert account.part("streams").fetch(account.client, "events", gone) is None
    assert account.part("streams").fetch(account.client, "events", "neverthere") is None
