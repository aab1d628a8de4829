"""Disconnecting: ask first, then report what was done at the vendor and what was not."""

import streamlit as st

from dashboard import registry
from dashboard.contracts.people import Role
from dashboard.queries.overview import Link
from dashboard.ui import dialogs, frame, guard, wording
from dashboard.ui.session import actor, desk, say
from dashboard.ui.wording import gray, plain

PLACE = "disconnect"


def draw(agent_id: str) -> None:
    """Open the question, or the report, when it was asked for."""
    kind, provider = dialogs.opened()
    if kind != dialogs.DISCONNECT:
        return
    title = _title(provider)
    st.dialog(title, on_dismiss=_close)(_body)(agent_id, provider, title)


def _title(provider: str) -> str:
    word = "done" if "disconnected" in st.session_state else "title"
    return say(f"disconnect.{word}", name=registry.manifest(provider).name)


def _body(agent_id: str, provider: str, drawn: str) -> None:
    if dialogs.opened()[0] != dialogs.DISCONNECT or drawn != _title(provider):
        st.rerun()
    frame.needs(Role.OPERATOR)
    guard.notices(PLACE)
    if "disconnected" in st.session_state:
        _report(provider)
        return
    link = desk().queries.overview.living(agent_id, provider)
    if link is None:
        st.info(say("disconnect.gone"))
        return
    _question(link)


def _question(link: Link) -> None:
    hooks = registry.manifest(link.provider).hooks
    if link.account_name:
        st.markdown(say("disconnect.account", account=plain(link.account_name)))
    lines = [say("disconnect.will_revoke")]
    if hooks and hooks.subscribes:
        lines.append(say("disconnect.will_unsubscribe"))
    lines += [say("disconnect.will_forget"), say("disconnect.will_keep")]
    st.markdown("\n".join(f"- {line}" for line in lines))
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button(say("common.cancel"), key="disconnect.no"):
            _close()
            st.rerun()
        st.button(
            say("disconnect.yes"),
            key="disconnect.yes",
            type="primary",
            icon=":material/link_off:",
            on_click=_disconnect,
            args=(link.id, link.provider),
        )


def _disconnect(connection_id: str, provider: str) -> None:
    with guard.noted(provider, PLACE):
        st.session_state["disconnected"] = desk().disconnect.disconnect(actor(), connection_id)
        dialogs.back_to_cards()


def _report(provider: str) -> None:
    done = st.session_state["disconnected"]
    _line(done.revoked, say("disconnect.revoked"), say("disconnect.not_revoked"))
    if done.why_not:
        st.markdown(gray(wording.problem(done.why_not, provider)))
    if done.manual_url:
        st.link_button(say("disconnect.by_hand"), done.manual_url, icon=":material/open_in_new:")
    if done.unsubscribed is not None:
        _line(done.unsubscribed, say("disconnect.unsubscribed"), say("disconnect.not_unsubscribed"))
    st.markdown(gray(say("disconnect.kept")))
    if st.button(say("common.close"), key="disconnect.close", type="primary"):
        _close()
        st.rerun()


def _line(good: object, yes: str, no: str) -> None:
    if good:
        st.success(yes, icon=":material/check_circle:")
    else:
        st.warning(no, icon=":material/warning:")


def _close() -> None:
    dialogs.close()
    st.session_state.pop("disconnected", None)
