"""Which vendor's field is probably meant by what an agent knows."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from dashboard.contracts.accounts import VendorField
from dashboard.mapping.known import STANDARD, AgentField
from dashboard.mapping.rules import MappingRow

__all__ = ["STANDARD", "AgentField", "Suggestion", "likeness", "suggest"]


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """A line worth offering; `confidence` from 0 to 1."""

    row: MappingRow
    confidence: float


SYNONYMS = {
    "client_name": "name имя фио клиент client контакт customer full_name",
    "phone": "phone телефон тел mobile мобильный номер",
    "email": "email mail почта имейл e_mail",
    "company": "company компания организация фирма organization account",
    "city": "city город town населённый_пункт location",
    "need": "need потребность запрос интерес interest задача request услуга service",
    "budget": "budget бюджет сумма amount price цена стоимость value",
    "preferred_time": "date дата meeting встреча time время deadline срок",
    "source": "source источник utm_source канал channel откуда",
    "language": "language язык lang locale",
    "comment": "comment комментарий заметка note примечание описание description",
}
LEAST = 0.6
_FITS = {
    ("phone", "phone"): "phone_e164",
    ("phone", "text"): "phone_e164",
    ("text", "phone"): "phone_e164",
    ("number", "number"): "number",
    ("text", "number"): "number",
    ("date", "date"): "date",
    ("date", "datetime"): "date",
    ("date", "text"): "date",
    ("text", "date"): "date",
    ("text", "datetime"): "date",
    ("email", "email"): "lower",
}
_PLAIN = {"text", "url", "email", "phone", "boolean"}


def suggest(
    agent_fields: Iterable[AgentField], vendor_fields: Sequence[VendorField]
) -> list[Suggestion]:
    """The likeliest lines, the surest first; each field appears once at most."""
    scored = [
        (likeness(ours, theirs), ours, theirs)
        for ours in agent_fields
        for theirs in vendor_fields
        if not theirs.read_only
    ]
    ranked = sorted(
        (one for one in scored if one[0] >= LEAST), key=lambda one: (-one[0], one[1].name)
    )
    taken: set[str] = set()
    found: list[Suggestion] = []
    for score, ours, theirs in ranked:
        row = _row(ours, theirs)
        if row is None or {f"<{ours.name}", f">{theirs.name}"} & taken:
            continue
        taken |= {f"<{ours.name}", f">{theirs.name}"}
        found.append(Suggestion(row=row, confidence=round(score, 2)))
    return found


def likeness(ours: AgentField, theirs: VendorField) -> float:
    """How likely two fields mean the same, from their names, labels and types."""
    meant = {ours.name, *_words(ours.label), *SYNONYMS.get(ours.name, "").split()}
    named = [*_words(theirs.label), *_words(theirs.name)]
    whole = {_joined(theirs.label), _joined(theirs.name)}
    if meant & whole:
        score = 0.95
    elif meant & set(named):
        score = 0.75
    else:
        score = 0.8 * max((_like(one, other) for one in meant for other in named), default=0.0)
    same = ours.type == theirs.type and ours.type != "text"
    return min(1.0, score + (0.05 if same else 0.0))


def _row(ours: AgentField, theirs: VendorField) -> MappingRow | None:
    if theirs.options:
        pairs = {label: value for value, label in theirs.options}
        return MappingRow(
            agent_field=ours.name,
            vendor_field=theirs.name,
            direction="both",
            transform="enum",
            argument=pairs,
        )
    transform = _FITS.get((ours.type, theirs.type), "")
    if not transform and theirs.type not in _PLAIN and theirs.type != ours.type:
        return None
    if not transform and theirs.type == "boolean" and ours.type != "boolean":
        return None
    return MappingRow(
        agent_field=ours.name,
        vendor_field=theirs.name,
        direction="both",
        transform=transform or "trim",
    )


def _like(one: str, other: str) -> float:
    if min(len(one), len(other)) < 4:
        return 0.0
    return SequenceMatcher(None, one, other).ratio()


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[\W_]+", text.casefold()) if word]


def _joined(text: str) -> str:
    return "_".join(_words(text))
