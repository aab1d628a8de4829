"""One effect for each key, whatever many processes do and wherever one of them dies.

`INTEGRATIONS_TEST_KEYS=1000` runs the load as it is promised: 10,000 calls with 1,000 keys.
"""

import contextlib
import json
import os
import time
from collections import Counter
from functools import partial

import pytest
from sqlmodel import select

from dashboard.store.actions import ActionRun
from tests import postgres
from tests.actions import caller, desks, victim
from tests.actions.served import serving
from tests.processes import crew
from tests.pulse.desk import OPERATOR

KEYS = int(os.environ.get("INTEGRATIONS_TEST_KEYS", "30"))
REPEATS, THREADS, PROCESSES = 10, 8, 2
NOTE = {"about": "deals", "about_id": "1", "text": "note"}
ASKED = [
    ["add_note", NOTE, "never"],
    ["create_contact", {"name": "Анна"}, "lookup"],
    ["create_deal", {"title": "Новая"}, "keyed"],
]
ENDED = ("succeeded", "failed", "denied", "unknown")


@pytest.fixture(params=["sqlite", "postgres"])
def url(request, tmp_path):
    sqlite = f"sqlite:///{tmp_path / 'desk.db'}"
    return sqlite if request.param == "sqlite" else postgres.migrated_database()


@pytest.fixture
def vendor():
    with serving() as made:
        yield made


@pytest.fixture
def desk(tmp_path, url, vendor):
    with desks.assembled(tmp_path, url, vendor.url) as made:
        yield made


@pytest.fixture
def place(desk, tmp_path, url, vendor):
    """Where other processes find the same desk."""
    agent = desks.connect(desk)
    return {"folder": str(tmp_path), "url": url, "vendor": vendor.url, "agent": agent}


@pytest.fixture
def another(place):
    """Start another process on the same desk."""
    with contextlib.ExitStack() as held:

        def start(body, **given):
            return held.enter_context(crew(partial(body, place, **given))).start()

        start.agent = place["agent"]
        yield start


def runs(desk):
    with desk.store.transaction() as session:
        return {run.key: run for run in session.exec(select(ActionRun))}


def effects(vendor):
    return (len(vendor.notes), len(vendor.pulse.contacts), len(vendor.pulse.deals))


def ended(desk, seconds=60):
    """The runs by key, once all of them have ended."""
    end = time.monotonic() + seconds
    while any(run.state not in ENDED for run in runs(desk).values()):
        assert time.monotonic() < end, {key: run.state for key, run in runs(desk).items()}
        time.sleep(0.1)
    return runs(desk)


@pytest.mark.timeout(60 + 2 * KEYS)
def test_many_calls_from_many_processes_have_one_effect_for_a_key(another, vendor, tmp_path):
    share = {"keys": KEYS, "repeats": REPEATS // PROCESSES, "threads": THREADS}
    callers = [another(caller.call, seed=seed, **share) for seed in range(PROCESSES)]
    for process in callers:
        process.join()
    told = [json.loads((tmp_path / f"{seed}.json").read_text()) for seed in range(PROCESSES)]

    assert Counter(vendor.notes) == dict.fromkeys((f"k{n}" for n in range(KEYS)), 1)
    assert told[0] == told[1]
    assert {state for [[_, state]] in told[0].values()} == {"succeeded"}


@pytest.mark.parametrize(
    ("pause", "left", "after"),
    [("before", (0, 0, 0), (0, 1, 1)), ("after", (1, 1, 1), (1, 1, 1))],
)
def test_a_process_killed_in_the_call(another, desk, vendor, pause, left, after):
    vendor.pause = pause
    killed = another(victim.act, asked=ASKED)
    for _ in ASKED:
        assert vendor.held.acquire(timeout=60)
    killed.kill()
    killed.join()
    vendor.resume()
    before = effects(vendor)
    desk.jobs.start("all")
    found = ended(desk)

    assert (before, effects(vendor)) == (left, after)
    assert {key: run.state for key, run in found.items()} == {
        "never": "unknown",
        "lookup": "succeeded",
        "keyed": "succeeded",
    }


CLAIM, OUTCOME = "INSERT INTO action_run", "UPDATE action_run SET state"
# Before the claim nothing has happened anywhere, whatever kind of action it is.
EARLY = ["add_note", NOTE, "early"]


def test_processes_killed_before_a_commit(another, desk, vendor):
    killed = [another(victim.act, asked=[asked], die_at=OUTCOME) for asked in ASKED]
    killed.append(another(victim.act, asked=[EARLY], die_at=CLAIM))
    for process in killed:
        process.join()
    before = effects(vendor), set(runs(desk))
    desk.jobs.start("all")
    ended(desk)
    again = {
        key: desk.actions.run(OPERATOR, another.agent, "pulse", action, arguments, key=key).state
        for action, arguments, key in [*ASKED, EARLY]
    }

    assert before == ((1, 1, 1), {"never", "lookup", "keyed"})
    assert effects(vendor) == (2, 1, 1)
    assert again == {
        "never": "unknown",
        "lookup": "succeeded",
        "keyed": "succeeded",
        "early": "succeeded",
    }


def test_a_twin_in_another_process_is_waited_for_and_then_told(another, desk, vendor):
    vendor.pause = "before"
    another(victim.act, asked=ASKED[:1])
    assert vendor.held.acquire(timeout=60)
    code = desks.code_of(
        lambda: desk.actions.run(OPERATOR, another.agent, "pulse", *ASKED[0][:2], key="never")
    )

    assert (code, vendor.notes) == ("actions.in_progress", [])
