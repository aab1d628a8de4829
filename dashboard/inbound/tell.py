"""Who hears of an event: the agent's receivers, and the customer who gets an auto-reply."""

from collections.abc import Sequence
from functools import cached_property
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


class Telling:
    """Queues what follows from a connection's events, in the transaction that processes them."""

    def __init__(self, session: Session, jobs: Jobs, source: Connection) -> None:
        self._session, self._jobs, self._source = session, jobs, source
        self._announced = False

    def changes(self, stream: str, saved: Saved, event: Event | None) -> None:
        """Tell receivers which records of a stream are new, changed or gone."""
        changes = [
            *([key, "new"] for key in saved.new),
            *([key, "changed"] for key in saved.changed),
            *([key, "deleted"] for key in saved.deleted),
        ]
        if changes:
            named = {"word": event.name} if event else {}
            self._announce({"stream": stream, "changes": changes, **named})

    def as_it_is(self, event: Event) -> None:
        """Tell receivers of an event that is no change of a record."""
        if event.name != "unknown":
            self._announce({"event_id": event.id})

    def publish(self) -> None:
        """Have deliveries made of what was announced: one job for all of it."""
        if self._announced:
            args = {"connection_id": self._source.id}
            self._jobs.enqueue_in(self._session, "outbound.publish", args)

    def auto_reply(self, event: Event, saved: Saved | None, messages: Sequence[Row]) -> None:
        """Have new messages of customers answered where staff are away."""
        connection = self._source
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
                    self._session,
                    "actions.auto_reply",
                    args,
                    group=connection.provider,
                    priority=1,
                    once=once,
                )

    def _announce(self, told: dict[str, Any]) -> None:
        """Queued as a row, so that receivers hear of things in their order."""
        if self._is_heard:
            receivers.announce(self._session, self._source.id, told)
            self._announced = True

    @cached_property
    def _is_heard(self) -> bool:
        others = sync.providers_of(self._session, self._source.agent_id)
        return any(registry.manifest(provider).deliveries for provider in others)
