"""The client carries requests as documented and gives failures their house names."""

import httpx
import pytest

from dashboard.contracts.errors import OutcomeUnknown, RateLimited, Rejected, Unavailable
from dashboard.kit.access import Access
from dashboard.kit.http import LARGEST_ANSWER, Client

SECRET = "very-secret-token"


def client(answer, **kwargs):
    transport = httpx.MockTransport(answer)
    access = Access(
        credentials={"token": SECRET},
        hosts={"api": "https://vendor.example/v4", "auth": "https://login.example"},
        transport=transport,
        **kwargs,
    )
    return Client(access, headers={"authorization": f"Bearer {SECRET}"})


def echo(request):
    return httpx.Response(
        200,
        json={
            "url": str(request.url),
            "body": request.read().decode(),
            "type": request.headers.get("content-type", ""),
        },
    )


def test_paths_go_behind_the_hosts_prefix():
    assert client(echo).get("/leads")["url"] == "https://vendor.example/v4/leads"
    assert client(echo).get("/token", host="auth")["url"] == "https://login.example/token"


def test_query_leaves_none_out_and_repeats_lists():
    url = client(echo).get("/x", {"a": None, "b": [1, 2], "c": True, "d[e]": "ж"})["url"]

    assert url.endswith("?b=1&b=2&c=true&d%5Be%5D=%D0%B6")


def test_the_query_of_a_hosts_own_address_is_kept():
    access = Access(
        credentials={},
        hosts={"target": "https://hooks.example/in?token=abc"},
        transport=httpx.MockTransport(echo),
    )

    assert Client(access).call("POST", "", host="target").body["url"].endswith("/in?token=abc")


def test_an_answer_in_plain_text_is_read_when_text_is_asked_for():
    plain = client(lambda _: httpx.Response(200, text="Accepted"))

    assert plain.text("POST", "/x", content=b"{}").body == "Accepted"
    with pytest.raises(OutcomeUnknown):
        plain.call("POST", "/x")


def test_forms_are_url_encoded_pairs():
    sent = client(echo).call("POST", "/x", form={"a[b]": "1 2", "c": False}).body

    assert (sent["body"], sent["type"]) == (
        "a%5Bb%5D=1+2&c=false",
        "application/x-www-form-urlencoded",
    )


def test_an_empty_answer_is_none():
    assert client(lambda _: httpx.Response(204)).get("/x") is None


def test_compressed_answers_are_read():
    import gzip

    body = gzip.compress(b'{"a": 1}')
    headers = {"content-encoding": "gzip", "content-type": "application/json"}

    assert client(lambda _: httpx.Response(200, content=body, headers=headers)).get("/x") == {
        "a": 1
    }


def test_an_endless_answer_is_cut_off():
    def chunks():
        for _ in range(LARGEST_ANSWER // 1_000_000 + 2):
            yield b"x" * 1_000_000

    with pytest.raises(Unavailable):
        client(lambda _: httpx.Response(200, content=chunks())).get("/x")


@pytest.mark.parametrize(("safe", "word"), [(True, Unavailable), (False, OutcomeUnknown)])
def test_a_lost_write_is_unknown_unless_it_is_safe_to_repeat(safe, word):
    def lose(_request):
        raise httpx.ReadTimeout("lost")

    with pytest.raises(word):
        client(lose).call("POST", "/x", json={}, safe=safe)


@pytest.mark.parametrize(("header", "seconds"), [({"retry-after": "7"}, 7), ({}, 1)])
def test_a_limit_says_how_long_to_wait(header, seconds):
    with pytest.raises(RateLimited) as caught:
        client(lambda _: httpx.Response(429, headers=header)).get("/x")
    assert caught.value.retry_after == seconds


def test_a_secret_in_the_path_is_masked():
    with pytest.raises(Rejected) as caught:
        client(lambda _: httpx.Response(404)).get(f"/bot{SECRET}/getMe")
    assert SECRET not in repr(caught.value)
    assert "***" in caught.value.detail


def test_the_vendors_request_id_is_kept():
    made = client(lambda _: httpx.Response(400, headers={"x-request-id": "req_1"}))

    with pytest.raises(Rejected) as caught:
        made.get("/x")
    assert (caught.value.request_id, made.last_request_id) == ("req_1", "req_1")


def test_each_request_passes_the_limiter_first():
    def stop():
        raise RateLimited(retry_after=3)

    with pytest.raises(RateLimited):
        client(echo, before_call=stop).get("/x")
