"""Proves that a connection can do what people switched on, one check for each thing."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from dashboard import clock, registry
from dashboard.connections import hook_keys, probes
from dashboard.connections.machine import LIVING, UNFINISHED, Event, State, move
from dashboard.connections.open import Opened, clear
from dashboard.connections.reach import effective
from dashboard.connections.schedule import PROBE_EVERY, jittered, next_due
from dashboard.connections.tools import Tools
from dashboard.contracts.accounts import Account, Check, Subscription
from dashboard.contracts.errors import AuthExpired, ProviderError, Refusal
from dashboard.contracts.people import Actor, Role, require
from dashboard.store import connections
from dashboard.store.connections import Connection

# Agents lose one ability, nothing that people switched on here; and the webhook is repaired
# by a job of its own.
WARNINGS = ("action.", "event.", "scopes", "webhook")


@dataclass(frozen=True, kw_only=True)
class TestResult:
    """What a test proved. `account` is None when nobody answered."""

    __test__ = False  # the name means a test of a connection, not one of pytest's

    ok: bool
    account: Account | None
    checks: tuple[Check, ...]

    @property
    def blocking(self) -> tuple[Check, ...]:
        """The failed checks that keep a connection from being activated."""
        failed = (check for check in self.checks if not check.ok)
        return tuple(check for check in failed if not check.name.startswith(WARNINGS))


def advice(check: Check) -> str:
    """Text key of what to do about a failed check; the sentence takes `name` and `detail`."""
    kind = check.name.partition(".")[0]
    known = ("account", "scopes", "stream", "fields", "action", "event", "webhook", "setting")
    return f"connections.advice_{kind}" if kind in known else "connections.advice_other"


class Checker:
    """Tests connections."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    def test(self, actor: Actor, connection_id: str) -> TestResult:
        """Ask the vendor for everything that is switched on; the result is kept.

        Raises:
            Refusal: `connections.not_found` or `connections.not_connected`.
        """
        row = self._row(connection_id)
        require(actor, Role.OPERATOR, row.agent_id)
        if row.state not in LIVING or not row.account_id:
            raise Refusal("connections.not_connected", 409)
        result = self._tried(row)
        self._keep(actor, row, result)
        return result

    # --- inside ---------------------------------------------------------------------------

    def _row(self, connection_id: str) -> Connection:
        with self._tools.store.transaction() as session:
            row = connections.get(session, connection_id)
        if row is None:
            raise Refusal("connections.not_found", 404)
        return row

    def _tried(self, row: Connection) -> TestResult:
        opener = self._tools.opener
        try:
            account, checks = opener.with_probe(row.id, self._ask)
        except ProviderError as error:
            opener.apply(row.id, error)
            return TestResult(ok=False, account=None, checks=(probes.failed("account", error),))
        return TestResult(ok=all(c.ok for c in checks), account=account, checks=checks)

    def _ask(self, opened: Opened) -> tuple[Account, tuple[Check, ...]]:
        account, whose = probes.account(opened)
        if not whose.ok:
            return account, (whose,)
        asked = (
            *probes.scopes(opened.manifest, opened.connection),
            *probes.streams(opened),
            *probes.fields(opened),
            *probes.choices(opened),
            *probes.own(opened),
            *self._webhook(opened),
        )
        return account, (whose, *_each_once(asked))

    def _webhook(self, opened: Opened) -> Iterator[Check]:
        """What the vendor has registered is still what we asked for."""
        hooks, kept = opened.manifest.hooks, opened.connection.subscription
        if hooks is None or not hooks.subscribes or kept is None:
            return
        with self._tools.store.transaction() as session:
            url = hook_keys.url(session, self._tools.vault, self._tools.settings, opened.connection)
        module = registry.part(opened.manifest.id, "webhooks")
        try:
            drifted = module.registered(opened.client, subscription(kept), url)
        except AuthExpired:
            raise
        except ProviderError as error:
            yield probes.failed("webhook", error)
            return
        yield Check(name="webhook", ok=not drifted, detail=drifted)

    def _keep(self, actor: Actor, row: Connection, result: TestResult) -> None:
        with self._tools.store.transaction() as session:
            fresh = connections.locked(session, row.id)
            if fresh is None or fresh.state not in LIVING:
                return
            fresh.checked_at = clock.now()
            fresh.checks = [asdict(check) for check in result.checks]
            if result.account is not None and result.checks[0].ok:
                self._recover(fresh, result.account)
            session.add(fresh)
            failed = [check.name for check in result.checks if not check.ok]
            outcome = "failed" if failed else "ok"
            detail: dict[str, object] = {"failed": failed}
            self._tools.audit.note(
                session, actor, fresh, "connection.tested", outcome=outcome, detail=detail
            )

    def _recover(self, row: Connection, account: Account) -> None:
        """The vendor has just answered for this very account, so nothing of the past counts."""
        row.account_name, row.account_url = account.name, account.url
        row.account_details = dict(account.details)
        clear(row)
        if row.state == State.NEEDS_REAUTH:
            row.state = move(row.state, Event.PROVEN)
            manifest = registry.manifest(row.provider)
            due = next_due(manifest, effective(manifest, row))
            row.next_due_at = due if not row.paused else None
            row.probe_due_at = jittered(PROBE_EVERY)
            row.hook_due_at = clock.now() if row.subscription_expires_at else None
        elif row.state not in UNFINISHED:
            row.state = move(row.state, Event.RECOVERED)


def _each_once(checks: Iterable[Check]) -> list[Check]:
    """One check of each name: a provider may look closer at what everybody's probes look at."""
    found: dict[str, Check] = {}
    for check in checks:
        if check.name not in found or found[check.name].ok:
            found[check.name] = check
    return list(found.values())


def subscription(kept: dict[str, Any]) -> Subscription:
    """The webhook registration as the provider gave it, without its secret."""
    return Subscription(id=kept.get("id", ""), details=kept.get("details", {}))
