"""A Kommo account: its address, its names, and what its errors mean."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import httpx

from dashboard.contracts.accounts import Account, Check, Choice, Revocation
from dashboard.contracts.errors import (
    AuthExpired,
    PermissionMissing,
    ProviderError,
    RateLimited,
    Rejected,
)
from dashboard.kit import http, moments
from dashboard.kit.access import Access
from dashboard.kit.reading import dig

# The consent page of each brand; amocrm.com is Kommo's former international address.
BRANDS = {
    "kommo.com": "www.kommo.com",
    "amocrm.com": "www.kommo.com",
    "amocrm.ru": "www.amocrm.ru",
}
LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
NOT_ACCOUNTS = re.compile(r"www|developers?|api|api-.*|.*-developers")
# A blocked address gets 403 without JSON on every call (docs/limitations, read 2026-11-23);
# how long is not said.
BLOCKED_SECONDS = 900.0
# The same two ids close a deal in every pipeline (amocrm-api-php, LeadModel, read 2026-11-23).
WON, LOST = 142, 143


def addresses(values: Mapping[str, str]) -> dict[str, str]:
    """The account's host and its brand's host, from an address as people type it.

    Raises:
        Rejected: `subdomain_*` on the field `subdomain`. Also guards the `referer` of the OAuth
            callback, which a visitor could forge.
    """
    typed = values.get("subdomain", "").strip().lower()
    host = re.split(r"[/?#:]", typed.removeprefix("https://").removeprefix("http://"), maxsplit=1)[
        0
    ]
    label, _, brand = host.partition(".")
    if host and not brand:
        raise Rejected(code="subdomain_without_brand", field="subdomain")
    if not LABEL.fullmatch(label) or brand not in BRANDS:
        raise Rejected(code="subdomain_foreign", field="subdomain")
    if NOT_ACCOUNTS.fullmatch(label):
        raise Rejected(code="subdomain_not_account", field="subdomain")
    return {"subdomain": host, "account_host": host, "brand_host": BRANDS[brand]}


class Kommo(http.Client):
    """The kit's client, which remembers the account's own names while one piece of work lasts."""

    @cached_property
    def account(self) -> Mapping[str, Any]:
        """The account with its time zone."""
        found: Mapping[str, Any] = _account(self)
        return found

    @cached_property
    def pipelines(self) -> list[dict[str, Any]]:
        """Pipelines with their stages; they are few and come unpaged."""
        return listed(self.get("/api/v4/leads/pipelines", holds="_embedded"), "pipelines")

    @cached_property
    def stages(self) -> dict[tuple[int, int], tuple[str, str]]:
        """(pipeline id, stage id) -> their names; a stage id alone is not unique."""
        return {
            (pipeline["id"], stage["id"]): (pipeline["name"], stage["name"])
            for pipeline in self.pipelines
            for stage in listed(pipeline, "statuses")
        }

    @cached_property
    def field_rows(self) -> dict[str, list[dict[str, Any]]]:
        """Field definitions read so far, by the vendor's word for the records."""
        return {}

    @property
    def currency(self) -> str:
        """The account's currency."""
        return str(self.settings.get("currency") or self.account.get("currency", ""))

    @property
    def country(self) -> str:
        """The account's country, to read phones written without +."""
        return str(self.settings.get("country") or self.account.get("country", ""))

    @cached_property
    def zone(self) -> ZoneInfo:
        """The account's time zone: its dates are midnights there."""
        named = self.settings.get("account_time_zone") or _zone_name(self.account)
        try:
            return ZoneInfo(str(named))
        except (ZoneInfoNotFoundError, ValueError):
            return ZoneInfo("UTC")

    def page_url(self, kind: str, row_id: object) -> str:
        """The page where people see a record."""
        return f"{self.access.hosts['api']}/{kind}/detail/{row_id}"


def connect(access: Access) -> Kommo:
    """A client of the account, for either auth method."""
    granted, typed = access.credentials.get("access_token"), access.credentials.get("token", "")
    headers = {"authorization": f"Bearer {granted or typed}"}
    return Kommo(access, headers=headers, explain=explain if granted else _explain_typed)


def identify(client: Kommo) -> Account:
    """Whose account it is; a long-lived token says itself when it ends."""
    row = _account(client)
    ends = claims(client.access.credentials.get("token", "")).get("exp")
    return Account(
        id=http.required(row, "id"),
        name=str(row.get("name") or row.get("subdomain") or row["id"]),
        url=client.access.hosts["api"],
        settings={
            "currency": row.get("currency", ""),
            "country": row.get("country", ""),
            "account_time_zone": _zone_name(row),
        },
        expires_at=moments.from_unix(ends) if isinstance(ends, int) else None,
    )


