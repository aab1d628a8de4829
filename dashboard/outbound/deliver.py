"""Tries a delivery: signed anew each time, the same bytes always."""

from dataclasses import dataclass
from datetime import timedelta

from dashboard import clock
from dashboard.audit.log import Audit
from dashboard.connections.open import Opened, Opener
from dashboard.contracts.errors import BadSignature, ProviderError, RateLimited, Refusal
from dashboard.contracts.people import SYSTEM
from dashboard.jobs import Job
from dashboard.kit.post import Posted, post
from dashboard.outbound.headers import complete, live_secrets
from dashboard.outbound.lanes import Lanes
from dashboard.outbound.machine import Event, State, move
from dashboard.outbound.schedule import pause_after
from dashboard.store import events as table
from dashboard.store.base import Session, Store
from dashboard.store.connections import Connection
from dashboard.store.events import Delivery, DeliveryAttempt

UNDER_WAY = timedelta(minutes=2)
GONE = 410
BUSY = frozenset({429, 502, 503, 504})
BUSY_SECONDS = 60.0
KNOWN = {
    401: "unauthorized",
    403: "unauthorized",
    404: "not_found",
    405: "not_found",
    GONE: "gone",
    429: "slow_down",
}


@dataclass(frozen=True, kw_only=True)
class Try:
    """How one try ended.

    Args:
        hopeless: Trying again cannot help: the address must not be called, the secret is broken.
        uncounted: We did not even call; the try is free.
    """

    status: int = 0
    answer: str = ""
    duration_ms: int = 0
    code: str = ""
    retry_after: float = 0.0
    hopeless: bool = False
    uncounted: bool = False


class Deliverer:
    """Sends what is due and writes down how it went."""

    def __init__(self, store: Store, lanes: Lanes, opener: Opener, audit: Audit) -> None:
        self._store, self._lanes, self._opener, self._audit = store, lanes, opener, audit

    def deliver(self, job: Job) -> None:
        """Job `outbound.deliver` {delivery_id, attempt}."""
        taken = self._take(str(job.args["delivery_id"]), int(job.args["attempt"]))
        if taken is not None:
            self._conclude(taken, self._try(taken), again=True)

    def deliver_now(self, delivery_id: str) -> DeliveryAttempt | None:
        """Try once while somebody waits for the answer, and not again."""
        taken = self._take(delivery_id, 0)
        return self._conclude(taken, self._try(taken), again=False) if taken else None

    def _take(self, delivery_id: str, attempt: int) -> Delivery | None:
        with self._store.transaction() as session:
            delivery = table.lock_delivery(session, delivery_id)
            if delivery is None or delivery.attempts != attempt:
                return None
            connection = session.get_one(Connection, delivery.connection_id)
            if delivery.state not in table.OPEN_DELIVERIES or connection.paused:
                return None
            delivery.state = move(delivery.state, Event.TAKEN)
            delivery.next_attempt_at = clock.now() + UNDER_WAY
            return delivery

    def _try(self, delivery: Delivery) -> Try:
        try:
            with self._opener.open(delivery.connection_id) as opened:
                opened.access.before_call()
                return _judged(_send(opened, delivery))
        except RateLimited as slow:
            return Try(code=slow.code, retry_after=slow.retry_after, uncounted=True)
        except Refusal as refusal:
            return Try(code=refusal.code, hopeless=True)
        except BadSignature:
            return Try(code="outbound.bad_secret", hopeless=True)
        except ProviderError as error:
            return Try(code="outbound.no_answer", answer=error.detail)

    def _conclude(self, taken: Delivery, tried: Try, *, again: bool) -> DeliveryAttempt:
        attempt = DeliveryAttempt(
            delivery_id=taken.id,
            status=tried.status,
            duration_ms=tried.duration_ms,
            answer=tried.answer,
            error=tried.code,
        )
        with self._store.transaction() as session:
            delivery = table.lock_delivery(session, taken.id)
            if delivery is None or delivery.state != State.DELIVERING:
                return attempt
            if tried.uncounted and again:
                self._put_off(session, delivery, timedelta(seconds=max(tried.retry_after, 1.0)))
                return attempt
            session.add(attempt)
            delivery.attempts += 1
            delivery.last_status, delivery.error_code = tried.status, tried.code
            self._move_on(session, delivery, tried, again=again)
        return attempt

    def _move_on(self, session: Session, delivery: Delivery, tried: Try, *, again: bool) -> None:
        if not tried.code:
            delivery.state = move(delivery.state, Event.ACCEPTED)
            delivery.next_attempt_at, delivery.delivered_at = None, clock.now()
            return
        pause = pause_after(delivery.attempts, tried.retry_after)
        if tried.status == GONE:
            self._disable(session, delivery)
        elif pause is not None and again and not tried.hopeless:
            self._put_off(session, delivery, pause)
            return
        delivery.state = move(delivery.state, Event.GIVEN_UP)
        delivery.next_attempt_at = None
        if again:
            self._write(session, delivery, "delivery.dead")

    def _put_off(self, session: Session, delivery: Delivery, pause: timedelta) -> None:
        delivery.state = move(delivery.state, Event.PUT_OFF)
        delivery.next_attempt_at = clock.now() + pause
        self._lanes.enqueue(session, delivery, pause)

    def _disable(self, session: Session, delivery: Delivery) -> None:
        """The receiver said it is gone for good: send nothing more until a person resumes."""
        table.pause_connection(session, delivery.connection_id, "outbound.gone", "HTTP 410")
        self._write(session, delivery, "delivery.receiver_gone")

    def _write(self, session: Session, delivery: Delivery, action: str) -> None:
        connection = session.get_one(Connection, delivery.connection_id)
        self._audit.write(
            session,
            SYSTEM,
            action,
            outcome="failed",
            agent_id=connection.agent_id,
            connection_id=connection.id,
            provider=connection.provider,
            detail={"delivery": delivery.id, "event": delivery.event_type},
        )


def _send(opened: Opened, delivery: Delivery) -> Posted:
    said = opened.manifest.deliveries
    if said is None:
        raise Refusal("outbound.not_a_receiver", 409)
    values = {**opened.access.settings, **opened.access.credentials}
    extra = values.get(said.headers_field) or {}
    secrets = live_secrets(opened.access.credentials, said.secret_field, clock.now())
    headers = complete(extra, secrets, delivery)
    url = _address(opened, said.url_field, str(values.get(said.url_field, "")))
    return post(url, delivery.body, headers, transport=opened.access.transport)


def _address(opened: Opened, url_field: str, given: str) -> str:
    """Where to send: the address as typed, unless a sandbox or the operator stands in for it."""
    names = (n for n, origin in opened.manifest.hosts.items() if origin == f"{{{url_field}}}")
    moved = opened.access.hosts.get(next(names, ""), "")
    return given if moved in ("", given.rstrip("/")) else moved


def _judged(posted: Posted) -> Try:
    asked = posted.retry_after or (BUSY_SECONDS if posted.status in BUSY else 0.0)
    return Try(
        status=posted.status,
        answer=posted.answer or posted.error,
        duration_ms=posted.duration_ms,
        code=_code(posted),
        retry_after=asked,
        hopeless=posted.error.startswith("egress."),
    )


def _code(posted: Posted) -> str:
    status = posted.status
    if posted.error:
        return posted.error if posted.error.startswith("egress.") else "outbound.no_answer"
    if 200 <= status < 300:
        return ""
    if 300 <= status < 400:
        return "outbound.redirects"
    return f"outbound.{KNOWN.get(status, 'refused' if status < 500 else 'broken')}"
