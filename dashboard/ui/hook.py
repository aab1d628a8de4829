"""A connection's webhook: its address, its proof, and the events that are wanted."""

import streamlit as st

from dashboard import registry
from dashboard.contracts.manifest import Proof
from dashboard.contracts.people import Role
from dashboard.queries.overview import Link
from dashboard.ui import guard, session, wording
from dashboard.ui.session import actor, desk, say
from dashboard.ui.wording import gray, said, spoken


def address(link: Link) -> None:
    """The URL with a copy button, and the signing secret where a person must carry it over."""
    hooks = registry.manifest(link.provider).hooks
    if hooks is None:
        st.info(say("hook.none"))
        return
    guard.notices(f"hook-{link.id}")
    word = "hook.registered_by_us" if hooks.subscribes else "hook.paste_it"
    st.markdown(gray(say(word, name=registry.manifest(link.provider).name)))
    with guard.explained(link.provider):
        st.markdown(f"**{say('hook.url')}**")
        st.code(
            desk().configure.hook_url(desk().queries.overview.row(link.id)),
            language=None,
            wrap_lines=True,
        )
    if hooks.shows_secret and session.allowed(Role.OPERATOR):
        _secret(link)
    st.markdown(gray(f":material/verified_user: {say(f'hook.proof.{hooks.proof.value}')}"))


def save(connection_id: str, key: str) -> None:
    """Save the ticked events; for callbacks."""
    chosen = st.session_state.get(key, [])
    desk().configure.save_events(actor(), connection_id, list(chosen or []))


def _secret(link: Link) -> None:
    """Shown on demand, since each look is written down."""
    st.markdown(f"**{say('hook.secret')}**")
    shown = st.session_state.get(f"hook.secret.{link.id}")
    if shown:
        st.code(shown, language=None, wrap_lines=True)
        return
    st.button(
        say("hook.show_secret"),
        key=f"hook.show.{link.id}",
        icon=":material/visibility:",
        on_click=_show_secret,
        args=(link,),
    )


def _show_secret(link: Link) -> None:
    with guard.noted(link.provider, f"hook-{link.id}"):
        secret = desk().configure.hook_secret(actor(), link.id)
        st.session_state[f"hook.secret.{link.id}"] = secret


def events(link: Link, key: str) -> None:
    """Which events are wanted."""
    manifest = registry.manifest(link.provider)
    offered = [event.name for event in manifest.events]
    if not offered:
        return
    held = st.session_state.get(key, list(link.events))
    st.session_state[key] = [name for name in held if name in offered]
    st.pills(
        say("hook.events"),
        offered,
        selection_mode="multi",
        key=key,
        format_func=spoken(offered, lambda name: said(link.provider, "events", name)),
        wrap=True,
    )
    for word, reason in manifest.exempt.items():
        if "." in word:
            missing = (
                f"{said(link.provider, 'events', word)}: {said(link.provider, 'exempt', reason)}"
            )
            st.markdown(gray(f":material/info: {missing}"))


def state(link: Link) -> None:
    """Whether the vendor still has our address, as the last check found."""
    found = [check for check in link.checks if check.get("name") == "webhook"]
    if not found:
        return
    check = found[0]
    if check["ok"]:
        st.markdown(f":green[:material/check_circle:] {say('hook.registered')}")
        return
    reason = wording.problem(str(check.get("detail") or "hook.drifted"), link.provider)
    st.warning(f"{say('hook.drifted')} {reason}", icon=":material/warning:")


def rotation(link: Link) -> None:
    """A new signing secret where there is one; the old one works for a day."""
    hooks = registry.manifest(link.provider).hooks
    if hooks is None or hooks.proof is Proof.SECRET_URL:
        return
    with st.popover(say("hook.rotate"), icon=":material/autorenew:", type="tertiary"):
        st.markdown(say("hook.rotate_text"))
        st.button(
            say("hook.rotate_yes"),
            key=f"hook.rotate.{link.id}",
            type="primary",
            on_click=_rotated,
            args=(link,),
        )


def _rotated(link: Link) -> None:
    with guard.noted(link.provider, f"hook-{link.id}"):
        secret = desk().configure.rotate_hook_secret(actor(), link.id)
        if secret:
            st.session_state[f"hook.secret.{link.id}"] = secret
        guard.tell(say("hook.rotated"), f"hook-{link.id}")
