"""Who hears of an event: the agent's receivers, and the customer who gets an auto-reply."""

from collections.abc import Sequence
from typing import Any

from dashboard import registry
from dashboard.jobs import Jobs
from dashboard.store import receivers, sync
from dashboard.store.base import Session
from dashboard.store.connections import Connection
from dashboard.store.events import Event
from dashboard.store.packing import Row
from dashboard.store.records import Saved

MESSAGE_RECEIVED = "message.received"


class Teller:
    """Queues what follows from an event, in the transaction that processes it."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    def changes(
        self,
        session: Session,
        connection: Connection,
        saved: tuple[str, Saved],
        event: Event | None,
    ) -> None:
        """Tell receivers which records of a stream are new, changed or gone."""
        stream, rows = saved
        changes = [
            *([key, "new"] for key in rows.new),
            *([key, "changed"] for key in rows.changed),
            *([key, "deleted"] for key in rows.deleted),
        ]
        if changes and _somebody_listens(session, connection):
            named = {"word": event.name} if event else {}
            told = {"stream": stream, "changes": changes, **named}
            self._announce(session, connection, told)

    def as_it_is(self, session: Session, connection: Connection, event: Event) -> None:
        """Tell receivers of an event that is no change of a record."""
        if event.name != "unknown" and _somebody_listens(session, connection):
            self._announce(session, connection, {"event_id": event.id})

    def _announce(self, session: Session, source: Connection, told: dict[str, Any]) -> None:
        """Queued as a row, so that receivers hear of things in their order."""
        receivers.announce(session, source.id, told)
        self._jobs.enqueue_in(session, "outbound.publish", {"connection_id": source.id})

    def auto_reply(
        self,
        session: Session,
        connection: Connection,
        event: Event,
        saved: Saved | None,
        messages: Sequence[Row],
    ) -> None:
        """Have new messages of customers answered where staff are away."""
        if event.name != MESSAGE_RECEIVED or not connection.settings.get("auto_reply"):
            return
        fresh = saved.new if saved else ()
        for message in messages:
            if message.external_id in fresh and message.fields.get("direction") == "in":
                args = {
                    "connection_id": connection.id,
                    "event_id": event.id,
                    "conversation_id": message.fields["conversation_id"],
                    "at": (event.occurred_at or message.updated_at).isoformat(),
                }
                once = f"auto:{event.id}:{message.external_id}"
                self._jobs.enqueue_in(
                    session,
                    "actions.auto_reply",
                    args,
                    group=connection.provider,
                    priority=1,
                    once=once,
                )


def _somebody_listens(session: Session, connection: Connection) -> bool:
    others = sync.providers_of(session, connection.agent_id)
    return any(registry.manifest(provider).deliveries for provider in others)
