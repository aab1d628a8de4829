"""A small form drawn from the JSON schema of an action's input."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import streamlit as st

from dashboard.contracts.errors import Refusal
from dashboard.ui import time_zones, wording
from dashboard.ui.session import language, say
from dashboard.ui.wording import spoken

Schema = Mapping[str, Any]
DAY_FORM = "DD.MM.YYYY"


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


@dataclass(frozen=True, kw_only=True)
class _Place:
    """What each kind of field needs to be drawn."""

    name: str
    part: Schema
    key: str
    shown: str
    hint: str | None


def _field(name: str, part: Schema, prefix: str, *, needed: bool) -> None:
    shown = label(name) if needed else say("setup.optional", label=label(name))
    # The schemas explain themselves in English only.
    hint = str(part.get("description", "")) if language() == "en" else ""
    place = _Place(name=name, part=part, key=f"{prefix}.{name}", shown=shown, hint=hint or None)
    if name == "time_zone":
        _zone(place)
    else:
        _DRAWN[kind(part)](place)


def _zone(place: _Place) -> None:
    names = ["", *time_zones.names()]
    st.selectbox(place.shown, names, key=place.key, format_func=spoken(names, _zone_name))


def _zone_name(name: str) -> str:
    return time_zones.label(name) if name else say("setup.not_chosen")


def _choice(place: _Place) -> None:
    options = _enum(place.part)
    said = spoken(options, _option)
    st.selectbox(place.shown, options, key=place.key, format_func=said, help=place.hint)


def _boolean(place: _Place) -> None:
    value = bool(place.part.get("default"))
    st.toggle(label(place.name), value=value, key=place.key, help=place.hint)


def _integer(place: _Place) -> None:
    default = place.part.get("default")
    value = default if isinstance(default, int) else None
    st.number_input(place.shown, value=value, step=1, key=place.key, help=place.hint)


def _moment(place: _Place) -> None:
    st.datetime_input(place.shown, value=None, key=place.key, format=DAY_FORM, help=place.hint)


def _day(place: _Place) -> None:
    st.date_input(place.shown, value=None, key=place.key, format=DAY_FORM, help=place.hint)


def _list(place: _Place) -> None:
    st.multiselect(
        place.shown,
        list[str](),
        key=place.key,
        accept_new_options=True,
        placeholder=say("actionform.list_hint"),
        help=place.hint,
    )


def _json(place: _Place) -> None:
    st.text_area(place.shown, key=place.key, placeholder="{ }", help=place.hint)


def _text(place: _Place) -> None:
    value = str(place.part.get("default") or "")
    st.text_input(place.shown, value=value, key=place.key, help=place.hint)


_DRAWN: Mapping[str, Callable[[_Place], None]] = {
    "choice": _choice,
    "boolean": _boolean,
    "integer": _integer,
    "moment": _moment,
    "day": _day,
    "list": _list,
    "object": _json,
    "number": _text,
    "text": _text,
}


def _option(value: str) -> str:
    key = f"actionform.option.{value}"
    if not value:
        return say("setup.not_chosen")
    return say(key) if wording.known(key) else value


def _value(name: str, part: Schema, held: Any) -> Any:
    drawn = kind(part)
    if drawn == "boolean":
        return held if held != part.get("default") else None
    if drawn == "list":
        return _items(part, held)
    if isinstance(held, datetime):
        return held.replace(tzinfo=wording.zone()).isoformat()
    if isinstance(held, date):
        return held.isoformat()
    return _typed(name, drawn, held.strip()) if isinstance(held, str) else held


def _typed(name: str, drawn: str, text: str) -> Any:
    if drawn == "number":
        return text.replace("\u00a0", "").replace(" ", "").replace(",", ".")
    return _object(name, text) if drawn == "object" and text else text


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
