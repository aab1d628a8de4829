"""Pages under AppTest, over the assembled desk and its sandboxes."""

import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import assembly
from dashboard.contracts.people import SYSTEM, Role
from dashboard.jobs import JobStats
from dashboard.staff.people import NewPerson
from dashboard.ui import session
from tests import fresh
from tests.doubles import HandJobs

ROOT = Path(__file__).parents[2]
NAVIGATION = ROOT / "dashboard/ui/navigation.py"
PAGES = sorted(path.stem for path in (ROOT / "pages").glob("*.py"))
PASSWORD = "correct horse battery staple"


class CountedJobs(HandJobs):
    """Also tells what waits, as the settings page asks."""

    def stats(self):
        waiting = len(self.waiting)
        return JobStats(queued=waiting, running=0, delayed=0, dead=0, executors=[])


@pytest.fixture(autouse=True)
def _main():
    """AppTest leaves its script as the main module, and processes started later would run it."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture
def desk(desk_settings):
    made = assembly.build(desk_settings, jobs=CountedJobs())
    fresh.upgrade(made.store)
    made.vault.check_key(made.store)
    yield made
    made.inbound.close()
    made.store.close()


@pytest.fixture
def signed_in(desk):
    """Role -> the name of that person's browser session; they join when first needed."""
    found = {}

    def joined(role):
        if role not in found:
            with desk.store.transaction() as work:
                link = desk.staff.invites._create(work, SYSTEM, role)
            person = NewPerson(
                name=f"Сотрудник {role.value}",
                email=f"{role.value}@example.com",
                password=PASSWORD,
                repeated=PASSWORD,
            )
            cookie = desk.staff.people.join(link.rsplit("/", 1)[1], person)
            found[role] = desk.staff.sessions.read(cookie).session
        return found[role]

    return joined


@pytest.fixture
def open_page(desk, signed_in):
    """Opens a page as a person of a role, in a language."""
    session.hold(desk)

    def opened(page="integrations", role=Role.ADMIN, language="ru", **query):
        app = AppTest.from_file(str(NAVIGATION), default_timeout=30)
        app.user = {"session": signed_in(role)}
        app.context = {"locale": language, "timezone": "Europe/Moscow"}
        for name, value in query.items():
            app.query_params[name] = value
        app.run()
        if page != "integrations":
            app.switch_page(f"../../pages/{page}.py").run()
        assert not app.exception
        return app

    return opened


@pytest.fixture
def linked(desk, admin, agent):
    """Connects an agent to a provider's sandbox; the jobs that follow have not run."""

    def connect(provider):
        made = desk.connect.begin(admin, agent.id, provider, environment="sandbox")
        sample = desk.sandboxes.credentials(provider, made.tenant, made.method)
        desk.connect.submit_keys(admin, made.id, sample)
        desk.connect.activate(admin, made.id)
        return made.id

    return connect


@pytest.fixture
def connected(desk, linked):
    """As `linked`, and everything that follows has happened too: the first sync, the webhook."""

    def connect(provider):
        made = linked(provider)
        desk.jobs.drain()
        return made

    return connect


def shown(app):
    """Every text a person can read on the page."""
    texts = []
    for block in app:  # the whole tree, dialogs included
        for name in ("value", "label", "help", "placeholder", "body"):
            text = getattr(block, name, None)
            if isinstance(text, str):
                texts.append(text)
        texts += [str(option) for option in getattr(block, "options", ())]
        texts.append(str(getattr(getattr(block, "proto", None), "text", "")))
    return "\n".join(texts)
