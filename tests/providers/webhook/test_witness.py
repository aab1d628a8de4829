"""The reference library of Standard Webhooks verifies what we sign and signs what we verify."""

from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from dashboard.contracts.errors import BadSignature
from dashboard.contracts.events import Request
from dashboard.kit import moments
from dashboard.kit.signatures import StandardWebhooks
from providers.webhook import webhooks
from tests.contract import bench

# The vector of the specification 1.0.0.
MESSAGE, AT, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, '{"test": 2432232314}'
SIGNED = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_published_vector_is_ours_and_the_librarys(secret):
    theirs = Webhook(secret).sign(MESSAGE, datetime.fromtimestamp(AT, UTC), BODY)
    ours = StandardWebhooks(secrets=[secret]).sign(MESSAGE, BODY.encode(), AT)

    assert theirs == SIGNED == ours["webhook-signature"]


def test_the_library_verifies_what_an_agent_sends(account, trigger):
    trigger(event="lead.ready", payload={"имя": "Анна", "sum": 12.5})
    sent = account.network.requests[-1]

    secret = account.client.access.credentials["signing_secret"]
    read = Webhook(secret).verify(sent.content, dict(sent.headers))
    assert (read["type"], read["data"]) == ("lead.ready", {"имя": "Анна", "sum": 12.5})


def test_the_library_refuses_another_secret(account, trigger, secret):
    trigger()
    sent = account.network.requests[-1]

    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(sent.content, dict(sent.headers))


def test_what_the_library_signs_is_believed_and_read(account, secret):
    body, at = '{"type":"order.paid","data":{"id":"1"}}', moments.now()
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(moments.to_unix(at)),
        "webhook-signature": Webhook(secret).sign("msg_1", at, body),
    }
    request = Request(method="POST", headers=headers, body=body.encode())
    trust = bench.trust(account, secret)

    webhooks.verify(request, trust)
    (event,) = webhooks.parse(request, trust)
    assert (event.id, event.name, event.vendor_name) == ("msg_1", "flow.called", "order.paid")


def test_the_library_verifies_what_the_sandbox_sends(account, secret):
    given = {"hook_url": bench.HOOK_URL, "hook_secret": secret}
    (delivery,) = account.play("send_event", given)

    read = Webhook(secret).verify(delivery.body, dict(delivery.headers))
    assert read["type"] == "order.paid"


def test_malformed_signatures_are_refused_not_raised_through(account, secret):
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(moments.to_unix(moments.now())),
        "webhook-signature": "v1 v1,, ,x v9,abc",
    }

    with pytest.raises(BadSignature):
        webhooks.verify(
            Request(method="POST", headers=headers, body=b"{}"), bench.trust(account, secret)
        )
