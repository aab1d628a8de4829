"""What is read live at the service: lists to choose from, and the fields of its records."""

from fastapi import APIRouter

from dashboard import registry
from dashboard.api.needs import Caller, Desk, Linked
from dashboard.api.shapes import (
    ChoiceShape,
    ChoicesShape,
    OptionShape,
    VendorFields,
    VendorFieldShape,
)
from dashboard.contracts.accounts import VendorField
from dashboard.contracts.errors import Refusal
from dashboard.contracts.people import Role, require

router = APIRouter(tags=["connections"])
_BASE = "/agents/{agentId}/integrations/{integrationId}"


@router.get(_BASE + "/choices/{name}")
def choices(name: str, link: Linked, desk: Desk, actor: Caller) -> ChoicesShape:
    """A live list of the service: pipelines, calendars, templates."""
    require(actor, Role.VIEWER, link.agent_id)
    fields = registry.manifest(link.provider).settings_fields()
    if name not in {field.choices_from for field in fields if field.choices_from}:
        values = {"integration": link.provider, "name": name[:100]}
        raise Refusal("api.no_choices", 404, values=values)
    with desk.opener.open(link.id) as opened:
        found = registry.part(link.provider, "client").choices(opened.client, name)
    return ChoicesShape(
        choices=[ChoiceShape(value=c.value, label=c.label, group=c.group) for c in found]
    )


@router.get(_BASE + "/fields/{record}")
def fields(record: str, link: Linked, desk: Desk, actor: Caller) -> VendorFields:
    """All fields of the service's record, custom ones included, however many."""
    require(actor, Role.VIEWER, link.agent_id)
    known = registry.manifest(link.provider).stream(record)
    if known is None or not registry.has_part(link.provider, "fields"):
        values = {"integration": link.provider, "stream": record[:100]}
        raise Refusal("api.no_fields", 404, values=values)
    with desk.opener.open(link.id) as opened:
        found = registry.part(link.provider, "fields").fields(opened.client, record)
    return VendorFields(fields=[_shape(field) for field in found])


def _shape(field: VendorField) -> VendorFieldShape:
    return VendorFieldShape(
        name=field.name,
        label=field.label,
        type=field.type,
        options=[OptionShape(value=value, label=label) for value, label in field.options],
        required=field.required,
        read_only=field.read_only,
        custom=field.custom,
        max_length=field.max_length,
    )
