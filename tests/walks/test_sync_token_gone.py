"""Google forgets a sync token: everything is read again, and nobody sees an empty calendar."""

import httpx
import pytest

from dashboard.store.sync import StreamState
from providers.google_calendar.sandbox_world import ME
from tests.contract.desks import ADMIN, connected


class Watched(httpx.BaseTransport):
    """The way to the vendor; notes each answer, and what the desk shows while it waits."""

    def __init__(self, desk):
        self._desk, self._inner = desk, desk.network.inner
        self.statuses, self.shown = [], []

    def handle_request(self, request):
        self.shown.append(len(self._desk.records("events")))
        answer = self._inner.handle_request(request)
        if request.url.path.endswith("/events"):
            self.statuses.append(answer.status_code)
        return answer


@pytest.fixture
def desk():
    made = connected("google_calendar").back()
    inner = made.network.inner
    yield made
    made.network.inner = inner


def at_the_vendor(desk):
    """Every single meeting of the chosen calendar: id -> title."""
    rows = desk.vendor()["events"][ME].values()
    single = [row for row in rows if row["status"] != "cancelled" and "recurrence" not in row]
    return {row["id"]: row["summary"] for row in single}


def read(desk):
    """Have the desk read once; how its run ended, and the token it will follow next."""
    desk.rooms.sync.request(ADMIN, desk.connection_id, "button")
    desk.jobs.drain()
    [standing] = desk.rooms.queries.syncing.standings(desk.connection().agent_id)
    with desk.rooms.store.transaction() as session:
        state = session.get_one(StreamState, (desk.connection_id, "events"))
    return standing.latest, state.cursor.get("sync")


def much_happens_and_the_token_is_forgotten(state):
    mine = state["events"][ME]
    gone, renamed, _ = sorted(row for row in mine if "recurrence" not in mine[row])[:3]
    mine[gone]["status"] = "cancelled"
    mine[renamed]["summary"] = "Перенесли и переименовали"
    state["epoch"] = "another"


def test_a_forgotten_sync_token_leads_to_a_full_reading_without_an_empty_moment(desk):
    _, token = read(desk)
    before = desk.records("events")
    assert before == at_the_vendor(desk)

    desk.through.shelf.change(desk.tenant, much_happens_and_the_token_is_forgotten)
    desk.network.inner = watched = Watched(desk)
    run, fresh = read(desk)
    after = desk.records("events")
    again, _ = read(desk)

    assert watched.statuses[0] == 410
    assert set(watched.statuses[1:]) == {200}
    assert min(watched.shown) >= len(before) - 1
    assert run.state == "succeeded"
    assert after == at_the_vendor(desk) != before
    assert fresh != token
    assert (again.new, again.changed, again.deleted) == (0, 0, 0)
