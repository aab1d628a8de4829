"""The commands, as an operator types them."""

import pytest
from click.testing import CliRunner

from dashboard import app
from dashboard.cli import main
from dashboard.contracts.people import Role
from dashboard.settings import settings
from tests.app.desks import browser, demo


@pytest.fixture
def run(desk, monkeypatch):
    """Runs a command on the test's own desk."""
    monkeypatch.setenv("INTEGRATIONS_DATA_DIR", str(desk.settings.data_dir))
    monkeypatch.setenv("INTEGRATIONS_PUBLIC_URL", desk.settings.public_url)
    app.desk.cache_clear()
    settings.cache_clear()
    yield lambda *words: CliRunner().invoke(main, words)
    app.desk().store.close()
    app.desk.cache_clear()
    settings.cache_clear()


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["run"],
        ["worker"],
        ["migrate"],
        ["doctor"],
        ["token"],
        ["token", "create"],
        ["token", "list"],
        ["token", "revoke"],
        ["staff"],
        ["staff", "invite"],
    ],
)
def test_every_command_explains_itself(words):
    answer = CliRunner().invoke(main, [*words, "--help"])

    assert answer.exit_code == 0
    assert len(answer.output.splitlines()) > 3


def test_a_made_token_works_until_it_is_revoked(desk, run):
    made = run("token", "create", "--name", "robot", "--role", "viewer", "--agent", demo(desk))
    token = made.output.strip()

    actor = desk.staff.tokens.actor(token)

    assert (actor.role, actor.agent_id) == (Role.VIEWER, demo(desk))
    listed = run("token", "list").output
    assert actor.id in listed
    assert token not in listed
    assert run("token", "revoke", actor.id).exit_code == 0
    assert "revoked" in run("token", "list").output


@pytest.mark.parametrize(
    "words",
    [
        ("token", "create", "--name", "x", "--agent", "agt_none"),
        ("token", "create", "--name", " "),
        ("token", "create", "--name", "x", "--role", "king"),
        ("token", "revoke", "tok_none"),
        ("staff", "invite", "--role", "king"),
    ],
)
def test_a_mistake_is_explained_without_a_traceback(run, words):
    answer = run(*words)

    assert answer.exit_code != 0
    assert "Error" in answer.output
    assert "Traceback" not in answer.output


def test_an_invitation_opens_the_page_of_its_role(desk, run):
    link = run("staff", "invite", "--role", "operator").output.strip()

    assert "Operator" in browser(desk).get(link).text


def test_migrating_twice_is_fine(run):
    assert run("migrate").exit_code == run("migrate").exit_code == 0


def test_the_doctor_names_what_is_wrong_and_says_so_to_scripts(run):
    answer = run("doctor")

    assert answer.exit_code == 1
    assert "ok   database" in answer.output
    assert "ok   migrations" in answer.output
    assert "ok   key" in answer.output
    assert "FAIL public URL" in answer.output


def test_the_doctor_notices_another_key(desk, run):
    (desk.settings.data_dir / "vault.key").unlink()

    assert "FAIL key" in run("doctor").output
