"""A process that delivers until it is killed: real jobs, real sockets, the desk's own walks."""

import time

from dashboard.audit.log import Audit
from dashboard.connections.open import Opener
from dashboard.contracts.people import Actor
from dashboard.jobs import Jobs, Pace
from dashboard.jobs.limits import Limits
from dashboard.kit.access import Access, hosts
from dashboard.kit.egress import GuardedTransport
from dashboard.outbound.outbound import Outbound
from dashboard.settings import Settings
from dashboard.store.base import Store
from dashboard.vault import keys
from dashboard.vault.vault import Vault
from tests.outbound.conftest import SECRET

FAST = Pace(interactive=0.1, normal=0.1, bulk=0.2, beat=0.3, dead=4.0, grace=3.0)
NOBODY = Actor(kind="system")


class Tokens:
    """Each connection's receiver stands in its open fields."""

    def fresh(self, connection):
        return {**connection.open_fields, "signing_secret": SECRET}


class Reach:
    """The guarded network, with the receivers of the test named by the operator."""

    def access(self, connection, credentials, *_share):
        from dashboard import registry
        from dashboard.connections.reach import effective

        manifest = registry.manifest(connection.provider)
        return Access(
            credentials=credentials,
            settings=effective(manifest, connection),
            hosts=hosts(manifest, credentials, {}),
            account_id=connection.account_id,
            transport=GuardedTransport(trusted=[credentials["url"]]),
        )


def room(store, folder):
    """The outbound room of a process and its jobs."""
    jobs, audit = Jobs(store, Settings(data_dir=folder), FAST), Audit()
    opener = Opener(store, Tokens(), Reach(), Limits(store), audit)
    vault = Vault(keys.load(Settings(data_dir=folder)))
    made = Outbound(store, jobs, opener, vault, audit)
    made.register()
    return made, jobs


def labor(url, folder):
    """Be a worker until killed."""
    _, jobs = room(Store(url), folder)
    jobs.start("worker")
    time.sleep(120)
