"""The doctor in the database: settings, key, clock, queue."""

from collections.abc import Iterator

from dashboard import clock as our_clock
from dashboard.cli.explain import refusal_in_words
from dashboard.cli.finding import Finding, broken, doubtful, fine
from dashboard.contracts.errors import Refusal
from dashboard.jobs import Jobs
from dashboard.settings import Settings
from dashboard.store import pulse, secrets
from dashboard.store.base import CONNECTIONS, Store
from dashboard.vault.cipher import Keyring
from dashboard.vault.vault import Vault

TOLERATED_SECONDS, LATE_SECONDS = 5, 60


def database(store: Store) -> Iterator[Finding]:
    """Kind, version, and whether what was committed survives a power cut."""
    about = pulse.about(store)
    yield fine("database", kind=about.kind, version=about.version)
    for name, value in about.risky.items():
        yield broken("durability", "risky", name=name, value=value)
    if not about.risky:
        yield fine("durability", settings=", ".join(about.settings))


def migrations(_store: Store, _settings: Settings, _ring: Keyring | None) -> Iterator[Finding]:
    """Asked for only when all is well; see doctor.py."""
    yield fine("migrations")


def key(store: Store, _settings: Settings, ring: Keyring | None) -> Iterator[Finding]:
    """Whether the key opens what is sealed here."""
    if ring is None:
        return
    try:
        Vault(ring).compare_key(store)
    except Refusal as refusal:
        yield broken("key", "wrong", reason=refusal_in_words(refusal))
        return
    with store.transaction() as session:
        used = secrets.key_counts(session)
    strange = sorted(name for name in used if ring.key(name) is None)
    if strange:
        count = sum(used[name] for name in strange)
        yield broken("key", "strange", keys=", ".join(strange), count=count)
    elif len(used) > 1:
        yield doubtful("key", "rotating")
    else:
        yield fine("key", fingerprint=ring.fingerprint)


def clock(store: Store, _settings: Settings, _ring: Keyring | None) -> Iterator[Finding]:
    """Our own clock against the database's; all machines go by the latter."""
    with store.transaction() as session:
        theirs = pulse.seconds(session)
    off = abs(our_clock.now().timestamp() - theirs)
    told = f"{off:.1f}"
    if off < TOLERATED_SECONDS:
        yield fine("clock", "database", seconds=told)
    else:
        yield broken("clock", "off", seconds=told)


def connections(store: Store, settings: Settings, _ring: Keyring | None) -> Iterator[Finding]:
    """Whether the database lets every process that lives, and one more, have its connections."""
    with store.transaction() as session:
        allowed = pulse.room(session)
    if not allowed:
        return
    processes = len(Jobs(store, settings).stats().executors)
    values = {"allowed": allowed, "processes": processes, "each": CONNECTIONS}
    needed = (processes + 1) * CONNECTIONS
    if needed <= allowed:
        yield fine("connections", "ok", **values)
    else:
        yield doubtful("connections", "few", needed=needed, **values)


def queue(store: Store, settings: Settings, _ring: Keyring | None) -> Iterator[Finding]:
    """What waits, and whether anybody works."""
    stats = Jobs(store, settings).stats()
    values: dict[str, object] = {
        "queued": stats.queued,
        "running": stats.running,
        "lag": f"{stats.lag_seconds:.0f}",
    }
    if stats.workers:
        yield fine("workers", count=stats.workers)
    elif stats.queued or stats.lag_seconds > LATE_SECONDS:
        yield broken("workers", "none", queued=stats.queued)
    else:
        yield doubtful("workers", "idle")
    late = stats.lag_seconds > LATE_SECONDS and stats.workers > 0
    yield broken("queue", "late", **values) if late else fine("queue", "ok", **values)
    if stats.dead:
        yield doubtful("dead_jobs", "some", count=stats.dead)
