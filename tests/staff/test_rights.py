"""Who may manage people and tokens."""

import pytest

from dashboard.contracts.errors import Refusal
from dashboard.contracts.people import SYSTEM, Actor, Role
from tests.app.desks import demo, joined

OPERATOR = Actor(kind="staff", id="s", name="O", role=Role.OPERATOR)


@pytest.mark.parametrize(
    "walk",
    [
        lambda staff: staff.invites.create(OPERATOR, Role.ADMIN),
        lambda staff: staff.tokens.create(OPERATOR, "x", Role.ADMIN),
        lambda staff: staff.tokens.revoke(OPERATOR, "tok_x"),
        lambda staff: staff.people.set_role(OPERATOR, "stf_x", Role.ADMIN),
        lambda staff: staff.people.disable(OPERATOR, "stf_x"),
        lambda staff: staff.people.enable(OPERATOR, "stf_x"),
    ],
)
def test_only_an_admin_manages_staff(desk, walk):
    with pytest.raises(Refusal) as refused:
        walk(desk.staff)

    assert refused.value.code == "people.forbidden"


@pytest.mark.parametrize(
    "walk",
    [
        lambda people, last: people.disable(SYSTEM, last),
        lambda people, last: people.set_role(SYSTEM, last, Role.OPERATOR),
    ],
)
def test_the_last_admin_stays(desk, walk):
    joined(desk)
    last = desk.staff.people.all()[0].id

    with pytest.raises(Refusal) as refused:
        walk(desk.staff.people, last)

    assert refused.value.code == "staff.last_admin"


def test_a_token_is_read_once_and_kept_as_a_hash(desk, tmp_path):
    made = desk.staff.tokens.create(SYSTEM, "robot", Role.OPERATOR)

    assert made.token.startswith("idk_")
    assert made.token not in repr(made)
    assert not [f for f in tmp_path.iterdir() if made.token.encode() in f.read_bytes()]
    assert desk.staff.tokens.all()[0].tail == made.token[-4:]


def test_a_token_acts_in_its_role_on_its_agent(desk):
    made = desk.staff.tokens.create(SYSTEM, "robot", Role.VIEWER, agent_id=demo(desk))

    actor = desk.staff.tokens.actor(made.token)

    assert (actor.kind, actor.id, actor.name) == ("token", made.id, "robot")
    assert (actor.role, actor.agent_id) == (Role.VIEWER, demo(desk))


def test_a_revoked_token_is_refused(desk):
    made = desk.staff.tokens.create(SYSTEM, "robot", Role.VIEWER)
    desk.staff.tokens.revoke(SYSTEM, made.id)

    with pytest.raises(Refusal) as refused:
        desk.staff.tokens.actor(made.token)

    assert refused.value.status == 401


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"name": " ", "role": Role.VIEWER}, "staff.token_unnamed"),
        ({"name": "x", "role": Role.VIEWER, "agent_id": "agt_none"}, "agents.unknown"),
    ],
)
def test_a_token_needs_a_name_and_a_real_agent(desk, arguments, code):
    with pytest.raises(Refusal) as refused:
        desk.staff.tokens.create(SYSTEM, **arguments)

    assert refused.value.code == code


def test_everything_about_people_is_in_the_journal(desk):
    joined(desk)
    made = desk.staff.tokens.create(SYSTEM, "robot", Role.VIEWER)
    desk.staff.tokens.revoke(SYSTEM, made.id)

    assert {"staff.invited", "staff.joined", "token.created", "token.revoked"} <= set(
        desk.queries.journal.actions()
    )
