"""Whatever goes wrong at a vendor becomes one of the eight words, without secrets."""

import httpx
import pytest

from dashboard import registry
from dashboard.contracts.errors import (
    WORDS,
    AuthExpired,
    OutcomeUnknown,
    PermissionMissing,
    ProviderError,
    RateLimited,
    Rejected,
    Unavailable,
)
from dashboard.kit.sandbox import FAULTS

each_provider = pytest.mark.parametrize("provider", registry.ids())
STATUSES = {
    400: Rejected,
    401: AuthExpired,
    403: (PermissionMissing, Rejected, RateLimited, AuthExpired),
    404: (Rejected, AuthExpired),
    409: (Rejected, Unavailable, RateLimited),
    422: Rejected,
    429: RateLimited,
    500: Unavailable,
    502: Unavailable,
    503: Unavailable,
}
READ = ("GET", "/anything")
WRITE = ("POST", "/anything")


def raised(account, how):
    method, path = how
    host = next(iter(account.manifest.hosts))
    with pytest.raises(ProviderError) as caught:
        account.client.call(method, path, host=host)
    return caught.value


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("body", ["{}", "<html>Bad gateway</html>", "", '{"half": '])
@each_provider
def test_a_refusing_status_has_a_house_name(account, status, body):
    account.network.instead = lambda _: httpx.Response(status, text=body)

    assert isinstance(raised(account, READ), STATUSES[status])


@each_provider
def test_the_vendors_own_limit_answer_says_how_long(account):
    account.change(lambda state: account.sandbox.fault(state, "rate_limit"))

    with pytest.raises(RateLimited) as caught:
        account.part("client").identify(account.client)
    assert caught.value.retry_after > 0


@each_provider
def test_a_redirect_is_refused_and_not_followed(account):
    elsewhere = {"location": "http://169.254.169.254/latest/meta-data"}
    account.network.instead = lambda _: httpx.Response(302, headers=elsewhere)

    assert isinstance(raised(account, READ), (Rejected, Unavailable))
    assert len(account.network.requests) == 1


@pytest.mark.parametrize("lost", [httpx.ReadTimeout, httpx.ReadError, httpx.RemoteProtocolError])
@each_provider
def test_a_lost_answer_is_unknown_only_when_something_was_written(account, lost):
    def lose(_request):
        raise lost("gone")

    account.network.instead = lose

    assert isinstance(raised(account, READ), Unavailable)
    assert isinstance(raised(account, WRITE), OutcomeUnknown)


@pytest.mark.parametrize("refused", [httpx.ConnectError, httpx.ConnectTimeout])
@each_provider
def test_a_call_that_never_left_may_be_repeated(account, refused):
    def refuse(_request):
        raise refused("no route")

    account.network.instead = refuse

    assert isinstance(raised(account, WRITE), Unavailable)


@pytest.mark.parametrize("body", [b'{"half": ', b"<html>welcome</html>", b"\xff\xfe\x00"])
@each_provider
def test_a_good_status_with_an_unreadable_body_is_not_success(account, body):
    account.network.instead = lambda _: httpx.Response(200, content=body)

    assert isinstance(raised(account, READ), (Unavailable, ProviderError))
    assert isinstance(raised(account, WRITE), (OutcomeUnknown, ProviderError))


@pytest.mark.parametrize("status", [401, 403, 404, 422, 429, 503])
@each_provider
def test_no_secret_is_in_what_is_raised(account, status):
    def echo(request):
        said = f"{request.url} {request.headers} {request.read()!r}"
        return httpx.Response(status, json={"message": said, "description": said})

    account.network.instead = echo
    with pytest.raises(ProviderError) as caught:
        account.part("client").identify(account.client)

    error = caught.value
    shown = f"{error!r} {error} {error.detail} {error.reason} {error.code} {error.args}"
    assert account.secrets
    assert [s for s in account.secrets if len(s) >= 8 and s in shown] == []


@each_provider
def test_no_secret_is_in_a_repr(account):
    shown = f"{account.client!r} {account.client.access!r} {account.client.__dict__!r}"

    assert [s for s in account.secrets if len(s) >= 8 and s in shown] == []


@each_provider
def test_recovery_after_an_outage(account):
    account.change(lambda state: account.sandbox.fault(state, "outage"))
    with pytest.raises(Unavailable):
        account.part("client").identify(account.client)
    account.change(lambda state: state["faults"].clear())

    assert account.part("client").identify(account.client).id


@each_provider
def test_every_error_code_has_words(provider):
    languages = [registry.words(provider, language) for language in ("en", "ru")]
    codes = [word.word() for word in WORDS] + [f"{word.word()}.fix" for word in WORDS]

    assert all(words.say("errors", code) for words in languages for code in codes)


@each_provider
def test_revoked_credentials_are_noticed(account):
    account.change(lambda state: account.sandbox.fault(state, "revoke"))

    with pytest.raises(AuthExpired):
        account.part("client").identify(account.client)


@each_provider
def test_faults_are_those_the_house_knows(account):
    assert set(account.sandbox.faults()) <= set(FAULTS)
    assert {"rate_limit", "outage", "lose_reply"} <= set(account.sandbox.faults())
