"""One connection's settings: everything from set-up, editable, and how healthy it is."""

import streamlit as st

from dashboard import registry
from dashboard.contracts.forms import Form
from dashboard.contracts.manifest import Keys
from dashboard.contracts.people import Role
from dashboard.queries.overview import Badge, Link, badge
from dashboard.ui import (
    access,
    cards,
    checks,
    dialogs,
    fields,
    frame,
    guard,
    hook,
    icons,
    live,
    mapping_table,
    sandbox_panel,
    session,
    wording,
)
from dashboard.ui.session import actor, desk, say
from dashboard.ui.wording import gray, plain, said, spoken

PLACE = "connection"


def draw(agent_id: str, provider: str) -> None:
    """The view that takes the cards' place."""
    st.button(
        say("connectionpage.back"),
        key="connection.back",
        icon=":material/arrow_back:",
        type="tertiary",
        on_click=dialogs.back_to_cards,
    )
    link = desk().queries.overview.living(agent_id, provider)
    if link is None or badge(link) in (Badge.NOT_CONNECTED, Badge.UNFINISHED):
        _not_connected(provider)
        return
    _head(link)
    guard.notices(PLACE)
    parts = _parts(link)
    names = [say(f"connectionpage.tab_{name}") for name in parts]
    for tab, name in zip(frame.tabs(names, key=f"tabs-{provider}"), parts, strict=True):
        with tab:
            _DRAWN[name](link)


def _parts(link: Link) -> list[str]:
    manifest = registry.manifest(link.provider)
    parts = ["settings"] if manifest.settings_fields() else []
    parts += ["mapping"] if mapping_table.streams(link.provider) else []
    parts += ["webhook"] if manifest.hooks or manifest.deliveries else []
    parts += ["access", "health"]
    return [*parts, "sandbox"] if link.in_sandbox else parts


def _not_connected(provider: str) -> None:
    name = registry.manifest(provider).name
    frame.empty(
        ":material/link_off:",
        say("connectionpage.not_connected", name=name),
        say("connectionpage.not_connected_text"),
    )
    if session.allowed(Role.OPERATOR):
        st.button(
            say("integrations.connect"),
            key="connection.connect",
            type="primary",
            on_click=dialogs.connect,
            args=(provider,),
        )


def _head(link: Link) -> None:
    manifest = registry.manifest(link.provider)
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            st.markdown(icons.image(link.provider), width=56)
            with st.container(gap=None, width="content"):
                st.markdown(f"## {manifest.name}", anchors=False)
                st.markdown(cards.badges(badge(link), sandbox=link.in_sandbox))
        if session.allowed(Role.OPERATOR):
            _head_buttons(link)
    facts = [plain(link.account_name)] if link.account_name else []
    facts.append(say("integrations.last_sync", ago=wording.ago(link.last_sync_at)))
    if link.last_event_at:
        facts.append(say("connectionpage.last_event", ago=wording.ago(link.last_event_at)))
    st.markdown(gray(" · ".join(facts)))
    if link.error_code:
        reason = gray(wording.reason(link.error_reason, link.provider)) if link.error_reason else ""
        st.error(f"{wording.problem(link.error_code, link.provider)} {reason}")


def _head_buttons(link: Link) -> None:
    with st.container(horizontal=True, width="content"):
        if badge(link) is Badge.NEEDS_REAUTH:
            st.button(
                say("integrations.login_again"),
                key="connection.login",
                type="primary",
                on_click=dialogs.login_again,
                args=(link.provider,),
            )
        st.button(
            say("integrations.disconnect"),
            key="connection.disconnect",
            icon=":material/link_off:",
            on_click=dialogs.disconnect,
            args=(link.provider,),
        )


def _settings(link: Link) -> None:
    forms = [s for s in registry.manifest(link.provider).steps if isinstance(s, Form)]
    frame_of = fields.Frame(
        provider=link.provider,
        prefix=f"configure.{link.id}",
        values=link.settings,
        masks={},
        live=live.of(link.id, link.provider),
    )
    for form in forms:
        if len(forms) > 1:
            st.markdown(f"**{said(link.provider, 'steps', form.name)}**")
        fields.draw(form.fields, frame_of)
    if session.allowed(Role.OPERATOR):
        with st.container(horizontal=True):
            st.button(
                say("common.save"),
                key="configure.save",
                type="primary",
                on_click=_settings_saved,
                args=(link, frame_of),
            )
            st.button(
                say("connectionpage.reread"),
                key="configure.reread",
                type="tertiary",
                icon=":material/refresh:",
                on_click=live.forget,
                args=(link.id,),
            )


def _settings_saved(link: Link, frame_of: fields.Frame) -> None:
    asked = registry.manifest(link.provider).settings_fields()
    with guard.noted(link.provider, PLACE):
        desk().configure.save_settings(actor(), link.id, fields.read(asked, frame_of))
        guard.tell(say("connectionpage.saved"), PLACE)


def _mapping(link: Link) -> None:
    streams = mapping_table.streams(link.provider)
    stream = streams[0]
    if len(streams) > 1:
        stream = (
            st.segmented_control(
                say("connectionpage.stream"),
                streams,
                default=streams[0],
                required=True,
                key=f"mapping.stream.{link.id}",
                format_func=spoken(streams, lambda name: said(link.provider, "streams", name)),
                label_visibility="collapsed",
            )
            or streams[0]
        )
    mapping_table.workbench(link, stream)


def _webhook(link: Link) -> None:
    hook.address(link)
    if registry.manifest(link.provider).events:
        hook.events(link, f"configure.events.{link.id}")
        hook.state(link)
    if session.allowed(Role.OPERATOR):
        with st.container(horizontal=True):
            if registry.manifest(link.provider).events:
                st.button(
                    say("connectionpage.save_events"),
                    key="configure.events.save",
                    type="primary",
                    on_click=_events_saved,
                    args=(link,),
                )
            hook.rotation(link)


def _events_saved(link: Link) -> None:
    with guard.noted(link.provider, PLACE):
        hook.save(link.id, f"configure.events.{link.id}")
        guard.tell(say("connectionpage.events_saved"), PLACE)


def _access(link: Link) -> None:
    access.account(link)
    access.permissions(link)
    method = registry.manifest(link.provider).method(link.method)
    if session.allowed(Role.OPERATOR):
        access.keys(link, method) if isinstance(method, Keys) else access.sign_in(link)


def _health(link: Link) -> None:
    if session.allowed(Role.OPERATOR):
        st.button(
            say("connectionpage.check"),
            key="connection.check",
            type="primary",
            icon=":material/network_check:",
            on_click=_checked,
            args=(link,),
        )
    st.markdown(gray(say("connectionpage.checked", ago=wording.ago(link.checked_at))))
    checks.stored(link.provider, link.checks)


def _checked(link: Link) -> None:
    with guard.noted(link.provider, PLACE):
        result = desk().checker.test(actor(), link.id)
        if result.ok:
            guard.tell(say("connectionpage.all_works"), PLACE)


_DRAWN = {
    "settings": _settings,
    "mapping": _mapping,
    "webhook": _webhook,
    "access": _access,
    "health": _health,
    "sandbox": sandbox_panel.draw,
}
