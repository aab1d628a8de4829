"""What is read live at the service: lists to choose from, and the fields of its records."""

from fastapi import APIRouter

from dashboard.api.needs import Desk, Linked
from dashboard.api.shapes import (
    ChoiceShape,
    ChoicesShape,
    OptionShape,
    VendorFields,
    VendorFieldShape,
)
from dashboard.contracts.accounts import VendorField

router = APIRouter(tags=["connections"])
_BASE = "/agents/{agentId}/integrations/{integrationId}"


@router.get(_BASE + "/choices/{name}")
def choices(name: str, link: Linked, desk: Desk) -> ChoicesShape:
    """A live list of the service: pipelines, calendars, templates."""
    found = desk.lists.choices(link.id, name)
    return ChoicesShape(
        choices=[ChoiceShape(value=c.value, label=c.label, group=c.group) for c in found]
    )


@router.get(_BASE + "/fields/{record}")
def fields(record: str, link: Linked, desk: Desk) -> VendorFields:
    """All fields of the service's record, custom ones included, however many."""
    return VendorFields(fields=[_shape(field) for field in desk.lists.fields(link.id, record)])


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
