"""The one-time link, as a person meets it."""

import pytest

from dashboard.contracts.people import SYSTEM, Role
from tests.app.desks import browser, joined, typed


@pytest.fixture
def link(desk):
    return desk.staff.invites.first_admin()


def test_looking_at_the_link_does_not_use_it_up(desk, link):
    visitor = browser(desk)
    visitor.get(link)
    visitor.get(link)

    answer = visitor.post(link, data=typed())

    assert answer.status_code == 303
    assert answer.headers["location"] == "/"


def test_the_first_person_is_an_admin_and_signed_in(desk, link):
    visitor = browser(desk)
    visitor.post(link, data=typed())

    person = desk.staff.sessions.read(visitor.cookies["desk_session"])

    assert (person.name, person.email, person.role) == ("Анна", "anna@example.com", Role.ADMIN)


def test_a_link_works_once(desk, link):
    browser(desk).post(link, data=typed())

    second = browser(desk).post(link, data=typed(email="eve@example.com"))

    assert second.status_code == 410
    assert len(desk.staff.people.all()) == 1


def test_a_new_first_link_makes_the_earlier_one_worthless(desk, link):
    newer = desk.staff.invites.first_admin()

    assert browser(desk).get(link).status_code == 410
    assert browser(desk).get(newer).status_code == 200


def test_there_is_no_first_link_once_somebody_has_joined(desk):
    joined(desk)

    assert desk.staff.invites.first_admin() == ""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"repeated": "something else"}, "two passwords differ"),
        ({"password": "short", "repeated": "short"}, "too short"),
        ({"email": "anna"}, "not an e-mail address"),
        ({"name": "  "}, "Enter your name"),
    ],
)
def test_a_mistake_is_named_and_the_link_lives_on(desk, link, changes, words):
    visitor = browser(desk)

    refused = visitor.post(link, data=typed(**changes))

    assert refused.status_code == 422
    assert words in refused.text
    assert visitor.post(link, data=typed()).status_code == 303


def test_what_was_typed_survives_but_no_password(desk, link):
    refused = browser(desk).post(link, data=typed(repeated="different thing"))

    assert 'value="anna@example.com"' in refused.text
    assert typed()["password"] not in refused.text


def test_a_taken_address_leaves_the_link_unused(desk):
    joined(desk)
    link = desk.staff.invites.create(SYSTEM, Role.VIEWER)

    assert browser(desk).post(link, data=typed()).status_code == 409
    assert browser(desk).post(link, data=typed(email="b@example.com")).status_code == 303


def test_a_link_grows_old(desk, link):
    import time_machine

    with time_machine.travel("2036-01-01", tick=False):
        answer = browser(desk).get(link)

    assert answer.status_code == 410


def test_the_page_speaks_the_browsers_language_and_can_be_switched(desk, link):
    russian = browser(desk, **{"accept-language": "ru-RU,ru;q=0.9,en;q=0.8"})

    assert "Регистрация" in russian.get(link).text
    assert "Join" in russian.get(f"{link}?lang=en").text
    assert "Join" in russian.get(link).text


def test_the_cookie_is_kept_from_scripts_and_other_sites(desk, link):
    header = browser(desk).post(link, data=typed()).headers["set-cookie"].lower()

    assert "httponly" in header
    assert "samesite=lax" in header
    assert "secure" not in header


def test_the_cookie_is_secure_under_https(tmp_path):
    from tests.app.desks import assembled

    with assembled(tmp_path / "tls", public_url="https://desk.example") as desk:
        answer = browser(desk).post(desk.staff.invites.first_admin(), data=typed())

    assert "secure" in answer.headers["set-cookie"].lower()
