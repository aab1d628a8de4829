"""A secret is replaced without a receiver missing anything."""

import json
from datetime import timedelta

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from dashboard import clock
from dashboard.contracts.errors import Refusal
from dashboard.store.audit import AuditEntry
from tests.outbound.conftest import SECRET
from tests.pulse import fixtures
from tests.pulse.desk import OPERATOR, VIEWER

pytestmark = fixtures.on_both


@pytest.fixture
def sealed(post, desk):
    """The receiver's secret stands in the vault, and deliveries are signed with what is there."""
    owner = f"connection:{post.listener}"
    with desk.store.transaction() as session:
        kept = json.dumps(desk.tokens.of["webhook"])
        post.vault.seal(session, owner, "credentials", kept)

    def fresh(_connection):
        with desk.store.transaction() as session:
            return json.loads(post.vault.open(session, owner, "credentials"))

    desk.tokens.fresh = fresh
    return post


def told(post, receiver, number):
    """The request a receiver gets for a new happening."""
    post.happen(number)
    post.desk.jobs.drain()
    return receiver.requests[-1]


def accepts(secret, request):
    """Whether a receiver with this secret believes the request, by the public library."""
    try:
        Webhook(secret).verify(request.content, dict(request.headers))
    except WebhookVerificationError:
        return False
    return True


def test_during_the_overlap_a_receiver_may_have_either_secret(sealed, receiver):
    new = sealed.outbound.signing.rotate(OPERATOR, sealed.listener)
    request = told(sealed, receiver, 1)
    signatures = request.headers["webhook-signature"].split(" ")

    assert new.previous_until == clock.now() + timedelta(hours=24)
    assert [one.partition(",")[0] for one in signatures] == ["v1", "v1"]
    assert len(set(signatures)) == 2
    assert accepts(SECRET, request)
    assert accepts(new.secret, request)


def test_after_the_overlap_only_the_new_secret_is_good(sealed, receiver, time):
    new = sealed.outbound.signing.rotate(OPERATOR, sealed.listener, timedelta(hours=2))
    time.shift(timedelta(hours=2, seconds=1))
    request = told(sealed, receiver, 1)

    assert not accepts(SECRET, request)
    assert accepts(new.secret, request)
    assert sealed.outbound.signing.overlap_until(OPERATOR, sealed.listener) is None


def test_a_person_ends_the_overlap_at_once(sealed, desk, receiver):
    new = sealed.outbound.signing.rotate(OPERATOR, sealed.listener)
    running = sealed.outbound.signing.overlap_until(OPERATOR, sealed.listener)
    sealed.outbound.signing.end_overlap(OPERATOR, sealed.listener)
    request = told(sealed, receiver, 1)

    assert running == new.previous_until
    assert not accepts(SECRET, request)
    assert accepts(new.secret, request)
    assert [line.action for line in desk.rows(AuditEntry)] == [
        "delivery.secret_rotated",
        "delivery.overlap_ended",
    ]


def test_a_second_rotation_waits_for_the_end_of_the_overlap(sealed, receiver):
    new = sealed.outbound.signing.rotate(OPERATOR, sealed.listener)
    with pytest.raises(Refusal) as refused:
        sealed.outbound.signing.rotate(OPERATOR, sealed.listener)
    request = told(sealed, receiver, 1)

    assert refused.value.code == "outbound.overlap_running"
    assert accepts(SECRET, request)
    assert accepts(new.secret, request)


def test_without_an_overlap_the_old_secret_ends_at_once(sealed, receiver):
    new = sealed.outbound.signing.rotate(OPERATOR, sealed.listener, timedelta(0))
    request = told(sealed, receiver, 1)

    assert new.previous_until is None
    assert not accepts(SECRET, request)
    assert accepts(new.secret, request)


def test_an_overlap_has_a_longest_length(sealed):
    with pytest.raises(Refusal) as refused:
        sealed.outbound.signing.rotate(OPERATOR, sealed.listener, timedelta(days=8))

    assert refused.value.code == "outbound.overlap_long"


def test_a_viewer_replaces_no_secret(sealed):
    with pytest.raises(Refusal) as refused:
        sealed.outbound.signing.rotate(VIEWER, sealed.listener)

    assert refused.value.status == 403


def test_the_journal_and_the_shown_object_hold_no_secret(sealed, desk):
    new = sealed.outbound.signing.rotate(OPERATOR, sealed.listener)
    written = json.dumps([line.detail for line in desk.rows(AuditEntry)])

    assert new.secret not in written + repr(new)
    assert SECRET not in written + repr(new)


def test_a_connection_that_receives_nothing_has_no_secret_to_replace(post, desk):
    with pytest.raises(Refusal) as refused:
        post.outbound.signing.rotate(OPERATOR, desk.connection_id)

    assert refused.value.code == "outbound.not_a_receiver"
