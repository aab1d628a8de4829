"""Standard Webhooks as published, and the small checks providers are built from."""

import pytest

from dashboard.contracts.errors import BadSignature
from dashboard.kit import moments, signatures
from dashboard.kit.signatures import StandardWebhooks

# The vector of the specification 1.0.0.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
MESSAGE, AT, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'


def now():
    return moments.to_unix(moments.now())


def test_the_published_vector_is_reproduced():
    headers = StandardWebhooks(secrets=[SECRET]).sign(MESSAGE, BODY, AT)

    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_during_a_rotation_either_secret_is_accepted():
    headers = StandardWebhooks(secrets=[OTHER, SECRET]).sign(MESSAGE, BODY)

    assert headers["webhook-signature"].count("v1,") == 2
    assert StandardWebhooks(secrets=[SECRET]).verify(headers, BODY) == MESSAGE
    assert StandardWebhooks(secrets=[OTHER]).verify(headers, BODY) == MESSAGE


def test_svix_names_of_the_headers_are_accepted():
    signed = StandardWebhooks(secrets=[SECRET]).sign(MESSAGE, BODY)
    headers = {name.replace("webhook-", "svix-"): value for name, value in signed.items()}

    assert StandardWebhooks(secrets=[SECRET]).verify(headers, BODY) == MESSAGE


@pytest.mark.parametrize(
    "spoil",
    [
        {"webhook-id": ""},
        {"webhook-id": "msg_other"},
        {"webhook-timestamp": ""},
        {"webhook-timestamp": "soon"},
        {"webhook-timestamp": "１６"},
        {"webhook-timestamp": "²"},
        {"webhook-timestamp": "9" * 5000},
        {"webhook-signature": ""},
        {"webhook-signature": "v1"},
        {"webhook-signature": "v2,abc"},
        {"webhook-signature": "v1,Ж"},
        {"webhook-signature": "nonsense"},
    ],
)
def test_a_spoiled_header_is_refused(spoil):
    headers = StandardWebhooks(secrets=[SECRET]).sign(MESSAGE, BODY) | spoil

    with pytest.raises(BadSignature):
        StandardWebhooks(secrets=[SECRET]).verify(headers, BODY)


@pytest.mark.parametrize("shift", [-301, 301])
def test_an_old_or_early_call_is_refused_although_signed(shift):
    headers = StandardWebhooks(secrets=[SECRET]).sign(MESSAGE, BODY, now() + shift)

    with pytest.raises(BadSignature):
        StandardWebhooks(secrets=[SECRET]).verify(headers, BODY)


@pytest.mark.parametrize("body", [BODY + b" ", b"", b'{"test":2432232314}'])
def test_another_body_is_refused(body):
    headers = StandardWebhooks(secrets=[SECRET]).sign(MESSAGE, BODY)

    with pytest.raises(BadSignature):
        StandardWebhooks(secrets=[SECRET]).verify(headers, body)


@pytest.mark.parametrize("empty", ["", "whsec_"])
def test_an_empty_secret_believes_nothing(empty):
    headers = StandardWebhooks(secrets=[empty]).sign(MESSAGE, BODY)

    with pytest.raises(BadSignature):
        StandardWebhooks(secrets=[empty]).verify(headers, BODY)


def test_without_a_secret_nothing_is_believed():
    headers = StandardWebhooks(secrets=[SECRET]).sign(MESSAGE, BODY)

    with pytest.raises(BadSignature):
        StandardWebhooks(secrets=[]).verify(headers, BODY)
    with pytest.raises(BadSignature):
        signatures.require_secret_header({"x": ""}, "x", "")


def test_a_secret_header_must_be_equal():
    signatures.require_secret_header({"x-token": "abc"}, "x-token", "abc")

    with pytest.raises(BadSignature):
        signatures.require_secret_header({"x-token": "abd"}, "x-token", "abc")
