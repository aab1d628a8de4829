"""Fields of set-up forms: each kind drawn once, and read back in callbacks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboard.contracts.accounts import Choice
from dashboard.contracts.forms import Field, Kind
from dashboard.kit.digits import number
from dashboard.ui import field_tables, time_zones, wording
from dashboard.ui.session import say
from dashboard.ui.wording import gray, spoken

Live = Callable[[str], Sequence[Choice]]
MINUTES = (0, 5, 10, 15, 30, 60, 120, 1440)


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What a form's fields share.

    Args:
        prefix: Begins the keys of the widgets.
        values: What was saved, or typed before.
        masks: What is shown of stored secrets.
        live: Reads a live list at the vendor; must not raise.
    """

    provider: str
    prefix: str
    values: Mapping[str, Any]
    masks: Mapping[str, str]
    live: Live

    def key(self, field: Field) -> str:
        """The widget's key."""
        return f"{self.prefix}.{field.name}"

    def value(self, field: Field) -> Any:
        """What to begin with."""
        stored = self.values.get(field.name)
        return field.default if stored is None else stored


def draw(fields: Sequence[Field], frame: Frame) -> None:
    """Draw the fields that apply now."""
    for field in fields:
        if is_shown(field, fields, frame):
            _DRAWN[field.kind](field, frame)


def read(fields: Sequence[Field], frame: Frame) -> dict[str, Any]:
    """What the widgets hold now; fields that do not apply keep what was saved.

    Raises:
        Refusal: `setup.hours_wrong`, when a weekly schedule cannot be read.
    """
    found: dict[str, Any] = {}
    for field in fields:
        value = _held(field, frame)
        if value is not None:
            found[field.name] = value
    return found


def is_shown(field: Field, fields: Sequence[Field], frame: Frame) -> bool:
    """Whether the field applies, given what the others hold now."""
    if field.shown_when is None:
        return True
    name, wanted = field.shown_when
    other = next((one for one in fields if one.name == name), None)
    return other is not None and _held(other, frame) == wanted


def label(field: Field, provider: str) -> str:
    """The field's name, marked when it may be left empty."""
    text = wording.said(provider, "fields", field.name)
    optional = not field.required and field.kind is not Kind.TOGGLE
    return say("setup.optional", label=text) if optional else text


def _help(field: Field, provider: str) -> str | None:
    name = f"{field.name}.help"
    return (
        wording.said(provider, "fields", name)
        if wording.has_said(provider, "fields", name)
        else None
    )


def _held(field: Field, frame: Frame) -> Any:
    if field.kind is Kind.HOURS:
        return field_tables.read_hours(frame.key(field), frame.value(field))
    if field.kind is Kind.PAIRS:
        return field_tables.read_pairs(frame.key(field), frame.value(field))
    held = st.session_state.get(frame.key(field), frame.value(field))
    if field.kind is Kind.MINUTES:
        typed = {number(str(minutes)) for minutes in held or ()}
        return sorted(minutes for minutes in typed if minutes is not None)
    if field.kind is Kind.CHOICES:
        return list(held or ())
    if field.kind is Kind.NUMBER:
        return int(held) if held is not None else None
    return held.strip() if isinstance(held, str) else held


def _text(field: Field, frame: Frame) -> None:
    st.text_input(
        label(field, frame.provider),
        value=str(frame.value(field) or ""),
        key=frame.key(field),
        help=_help(field, frame.provider),
        placeholder=_example(field, frame.provider),
    )


def _example(field: Field, provider: str) -> str | None:
    name = f"{field.name}.example"
    return (
        wording.said(provider, "fields", name)
        if wording.has_said(provider, "fields", name)
        else None
    )


def _long_text(field: Field, frame: Frame) -> None:
    st.text_area(
        label(field, frame.provider),
        value=str(frame.value(field) or ""),
        key=frame.key(field),
        help=_help(field, frame.provider),
    )


def _secret(field: Field, frame: Frame) -> None:
    mask = frame.masks.get(field.name, "")
    st.text_input(
        label(field, frame.provider),
        value=str(frame.values.get(field.name) or ""),
        key=frame.key(field),
        type="password",
        help=_help(field, frame.provider),
        placeholder=say("setup.secret_kept", mask=mask) if mask else None,
        autocomplete="off",
    )


def _toggle(field: Field, frame: Frame) -> None:
    st.toggle(
        label(field, frame.provider),
        value=bool(frame.value(field)),
        key=frame.key(field),
        help=_help(field, frame.provider),
    )


