"""The answer a customer gets outside working hours.

Rules: at most one for an event and one for a conversation in half an hour; none to a message
older than ten minutes, none to who has opted out, none inside working hours.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dashboard import clock, registry
from dashboard.actions.catalogue import USABLE
from dashboard.actions.hours import is_open
from dashboard.connections.reach import effective
from dashboard.contracts.forms import TIME_ZONE, WEEK
from dashboard.contracts.manifest import Category
from dashboard.contracts.people import Actor, Role
from dashboard.store import actions as table
from dashboard.store.actions import ActionRun
from dashboard.store.base import Session, Store
from dashboard.store.connections import Connection
from dashboard.store.records import Place, load_records

AUTO = Actor(kind="system", name="auto-reply", role=Role.ADMIN)
PAUSE = timedelta(minutes=30)
TOO_OLD = timedelta(minutes=10)


class AutoReply:
    """Decides whether to answer, and does by the same walk as any action."""

    def __init__(self, store: Store, run: Callable[..., ActionRun]) -> None:
        self._store, self._run = store, run

    def answer(self, asked: Mapping[str, Any]) -> ActionRun | None:
        """Answer one message; None when it is not to be answered.

        Args:
            asked: connection_id, event_id, conversation_id, and `at`, when it was written (ISO).
        """
        with self._store.transaction() as session:
            connection = session.get(Connection, asked["connection_id"])
            if connection is None or not self._is_due(session, connection, asked):
                return None
        arguments = {
            "conversation_id": asked["conversation_id"],
            "text": connection.settings["auto_reply_text"],
        }
        key = f"auto:{asked['event_id']}"
        place = (connection.agent_id, connection.provider, "send_text")
        return self._run(AUTO, *place, arguments, key=key)

    def _is_due(self, session: Session, connection: Connection, asked: Mapping[str, Any]) -> bool:
        manifest, now = registry.manifest(connection.provider), clock.now()
        if manifest.category is not Category.MESSENGER or connection.state not in USABLE:
            return False
        chosen = effective(manifest, connection)
        if not chosen.get("auto_reply") or not str(chosen.get("auto_reply_text", "")).strip():
            return False
        if now - datetime.fromisoformat(asked["at"]) > TOO_OLD:
            return False
        zone = ZoneInfo(chosen.get("time_zone") or str(TIME_ZONE.default))
        if is_open(chosen.get("working_hours") or WEEK, zone, now):
            return False
        conversation = str(asked["conversation_id"])
        return not (
            _opted_out(session, connection.id, conversation)
            or _answered_lately(session, connection.id, conversation, now)
        )


def _opted_out(session: Session, connection_id: str, conversation: str) -> bool:
    place = Place(connection_id=connection_id, stream="conversations")
    return any(r.fields.get("opted_out") for r in load_records(session, place, [conversation]))


def _answered_lately(
    session: Session, connection_id: str, conversation: str, now: datetime
) -> bool:
    earlier = table.runs_asked_by(session, connection_id, AUTO.name, now - PAUSE)
    return any(run.arguments.get("conversation_id") == conversation for run in earlier)
