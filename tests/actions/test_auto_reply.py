"""A customer who writes while staff are away gets one answer."""

from datetime import timedelta

import pytest

from dashboard import clock
from dashboard.contracts.forms import WEEK
from dashboard.jobs import Job
from dashboard.kit.sandbox import MemoryShelf
from dashboard.store.actions import ActionRun
from dashboard.store.packing import row
from dashboard.store.records import Place, save_records
from dashboard.store.sync import stream_state

TEXT = "Мы ответим завтра с 9:00"
# The desk's clock stands at 13:00 in Moscow, on a Tuesday.
CLOSED = {**WEEK, "tue": []}


@pytest.fixture
def chat(desk):
    """A Telegram bot in its sandbox, and a conversation with a customer there."""
    from providers.telegram.sandbox import sandbox

    hosts = {"api": "http://desk.test/sandbox/telegram/t/api"}
    shelf = MemoryShelf(sandbox)
    desk.tokens.of["telegram"] = shelf.change("t", lambda s: dict(sandbox.credentials(s, "keys")))
    desk.reach.of["telegram"] = sandbox.transport(shelf, "t", hosts)
    desk.reach.hosts = hosts
    offered = [g.choices(shelf.states["t"]) for g in sandbox.gestures.values()]
    chats = next(choices["customer"] for choices in offered if "customer" in choices)
    return next(iter(chats))


@pytest.fixture
def ask(desk, actions, chat):
    """The connection with these settings hears of a message; the runs there are then."""
    settings = {"auto_reply": True, "auto_reply_text": TEXT, "working_hours": CLOSED}
    connection_id = desk.connect("telegram", settings=settings)

    def hear(event_id="evt_1", at=None, **changes):
        from dashboard.store.connections import Connection

        with desk.store.transaction() as session:
            connection = session.get_one(Connection, connection_id)
            connection.settings = {**settings, **changes}
        args = {"connection_id": connection_id, "event_id": event_id, "conversation_id": chat}
        moment = (at or clock.now()).isoformat()
        actions.auto_reply(Job("actions.auto_reply", {**args, "at": moment}))
        return desk.rows(ActionRun)

    hear.connection_id = connection_id
    return hear


def test_a_message_outside_working_hours_is_answered(ask, chat):
    [run] = ask()

    assert (run.state, run.action, run.requested_by) == ("succeeded", "send_text", "auto-reply")
    assert run.arguments == {"conversation_id": chat, "text": TEXT}


def test_the_same_event_is_answered_once(ask, time):
    ask()
    time.shift(timedelta(minutes=40))

    assert len(ask(at=clock.now())) == 1


def test_one_answer_for_a_conversation_in_half_an_hour(ask, time):
    ask("evt_1")
    time.shift(timedelta(minutes=29))
    assert len(ask("evt_2")) == 1

    time.shift(timedelta(minutes=2))
    assert len(ask("evt_3")) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"auto_reply": False},
        {"auto_reply_text": "  "},
        {"working_hours": WEEK, "time_zone": "Europe/Moscow"},
    ],
)
def test_what_staff_did_not_ask_for_does_not_happen(ask, changes):
    assert ask(**changes) == []


def test_the_time_zone_of_the_settings_decides(ask):
    assert len(ask(working_hours=WEEK, time_zone="Asia/Vladivostok")) == 1


def test_an_old_message_is_not_answered(ask):
    assert ask(at=clock.now() - timedelta(minutes=11)) == []


def test_who_has_opted_out_is_left_alone(ask, desk, chat):
    from dashboard.contracts.records import Conversation

    gone = Conversation(external_id=chat, updated_at=clock.now(), opted_out=True)
    with desk.store.transaction() as session:
        stream_state(session, ask.connection_id, "conversations")
        place = Place(connection_id=ask.connection_id, stream="conversations")
        save_records(session, place, [row(gone)])

    assert ask() == []


def test_a_connection_without_a_login_answers_nobody(ask, desk):
    from dashboard.store.connections import Connection

    with desk.store.transaction() as session:
        session.get_one(Connection, ask.connection_id).state = "needs_reauth"

    assert ask() == []