def revoke(client: Kommo) -> Revocation:
    """Say where a person withdraws access: Kommo documents no call for it."""
    settings = f"{client.access.hosts['api']}/settings/widgets/"
    return Revocation(revoked=False, why_not="revoke_by_hand", manual_url=settings)


def choices(client: Kommo, name: str) -> list[Choice]:
    """Live pipelines or users."""
    if name == "pipelines":
        rows = [row for row in client.pipelines if not row.get("is_archive")]
    else:
        rows = every(client, "/api/v4/users", "users")
    return [Choice(value=str(row["id"]), label=str(row["name"])) for row in rows]


def checks(client: Kommo) -> list[Check]:
    """Whether the chosen pipeline and owner still exist."""
    asked = {"default_pipeline": "pipelines", "default_owner": "users"}
    return [
        _still_there(client, setting, name)
        for setting, name in asked.items()
        if client.settings.get(setting)
    ]


def claims(token: str) -> Mapping[str, Any]:
    """What a JWT says about itself; its signature is the vendor's to check."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        said = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def listed(body: Any, name: str) -> list[dict[str, Any]]:
    """Rows of a list answer; none when the answer is 204 without a body."""
    rows = dig(body, f"_embedded.{name}")
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def has_next(body: Any) -> bool:
    """Whether more pages follow; a page may be shorter than asked and not the last."""
    return bool(dig(body, "_links.next.href"))


def every(client: Kommo, path: str, name: str) -> list[dict[str, Any]]:
    """All rows of a list, however long."""
    rows: list[dict[str, Any]] = []
    page = 1
    while True:
        body = client.get(path, {"page": page, "limit": 250}, holds="_embedded")
        rows += listed(body, name)
        if not has_next(body):
            return rows
        page += 1


def explain(response: httpx.Response) -> ProviderError | None:
    """Name a failure in Kommo's words (developers.kommo.com/docs/http-codes, read 2026-11-23)."""
    status, body = response.status_code, http.parsed(response)
    detail, reason = http.describe(response), reasons(body)
    if status == 402:
        return PermissionMissing(code="plan_ended", detail=detail, reason=reason)
    if status == 403 and not isinstance(body, dict):
        return RateLimited(code="address_blocked", detail=detail, retry_after=BLOCKED_SECONDS)
    if status == 429:
        return RateLimited(detail=detail, retry_after=_pause(response, body))
    if 300 <= status < 400:
        return Rejected(code="no_such_account", detail=detail, status=status)
    error = http.explain(response)
    if error:
        error.reason = reason
    return error


def _explain_typed(response: httpx.Response) -> ProviderError | None:
    """As `explain`; a token that a person copied may also have been copied wrongly."""
    error = explain(response)
    if isinstance(error, AuthExpired):
        error.code = "wrong_key"
    return error


def reasons(body: Any) -> str:
    """The vendor's own words: each refused path with its reason, or the title of the problem."""
    if not isinstance(body, dict):
        return ""
    groups = body.get("validation-errors")
    found = [
        f"{error.get('path', '')}: {error.get('detail') or error.get('code', '')}"
        for group in (groups if isinstance(groups, list) else [])
        if isinstance(group, dict)
        for error in group.get("errors") or []
        if isinstance(error, dict)
    ]
    return "; ".join(found)[:500] or str(body.get("detail") or body.get("title") or "")[:500]


def _account(client: http.Client) -> Mapping[str, Any]:
    path, params = "/api/v4/account", {"with": "datetime_settings"}
    found: Mapping[str, Any] = client.get(path, params, holds="id") or {}
    return found


def _pause(response: httpx.Response, body: Any) -> float:
    said = body.get("retry_after") if isinstance(body, dict) else None
    return http.pause(said, 0.0) or http.retry_after(response)


def _zone_name(row: Mapping[str, Any]) -> str:
    return str(dig(row, "_embedded.datetime_settings.timezone") or "UTC")


def _still_there(client: Kommo, setting: str, name: str) -> Check:
    chosen = str(client.settings[setting])
    label = next((c.label for c in choices(client, name) if c.value == chosen), "")
    return Check(name=f"setting.{setting}", ok=bool(label), detail=label or chosen)
