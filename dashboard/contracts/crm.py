"""What agents say to any CRM. A provider may subclass an input to add its own fields."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field

from dashboard.contracts.actions import Input, Output

Id = Annotated[str, Field(min_length=1, max_length=100, description="The CRM's id.")]
Name = Annotated[str, Field(min_length=1, max_length=250)]
Amount = Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=4)]
CustomFields = Annotated[
    dict[str, Any],
    Field(
        default_factory=dict,
        description="Field id or API name from the field list -> value.",
    ),
]
Subject = Literal["deals", "contacts", "companies"]


class FindContact(Input):
    """Look a person up; one of the three is needed, phone and e-mail match exactly."""

    phone: str = Field("", description="International form; compared digit by digit.")
    email: str = ""
    query: str = Field("", description="Free text, when neither is known.")


class CreateContact(Input):
    """Add a person. A known phone or e-mail returns the person already there."""

    name: Name
    phone: str = ""
    email: str = ""
    custom_fields: CustomFields


class UpdateContact(Input):
    """Change what is given, leave the rest."""

    contact_id: Id
    name: str | None = None
    phone: str | None = None
    email: str | None = None
    custom_fields: CustomFields


class CreateDeal(Input):
    """Open a deal; without pipeline or stage the settings' defaults apply."""

    title: Name
    amount: Amount | None = Field(None, description="In the account's currency.")
    pipeline_id: str = ""
    stage_id: str = ""
    contact_id: str = ""
    tags: list[str] = Field(default_factory=list, max_length=20)
    custom_fields: CustomFields


class UpdateDeal(Input):
    """Change what is given, leave the rest."""

    deal_id: Id
    title: str | None = None
    amount: Amount | None = None
    custom_fields: CustomFields


class MoveDeal(Input):
    """Put a deal into another stage."""

    deal_id: Id
    stage_id: Id
    pipeline_id: str = Field("", description="Needed when the pipeline changes too.")


class CreateTask(Input):
    """Ask somebody of the CRM's users to do something."""

    text: Name
    due_at: datetime = Field(description="With a time zone offset.")
    about: Subject = "deals"
    about_id: str = ""
    owner_id: str = ""


class CompleteTask(Input):
    """Mark a task as done."""

    task_id: Id
    result: str = ""


class AddNote(Input):
    """Write a note onto a record's timeline."""

    about: Subject
    about_id: Id
    text: Annotated[str, Field(min_length=1, max_length=20_000)]


class AddTags(Input):
    """Add tags, keep those already there."""

    about: Subject
    about_id: Id
    tags: list[str] = Field(min_length=1, max_length=20)


class ContactCard(Output):
    """A person as an agent sees them."""

    external_id: str
    name: str
    phones: list[str] = []
    emails: list[str] = []
    url: str = ""


class ContactsFound(Output):
    """People who match, best first; empty when nobody does."""

    contacts: list[ContactCard]


class ContactSaved(Output):
    """The person now in the CRM; `created` is False when they were there before."""

    external_id: str
    created: bool = False
    url: str = ""


class DealSaved(Output):
    """The deal as it is now."""

    external_id: str
    url: str = ""


class TaskSaved(Output):
    """The task as it is now."""

    external_id: str


class NoteSaved(Output):
    """The note's id."""

    external_id: str


class TagsSaved(Output):
    """The record's tags as they are now."""

    external_id: str
    tags: list[str]
