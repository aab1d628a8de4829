"""What an agent sent, made into an action's input; and the digest that tells requests apart."""

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from dashboard.contracts.actions import Action, Input
from dashboard.contracts.errors import Refusal

AGENT_FIELDS = "agent_fields"


def parse(action: Action, arguments: Mapping[str, Any]) -> Input:
    """The action's input.

    Raises:
        Refusal: `actions.invalid`, naming the first wrong field and all wrong fields.
    """
    try:
        return action.takes.model_validate(dict(arguments))
    except ValidationError as wrong:
        problems = [(_path(e["loc"]), e["msg"]) for e in wrong.errors(include_input=False)]
        field, problem = problems[0]
        names = ", ".join(sorted({name for name, _ in problems}))
        values = {"field": field, "problem": problem, "fields": names}
        raise Refusal("actions.invalid", field=field, values=values) from None


def takes_agent_fields(action: Action) -> bool:
    """Whether `agent_fields` may be sent: the action writes the vendor's custom fields."""
    return "custom_fields" in action.takes.model_fields


def with_custom_fields(arguments: Mapping[str, Any], mapped: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments without `agent_fields`; what was given outright wins over what was mapped."""
    rest = {name: value for name, value in arguments.items() if name != AGENT_FIELDS}
    given = rest.get("custom_fields") or {}
    return {**rest, "custom_fields": {**mapped, **given}}


def digest(provider: str, action: Action, arguments: Mapping[str, Any]) -> str:
    """Same for the same meaning, whatever the order or spelling of the JSON.

    Agent fields count as they were given: the mapping may change between a call and its repeat.

    Raises:
        Refusal: `actions.invalid`.
    """
    fields = {AGENT_FIELDS} & arguments.keys() if takes_agent_fields(action) else set()
    rest = {name: value for name, value in arguments.items() if name not in fields}
    meaning = [f"{provider}.{action.name}", parse(action, rest).model_dump(mode="json")]
    text = json.dumps(
        meaning + [arguments[name] for name in fields], sort_keys=True, ensure_ascii=False
    )
    return hashlib.sha256(text.encode()).hexdigest()


def amount(request: Input) -> Decimal | None:
    """The money a request moves, when it names any."""
    named = getattr(request, "amount", None)
    return named if isinstance(named, Decimal) else None


def _path(place: tuple[int | str, ...]) -> str:
    return ".".join(map(str, place)) or "arguments"
