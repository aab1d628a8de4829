"""The step that proves whose account it is."""

import streamlit as st

from dashboard.contracts.manifest import Keys, Manifest, OAuth2
from dashboard.contracts.people import Role
from dashboard.ui import dialogs, fields, session, wording
from dashboard.ui.session import desk, say
from dashboard.ui.setup import moves, oauth
from dashboard.ui.setup.frames import account_frame
from dashboard.ui.setup.state import LIVE, SANDBOX, Setup
from dashboard.ui.wording import gray, said, spoken

ICONS = {LIVE: ":material/cloud:", SANDBOX: ":material/science:"}


def environment(setup: Setup) -> None:
    """Live or sandbox, on top of whichever step comes first."""
    if setup.kind == dialogs.LOGIN:
        return
    st.session_state["setup.environment"] = setup.environment
    st.segmented_control(
        say("setup.environment"),
        [LIVE, SANDBOX],
        key="setup.environment",
        required=True,
        format_func=spoken([LIVE, SANDBOX], _environment_name),
        on_change=moves.choose_environment,
        width="stretch",
    )
    st.markdown(gray(say(f"shared.environments.{setup.environment}.help")))


def draw(setup: Setup) -> None:
    """How to sign in, and what for."""
    if setup.account and setup.kind == dialogs.SETUP:
        st.success(say("setup.already_signed_in", account=wording.plain(setup.account)))
    if setup.kind == dialogs.LOGIN:
        st.info(say("setup.login_again_hint"), icon=":material/key:")
    _methods(setup)
    if setup.manifest.paid_plan and setup.environment == LIVE:
        note = said(setup.provider, "errors", setup.manifest.paid_plan)
        st.markdown(gray(f":material/payments: {note}"))
    method = setup.manifest.method(setup.method)
    if isinstance(method, Keys):
        fields.draw(method.fields, account_frame(setup))
        _source(method)
    elif isinstance(method, OAuth2):
        _oauth(setup, method)


def _environment_name(name: str) -> str:
    return f"{ICONS[name]} {say(f'shared.environments.{name}')}"


def _methods(setup: Setup) -> None:
    if len(setup.manifest.auth) == 1:
        return
    ids = [method.id for method in setup.manifest.auth]
    st.session_state["setup.method"] = setup.method
    st.radio(
        say("setup.method"),
        ids,
        key="setup.method",
        format_func=spoken(ids, lambda method: said(setup.provider, "methods", method)),
        on_change=moves.choose_method,
        disabled=setup.kind == dialogs.LOGIN,
    )
    st.markdown(gray(_method_help(setup.provider, setup.method)))


def _method_help(provider: str, method: str) -> str:
    name = f"{method}.help"
    return said(provider, "methods", name) if wording.has_said(provider, "methods", name) else ""


def _source(method: Keys) -> None:
    if method.source.url:
        link = f"[{say('setup.where_keys')}]({method.source.url})"
        st.markdown(gray(f":material/menu_book: {link}"))


def _oauth(setup: Setup, method: OAuth2) -> None:
    if setup.environment == LIVE and not _has_app(setup.provider):
        _app_missing(setup.manifest)
        return
    if setup.authorization_url:
        oauth.button(setup)
        return
    fields.draw(method.fields, account_frame(setup))
    _permissions(setup, method)
    if method.fields:
        st.button(
            say("setup.to_sign_in"),
            key="setup.to_sign_in",
            type="primary",
            icon=":material/login:",
            on_click=moves.prepare_flow,
        )
    else:
        oauth.prepared(setup)


def _has_app(provider: str) -> bool:
    apps = {app.provider: app for app in desk().queries.people.oauth_apps()}
    return provider in apps and bool(apps[provider].client_id)


def _app_missing(manifest: Manifest) -> None:
    st.warning(say("setup.app_missing", name=manifest.name), icon=":material/admin_panel_settings:")
    if session.allowed(Role.ADMIN):
        st.page_link(
            "../../pages/settings.py", label=say("setup.app_enter"), icon=":material/settings:"
        )
    else:
        st.markdown(gray(say("setup.app_ask_admin")))


def _permissions(setup: Setup, method: OAuth2) -> None:
    if not method.scopes:
        return
    with st.expander(say("setup.permissions", count=len(method.scopes))):
        for scope in method.scopes:
            reason = said(setup.provider, "scopes", scope.name)
            st.markdown(f"- {reason}  \n  {gray(f'`{scope.name}`')}")
