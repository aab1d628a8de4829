"""A refresh token that works once is used once, by however many callers, and survives crashes."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from dashboard.contracts.errors import AuthExpired
from tests.oauth.conftest import ended, leases_end

PROCESSES, THREADS = 4, 25


@pytest.fixture
def callers(live, linked, vendor, tmp_path):
    """Starts processes whose threads will ask for a fresh token together."""
    started = []

    def start(processes, threads):
        hosts = json.dumps({"acme": vendor.hosts})
        given = [live.store.url, str(tmp_path), hosts, linked.id, str(threads)]
        command = [sys.executable, "-m", "tests.oauth.caller", *given]
        piped = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        new = [subprocess.Popen(command, **piped) for _ in range(processes)]
        started.extend(new)
        assert [one.stdout.readline() for one in new] == ["ready\n"] * processes
        return new

    yield start
    for process in started:
        process.kill()
        process.communicate()


def go(processes):
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()


def answers(process):
    return json.loads(process.communicate(timeout=60)[0])


def test_a_hundred_callers_in_four_processes_make_one_call(live, linked, vendor, callers):
    ended(live, linked)
    vendor.before_answer = lambda: time.sleep(0.5)
    started = callers(PROCESSES, THREADS)
    go(started)
    got = [token for one in started for token in answers(one)]

    assert len(vendor.asked) == 1
    assert set(got) == {vendor.issued[-1]}
    assert len(got) == PROCESSES * THREADS
    assert not vendor.withdrawn
    assert live.tokens.kept(linked.id)["refresh_token"] == vendor.refresh


def test_refreshing_goes_on_where_it_began(live, linked, vendor):
    for turn in range(1, 4):
        ended(live, linked)
        live.tokens.fresh(live.row(linked.id))

        assert len(vendor.asked) == turn
    assert not vendor.withdrawn
    assert live.row(linked.id).version == linked.version + 3


@pytest.fixture
def killed(live, linked, vendor, callers):
    """A process has died between the vendor's decision and our saving it."""
    ended(live, linked)
    victims = callers(1, 1)
    vendor.before_answer = lambda: os.kill(victims[0].pid, signal.SIGKILL)
    go(victims)
    assert victims[0].wait(60) == -signal.SIGKILL
    vendor.before_answer = lambda: None
    assert len(vendor.asked) == 1


@pytest.mark.usefixtures("killed")
def test_after_a_crash_another_waits_for_the_lease_and_takes_over(live, linked, vendor):
    vendor.grace = True
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(live.tokens.fresh, linked)
        time.sleep(0.5)
        early = len(vendor.asked)
        leases_end(live)
        got = waiting.result(30)["access_token"]

    assert early == 1
    assert got == vendor.issued[-1]
    assert len(vendor.asked) == 2
    assert live.row(linked.id).state == "active"


@pytest.mark.usefixtures("killed")
def test_where_a_token_works_once_a_crash_ends_the_grant_and_says_why(live, linked, vendor):
    leases_end(live)
    told = []
    for _ in range(5):
        with pytest.raises(AuthExpired) as dead:
            live.opener.with_client(linked.id, lambda client: client.get("/me"))
        told.append(dead.value.code)
    now = live.row(linked.id)

    assert told == ["oauth.refresh_lost"] * 5
    assert (now.state, now.error_code) == ("needs_reauth", "oauth.refresh_lost")
    assert len(vendor.asked) == 2
    assert live.journal().count("connection.auth_lost") == 1


def test_a_lost_answer_is_told_from_a_withdrawn_grant(live, linked, vendor):
    ended(live, linked)
    vendor.withdrawn = True
    with pytest.raises(AuthExpired) as withdrawn:
        live.tokens.fresh(linked)

    assert withdrawn.value.code == "auth_expired"
    assert withdrawn.value.reason == "Token was used."


def test_a_refused_token_is_renewed_once_for_all_who_were_refused(live, linked, vendor):
    vendor.expire()
    vendor.before_answer = lambda: time.sleep(0.2)
    started = threading.Barrier(12)

    def ask(client):
        if client.access.credentials["access_token"] == vendor.issued[0]:
            started.wait(20)
        return client.get("/me")["id"]

    with ThreadPoolExecutor(12) as pool:
        got = list(pool.map(lambda _: live.opener.with_client(linked.id, ask), range(12)))

    assert got == ["acc-1"] * 12
    assert len(vendor.asked) == 1
    assert live.row(linked.id).state == "active"