def _number(field: Field, frame: Frame) -> None:
    value = frame.value(field)
    st.number_input(
        label(field, frame.provider),
        min_value=field.minimum,
        max_value=field.maximum,
        value=int(value) if value is not None else None,
        step=1,
        key=frame.key(field),
        help=_help(field, frame.provider),
    )


def _offers(field: Field, frame: Frame) -> dict[str, str]:
    """Value -> label, from the closed list or the vendor's live one."""
    if not field.choices_from:
        return {value: _option(field, value, frame.provider) for value in field.options}
    found = frame.live(field.choices_from)
    return {one.value: f"{one.group} · {one.label}" if one.group else one.label for one in found}


def _option(field: Field, value: str, provider: str) -> str:
    name = f"{field.name}.{value}"
    if wording.has_said(provider, "options", name):
        return wording.said(provider, "options", name)
    return value


def _choice(field: Field, frame: Frame) -> None:
    offers = _offers(field, frame)
    value = frame.value(field)
    if value and value not in offers:
        # What was chosen once stays visible, even when the vendor no longer lists it.
        offers = {str(value): str(value), **offers}
    options = list(offers) if field.required else ["", *offers]
    st.selectbox(
        label(field, frame.provider),
        options,
        index=options.index(value) if value in options else (None if field.required else 0),
        key=frame.key(field),
        format_func=spoken(options, lambda one: offers.get(one, say("setup.not_chosen"))),
        placeholder=say("setup.choose"),
        help=_help(field, frame.provider),
    )
    if field.choices_from and not offers:
        st.markdown(gray(say("setup.nothing_to_choose")))


def _choices(field: Field, frame: Frame) -> None:
    offers = _offers(field, frame)
    chosen = [value for value in frame.value(field) or () if value in offers]
    st.multiselect(
        label(field, frame.provider),
        list(offers),
        default=chosen,
        key=frame.key(field),
        format_func=lambda one: offers.get(one, one),
        placeholder=say("setup.choose"),
        help=_help(field, frame.provider),
    )
    if field.choices_from and not offers:
        st.markdown(gray(say("setup.nothing_to_choose")))


def _time_zone(field: Field, frame: Frame) -> None:
    names = time_zones.names()
    value = frame.value(field)
    st.selectbox(
        label(field, frame.provider),
        names,
        index=names.index(value) if value in names else None,
        key=frame.key(field),
        format_func=time_zones.label,
        placeholder=say("setup.choose"),
        help=_help(field, frame.provider),
    )


def _minutes(field: Field, frame: Frame) -> None:
    chosen = [int(minutes) for minutes in frame.value(field) or ()]
    st.multiselect(
        label(field, frame.provider),
        sorted({*MINUTES, *chosen}),
        default=chosen,
        key=frame.key(field),
        format_func=spoken(sorted({*MINUTES, *chosen}), before),
        accept_new_options=True,
        placeholder=say("setup.minutes_hint"),
        help=_help(field, frame.provider),
    )


def before(minutes: int | str) -> str:
    """How long before: 15 minutes before, 1 hour before."""
    count = number(str(minutes))
    if count is None:
        return str(minutes)
    if count == 0:
        return say("setup.at_start")
    for unit, size in (("days", 1440), ("hours", 60)):
        if count % size == 0:
            return say(f"setup.before_{unit}", count=count // size)
    return say("setup.before_minutes", count=count)


def _hours(field: Field, frame: Frame) -> None:
    st.markdown(label(field, frame.provider), help=_help(field, frame.provider))
    field_tables.hours(frame.key(field), frame.value(field))


def _pairs(field: Field, frame: Frame) -> None:
    st.markdown(label(field, frame.provider), help=_help(field, frame.provider))
    field_tables.pairs(frame.key(field), frame.value(field))


_DRAWN: Mapping[Kind, Callable[[Field, Frame], None]] = {
    Kind.TEXT: _text,
    Kind.URL: _text,
    Kind.LONG_TEXT: _long_text,
    Kind.SECRET: _secret,
    Kind.TOGGLE: _toggle,
    Kind.NUMBER: _number,
    Kind.CHOICE: _choice,
    Kind.CHOICES: _choices,
    Kind.TIME_ZONE: _time_zone,
    Kind.HOURS: _hours,
    Kind.MINUTES: _minutes,
    Kind.PAIRS: _pairs,
}
