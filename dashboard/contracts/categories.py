"""The vocabulary each category must speak."""

from dataclasses import dataclass

from dashboard.contracts import (
    automation,
    calendar,
    crm,
    email,
    messenger,
    payments,
    records,
)
from dashboard.contracts.actions import Input, Output
from dashboard.contracts.manifest import Category


@dataclass(frozen=True)
class Vocabulary:
    """Words every provider on a shelf must offer, or be excused from with a reason.

    Streams are given with the record they carry, actions with their input and output; a
    provider may use subclasses of the latter two.
    """

    streams: dict[str, type[records.Record]]
    actions: dict[str, tuple[type[Input], type[Output]]]
    events: frozenset[str]


VOCABULARY: dict[Category, Vocabulary] = {
    Category.CRM: Vocabulary(
        streams={
            "deals": records.Deal,
            "contacts": records.Contact,
            "companies": records.Company,
            "tasks": records.Task,
        },
        actions={
            "find_contact": (crm.FindContact, crm.ContactsFound),
            "create_contact": (crm.CreateContact, crm.ContactSaved),
            "update_contact": (crm.UpdateContact, crm.ContactSaved),
            "create_deal": (crm.CreateDeal, crm.DealSaved),
            "update_deal": (crm.UpdateDeal, crm.DealSaved),
            "move_deal": (crm.MoveDeal, crm.DealSaved),
            "create_task": (crm.CreateTask, crm.TaskSaved),
            "complete_task": (crm.CompleteTask, crm.TaskSaved),
            "add_note": (crm.AddNote, crm.NoteSaved),
            "add_tags": (crm.AddTags, crm.TagsSaved),
        },
        events=frozenset(
            {
                "deal.created",
                "deal.changed",
                "deal.stage_changed",
                "contact.created",
                "contact.changed",
                "task.created",
                "task.changed",
            }
        ),
    ),
    Category.CALENDAR: Vocabulary(
        streams={"calendars": records.Calendar, "events": records.Event},
        actions={
            "create_event": (calendar.CreateEvent, calendar.EventSaved),
            "update_event": (calendar.UpdateEvent, calendar.EventSaved),
            "cancel_event": (calendar.CancelEvent, calendar.EventCancelled),
            "invite": (calendar.Invite, calendar.EventSaved),
            "free_busy": (calendar.FreeBusy, calendar.Busy),
            "find_slot": (calendar.FindSlot, calendar.Slots),
        },
        events=frozenset({"event.created", "event.changed", "event.cancelled"}),
    ),
    Category.MESSENGER: Vocabulary(
        streams={"conversations": records.Conversation, "messages": records.Message},
        actions={
            "send_text": (messenger.SendText, messenger.MessageSent),
            "send_media": (messenger.SendMedia, messenger.MessageSent),
            "send_template": (messenger.SendTemplate, messenger.MessageSent),
            "mark_read": (messenger.MarkRead, messenger.MarkedRead),
        },
        events=frozenset({"message.received", "message.status"}),
    ),
    Category.EMAIL: Vocabulary(
        streams={
            "messages": records.EmailMessage,
            "delivery_events": records.DeliveryEvent,
        },
        actions={
            "send": (email.SendEmail, email.EmailSent),
            "reply": (email.Reply, email.EmailSent),
            "send_template": (email.SendEmailTemplate, email.EmailSent),
            "search_inbox": (email.SearchInbox, email.LettersFound),
        },
        events=frozenset(
            {
                "email.received",
                "email.delivered",
                "email.opened",
                "email.bounced",
                "email.complained",
            }
        ),
    ),
    Category.PAYMENTS: Vocabulary(
        streams={
            "customers": records.Customer,
            "invoices": records.Invoice,
            "payments": records.Payment,
            "payment_links": records.PaymentLink,
            "refunds": records.Refund,
        },
        actions={
            "create_payment_link": (
                payments.CreatePaymentLink,
                payments.PaymentLinkMade,
            ),
            "create_invoice": (payments.CreateInvoice, payments.InvoiceMade),
            "payment_status": (payments.PaymentStatus, payments.PaymentState),
            "refund": (payments.RefundPayment, payments.RefundMade),
            "cancel_payment": (payments.CancelPayment, payments.PaymentCancelled),
        },
        events=frozenset({"payment.succeeded", "payment.failed", "invoice.paid", "refund.changed"}),
    ),
    Category.AUTOMATION: Vocabulary(
        streams={"runs": records.Run},
        actions={"trigger_flow": (automation.TriggerFlow, automation.FlowTriggered)},
        events=frozenset({"flow.called"}),
    ),
}
