import pytest

from dashboard import registry
from dashboard.contracts import calendar, crm, payments
from dashboard.ui import schema_form


@pytest.mark.parametrize(
    ("model", "field", "kind"),
    [
        (calendar.CreateEvent, "starts_at", "moment"),
        (calendar.CreateEvent, "ends_at", "moment"),
        (calendar.CreateEvent, "attendees", "list"),
        (calendar.CreateEvent, "video_call", "boolean"),
        (payments.CreatePaymentLink, "amount", "number"),
        (payments.CreateInvoice, "due_on", "day"),
        (payments.PaymentStatus, "kind", "choice"),
        (crm.CreateContact, "custom_fields", "object"),
        (calendar.FindSlot, "limit", "integer"),
    ],
)
def test_every_kind_of_input_has_its_widget(model, field, kind):
    assert schema_form.kind(model.model_json_schema()["properties"][field]) == kind


def _inputs():
    for provider in registry.ids():
        for action in registry.actions(provider).values():
            for name, part in action.takes.model_json_schema()["properties"].items():
                yield pytest.param(part, id=f"{provider}.{action.name}.{name}")


@pytest.mark.parametrize("part", list(_inputs()))
def test_no_provider_asks_for_what_cannot_be_drawn(part):
    assert schema_form.kind(part) in schema_form._DRAWN
