"""Signing in, staying signed in, and leaving."""

import base64

import pytest
import time_machine
from sqlmodel import select

from dashboard.contracts.people import SYSTEM, Role
from dashboard.settings import Settings
from dashboard.staff.sessions import Sessions
from dashboard.store.limits import Bucket
from dashboard.store.staff import Staff
from tests.app.desks import PASSWORD, assembled, browser, joined


@pytest.fixture
def anna(desk):
    return joined(desk)


def sign_in(visitor, email="anna@example.com", password=PASSWORD, target="/login"):
    return visitor.post(target, data={"email": email, "password": password})


def an_hour_passes(desk):
    """For the buckets, which go by the database's clock."""
    with desk.store.transaction() as session:
        for bucket in session.exec(select(Bucket)):
            bucket.at -= 3600


@pytest.mark.usefixtures("anna")
def test_a_person_signs_in_and_goes_where_they_wanted(desk):
    visitor = browser(desk)

    answer = sign_in(visitor, target="/login?next=%2Fsync%3Fagent%3D1")

    assert answer.headers["location"] == "/sync?agent=1"
    assert desk.staff.sessions.read(visitor.cookies["desk_session"]).name == "Анна"


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil", "x", ""])
@pytest.mark.usefixtures("anna")
def test_no_link_leads_to_another_site(desk, target):
    answer = sign_in(browser(desk), target=f"/login?next={target}")

    assert answer.headers["location"] == "/"


@pytest.mark.usefixtures("anna")
def test_case_and_blanks_of_the_address_do_not_matter(desk):
    assert sign_in(browser(desk), email="  Anna@Example.com ").status_code == 303


@pytest.mark.usefixtures("anna")
def test_the_refusal_does_not_tell_which_part_was_wrong(desk):
    wrong = sign_in(browser(desk), password="wrong password")
    unknown = sign_in(browser(desk), email="nobody@example.com", password="wrong password")

    assert wrong.status_code == unknown.status_code == 401
    assert _alert(wrong) == _alert(unknown)


@pytest.mark.usefixtures("anna")
def test_guessing_is_slowed_down_and_the_account_recovers(desk):
    answers = [sign_in(browser(desk), password="wrong password") for _ in range(12)]

    assert [answer.status_code for answer in answers] == [401] * 10 + [429] * 2
    assert sign_in(browser(desk)).status_code == 429
    an_hour_passes(desk)
    assert sign_in(browser(desk)).status_code == 303


def test_leaving_ends_the_session_and_not_only_the_cookie(desk, anna):
    cookie = anna.cookies["desk_session"]

    anna.post("/logout")

    assert desk.staff.sessions.read(cookie) is None
    assert anna.get("/").headers["location"] == "/login"


def test_a_link_alone_signs_nobody_out(desk, anna):
    anna.get("/logout")

    assert desk.staff.sessions.read(anna.cookies["desk_session"]) is not None


def test_a_session_ends_by_itself(desk, anna):
    cookie = anna.cookies["desk_session"]

    with time_machine.travel("2036-01-01"):
        found = desk.staff.sessions.read(cookie)

    assert found is None


def test_a_changed_cookie_is_nobodys(desk, anna):
    value = anna.cookies["desk_session"]
    told, _, seal = value.rpartition(".")

    assert desk.staff.sessions.read(value) is not None
    assert desk.staff.sessions.read(f"{told}.{_other(seal[0])}{seal[1:]}") is None
    assert desk.staff.sessions.read(_other(value[0]) + value[1:]) is None


def _other(letter):
    return "a" if letter != "a" else "b"


def test_the_database_does_not_hold_what_the_cookie_holds(anna, tmp_path):
    token = anna.cookies["desk_session"].split(".")[0].encode()

    assert not [f for f in tmp_path.iterdir() if token in f.read_bytes()]


def test_the_key_of_another_desk_opens_nothing(anna, tmp_path):
    with assembled(tmp_path / "other") as other:
        found = other.staff.sessions.read(anna.cookies["desk_session"])

    assert found is None


@pytest.mark.usefixtures("anna")
def test_a_disabled_person_is_out_at_once_and_back_when_enabled(desk):
    boris = joined(desk, Role.OPERATOR, email="boris@example.com")
    person = desk.staff.sessions.read(boris.cookies["desk_session"])

    desk.staff.people.disable(SYSTEM, person.id)

    assert desk.staff.sessions.find(person.session) is None
    assert sign_in(browser(desk), email="boris@example.com").status_code == 401
    desk.staff.people.enable(SYSTEM, person.id)
    assert sign_in(browser(desk), email="boris@example.com").status_code == 303


@pytest.mark.usefixtures("anna")
def test_a_change_of_role_counts_in_an_open_session(desk):
    boris = joined(desk, Role.OPERATOR, email="boris@example.com")
    person = desk.staff.sessions.read(boris.cookies["desk_session"])

    desk.staff.people.set_role(SYSTEM, person.id, Role.VIEWER)

    assert desk.staff.sessions.find(person.session).role is Role.VIEWER


def _alert(answer):
    return answer.text.partition('role="alert">')[2].partition("<")[0]


def test_a_new_vault_key_in_the_environment_signs_nobody_out(desk):
    old, new = base64.b64encode(b"o" * 32).decode(), base64.b64encode(b"n" * 32).decode()
    folder = desk.settings.data_dir
    before = Sessions(desk.store, Settings(data_dir=folder, key=old))
    both = Sessions(desk.store, Settings(data_dir=folder, key=new, previous_keys=old))
    after = Sessions(desk.store, Settings(data_dir=folder, key=new))
    joined(desk)
    with desk.store.transaction() as session:
        person = session.exec(select(Staff)).first()
        cookies = [one.open(session, person.id) for one in (before, both)]

    assert [bool(both.read(cookie)) for cookie in cookies] == [True, True]
    assert [bool(after.read(cookie)) for cookie in cookies] == [False, True]
