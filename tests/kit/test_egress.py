"""Only public addresses are called, whatever a name or a notation pretends."""

import socket
from ipaddress import ip_address, ip_network

import httpcore
import httpx
import pytest

from dashboard.contracts.errors import Refusal
from dashboard.kit import egress
from dashboard.kit.post import post

PRIVATE = [
    "127.0.0.1",
    "10.1.2.3",
    "100.64.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.168.1.1",
    "192.88.99.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "0.0.0.0",  # noqa: S104 - an address that must be refused
    "::",
    "::1",
    "fe80::1",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "2001:db8::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "2002:7f00:1::",
    "64:ff9b::7f00:1",
    "64:ff9b:1::a00:1",
    "5f00::1",
    "3fff::1",
    "100::1",
    "::7f00:1",
    "::a00:1",
    "fec0::1",
    "192.0.0.9",
]


@pytest.fixture
def names(monkeypatch):
    """The answers of the resolver by host name; literal addresses resolve to themselves."""
    table = {}
    real = socket.getaddrinfo

    def look_up(host, port, **kwargs):
        if host in table:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in table[host]]
        return real(host, port, flags=socket.AI_NUMERICHOST, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return table


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_not_public(address):
    assert not egress.is_public(ip_address(address))


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.215.14", "2606:4700::1111", "64:ff9b::808:808"]
)
def test_addresses_of_the_internet_are_public(address):
    assert egress.is_public(ip_address(address))


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://inside.example/hook", "egress.private"),
        ("https://127.0.0.1/", "egress.private"),
        ("https://2130706433/", "egress.private"),
        ("https://0x7f.1/", "egress.private"),
        ("https://0177.0.0.1/", "egress.private"),
        ("https://127.1/", "egress.private"),
        ("https://[::1]/", "egress.private"),
        ("https://[::]/", "egress.private"),
        ("https://[64:ff9b::a9fe:a9fe]/", "egress.private"),
        ("https://user@outside.example/", "egress.userinfo"),
        ("gopher://outside.example/", "egress.https_only"),
        ("https://[::ffff:10.0.0.1]/", "egress.private"),
        ("http://outside.example/hook", "egress.https_only"),
        ("ftp://outside.example/hook", "egress.https_only"),
        ("https://user:pass@outside.example/", "egress.userinfo"),
        ("https://outside.example/#part", "egress.userinfo"),
        ("https://outside.example:22/", "egress.port"),
        ("https://nowhere.example/", "egress.unresolvable"),
        ("not a url", "egress.malformed"),
        ("https://", "egress.malformed"),
        ("https://outside.example:99999/", "egress.malformed"),
        ("https://outside.example/" + "a" * 2100, "egress.malformed"),
    ],
)
def test_an_address_a_person_typed_is_refused_with_the_reason(names, url, code):
    names |= {"inside.example": ["10.0.0.5"], "outside.example": ["93.184.215.14"]}

    with pytest.raises(Refusal) as caught:
        egress.check_url(url)
    assert caught.value.code == code


def test_one_private_address_among_public_ones_refuses_the_name(names):
    names["mixed.example"] = ["93.184.215.14", "10.0.0.5"]

    with pytest.raises(Refusal):
        egress.check_url("https://mixed.example/")


def test_a_public_https_address_is_accepted_trimmed(names):
    names["outside.example"] = ["93.184.215.14"]

    assert egress.check_url(" https://outside.example:8443/a ") == "https://outside.example:8443/a"


def test_the_operator_may_allow_a_private_network(names):
    names["inside.example"] = ["10.0.0.5"]

    url = "http://inside.example:9000/hook"
    assert egress.check_url(url, [ip_network("10.0.0.0/8")]) == url


def test_a_name_that_moves_inside_after_the_check_is_not_called(names):
    names["rebinding.example"] = ["93.184.215.14"]
    egress.check_url("https://rebinding.example/")
    names["rebinding.example"] = ["127.0.0.1"]

    client = httpx.Client(transport=egress.GuardedTransport())
    with pytest.raises(httpx.ConnectError, match=r"egress\.private"):
        client.get("https://rebinding.example/")


def test_a_host_the_operator_named_is_called_although_it_is_local():
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(5)
    port = listener.getsockname()[1]
    origin = f"http://127.0.0.1:{port}"
    client = httpx.Client(transport=egress.GuardedTransport(trusted=[f"{origin}/prefix"]))

    with pytest.raises(httpx.ReadTimeout):
        client.get(f"{origin}/prefix/x", timeout=0.2)
    assert listener.accept()[0].recv(100).startswith(b"GET /prefix/x")
    listener.close()


def test_proxies_of_the_environment_are_ignored(names, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    names["inside.example"] = ["10.0.0.5"]
    client = httpx.Client(transport=egress.GuardedTransport(), trust_env=False)

    with pytest.raises(httpx.ConnectError, match=r"egress\.private"):
        client.get("https://inside.example/")


def test_the_form_of_an_address_is_checked_without_looking_it_up(monkeypatch):
    monkeypatch.setattr(egress, "resolve", None)

    assert egress.check_form(" https://nowhere.example/a ") == "https://nowhere.example/a"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://user:pass@nowhere.example/", "egress.userinfo"),
        ("https://10.0.0.1/", "egress.private"),
        ("https://2130706433/", "egress.private"),
        ("https://[::ffff:127.0.0.1]/", "egress.private"),
        ("ftp://nowhere.example/", "egress.https_only"),
    ],
)
def test_what_the_text_itself_tells_is_refused_without_a_network(monkeypatch, url, code):
    monkeypatch.setattr(egress, "resolve", None)

    with pytest.raises(Refusal) as caught:
        egress.check_form(url)
    assert caught.value.code == code


def test_the_address_that_was_checked_is_the_one_that_is_called(names, monkeypatch):
    called = []

    def connect(_self, host, port, *_rest):
        called.append((host, port))
        raise httpcore.ConnectError("enough")

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)
    names["outside.example"] = ["93.184.215.14"]
    client = httpx.Client(transport=egress.GuardedTransport())
    with pytest.raises(httpx.ConnectError):
        client.get("https://outside.example/")

    assert called == [("93.184.215.14", 443)]


def test_a_redirect_is_an_answer_and_is_not_followed():
    seen = []

    def receiver(request):
        seen.append(str(request.url))
        return httpx.Response(302, headers={"location": "http://169.254.169.254/"})

    posted = post("https://a.example/", b"{}", {}, transport=httpx.MockTransport(receiver))
    assert (posted.status, seen) == (302, ["https://a.example/"])


def test_a_receivers_answer_can_be_stored_whatever_it_holds():
    told = httpx.MockTransport(lambda _: httpx.Response(200, content=b"ok\0\xff"))

    assert post("https://a.example/", b"{}", {}, transport=told).answer == "ok\ufffd"
