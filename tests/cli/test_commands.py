"""The commands, as an operator types them."""

import base64
import socket

import pytest
from click.testing import CliRunner

from dashboard.cli import main
from dashboard.contracts.people import Role
from tests.app.desks import browser, demo


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["run"],
        ["worker"],
        ["migrate"],
        ["doctor"],
        ["backup"],
        ["restore"],
        ["rotate-key"],
        ["export"],
        ["import"],
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


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"INTEGRATIONS_DATABASE_URL": "nonsense://x:hunter2@h/d"}, "INTEGRATIONS_DATABASE_URL"),
        ({"INTEGRATIONS_DATABASE_URL": "hunter2"}, "INTEGRATIONS_DATABASE_URL"),
        (
            {"INTEGRATIONS_DATABASE_URL": "postgresql://u:hunter2@127.0.0.1:1/d?connect_timeout=2"},
            "does not answer",
        ),
        ({"INTEGRATIONS_DATABASE_URL": "sqlite:////proc/none/desk.db"}, "does not answer"),
        ({"INTEGRATIONS_PUBLIC_URL": "ftp://hunter2"}, "INTEGRATIONS_PUBLIC_URL"),
        ({"INTEGRATIONS_ROLE": "hunter2"}, "INTEGRATIONS_ROLE"),
        ({"INTEGRATIONS_KEY": "hunter2"}, "32 bytes"),
        ({"INTEGRATIONS_KEY": base64.b64encode(b"x" * 32).decode()}, "another key"),
        ({"INTEGRATIONS_DATA_DIR": "/proc/none"}, "/proc/none"),
    ],
)
def test_what_is_wrong_with_the_surroundings_is_a_sentence(run, monkeypatch, variables, told):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    answer = run("token", "list")

    assert answer.exit_code == 1
    assert told in answer.output
    assert "hunter2" not in answer.output
    assert isinstance(answer.exception, SystemExit)


def test_a_port_in_use_is_told_before_anything_is_done(run):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        answer = run("run", "--port", taken.getsockname()[1])

    assert answer.exit_code == 1
    assert "in use by another process" in answer.output


def test_an_address_of_another_machine_is_told(run):
    answer = run("run", "--host", "203.0.113.9")

    assert answer.exit_code == 1
    assert "no address of this machine" in answer.output


def test_an_operator_who_reads_russian_is_told_in_russian(run, monkeypatch):
    monkeypatch.setenv("LANG", "ru_RU.UTF-8")
    monkeypatch.setenv("INTEGRATIONS_DATABASE_URL", "nonsense://")

    assert "не разобрать" in run("migrate").output
