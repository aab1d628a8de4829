"""The client carries requests as documented and gives failures their house names."""

import httpx
import pytest

from dashboard.contracts.errors import OutcomeUnknown, RateLimited, Rejected, Unavailable
from dashboard.kit import moments
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


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        (
            {
                "retry-after": "Tue, 24 Nov 2026 10:10:30 GMT",
                "date": "Tue, 24 Nov 2026 10:10:00 GMT",
            },
            30,
        ),
        ({"retry-after": "1e12"}, 86_400),
        ({"retry-after": "inf"}, 1),
        ({"retry-after": "-5"}, 1),
        ({"retry-after": "soon"}, 1),
        ({"retry-after": b"\xb2"}, 1),
    ],
)
def test_a_pause_is_a_date_or_a_number_and_never_endless(headers, seconds):
    with pytest.raises(RateLimited) as caught:
        client(lambda _: httpx.Response(429, headers=headers)).get("/x")
    assert caught.value.retry_after == seconds


def test_an_overloaded_vendor_may_say_when_to_come_back():
    busy = client(lambda _: httpx.Response(503, headers={"retry-after": "120"}))

    with pytest.raises(Unavailable) as caught:
        busy.get("/x")
    assert caught.value.retry_after == 120


def test_an_empty_answer_to_a_reading_is_no_answer():
    with pytest.raises(Unavailable):
        client(lambda _: httpx.Response(200)).get("/x")


@pytest.mark.parametrize(("method", "word"), [("GET", Unavailable), ("POST", OutcomeUnknown)])
@pytest.mark.parametrize("body", ["{}", "[]", "null", "[" * 200_000])
def test_an_answer_without_what_it_always_holds_is_unreadable(method, word, body):
    with pytest.raises(word):
        client(lambda _: httpx.Response(200, text=body)).call(method, "/x", holds="id")


@pytest.mark.parametrize(("status", "word"), [(502, OutcomeUnknown), (503, Unavailable)])
def test_a_gateway_may_have_lost_sight_of_a_write(status, word):
    with pytest.raises(word):
        client(lambda _: httpx.Response(status)).call("POST", "/x", json={})


def test_the_vendors_clock_is_told_by_its_last_answer():
    made = client(lambda _: httpx.Response(204, headers={"date": "Tue, 24 Nov 2099 10:10:00 GMT"}))
    made.get("/x")

    assert made.at_vendor(moments.now()).year == 2099


def test_no_web_page_reaches_a_person():
    def blame(response):
        return Rejected(reason=response.text, status=response.status_code)

    for_people = Client(
        client(lambda _: httpx.Response(400, html="<p>x</p>")).access, explain=blame
    )
    with pytest.raises(Rejected) as caught:
        for_people.get("/x")
    assert caught.value.reason == ""


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("/x\0", {}),
        ("/x", {"json": {"text": "\ud83d"}}),
        ("/x", {"json": {"amount": float("nan")}}),
        ("/x", {"headers": {"x-mark": "ключ"}}),
    ],
)
def test_what_cannot_be_written_is_refused_before_anything_is_sent(path, parts):
    sent = []
    with pytest.raises(Rejected):
        client(sent.append).call("POST", path, **parts)

    assert sent == []


def test_halves_of_characters_and_nul_do_not_get_in():
    raw = rb'{"name": "a\ud83d!\u0000", "ok": "\ud83d\ude00"}'
    answer = client(lambda _: httpx.Response(200, content=raw)).get("/x")

    assert answer == {"name": "a?!", "ok": "😀"}


def test_a_refusals_reason_can_be_stored_too():
    told = client(lambda _: httpx.Response(400, json={}))
    told._explain = lambda _: Rejected(reason="no\0pe \ud83d")
    with pytest.raises(Rejected) as caught:
        told.get("/x")

    assert caught.value.reason == "nope ?"
