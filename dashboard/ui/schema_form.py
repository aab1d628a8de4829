"""A small form drawn from the JSON schema of an action's input."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import streamlit as st

from dashboard.contracts.errors import Refusal
from dashboard.ui import time_zones, wording
from dashboard.ui.session import language, say
from dashboard.ui.wording import spoken

Schema = Mapping[str, Any]


def draw(schema: Schema, prefix: str) -> None:
    """The fields that must be filled first, the others folded away."""
    properties: Mapping[str, Schema] = schema.get("properties", {})
    needed = set(schema.get("required", ()))
    for name in properties:
        if name in needed:
            _field(name, properties[name], prefix, needed=True)
    others = [name for name in properties if name not in needed]
    if others:
        with st.expander(say("actionform.more"), expanded=not needed):
            for name in others:
                _field(name, properties[name], prefix, needed=False)


def read(schema: Schema, prefix: str) -> dict[str, Any]:
    """What was filled in; empty optional fields are left out.

    Raises:
        Refusal: `actionform.not_json`, `actionform.missing`, naming the field.
    """
    needed = set(schema.get("required", ()))
    found: dict[str, Any] = {}
    for name, part in schema.get("properties", {}).items():
        value = _value(name, part, st.session_state.get(f"{prefix}.{name}"))
        if value not in (None, "", [], {}):
            found[name] = value
        elif name in needed:
            raise Refusal("actionform.missing", field=name, values={"field": label(name)})
    return found


def label(name: str) -> str:
    """A field's name in words."""
    key = f"actionform.field.{name}"
    return say(key) if wording.known(key) else name.replace("_", " ").capitalize()


def kind(part: Schema) -> str:
    """How to draw it: choice, boolean, integer, number, moment, day, list, object or text."""
    options = [one for one in part.get("anyOf", [part]) if one.get("type") != "null"]
    first = options[0] if options else part
    if "enum" in first:
        return "choice"
    if any(one.get("type") == "number" for one in options):
        return "number"
    if first.get("format") == "date-time":
        return "moment"
    if first.get("format") == "date":
        return "day"
    named = {"array": "list", "object": "object", "boolean": "boolean", "integer": "integer"}
    return named.get(str(first.get("type")), "text")


def _enum(part: Schema) -> list[str]:
    options = [one for one in part.get("anyOf", [part]) if "enum" in one]
    return [str(value) for value in options[0]["enum"]] if options else []


def _field(name: str, part: Schema, prefix: str, *, needed: bool) -> None:  # noqa: C901, PLR0912 - one branch a kind
    key, shown = (
        f"{prefix}.{name}",
        label(name) if needed else say("setup.optional", label=label(name)),
    )
    # The schemas explain themselves in English only.
    hint = str(part.get("description", "")) if language() == "en" else ""
    help_text, drawn = hint or None, kind(part)
    if name == "time_zone":
        st.selectbox(
            shown,
            ["", *time_zones.names()],
            key=key,
            format_func=spoken(
                ["", *time_zones.names()],
                lambda one: time_zones.label(one) if one else say("setup.not_chosen"),
            ),
        )
    elif drawn == "choice":
        st.selectbox(
            shown, _enum(part), key=key, format_func=spoken(_enum(part), _option), help=help_text
        )
    elif drawn == "boolean":
        st.toggle(label(name), value=bool(part.get("default")), key=key, help=help_text)
    elif drawn == "integer":
        default = part.get("default")
        value = default if isinstance(default, int) else None
        st.number_input(shown, value=value, step=1, key=key, help=help_text)
    elif drawn == "moment":
        st.datetime_input(shown, value=None, key=key, format="DD.MM.YYYY", help=help_text)
    elif drawn == "day":
        st.date_input(shown, value=None, key=key, format="DD.MM.YYYY", help=help_text)
    elif drawn == "list":
        st.multiselect(
            shown,
            [],
            key=key,
            accept_new_options=True,
            placeholder=say("actionform.list_hint"),
            help=help_text,
        )
    elif drawn == "object":
        st.text_area(shown, key=key, placeholder="{ }", help=help_text)
    else:
        st.text_input(shown, value=str(part.get("default") or ""), key=key, help=help_text)


def _option(value: str) -> str:
    key = f"actionform.option.{value}"
    if not value:
        return say("setup.not_chosen")
    return say(key) if wording.known(key) else value


def _value(name: str, part: Schema, held: Any) -> Any:
    drawn = kind(part)
    if drawn == "moment" and isinstance(held, datetime):
        return held.replace(tzinfo=wording.zone()).isoformat()
    if drawn == "day" and held is not None:
        return held.isoformat()
    if drawn == "number" and isinstance(held, str):
        return held.strip().replace("\u00a0", "").replace(" ", "").replace(",", ".")
    if drawn == "list":
        return _items(part, held)
    if drawn == "object" and isinstance(held, str) and held.strip():
        return _object(name, held)
    if drawn == "boolean":
        return held if held != part.get("default") else None
    return held.strip() if isinstance(held, str) else held


def _items(part: Schema, held: Any) -> list[Any]:
    text = json.dumps(part)
    if '"integer"' in text:
        return [int(one) for one in held or () if str(one).lstrip("-").isdigit()]
    return [str(one).strip() for one in held or ()]


def _object(name: str, text: str) -> dict[str, Any]:
    try:
        read = json.loads(text)
    except ValueError as broken:
        raise Refusal("actionform.not_json", field=name, values={"field": label(name)}) from broken
    if not isinstance(read, dict):
        raise Refusal("actionform.not_json", field=name, values={"field": label(name)})
    return read
