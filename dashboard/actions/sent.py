"""What an agent wrote to a customer, kept as a record: no messenger sends it back to us."""

from dashboard import clock, registry
from dashboard.contracts.categories import VOCABULARY
from dashboard.contracts.messenger import MessageSent
from dashboard.contracts.records import Message
from dashboard.store import packing, records
from dashboard.store.actions import ActionRun
from dashboard.store.base import Session

STREAM = "messages"


def keep_sent(session: Session, run: ActionRun) -> None:
    """Save the message behind a successful run; nothing when it sent none."""
    said = registry.manifest(run.provider)
    gives = VOCABULARY[said.category].actions[run.action][1]
    if not issubclass(gives, MessageSent) or said.stream(STREAM) is None:
        return
    sent = MessageSent.model_validate(run.result)
    text = str(run.arguments.get("text") or run.arguments.get("caption") or "")
    when = sent.sent_at or clock.now()
    message = Message(
        external_id=sent.external_id,
        title=text or str(run.arguments.get("template") or run.arguments.get("url", "")),
        updated_at=when,
        created_at=when,
        conversation_id=sent.conversation_id,
        direction="out",
        text=text,
        media_type=str(run.arguments.get("kind", "")),
        status="sent",
    )
    place = records.Place(connection_id=run.connection_id, stream=STREAM)
    records.save_records(session, place, [packing.row(message)])
