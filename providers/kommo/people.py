"""Finding people by phone and e-mail: Kommo searches by text, so every hit is verified here."""

from collections.abc import Mapping
from typing import Any

import phonenumbers

from dashboard.contracts.errors import Rejected
from providers.kommo.client import Kommo, listed
from providers.kommo.fields import multitext
from providers.kommo.rows import multi

# The contact's page of `query` hits: names and other fields match too (reference/contacts-list).
LIMIT = 250


def matching(client: Kommo, phone: str, email: str, query: str = "") -> list[dict[str, Any]]:
    """Contacts with this phone, then with this e-mail; by free text when neither is given."""
    rows: dict[int, dict[str, Any]] = {}
    if phone:
        hits = _search(client, _searched(phone, client.country))
        rows |= {row["id"]: row for row in hits if has(client, row, phone, "")}
    if email:
        hits = _search(client, email)
        rows |= {row["id"]: row for row in hits if has(client, row, "", email)}
    if not (phone or email):
        rows |= {row["id"]: row for row in _search(client, query)}
    return list(rows.values())


def has(client: Kommo, row: Mapping[str, Any], phone: str, email: str) -> bool:
    """Whether a contact has this phone or this e-mail, however either was typed."""
    numbers = [normal(one, client.country) for one in phones(row)] if phone else []
    letters = [one.casefold() for one in emails(row)] if email else []
    return normal(phone, client.country) in numbers or email.casefold() in letters


def normal(phone: str, country: str) -> str:
    """A phone in E.164 where it can be read as one, otherwise its digits."""
    parsed = _parsed(phone, country)
    if parsed is None:
        return "".join(char for char in phone if char.isdigit())
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def phones(row: Mapping[str, Any]) -> tuple[str, ...]:
    """A contact's phones as they were typed."""
    return multi(row, "PHONE")


def emails(row: Mapping[str, Any]) -> tuple[str, ...]:
    """A contact's e-mail addresses."""
    return multi(row, "EMAIL")


def with_first(client: Kommo, contact_id: int, given: Mapping[str, str]) -> list[dict[str, Any]]:
    """Phone and e-mail fields with the given value first and the present others behind it.

    Writing a field replaces it whole, so what is there has to be sent again.

    Args:
        given: PHONE or EMAIL -> value.
    """
    row = client.get(f"/api/v4/contacts/{contact_id}", holds="id")
    if not row:
        raise Rejected(code="no_such_record", field="contact_id", status=404)
    found = []
    for code, value in given.items():
        same = _sameness(client, code)
        others = [one for one in multi(row, code) if same(one) != same(value)]
        found.append(multitext(code, [value, *others]))
    return found


def _sameness(client: Kommo, code: str) -> Any:
    if code == "PHONE":
        return lambda text: normal(text, client.country)
    return str.casefold


def _search(client: Kommo, text: str) -> list[dict[str, Any]]:
    params = {"query": text, "limit": LIMIT}
    return listed(client.get("/api/v4/contacts", params, holds="_embedded"), "contacts")


def _searched(phone: str, country: str) -> str:
    """The part of a number that is the same however people type it: without country or trunk."""
    parsed = _parsed(phone, country)
    return str(parsed.national_number) if parsed else phone


def _parsed(phone: str, country: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(phone, country or None)
    except phonenumbers.NumberParseException:
        return None
