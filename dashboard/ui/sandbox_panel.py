"""The vendor in a box: things to do in its world, faults to cause, and its own address."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import registry
from dashboard.contracts.forms import Field, Kind
from dashboard.contracts.people import Role
from dashboard.queries.journal import Entry, Wanted
from dashboard.queries.overview import Link
from dashboard.sandbox.play import Offer
from dashboard.ui import fields, guard, journal_list, live, session, wording
from dashboard.ui.session import actor, desk, say
from dashboard.ui.wording import gray, plain, said

FAULT_ICONS = {
    "expire_token": ":material/timer_off:",
    "revoke": ":material/key_off:",
    "rate_limit": ":material/speed:",
    "outage": ":material/cloud_off:",
    "lose_reply": ":material/question_mark:",
    "double_webhook": ":material/content_copy:",
}


def draw(link: Link) -> None:
    """Everything a sandbox offers beside the desk's own pages."""
    st.info(say("sandboxpanel.lead"), icon=":material/science:")
    guard.notices("sandbox")
    if session.allowed(Role.OPERATOR):
        _gestures(link)
        _faults(link)
    _timeline(link)
    _address(link)


def _faults(link: Link) -> None:
    st.markdown(f"#### {say('sandboxpanel.faults')}", anchors=False)
    st.markdown(gray(say("sandboxpanel.faults_text")))
    with st.container(horizontal=True, gap="small"):
        for name in desk().sandboxes.faults(link.provider):
            st.button(
                say(f"shared.faults.{name}"),
                key=f"fault-{name}",
                help=say(f"shared.faults.{name}.help"),
                icon=FAULT_ICONS.get(name),
                on_click=_fault,
                args=(link, name),
            )


def _fault(link: Link, name: str) -> None:
    with guard.noted(link.provider, "sandbox"):
        desk().sandboxes.fault(actor(), link.id, name)
        guard.tell(
            say(
                "sandboxpanel.fault_done",
                name=say(f"shared.faults.{name}"),
                what=say(f"shared.faults.{name}.help"),
            ),
            "sandbox",
        )


def _gestures(link: Link) -> None:
    offers = desk().sandboxes.gestures(link.provider, link.tenant)
    if not offers:
        return
    st.markdown(f"#### {say('sandboxpanel.gestures')}", anchors=False)
    name = registry.manifest(link.provider).name
    st.markdown(gray(say("sandboxpanel.gestures_text", name=name)))
    with st.container(horizontal=True, gap="small"):
        for offer in offers:
            with st.popover(said(link.provider, "gestures", offer.gesture.name)):
                _gesture(link, offer)


def _gesture(link: Link, offer: Offer) -> None:
    frame = fields.Frame(
        provider=link.provider,
        prefix=f"gesture.{link.id}.{offer.gesture.name}",
        values={},
        masks={},
        live=live.nothing,
    )
    for field in offer.gesture.fields:
        label = said(link.provider, "gestures", f"{offer.gesture.name}.{field.name}")
        _input(field, label, frame.key(field), offer.choices.get(field.name, {}))
    st.button(
        say("sandboxpanel.play"),
        key=f"{frame.prefix}.play",
        type="primary",
        help=said(link.provider, "gestures", offer.gesture.name),
        on_click=_play,
        args=(link, offer, frame),
    )


def _input(field: Field, label: str, key: str, offers: Mapping[str, str]) -> None:
    if field.kind is Kind.CHOICE:
        options = list(offers) or list(field.options)
        st.selectbox(label, options, key=key, format_func=lambda one: offers.get(one, one))
    elif field.kind is Kind.TOGGLE:
        st.toggle(label, value=bool(field.default), key=key)
    elif field.kind is Kind.NUMBER:
        st.number_input(label, value=int(field.default or 0), step=1, key=key)
    else:
        st.text_input(label, value=str(field.default or ""), key=key)


def _play(link: Link, offer: Offer, frame: fields.Frame) -> None:
    values: dict[str, Any] = {
        field.name: st.session_state.get(frame.key(field), field.default)
        for field in offer.gesture.fields
    }
    with guard.noted(link.provider, "sandbox"):
        sent = desk().sandboxes.play(actor(), link.id, offer.gesture.name, values)
        guard.tell(say("sandboxpanel.played", count=sent), "sandbox")


@st.fragment(run_every=3.0)
def _timeline(link: Link) -> None:
    """What was done to the sandbox here, and what the desk did about it, by time."""
    st.markdown(f"#### {say('sandboxpanel.timeline')}", anchors=False)
    entries = desk().queries.journal.entries(Wanted(connection_id=link.id), 12)
    if not entries:
        st.markdown(gray(say("sandboxpanel.nothing_yet")))
        return
    st.markdown("\n".join(_moment(entry, link.provider) for entry in entries))


def _moment(entry: Entry, provider: str) -> str:
    moment = gray(plain(wording.exactly(entry.at)))
    if entry.action == "sandbox.fault":
        text = say(f"shared.faults.{entry.detail['name']}")
        return f"- {moment} :violet[:small[:material/science: {text}]]"
    if entry.action == "sandbox.gesture":
        text = said(provider, "gestures", str(entry.detail["name"]))
        return f"- {moment} :violet[:small[:material/touch_app: {text}]]"
    text = plain(journal_list.action_name(entry.action))
    return f"- {moment} :small[{text}] {_outcome(entry.outcome)}"


def _outcome(outcome: str) -> str:
    color = {"ok": "green", "refused": "orange", "failed": "red"}.get(outcome, "gray")
    return f":{color}-badge[{say(f'journal.outcome.{outcome}')}]"


def _address(link: Link) -> None:
    st.markdown(f"#### {say('sandboxpanel.address')}", anchors=False)
    st.markdown(gray(say("sandboxpanel.address_text")))
    hosts = registry.manifest(link.provider).hosts
    for name, url in desk().sandboxes.hosts(link.provider, link.tenant, hosts).items():
        st.markdown(gray(_host(link.provider, name)))
        st.code(url, language=None, wrap_lines=True)
    if not session.allowed(Role.OPERATOR):
        return
    opened = st.expander(
        say("sandboxpanel.credentials"), key="sandbox.credentials", on_change="rerun"
    )
    if not opened.open:
        return
    with opened:
        given = desk().sandboxes.credentials(link.provider, link.tenant, link.method)
        for name, value in given.items():
            st.markdown(gray(said(link.provider, "fields", name)))
            st.code(value, language=None, wrap_lines=True)


def _host(provider: str, name: str) -> str:
    """What an address is for; a provider may have its own word for it."""
    if wording.has_said(provider, "hosts", name):
        return said(provider, "hosts", name)
    key = f"sandboxpanel.host.{name}"
    return say(key) if wording.known(key) else plain(name)
