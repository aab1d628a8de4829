"""Settings are checked whole, and each of them acts."""

from datetime import timedelta

import pytest

from dashboard import clock
from dashboard.contracts.errors import Refusal, Unavailable
from dashboard.store.audit import AuditEntry
from tests.fixtures.links import ANNA

BAD = [
    ({"no_such": 1}, "connections.setting_unknown", "no_such"),
    ({"sync_deals": "yes"}, "connections.field_invalid", "sync_deals"),
    ({"frequency": "weekly"}, "connections.not_an_option", "frequency"),
    ({"frequency": ""}, "connections.field_required", "frequency"),
    ({"pipeline": "p9"}, "connections.not_an_option", "pipeline"),
    ({"time_zone": "Mars/Base"}, "connections.not_a_time_zone", "time_zone"),
    ({"time_zone": "../etc/passwd"}, "connections.not_a_time_zone", "time_zone"),
    ({"event_minutes": 4}, "connections.out_of_range", "event_minutes"),
    ({"event_minutes": 5000}, "connections.out_of_range", "event_minutes"),
    ({"event_minutes": True}, "connections.not_a_number", "event_minutes"),
    ({"event_minutes": "30"}, "connections.not_a_number", "event_minutes"),
    ({"reminders": [1, 2, 3, 4, 5, 6]}, "connections.bad_minutes", "reminders"),
    ({"reminders": [40_321]}, "connections.bad_minutes", "reminders"),
    ({"reminders": [-1]}, "connections.bad_minutes", "reminders"),
    ({"working_hours": {"someday": []}}, "connections.bad_hours", "working_hours"),
    ({"working_hours": {"mon": [["18:00", "09:00"]]}}, "connections.bad_hours", "working_hours"),
    ({"working_hours": {"mon": [["25:00", "26:00"]]}}, "connections.bad_hours", "working_hours"),
    (
        {"working_hours": {"mon": [["09:00", "13:00"], ["12:00", "18:00"]]}},
        "connections.bad_hours",
        "working_hours",
    ),
    ({"auto_reply": True}, "connections.field_required", "auto_reply_text"),
    ({"receiver": "http://169.254.169.254/latest"}, "egress.private", "receiver"),
    ({"receiver": "https://user:pw@desk.example/"}, "egress.userinfo", "receiver"),
]
GOOD = [
    ({"sync_deals": False}, False),
    ({"frequency": "5_minutes"}, "5_minutes"),
    ({"pipeline": "p2"}, "p2"),
    ({"pipeline": ""}, ""),
    ({"time_zone": "Asia/Yekaterinburg"}, "Asia/Yekaterinburg"),
    ({"event_minutes": 45.0}, 45),
    ({"reminders": [10, 10, 60]}, [10, 60]),
    ({"reminders": []}, []),
    ({"receiver": "https://desk.example/sandbox/x/y"}, "https://desk.example/sandbox/x/y"),
]


def refused(call, *args):
    with pytest.raises(Refusal) as caught:
        call(*args)
    return caught.value


@pytest.mark.parametrize(("change", "code", "field"), BAD)
def test_a_wrong_value_is_named_and_nothing_is_saved(desk, change, code, field):
    row = desk.active()
    before = desk.fingerprint(row.id)
    asked = {"sync_contacts": False, **change}
    refusal = refused(desk.configure.save_settings, ANNA, row.id, asked)

    assert (refusal.code, refusal.field) == (code, field)
    assert desk.fingerprint(row.id) == before


@pytest.mark.parametrize(("change", "kept"), GOOD)
def test_a_right_value_is_saved_in_its_shape(desk, change, kept):
    row = desk.active()
    desk.configure.save_settings(ANNA, row.id, change)
    now = desk.row(row.id)

    assert now.settings[next(iter(change))] == kept
    assert now.settings["currency"] == "EUR"
    assert now.configured_at is not None


def test_a_week_is_kept_whole_and_in_order(desk):
    row = desk.active()
    week = {"mon": [["14:00", "24:00"], ["09:00", "14:00"]]}
    desk.configure.save_settings(ANNA, row.id, {"working_hours": week})
    kept = desk.row(row.id).settings["working_hours"]

    assert kept["mon"] == [["09:00", "14:00"], ["14:00", "24:00"]]
    assert kept["sun"] == []


@pytest.mark.parametrize(
    ("frequency", "minutes"), [("real_time", 15), ("5_minutes", 5), ("hourly", 60)]
)
def test_frequency_drives_the_next_reading(desk, frequency, minutes):
    row = desk.active()
    desk.configure.save_settings(ANNA, row.id, {"frequency": frequency})
    wait = desk.row(row.id).next_due_at - clock.now()

    assert timedelta(minutes=minutes * 0.89) < wait < timedelta(minutes=minutes * 1.11)


def test_with_every_stream_off_nothing_is_due(desk):
    row = desk.active()
    desk.configure.save_settings(ANNA, row.id, {"sync_deals": False, "sync_contacts": False})

    assert desk.row(row.id).next_due_at is None


def test_an_unreadable_list_saves_nothing_but_hinders_no_other_setting(desk):
    row = desk.active()
    desk.fault(row, "outage")
    with pytest.raises(Unavailable):
        desk.configure.save_settings(ANNA, row.id, {"pipeline": "p1"})

    desk.configure.save_settings(ANNA, row.id, {"sync_deals": False})
    assert "pipeline" not in {k for k, v in desk.row(row.id).settings.items() if v}


def test_the_journal_names_the_changed_settings_only(desk):
    row = desk.active()
    desk.configure.save_settings(ANNA, row.id, {"frequency": "hourly", "sync_deals": True})
    last = desk.all(AuditEntry)[-1]

    assert (last.action, last.detail) == ("connection.configured", {"changed": ["frequency"]})


def test_chosen_events_are_told_to_the_vendor(desk):
    row = desk.active()
    desk.configure.save_events(ANNA, row.id, ["contact.created", "deal.created"])
    desk.jobs.run("hooks.subscribe")
    hook = desk.world(row)["hook"]

    assert desk.row(row.id).events == ["deal.created", "contact.created"]
    assert hook["events"] == ["deal_added", "contact_added"]
    assert hook["url"] == desk.configure.hook_url(row)


def test_the_same_events_again_tell_nobody_anything(desk):
    row = desk.active()
    desk.configure.save_events(ANNA, row.id, list(row.events))

    assert desk.jobs.kinds() == []


def test_an_unknown_event_is_refused(desk):
    row = desk.active()

    assert (
        refused(desk.configure.save_events, ANNA, row.id, ["deal.gone"]).code
        == "connections.event_unknown"
    )


def test_a_rotated_hook_secret_leaves_the_old_one_valid_for_a_day(desk, time_machine):
    from dashboard.connections import hook_keys

    row = desk.active()

    def accepted():
        with desk.store.transaction() as session:
            return hook_keys.accepted(session, desk.vault, row.id)

    (old,) = accepted()
    assert desk.configure.rotate_hook_secret(ANNA, row.id) == ""
    new, still = accepted()
    desk.jobs.run("hooks.subscribe")
    time_machine.move_to(clock.now() + timedelta(hours=25))

    assert (still, new == old) == (old, False)
    assert desk.world(row)["hook"]["secret"] == new
    assert accepted() == (new,)


def test_a_secret_nobody_needs_is_not_shown(desk):
    row = desk.active()

    assert refused(desk.configure.hook_secret, ANNA, row.id).code == "connections.secret_hidden"
