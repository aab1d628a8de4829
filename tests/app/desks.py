"""A desk on an empty data folder, and browsers and programs in front of it."""

import shutil
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from starlette.applications import Starlette
from starlette.testclient import TestClient

from dashboard import app
from dashboard.assembly import build
from dashboard.contracts.people import SYSTEM, Role
from dashboard.settings import Settings
from tests import fresh

URL = "http://desk.example"
PASSWORD = "correct horse battery"
_newest = []  # the desk asked for last, and its doors


@cache
def _migrated():
    """A data folder that was prepared once, to copy from: migrations take a second."""
    folder = Path(mkdtemp())
    desk = build(Settings(data_dir=folder, public_url=URL))
    app.prepare(desk)
    desk.store.close()
    return folder


@contextmanager
def assembled(folder, jobs=None, **settings):
    folder.mkdir(exist_ok=True)
    given = {"public_url": URL, "database_url": fresh.url()} | settings
    if not given["database_url"]:
        shutil.copy(_migrated() / "integrations.db", folder)
        shutil.copy(_migrated() / "vault.key", folder)
    desk = build(Settings(data_dir=folder, **given), jobs=jobs)
    if given["database_url"]:
        app.prepare(desk)
    yield desk
    desk.store.close()


def browser(desk, **headers):
    """A browser without Streamlit behind the doors: what passes the gate finds 404."""
    return TestClient(
        _doors(desk),
        base_url=URL,
        follow_redirects=False,
        raise_server_exceptions=False,
        headers={"accept": "text/html", "accept-language": "en", **headers},
    )


def _doors(desk):
    """One for all browsers of a desk: FastAPI spends a tenth of a second on its first request."""
    if not _newest or _newest[0] is not desk:
        doors = Starlette(routes=app.routes(desk), middleware=app.middleware(desk))
        _newest[:] = [desk, doors]
    return _newest[1]


def program(desk, role=Role.ADMIN, agent_id=""):
    """A client of the API with a fresh token."""
    token = desk.staff.tokens.create(SYSTEM, "tests", role, agent_id=agent_id).token
    return browser(desk, authorization=f"Bearer {token}", accept="application/json")


def typed(**changes):
    """What a person types after opening a one-time link."""
    return {
        "name": "Анна",
        "email": "anna@example.com",
        "password": PASSWORD,
        "repeated": PASSWORD,
    } | changes


def joined(desk, role=Role.ADMIN, **changes):
    """A browser that is signed in."""
    visitor = browser(desk)
    answer = visitor.post(desk.staff.invites.create(SYSTEM, role), data=typed(**changes))
    assert answer.status_code == 303, answer.text
    return visitor


def demo(desk):
    """The id of the seeded agent."""
    return desk.agents.all(SYSTEM)[0].id
