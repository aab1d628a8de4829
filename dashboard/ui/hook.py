"""A connection's webhook: its address, its proof, and the events that are wanted."""

import streamlit as st

from dashboard import registry
from dashboard.queries.overview import Link
from dashboard.ui import guard
from dashboard.ui.session import desk, say
from dashboard.ui.wording import gray, said


def address(link: Link) -> None:
    """The URL with a copy button, and the signing secret where a person must carry it over."""
    hooks = registry.manifest(link.provider).hooks
    if hooks is None:
        st.info(say("hook.none"))
        return
    word = "hook.registered_by_us" if hooks.subscribes else "hook.paste_it"
    st.markdown(gray(say(word, name=registry.manifest(link.provider).name)))
    with guard.explained(link.provider):
        st.markdown(f"**{say('hook.url')}**")
        st.code(desk().configure.hook_url(link.id), language=None, wrap_lines=True)
        if hooks.shows_secret:
            st.markdown(f"**{say('hook.secret')}**")
            st.code(desk().configure.hook_secret(link.id), language=None, wrap_lines=True)
    st.markdown(gray(f":material/verified_user: {say(f'hook.proof.{hooks.proof.value}')}"))


def events(link: Link, key: str) -> None:
    """Which events are wanted; the first time the manifest's defaults are ticked."""
    manifest = registry.manifest(link.provider)
    offered = [event.name for event in manifest.events]
    if not offered:
        return
    usual = [event.name for event in manifest.events if event.default]
    if key not in st.session_state:
        chosen = list(link.events) if link.events or link.configured_at else usual
        st.session_state[key] = [name for name in chosen if name in offered]
    st.pills(
        say("hook.events"),
        offered,
        selection_mode="multi",
        key=key,
        format_func=lambda name: said(link.provider, "events", name),
        wrap=True,
    )
    for word, reason in manifest.exempt.items():
        if "." in word:
            missing = (
                f"{said(link.provider, 'events', word)}: {said(link.provider, 'exempt', reason)}"
            )
            st.markdown(gray(f":material/info: {missing}"))
