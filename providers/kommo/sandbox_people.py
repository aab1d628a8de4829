"""What a person can do in the sandbox's account."""

from collections.abc import Mapping
from typing import Any

from dashboard.contracts.forms import Field, Kind
from dashboard.kit import moments
from dashboard.kit.sandbox import Sandbox, State
from providers.kommo.sandbox_wire import found
from providers.kommo.sandbox_writes import change, create, delete

DEAL = Field(name="deal", kind=Kind.CHOICE)
SHOWN = 30


def install(sandbox: Sandbox) -> None:
    """Add the gestures to a sandbox."""
    stage, contact = Field(name="stage", kind=Kind.CHOICE), Field(name="contact", kind=Kind.CHOICE)
    title, text = Field(name="title", default="Новая заявка"), Field(name="text", default="Call")
    amount = Field(name="amount", kind=Kind.NUMBER, default=15_000, minimum=0)
    name = Field(name="name", default="Алиса Новикова")
    sandbox.gesture("change_deal", DEAL, stage, choices=_deals_and_stages)(change_deal)
    sandbox.gesture("add_deal", title, amount)(add_deal)
    sandbox.gesture("change_contact", contact, name, choices=_contacts)(change_contact)
    sandbox.gesture("add_task", text, DEAL, choices=_deals)(add_task)
    sandbox.gesture("delete_deal", DEAL, choices=_deals)(delete_deal)


def change_deal(state: State, values: Mapping[str, Any], _base: str) -> None:
    """Move a deal to a stage; `stage` is pipeline and stage with a colon between."""
    pipeline, _, stage = str(values["stage"]).partition(":")
    row = found(state, "leads", str(values["deal"]))
    change(state, "leads", row, {"pipeline_id": int(pipeline), "status_id": int(stage)})


def add_deal(state: State, values: Mapping[str, Any], _base: str) -> None:
    """Open a deal in the main pipeline."""
    create(state, "leads", {"name": str(values["title"]), "price": int(values["amount"])}, 0)


def change_contact(state: State, values: Mapping[str, Any], _base: str) -> None:
    """Rename a person."""
    row = found(state, "contacts", str(values["contact"]))
    change(state, "contacts", row, {"name": str(values["name"])})


def add_task(state: State, values: Mapping[str, Any], _base: str) -> None:
    """Set a task about a deal, for tomorrow."""
    due = moments.to_unix(moments.now()) + 86_400
    about = {"entity_id": int(values["deal"]), "entity_type": "leads"}
    create(state, "tasks", {"text": str(values["text"]), "complete_till": due, **about}, 0)


def delete_deal(state: State, values: Mapping[str, Any], _base: str) -> None:
    """Put a deal into the bin."""
    delete(state, "leads", found(state, "leads", str(values["deal"])))


def _deals(state: State) -> Mapping[str, Mapping[str, str]]:
    alive = [row for row in state["rows"]["leads"] if not row["is_deleted"]]
    newest = sorted(alive, key=lambda row: -row["updated_at"])[:SHOWN]
    return {"deal": {str(row["id"]): row["name"] for row in newest}}


def _deals_and_stages(state: State) -> Mapping[str, Mapping[str, str]]:
    stages = {
        f"{pipeline['id']}:{stage['id']}": f"{pipeline['name']}: {stage['name']}"
        for pipeline in state["pipelines"]
        for stage in pipeline["_embedded"]["statuses"]
        if stage["type"] == 0
    }
    return {**_deals(state), "stage": stages}


def _contacts(state: State) -> Mapping[str, Mapping[str, str]]:
    alive = [row for row in state["rows"]["contacts"] if not row["is_deleted"]][:SHOWN]
    return {"contact": {str(row["id"]): row["name"] for row in alive}}
