"""What opens without a session, and what does not."""

import pytest
from starlette.applications import Starlette
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from dashboard import app
from tests.app.desks import URL, browser, joined

SOCKET = "ws://desk.example/_stcore/stream"
SPOOFED = {"x-staff-id": "stf_eve", "X-Staff-Role": "admin", "x_staff_session": "eve"}


async def _identity(connection):
    headers = HTTPConnection(connection.scope).headers
    return {name: value for name, value in headers.items() if "staff" in name}


async def _page(request):
    return JSONResponse(await _identity(request))


async def _socket(websocket):
    await websocket.accept()
    await websocket.send_json(await _identity(websocket))
    await websocket.close()


@pytest.fixture
def behind(desk):
    """Makes a browser in front of pages that tell who the gate says is there."""

    def make(cookies=None):
        pages = [WebSocketRoute("/_stcore/stream", _socket), Route("/{path:path}", _page)]
        guarded = Starlette(routes=[*app.routes(desk), *pages], middleware=app.middleware(desk))
        return TestClient(guarded, base_url=URL, cookies=cookies, follow_redirects=False)

    return make


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/settings",
        "/logout",
        "/media/x",
        "/static/js/x.js",
        "/component/x/index.html",
        "/_stcore/health",
        "/_stcore/host-config",
        "/_stcore/upload_file/x/y",
        "/_stcore/agent/mcp",
        "/loginx",
        "/login/x",
        "/healthz/x",
        "/oauth/start/flw_x",
        "/apix",
    ],
)
def test_a_stranger_is_sent_to_sign_in(behind, path):
    as_person = behind().get(path, headers={"accept": "text/html"})
    as_program = behind().get(path, headers={"accept": "application/json"})

    assert as_person.status_code == 303
    assert as_person.headers["location"].startswith("/login")
    assert as_program.status_code == 401
    assert as_program.json()["code"] == "login.needed"


def test_the_way_back_is_remembered(behind):
    answer = behind().get("/sync?agent=1", headers={"accept": "text/html"})

    assert answer.headers["location"] == "/login?next=%2Fsync%3Fagent%3D1"


def test_a_strangers_websocket_is_refused(behind):
    with (
        pytest.raises(WebSocketDisconnect) as refused,
        behind().websocket_connect(SOCKET, headers=SPOOFED),
    ):
        pass

    assert refused.value.code == 4401


def test_a_websocket_from_another_site_is_refused(desk, behind):
    cookies = joined(desk).cookies
    headers = {"origin": "https://evil.example"}

    with (
        pytest.raises(WebSocketDisconnect),
        behind(cookies).websocket_connect(SOCKET, headers=headers),
    ):
        pass


def test_pages_learn_who_is_there_and_nobody_can_pretend(desk, behind):
    visitor = behind(joined(desk).cookies)
    person = desk.staff.sessions.read(visitor.cookies["desk_session"])

    told = visitor.get("/", headers=SPOOFED).json()
    with visitor.websocket_connect(SOCKET, headers=SPOOFED) as socket:
        told_socket = socket.receive_json()

    assert told == told_socket
    assert told["x-staff-id"] == person.id
    assert told["x-staff-session"] == person.session
    assert told["x-staff-name"] == "%D0%90%D0%BD%D0%BD%D0%B0"
    assert "x_staff_session" not in told


@pytest.mark.parametrize("path", ["/login", "/healthz", "/readyz", "/api/docs", "/oauth/callback"])
def test_open_doors_open(behind, path):
    assert behind().get(path).status_code in (200, 303)


@pytest.mark.parametrize(
    "path",
    ["/hooks/a/b", "/join/a/b", "/sandbox/x", "/oauth/callback/zzz", "/api/zzz", "/mcp/x"],
)
def test_below_an_open_door_there_is_no_way_in(behind, path):
    assert behind().get(path).status_code == 404


def test_files_of_the_interface_need_our_cookie(desk, behind):
    assert behind(joined(desk).cookies).get("/static/js/x.js").status_code == 200
    assert behind({"desk_session": "made.up.cookie"}).get("/static/js/x.js").status_code == 401


@pytest.mark.parametrize("origin", ["https://evil.example", "null", f"{URL}.evil.example"])
@pytest.mark.parametrize("path", ["/login", "/logout", "/join/x", "/_stcore/upload_file/x/y"])
def test_another_site_posts_nothing_through_a_cookie(desk, behind, path, origin):
    answer = behind(joined(desk).cookies).post(path, headers={"origin": origin})

    assert answer.status_code == 403
    assert answer.json()["code"] == "login.other_site"


def test_our_own_pages_may_post(desk):
    answer = joined(desk).post("/logout", headers={"origin": URL})

    assert answer.headers["location"] == "/login"


def test_every_answer_is_named_and_a_sane_name_is_kept(desk):
    visitor = browser(desk)

    assert len(visitor.get("/healthz").headers["x-request-id"]) == 16
    kept = visitor.get("/healthz", headers={"x-request-id": "proxy-12345"})
    assert kept.headers["x-request-id"] == "proxy-12345"
    odd = visitor.get("/healthz", headers={"x-request-id": "a b\\n"})
    assert odd.headers["x-request-id"] != "a b\\n"


def test_pages_may_be_framed_only_by_us_and_run_only_our_scripts(desk, behind):
    policy = behind(joined(desk).cookies).get("/").headers["content-security-policy"]

    assert "frame-ancestors 'self'" in policy
    assert "script-src 'self' 'sha256-" in policy
    assert "ws://desk.example" in policy
    assert "unsafe-eval" not in policy


def test_plain_pages_are_stricter(desk):
    answer = browser(desk).get("/login")
    policy = answer.headers["content-security-policy"]

    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/login", "/api/agents", "/sandbox/x/y/api/z"])
def test_too_large_a_body_is_refused_with_a_problem(desk, path):
    answer = browser(desk).post(path, content=b"x" * 1_100_000)

    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "api.too_large"


@pytest.mark.parametrize("path", ["/login", "/api/agents"])
def test_a_body_without_a_length_is_counted(desk, path):
    form = {"content-type": "application/x-www-form-urlencoded"}

    answer = browser(desk, **form).post(path, content=(b"x" * 100_000 for _ in range(20)))

    assert answer.status_code == 413
